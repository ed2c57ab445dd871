import type { ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';

/**
 * JSON as Partner Center writes it, without loss: ids are bare integers above 2^53, which `JSON.parse` rounds.
 * An integer that a double cannot hold is a `bigint` here, and is printed as a bare number again.
 */
export type WireJson = null | boolean | number | bigint | string | readonly WireJson[] | WireObject;

export interface WireObject {
  readonly [name: string]: WireJson;
}

/** Answers nest three or four deep; the driver metadata seven. */
const MAX_DEPTH = 64;
/** A 64-bit number has 20 digits; more are nobody's id, and slow to convert. */
const MAX_NUMBER_LENGTH = 40;

const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[ !#-[\]-\uffff]*/y;
const LITERALS: readonly (readonly [string, WireJson])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class JsonCursor {
  #at = 0;
  readonly #text: string;
  readonly #fail: (message: string, at: number) => WinpvError;

  constructor(text: string, fail: (message: string, at: number) => WinpvError) {
    this.#text = text;
    this.#fail = fail;
  }

  whole(): WireJson {
    const value = this.#value(0);
    this.#blank();
    if (this.#at < this.#text.length) throw this.#wrong('Something follows the value');
    return value;
  }

  #value(depth: number): WireJson {
    if (depth > MAX_DEPTH) throw this.#wrong(`Values are nested deeper than ${MAX_DEPTH}`);
    this.#blank();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    const literal = LITERALS.find(([word]) => this.#text.startsWith(word, this.#at));
    if (literal === undefined) return this.#number();
    this.#at += literal[0].length;
    return literal[1];
  }

  #object(depth: number): WireObject {
    const names = new Map<string, WireJson>();
    this.#list('}', () => {
      this.#blank();
      const at = this.#at;
      const name = this.#string();
      if (names.has(name)) throw this.#fail(`The name ${JSON.stringify(name)} stands twice in one object`, at);
      this.#blank();
      this.#expect(':');
      names.set(name, this.#value(depth + 1));
    });
    // fromEntries defines the properties, so that a name such as __proto__ is a name like any other
    return Object.fromEntries(names);
  }

  #array(depth: number): readonly WireJson[] {
    const items: WireJson[] = [];
    this.#list(']', () => items.push(this.#value(depth + 1)));
    return items;
  }

  #list(end: string, item: () => void): void {
    this.#at++;
    this.#blank();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      item();
      this.#blank();
      if (this.#text[this.#at] === end) break;
      this.#expect(',');
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#wrong('A string in quotation marks was expected');
    let end = start + 1;
    for (;;) {
      PLAIN.lastIndex = end;
      PLAIN.test(this.#text);
      end = PLAIN.lastIndex;
      if (this.#text[end] !== '\\') break;
      end += 2;
    }
    const raw = this.#text.slice(start, end + 1);
    if (this.#text[end] !== '"') throw this.#wrong('A string does not end, or holds a control character');
    this.#at = end + 1;
    if (!raw.includes('\\')) return raw.slice(1, -1);
    try {
      return JSON.parse(raw) as string;
    } catch {
      throw this.#fail('A string holds an escape that JSON does not have', start);
    }
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#wrong('No JSON value begins here');
    const [digits, fraction, exponent] = match;
    if (digits.length > MAX_NUMBER_LENGTH) throw this.#wrong('A number is longer than any the service has');
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.#wrong('A number is larger than a double');
    this.#at += digits.length;
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value)) return value;
    return BigInt(digits);
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    BLANK.test(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #expect(sign: string): void {
    if (this.#text[this.#at] !== sign) throw this.#wrong(`\`${sign}\` was expected`);
    this.#at++;
  }

  #wrong(message: string): WinpvError {
    return this.#fail(message, this.#at);
  }
}

const positionOf = (text: string, at: number): { readonly line: number; readonly column: number } => {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};

const PAGE_HINT =
  'A proxy, a gateway or a sign-in page answered in the place of Partner Center, or --endpoint names another server.';

/**
 * Reads JSON (RFC 8259; a byte order mark is passed over; a name twice in one object is refused).
 * @param file what is read, for messages: a file, or `the answer to GET /products`
 * @param code how the caller names a text that is not JSON; an answer by default
 * @returns integers as `number` when a double holds them exactly, else as `bigint`
 * @throws WinpvError `code`, with line and column
 */
export const parseWireJson = (
  content: Uint8Array | string,
  file: string,
  code: ErrorCode = 'PUBLISH_ANSWER_SYNTAX',
): WireJson => {
  let text: string;
  try {
    text = typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw new WinpvError(code, 'This is not JSON: it is not UTF-8 text.', { at: { file }, cause });
  }
  if (text.startsWith('\ufeff')) text = text.slice(1);
  if (/^\s*</.test(text)) {
    throw new WinpvError(code, 'This is not JSON: it is a page of HTML, or XML.', {
      at: { file, line: 1, column: 1 },
      ...(code === 'PUBLISH_ANSWER_SYNTAX' ? { hint: PAGE_HINT } : {}),
    });
  }
  return new JsonCursor(text, (message, at) => {
    return new WinpvError(code, `This is not JSON: ${message}.`, { at: { file, ...positionOf(text, at) } });
  }).whole();
};

const printValue = (value: unknown): string | undefined => {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => printValue(item) ?? 'null').join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const printed = printValue(field);
    return printed === undefined ? [] : [`${JSON.stringify(name)}:${printed}`];
  });
  return `{${fields.join(',')}}`;
};

/** Prints JSON without blanks: a `bigint` as a bare number, and a field that is `undefined` not at all. */
export const printWireJson = (value: unknown): string => printValue(value) ?? 'null';
