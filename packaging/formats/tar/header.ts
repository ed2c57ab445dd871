import type { ErrorCode } from '../../../core/error-codes.ts';
import type { WinpvError } from '../../../core/errors.ts';

export const BLOCK = 512;

export type Stop = (code: ErrorCode, message: string) => WinpvError;

/** One header block, its numbers read and its checksum right; names are as stored. */
export interface TarHeader {
  readonly name: Uint8Array;
  /** Bytes of data that follow, padded to whole blocks. */
  readonly size: number;
  /** `typeflag` as a character. */
  readonly type: string;
}

/** Offsets and lengths of POSIX.1-2001 `ustar`, which the older forms share as far as they go. */
const FIELD = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

const take = (block: Uint8Array, [offset, length]: readonly [number, number]): Uint8Array =>
  block.subarray(offset, offset + length);

/** Bytes up to the first NUL, or all of them. */
const untilNul = (field: Uint8Array): Uint8Array => {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
};

const ascii = (field: Uint8Array): string => Buffer.from(field).toString('latin1');

const base256 = (field: Uint8Array): bigint => {
  let value = BigInt((field[0] ?? 0) & 0x7f);
  for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
  return value;
};

/** Octal digits between blanks and NULs; or, with the top bit of the first byte set, a big-endian number (GNU, star). */
const number = (field: Uint8Array, what: string, stop: Stop): number => {
  const first = field[0] ?? 0;
  if (first >= 0xc0) throw stop('TAR_MALFORMED', `The ${what} is negative.`);
  if (first >= 0x80) {
    const value = base256(field);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw stop('TAR_MALFORMED', `The ${what} is beyond any file.`);
    return Number(value);
  }
  const text = ascii(field);
  const digits = /^ *([0-7]*)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw stop('TAR_MALFORMED', `The ${what} is not a number.`);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
};

/** The sum of the block's bytes with the checksum's own as blanks; old tools took bytes as signed. */
const checksums = (block: Uint8Array): readonly [unsigned: number, signed: number] => {
  let unsigned = 0;
  let high = 0;
  const [start, length] = FIELD.checksum;
  for (let i = 0; i < BLOCK; i += 1) {
    const byte = i >= start && i < start + length ? 0x20 : (block[i] ?? 0);
    unsigned += byte;
    if (byte >= 0x80) high += 1;
  }
  return [unsigned, unsigned - 256 * high];
};

const hasChecksum = (block: Uint8Array): boolean => {
  const digits = /^[ \0]*([0-7]+)[ \0]*$/.exec(ascii(take(block, FIELD.checksum)))?.[1];
  return digits !== undefined && checksums(block).includes(Number.parseInt(digits, 8));
};

/** Whether the file begins with a header of tar's. */
export const isTar = (bytes: Uint8Array): boolean => bytes.length >= BLOCK && hasChecksum(bytes.subarray(0, BLOCK));

export const isZeroBlock = (block: Uint8Array): boolean => block.every((byte) => byte === 0);

/** Only POSIX archives have a prefix there; GNU's have times. */
const storedName = (block: Uint8Array): Uint8Array => {
  const name = untilNul(take(block, FIELD.name));
  const isPosix = ascii(take(block, FIELD.magic)).startsWith('ustar\0');
  const prefix = isPosix ? untilNul(take(block, FIELD.prefix)) : new Uint8Array();
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
};

/** @throws WinpvError TAR_MALFORMED */
export const parseTarHeader = (block: Uint8Array, stop: Stop): TarHeader => {
  if (!hasChecksum(block)) throw stop('TAR_MALFORMED', 'The checksum of a header is wrong.');
  return {
    name: storedName(block),
    size: number(take(block, FIELD.size), 'size', stop),
    type: ascii(take(block, FIELD.type)),
  };
};
