const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const ID_KEY = Buffer.from('"id"');

/** The text of an id in a line: from its first byte to the one after its last. */
export interface IdSpan {
  readonly from: number;
  readonly to: number;
}

/** Past the blanks that JSON allows between its parts, and past one mark if it comes next; -1 when it does not. */
const past = (bytes: Buffer, from: number, mark: number): number => {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
  return bytes[at] === mark ? at + 1 : -1;
};

/** Where a text without escapes ends: at its quotation mark; -1 for any other. */
const plainEnd = (bytes: Buffer, from: number, end: number): number => {
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH || byte < SPACE) return -1;
  }
  return -1;
};

const isIdKey = (bytes: Buffer, quote: number): boolean =>
  bytes.compare(ID_KEY, 0, ID_KEY.length, quote, quote + ID_KEY.length) === 0;

/** The text of the value after a key; undefined when it is no text without escapes. */
const spanAfter = (bytes: Buffer, key: number, end: number): IdSpan | undefined => {
  const colon = past(bytes, key + ID_KEY.length, COLON);
  const from = colon < 0 ? -1 : past(bytes, colon, QUOTE);
  const to = from < 0 ? -1 : plainEnd(bytes, from, end);
  return to < 0 ? undefined : { from, to };
};

/** The id of a line that begins with it, and where what comes after it begins; undefined for any other line. */
export const leadingId = (
  bytes: Buffer,
  start: number,
  end: number,
): { readonly span: IdSpan; readonly rest: number } | undefined => {
  const open = past(bytes, start, OPEN);
  const key = open < 0 ? -1 : past(bytes, open, QUOTE) - 1;
  if (key < 0 || !isIdKey(bytes, key)) return undefined;
  const span = spanAfter(bytes, key, end);
  const rest = span === undefined ? -1 : past(bytes, span.to + 1, COMMA);
  return span === undefined || rest < 0 || rest > end ? undefined : { span, rest };
};

/** Where any text ends: at its quotation mark; -1 when it does not. */
const textEnd = (bytes: Buffer, quote: number, end: number): number => {
  for (let at = quote + 1; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return -1;
};

/**
 * The id of a line that has it anywhere among its own keys; undefined when that is not certain: another `id` beside it, a key
 * with escapes, an id that is no plain text.
 */
export const idAmong = (bytes: Buffer, start: number, end: number): IdSpan | undefined => {
  let depth = 0;
  let found: IdSpan | undefined;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === OPEN || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1;
    else if (byte === QUOTE) {
      const close = textEnd(bytes, at, end);
      if (close < 0) return undefined;
      if (depth === 1 && past(bytes, close + 1, COLON) >= 0) {
        if (plainEnd(bytes, at + 1, end) !== close) return undefined;
        if (isIdKey(bytes, at)) {
          if (found !== undefined) return undefined;
          found = spanAfter(bytes, at, end);
          if (found === undefined) return undefined;
        }
      }
      at = close;
    }
  }
  return found;
};
