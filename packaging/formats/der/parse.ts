import { toHex } from '../../../core/bytes.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';

/** Identifier octets used by the formats here. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` constructed / primitive identifier octets. */
export const contextTag = (n: number): number => 0xa0 | n;
export const contextPrimitiveTag = (n: number): number => 0x80 | n;

const MAX_DEPTH = 64;

/**
 * One tag-length-value of a buffer. Children are read when asked for. Strict: definite, minimal lengths only;
 * high tag numbers are refused, depth is limited, nothing reads outside its parent.
 */
export class DerNode {
  /** The whole identifier octet. */
  readonly tag: number;
  /** The whole encoding, identifier and length included. */
  readonly bytes: Uint8Array;
  /** The value octets. */
  readonly value: Uint8Array;
  /** Offset of the first octet in the file. */
  readonly offset: number;
  readonly file: string;
  private readonly depth: number;
  private kids: readonly DerNode[] | undefined;

  constructor(fields: {
    tag: number;
    bytes: Uint8Array;
    value: Uint8Array;
    offset: number;
    file: string;
    depth: number;
  }) {
    this.tag = fields.tag;
    this.bytes = fields.bytes;
    this.value = fields.value;
    this.offset = fields.offset;
    this.file = fields.file;
    this.depth = fields.depth;
  }

  get constructedForm(): boolean {
    return (this.tag & 0x20) !== 0;
  }

  /** The encodings inside a constructed value, in order. */
  get children(): readonly DerNode[] {
    if (this.kids === undefined) {
      if (!this.constructedForm) this.fail('DER_UNEXPECTED', 'A constructed value was expected.');
      if (this.depth >= MAX_DEPTH) this.fail('DER_TOO_DEEP', `ASN.1 values are nested more than ${MAX_DEPTH} deep.`);
      const kids: DerNode[] = [];
      const valueOffset = this.offset + (this.bytes.length - this.value.length);
      let position = 0;
      while (position < this.value.length) {
        const node = readNode(this.value, position, valueOffset, this.file, this.depth + 1);
        kids.push(node);
        position += node.bytes.length;
      }
      this.kids = kids;
    }
    return this.kids;
  }

  /** The i-th child; DER_UNEXPECTED when there is none or its tag is another. `name` is the field's name in its type. */
  child(index: number, name: string, tag?: number): DerNode {
    const node = this.children[index];
    if (node === undefined) return this.fail('DER_UNEXPECTED', `The field ${name} is missing.`);
    return tag === undefined ? node : node.expect(tag, name);
  }

  /** The first child with this tag, if any. */
  find(tag: number): DerNode | undefined {
    return this.children.find((node) => node.tag === tag);
  }

  /** Itself, when the tag is the expected one. */
  expect(tag: number, name: string): DerNode {
    if (this.tag !== tag) {
      this.fail('DER_UNEXPECTED', `The field ${name} has the tag ${hexTag(this.tag)}, not ${hexTag(tag)}.`);
    }
    return this;
  }

  /** OBJECT IDENTIFIER as dotted text. */
  oid(name: string): string {
    this.expect(Tag.oid, name);
    return decodeOid(this.value) ?? this.fail('DER_UNEXPECTED', `The field ${name} is not an object identifier.`);
  }

  /** Small non-negative INTEGER. */
  smallInteger(name: string): number {
    this.expect(Tag.integer, name);
    if (this.value.length < 1 || this.value.length > 6 || (this.value[0] ?? 0) >= 0x80) {
      this.fail('DER_UNEXPECTED', `The field ${name} is not a small number.`);
    }
    let result = 0;
    for (const octet of this.value) result = result * 256 + octet;
    return result;
  }

  /** INTEGER as lower-case hex of its value octets. */
  integerHex(name: string): string {
    return toHex(this.expect(Tag.integer, name).value);
  }

  /** UTCTime or GeneralizedTime as milliseconds since 1970; fractions of a second kept to milliseconds. */
  time(name: string): number {
    const text = Buffer.from(this.value).toString('latin1');
    const result =
      this.tag === Tag.utcTime
        ? parseUtcTime(text)
        : this.tag === Tag.generalizedTime
          ? parseGeneralizedTime(text)
          : undefined;
    return result ?? this.fail('DER_UNEXPECTED', `The field ${name} is not a time.`);
  }

  /** The text of any character string type. */
  text(name: string): string {
    switch (this.tag) {
      case Tag.bmpString:
        return decodeUtf16be(this.value);
      case Tag.utf8String:
        return new TextDecoder('utf-8').decode(this.value);
      case Tag.printableString:
      case Tag.ia5String:
      case Tag.t61String:
        return Buffer.from(this.value).toString('latin1');
      case Tag.universalString: {
        let text = '';
        for (let i = 0; i + 3 < this.value.length; i += 4) {
          const point = new DataView(this.value.buffer, this.value.byteOffset + i, 4).getUint32(0);
          text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
        }
        return text;
      }
      default:
        return this.fail('DER_UNEXPECTED', `The field ${name} is not a text.`);
    }
  }

  fail(code: ErrorCode, message: string): never {
    throw new WinpvError(code, message, { at: { file: this.file, offset: this.offset } });
  }
}

const hexTag = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

const readNode = (buffer: Uint8Array, position: number, base: number, file: string, depth: number): DerNode => {
  const offset = base + position;
  const stop = (code: ErrorCode, message: string): never => {
    throw new WinpvError(code, message, { at: { file, offset } });
  };
  const tag = buffer[position];
  const first = buffer[position + 1];
  if (tag === undefined || first === undefined) return stop('DER_TRUNCATED', 'An ASN.1 value ends within its header.');
  if ((tag & 0x1f) === 0x1f) return stop('DER_UNEXPECTED', 'An ASN.1 tag number above 30 is used.');
  let header = 2;
  let length = first;
  if (first === 0x80) return stop('DER_NOT_CANONICAL', 'An ASN.1 length is indefinite, which DER forbids.');
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4) return stop('DER_UNEXPECTED', 'An ASN.1 length has more than four octets.');
    length = 0;
    for (let i = 0; i < count; i += 1) {
      const octet = buffer[position + 2 + i];
      if (octet === undefined) return stop('DER_TRUNCATED', 'An ASN.1 value ends within its length.');
      length = length * 256 + octet;
    }
    header += count;
    const shortest = length < 0x80 ? 0 : Math.ceil((32 - Math.clz32(length)) / 8);
    if (count !== shortest)
      return stop('DER_NOT_CANONICAL', 'An ASN.1 length is longer than needed, which DER forbids.');
  }
  if (length > buffer.length - position - header) {
    return stop('DER_TRUNCATED', 'An ASN.1 value is longer than what holds it.');
  }
  const bytes = buffer.subarray(position, position + header + length);
  return new DerNode({ tag, bytes, value: bytes.subarray(header), offset, file, depth });
};

export interface ParseDerOptions {
  readonly file: string;
  /** Offset of the buffer's first byte in the file. */
  readonly base?: number;
  /** Bytes after the value are allowed (and are the caller's to judge). */
  readonly allowTrailing?: boolean;
}

/** Reads one DER value from the start of the buffer. @throws WinpvError DER_* */
export const parseDer = (buffer: Uint8Array, options: ParseDerOptions): DerNode => {
  const { file, base = 0, allowTrailing = false } = options;
  const node = readNode(buffer, 0, base, file, 0);
  if (!allowTrailing && node.bytes.length !== buffer.length) {
    throw new WinpvError('DER_TRAILING_DATA', `${buffer.length - node.bytes.length} bytes follow the ASN.1 value.`, {
      at: { file, offset: base + node.bytes.length },
    });
  }
  return node;
};

export const decodeOid = (octets: Uint8Array): string | undefined => {
  if (octets.length === 0 || (octets.at(-1) ?? 0x80) >= 0x80) return undefined;
  const arcs: (number | bigint)[] = [];
  let arc: number | bigint = 0;
  for (const octet of octets) {
    if (arc === 0 && octet === 0x80) return undefined;
    arc = appendSevenBits(arc, octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...rest] = arcs;
  const top = first < 40 ? 0 : first < 80 ? 1 : 2;
  const second = typeof first === 'number' ? first - top * 40 : first - BigInt(top * 40);
  return [top, second, ...rest].join('.');
};

/** Numbers as long as they are exact, then bigints: arcs have no limit, and nearly all are small. */
const appendSevenBits = (arc: number | bigint, bits: number): number | bigint => {
  if (typeof arc === 'bigint') return (arc << 7n) | BigInt(bits);
  return arc < 2 ** 46 ? arc * 128 + bits : (BigInt(arc) << 7n) | BigInt(bits);
};

export const decodeUtf16be = (octets: Uint8Array): string => {
  let text = '';
  for (let i = 0; i + 1 < octets.length; i += 2)
    text += String.fromCharCode(((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0));
  return text;
};

const epoch = (year: number, rest: readonly string[]): number | undefined => {
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  const exact =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exact ? ms : undefined;
};

const parseUtcTime = (text: string): number | undefined => {
  const match = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [yy, ...rest] = match.slice(1);
  const year = Number(yy);
  return epoch(year < 50 ? 2000 + year : 1900 + year, rest);
};

const parseGeneralizedTime = (text: string): number | undefined => {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second, fraction] = match.slice(1);
  const whole = epoch(Number(year), [month ?? '', day ?? '', hour ?? '', minute ?? '', second ?? '']);
  return whole === undefined
    ? undefined
    : whole + (fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000));
};
