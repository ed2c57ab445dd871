import type { z } from 'zod';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { functionalError, gatewayError, readWire, writeWire } from '../../../publishing/partner-center/contract.ts';
import { parseWireJson, printWireJson, type WireJson } from '../../../publishing/partner-center/json.ts';
import { isOn } from './faults.ts';
import type { CloudState, ContentPart } from './state.ts';

export interface CloudRequest {
  readonly method: string;
  /** Without the query, percent-encoding as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** `http://127.0.0.1:8080`: what links begin with. */
  readonly origin: string;
}

export interface CloudResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, or parts of the store that belong one after the other. */
  readonly body: Uint8Array | readonly ContentPart[];
  /** What of the body is sent: from and to (exclusive). */
  readonly range?: readonly [number, number] | undefined;
  /** After so many bytes of the body the connection breaks; 0: no answer at all. */
  readonly cutAfter?: number | undefined;
  /** The headers of a GET without its body. */
  readonly headOnly?: boolean | undefined;
}

/** What a request leads to. */
export interface Outcome {
  readonly state: CloudState;
  readonly response: CloudResponse;
  /** Bytes that the new state names by their hash. */
  readonly writes?: readonly Uint8Array[] | undefined;
}

/** What a handler gets. */
export interface Call {
  readonly state: CloudState;
  /** Emulated time. */
  readonly now: number;
  readonly request: CloudRequest;
  /** The parts of the path that the endpoint has in braces. */
  readonly ids: Readonly<Record<string, string>>;
}

const EMPTY = new Uint8Array(0);
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

export const jsonText = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): CloudResponse => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: utf8(text),
});

export const empty = (status: 202 | 204): CloudResponse => ({ status, headers: {}, body: EMPTY });

/** Fields whose text is an enumeration, for the odd case. */
const ENUMERATIONS = new Set([
  'commitStatus',
  'state',
  'currentStep',
  'testHarness',
  'deviceType',
  'type',
  'destination',
]);
const TIMES = /(Date|DateTime)$/;

const twisted = (state: CloudState, wire: WireJson, name = ''): WireJson => {
  if (Array.isArray(wire)) return wire.map((item: WireJson) => twisted(state, item, name));
  if (wire !== null && typeof wire === 'object') {
    return Object.fromEntries(
      Object.entries(wire).map(([field, value]) => [field, twisted(state, value as WireJson, field)]),
    );
  }
  if (typeof wire !== 'string') return wire;
  if (name === 'currentStep' && isOn(state, 'numeric-step')) return [...wire].length;
  if (TIMES.test(name) && isOn(state, 'zoneless-dates')) return wire.replace(/Z$/, '');
  const odd = ENUMERATIONS.has(name) && isOn(state, 'odd-case');
  return odd ? `${wire.charAt(0).toUpperCase()}${wire.slice(1)}` : wire;
};
const TWISTS = ['numeric-step', 'zoneless-dates', 'odd-case'];

/** An answer in the form of the contract, which it is held against, with the oddities that are switched on. */
export const answer = <S extends z.ZodType>(
  state: CloudState,
  schema: S,
  value: z.output<S>,
  status: 200 | 201 = 200,
): CloudResponse => {
  const text = writeWire(schema, value);
  if (!TWISTS.some((name) => isOn(state, name))) return jsonText(status, text);
  return jsonText(status, printWireJson(twisted(state, parseWireJson(text, 'answer'))));
};

/** A refusal of the service itself. */
export const functional = (
  code: 'invalidInput' | 'requestInvalidForCurrentState' | 'updateUnauthorized' | 'entityNotFound' | 'readOnlyProduct',
  message: string,
  validationErrors: readonly { readonly target: string; readonly message: string }[] = [],
): CloudResponse => {
  const httpErrorCode = { entityNotFound: 404, updateUnauthorized: 403, readOnlyProduct: 403 }[code as string] ?? 400;
  const error = { code, message, validationErrors: [...validationErrors], httpErrorCode };
  return jsonText(httpErrorCode, writeWire(functionalError, { error }));
};

/** What the gateway before the service says. */
export const gateway = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): CloudResponse => jsonText(status, writeWire(gatewayError, { statusCode: status, message }), headers);

/** Reads the body of a request by the contract. @returns the answer to send when it does not fit */
export const readBody = <S extends z.ZodType>(
  request: CloudRequest,
  schema: S,
): { readonly value: z.output<S> } | { readonly refusal: CloudResponse } => {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return { refusal: gateway(415, 'The media type of the body is not application/json.') };
  }
  try {
    const wire = parseWireJson(request.body, 'the body');
    return { value: readWire(schema, wire, { what: 'The body', unknownFields: 'refuse' }).value };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const target = /`([^`]+)`/.exec(error.message)?.[1] ?? 'body';
    return { refusal: functional('invalidInput', 'Validation Failed.', [{ target, message: error.message }]) };
  }
};

/** Times as the service writes them. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();
