import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import { printWireJson, type WireJson } from './json.ts';

/** Building blocks of the contract: how single values stand on the wire, and what they are for the rest of winpv. */

const MAX_ID = (1n << 64n) - 1n;
const wireInteger = z.union([z.bigint(), z.int()]);

/** A `long`: a bare JSON number on the wire, text of decimal digits for us. Never a JavaScript number. */
export const wireId = z.codec(wireInteger, z.string().regex(/^(0|[1-9][0-9]{0,19})$/), {
  decode: (value) => value.toString(),
  encode: (text) => BigInt(text),
});

/** Whether text is an id as `wireId` has it. */
export const isWireId = (text: string): boolean => /^(0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= MAX_ID;

/** A number that may come as text (`maxMemory`, and whatever the token endpoint of the first version counts). */
export const wireCount = z.codec(z.union([z.int().nonnegative(), z.string().regex(/^[0-9]{1,15}$/)]), z.int(), {
  decode: Number,
  encode: (value) => value,
});

/** An enumeration whose case the wire does not keep; any other text is refused. */
export const caseless = <const T extends string>(values: readonly [T, ...T[]]) =>
  z.codec(z.string(), z.enum(values), {
    decode: (text) => (values.find((value) => value.toLowerCase() === text.toLowerCase()) ?? text) as T,
    encode: (value) => value,
  });

/** As `caseless`, but a text that is not listed is kept as it came: the service adds values. */
export const openEnum = <const T extends string>(values: readonly [T, ...T[]]) =>
  z.codec(z.string(), z.string(), {
    decode: (text) => values.find((value) => value.toLowerCase() === text.toLowerCase()) ?? text,
    encode: (value) => value,
  });

/** A step's name; sometimes the wire has a number in its place, which is no step we know and no error either. */
export const wireStep = <const T extends string>(values: readonly [T, ...T[]]) =>
  z.codec(z.union([z.string(), z.number()]), z.string(), {
    decode: (step) => values.find((value) => value.toLowerCase() === String(step).toLowerCase()) ?? String(step),
    encode: (step) => step,
  });

export const guid = z.string().regex(/^\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i, 'a GUID');

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
/** ISO 8601, with `Z`, with an offset, or without a zone. */
export const dateTime = z.string().regex(DATE_TIME, 'a date and time of ISO 8601');

/** @returns milliseconds since 1970-01-01T00:00:00Z; a time without zone is UTC; undefined for what is no such time */
export const parseServiceTime = (text: string): number | undefined => {
  if (!DATE_TIME.test(text)) return undefined;
  const ms = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  return Number.isNaN(ms) ? undefined : ms;
};

export interface Read<T> {
  readonly value: T;
  /** Paths of the fields that the contract does not have, `value.0.colour`: the service may have grown. */
  readonly unknown: readonly string[];
}

const withoutFields = (value: unknown, path: readonly PropertyKey[], names: readonly string[]): unknown => {
  const [first, ...rest] = path;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === first ? withoutFields(item, rest, names) : item));
  }
  const fields = Object.entries(value as object);
  if (first === undefined) return Object.fromEntries(fields.filter(([name]) => !names.includes(name)));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, name === first ? withoutFields(field, rest, names) : field]),
  );
};

/**
 * Reads a value that came over the wire.
 * @param unknownFields `refuse` where both sides are ours, `report` towards the real service, which may add fields
 * @throws WinpvError PUBLISH_ANSWER_INVALID with the path inside; never with a value, which may be a secret
 */
export const readWire = <S extends z.ZodType>(
  schema: S,
  wire: WireJson,
  options: { readonly what: string; readonly unknownFields: 'refuse' | 'report' },
): Read<z.output<S>> => {
  const result = schema.safeParse(wire);
  if (result.success) return { value: result.data, unknown: [] };
  const extra = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  if (options.unknownFields === 'report' && extra.length > 0) {
    const known = extra.reduce<unknown>((value, issue) => withoutFields(value, issue.path, issue.keys), wire);
    const read = readWire(schema, known as WireJson, { ...options, unknownFields: 'refuse' });
    return { ...read, unknown: extra.flatMap((issue) => issue.keys.map((key) => [...issue.path, key].join('.'))) };
  }
  const [first] = result.error.issues;
  const where = first === undefined || first.path.length === 0 ? 'it' : `\`${first.path.join('.')}\``;
  throw new WinpvError('PUBLISH_ANSWER_INVALID', `${options.what}: ${where}: ${first?.message ?? 'has another form'}.`);
};

/** The wire form of a value, checked: what a side sends is held against the contract too. */
export const writeWire = <S extends z.ZodType>(schema: S, value: z.output<S>): string =>
  printWireJson(z.encode(schema, value));
