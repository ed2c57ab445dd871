import { toHex, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { HttpResponse } from '../../core/ports.ts';
import type { Account } from './account.ts';
import { functionalError, gatewayError, readWire } from './contract.ts';
import { parseWireJson } from './json.ts';
import { redact } from './redact.ts';
import { type TokenPorts, tokenSource } from './tokens.ts';

export interface ApiRequest {
  readonly method: string;
  /** Below the base, with a query perhaps. */
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
  readonly maxBytes?: number | undefined;
  /** Doing it twice is doing it once; so is every GET. */
  readonly repeatable?: boolean | undefined;
}

export interface Transport {
  /** Of every call of this run; Microsoft's support asks for it. */
  readonly correlationId: string;
  /**
   * @returns an answer of status 2xx, and how the request is called in messages
   * @throws WinpvError PUBLISH_*; PUBLISH_ANSWER_LOST when a request that changes something may or may not have been done
   */
  send(request: ApiRequest): Promise<HttpResponse>;
}

const TIMEOUT_MS = 120_000;
const MAX_ANSWER = 64 * 1024 * 1024;
const TRIES = 6;
const FIRST_PAUSE_MS = 2000;
const MAX_PAUSE_MS = 60_000;
const MAX_TOLD_MS = 600_000;
const LOST = ['REMOTE_UNREACHABLE', 'REMOTE_TIMEOUT'];

const guidOf = (bytes: Uint8Array): string =>
  toHex(bytes).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');

/** What `Retry-After` says, in seconds or as a date; else what the text says. @returns milliseconds */
export const toldWait = (response: HttpResponse, nowMs: number): number | undefined => {
  const header = response.headers['retry-after']?.trim();
  if (header !== undefined && /^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const date = header === undefined ? Number.NaN : Date.parse(header);
  if (!Number.isNaN(date)) return Math.max(0, date - nowMs);
  if (response.status !== 429) return undefined;
  const text = /again in (\d{1,6}) second/i.exec(new TextDecoder().decode(response.body.subarray(0, 2000)));
  return text === null ? undefined : Number(text[1]) * 1000;
};

interface Told {
  readonly code?: string;
  readonly message: string;
}

const looksLikeHtml = (text: string): boolean => /^\s*(<!doctype html|<html)/i.test(text);

/** What an answer that is no success says; the envelope may be missing, or a page of HTML stand in its place. */
const toldBy = (response: HttpResponse): Told => {
  const text = new TextDecoder().decode(response.body.subarray(0, 64 * 1024));
  if (text.trim() === '') return { message: 'the answer is empty' };
  if (looksLikeHtml(text)) return { message: 'the answer is a page of HTML' };
  try {
    const wire = parseWireJson(text, 'the answer');
    const options = { what: 'it', unknownFields: 'report' as const };
    if (wire !== null && typeof wire === 'object' && 'error' in wire) {
      const { code, message, validationErrors } = readWire(functionalError, wire, options).value.error;
      const rows = (validationErrors ?? []).map((row) => `${row.target}: ${row.message}`);
      return { code, message: redact([message, ...rows].join(' ')) };
    }
    return { message: redact(readWire(gatewayError, wire, options).value.message) };
  } catch {
    return { message: redact(text).slice(0, 300) };
  }
};

const HINTS: Readonly<Record<number, string>> = {
  401: 'The application signed in, and its token is not taken: is it associated with the Partner Center account?',
  403: 'Give the application the hardware roles Driver Submitter and Shipping Label Owner in Partner Center.',
  429: 'Wait some minutes, and go on with --resume.',
};

const CODES = {
  401: 'PUBLISH_AUTH_REFUSED',
  403: 'PUBLISH_FORBIDDEN',
  404: 'PUBLISH_NOT_FOUND',
  429: 'PUBLISH_THROTTLED',
} as const;

/** Says what Partner Center answered, with the ids that its support asks for. */
export class ServiceRefusal extends WinpvError {
  readonly status: number;
  /** `invalidInput`, `requestInvalidForCurrentState`, …; undefined when the answer has none. */
  readonly reason: string | undefined;

  constructor(what: string, response: HttpResponse, ids: string) {
    const { status } = response;
    const { code: reason, message } = toldBy(response);
    const code = CODES[status as keyof typeof CODES] ?? (status >= 500 ? 'PUBLISH_SERVER_FAILED' : 'PUBLISH_REFUSED');
    const hint = HINTS[status] ?? (status >= 500 ? 'Go on later with --resume.' : undefined);
    const said = `${reason === undefined ? '' : `${reason}: `}${message}`.replace(/\.$/, '');
    super(code, `${what} is answered with ${status}: ${said}.`, {
      hint: `${hint === undefined ? '' : `${hint} `}For Microsoft's support: ${ids}.`,
    });
    this.status = status;
    this.reason = reason;
  }
}

/**
 * Sends requests of the API with a token, and again where that is safe: after 401 with a new token, once; after 429 as
 * often as told to; after 5xx and broken connections only what changes nothing, for nothing else may happen twice.
 */
export const openTransport = (account: Account, ports: TokenPorts): Transport => {
  const { http, clock, timer, random } = ports;
  const tokens = tokenSource(account, ports);
  const correlationId = guidOf(random.bytes(16));

  const once = async (request: ApiRequest, requestId: string): Promise<HttpResponse> => {
    const token = await tokens.current();
    const { method, path, body, contentType } = request;
    return http.send({
      method,
      url: `${account.endpoint.base}${path}`,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.reveal()}`,
        'ms-correlationid': correlationId,
        'ms-requestid': requestId,
        ...(method === 'GET' ? {} : { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: request.maxBytes ?? MAX_ANSWER,
    });
  };

  const send = async (request: ApiRequest): Promise<HttpResponse> => {
    const what = `${request.method} ${request.path.replace(/\?.*$/, '')}`;
    const safe = request.repeatable ?? request.method === 'GET';
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      const requestId = guidOf(random.bytes(16));
      const ids = `correlation id ${correlationId}, request id ${requestId}`;
      const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
      let response: HttpResponse;
      try {
        response = await once(request, requestId);
      } catch (error) {
        if (!(error instanceof WinpvError) || !LOST.includes(error.code)) throw error;
        if (!safe) throw lost(what, ids, error);
        if (tries >= TRIES) throw error;
        await timer.wait(pause);
        continue;
      }
      const { status } = response;
      if (status >= 200 && status < 300) return response;
      if (status === 401 && !renewed) {
        renewed = true;
        tokens.drop();
        continue;
      }
      const refused = new ServiceRefusal(what, response, ids);
      if (tries >= TRIES) throw refused;
      if (status === 429) await timer.wait(Math.min(MAX_TOLD_MS, toldWait(response, clock.now()) ?? pause));
      else if (status >= 500 && safe) await timer.wait(toldWait(response, clock.now()) ?? pause);
      else if (status >= 500) throw lost(what, ids, refused);
      else throw refused;
    }
  };
  return { correlationId, send };
};

const lost = (what: string, ids: string, cause: WinpvError): WinpvError =>
  new WinpvError('PUBLISH_ANSWER_LOST', `${what} may or may not have been done: ${cause.message}`, {
    hint: `Nothing is lost: go on with --resume, which looks before it asks again. For Microsoft's support: ${ids}.`,
    cause,
  });

/** A body of JSON text. */
export const jsonBody = (text: string): Uint8Array => utf8(text);
