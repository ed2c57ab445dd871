import type { ErrorCode } from './error-codes.ts';
import { WinpvError } from './errors.ts';

/** Which codes a cursor throws: one for reading past the end, so that a bad file says what it is. */
export interface ReaderOptions {
  /** The file as the user named it. */
  readonly file: string;
  readonly truncated: ErrorCode;
  /** Offset of the buffer's first byte in the file. */
  readonly base?: number;
}

/**
 * A cursor that cannot leave its buffer. Every read names its field, so a bad file says where it broke.
 * All integers are little-endian; offsets in errors are from the start of the file.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly options: ReaderOptions;
  private readonly view: DataView;
  private position = 0;

  constructor(bytes: Uint8Array, options: ReaderOptions) {
    this.bytes = bytes;
    this.options = options;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.position;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  seek(offset: number, field: string): this {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.bytes.length) this.fail(field, offset);
    this.position = offset;
    return this;
  }

  skip(length: number, field: string): this {
    this.reserve(length, field);
    return this;
  }

  u8(field: string): number {
    return this.view.getUint8(this.reserve(1, field));
  }

  u16le(field: string): number {
    return this.view.getUint16(this.reserve(2, field), true);
  }

  u32le(field: string): number {
    return this.view.getUint32(this.reserve(4, field), true);
  }

  u64le(field: string): bigint {
    return this.view.getBigUint64(this.reserve(8, field), true);
  }

  /** The next `length` bytes, as a view on the same buffer. */
  take(length: number, field: string): Uint8Array {
    const start = this.reserve(length, field);
    return this.bytes.subarray(start, start + length);
  }

  /** Bytes up to a NUL, which is consumed but not returned; at most `limit` bytes before it. */
  cString(limit: number, field: string): Uint8Array {
    const start = this.position;
    const end = this.bytes.indexOf(0, start);
    if (end < 0 || end - start > limit) this.fail(field, start);
    this.position = end + 1;
    return this.bytes.subarray(start, end);
  }

  private reserve(length: number, field: string): number {
    const start = this.position;
    if (!Number.isInteger(length) || length < 0 || length > this.bytes.length - start) this.fail(field, start);
    this.position = start + length;
    return start;
  }

  private fail(field: string, offset: number): never {
    const { file, truncated, base = 0 } = this.options;
    throw new WinpvError(truncated, `The file ends before ${field} is complete.`, {
      at: { file, offset: base + offset },
    });
  }
}

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
};

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** Hex digits to bytes; the caller guarantees that they are hex digits, two a byte. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** Order of byte strings as X.690 11.6 wants it: bytewise, a prefix first. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && Buffer.compare(a, b) === 0;

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const u16leBytes = (value: number): Uint8Array => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff);

export const u32leBytes = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
