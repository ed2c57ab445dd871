import { compareBytes, concatBytes, toHex, utf8 } from '../../../core/bytes.ts';

/**
 * Writing DER (X.690): small functions that compose, each returning a whole tag-length-value.
 * Lengths are computed once from the bytes; every SET OF is sorted (X.690 11.6).
 */
export type Der = Uint8Array;

/** How many octets the length field takes. */
const lengthSize = (length: number): number => {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  if (length < 0x1_0000) return 3;
  return length < 0x100_0000 ? 4 : 5;
};

const SLAB_SIZE = 1 << 16;
let slab = new Uint8Array(SLAB_SIZE);
let slabUsed = 0;

/** Zeroed bytes; small ones are cut from a slab, because a buffer of its own for each value costs more than its bytes. */
const room = (length: number): Uint8Array => {
  if (length > SLAB_SIZE >> 3) return new Uint8Array(length);
  if (slabUsed + length > SLAB_SIZE) {
    slab = new Uint8Array(SLAB_SIZE);
    slabUsed = 0;
  }
  slabUsed += length;
  return slab.subarray(slabUsed - length, slabUsed);
};

/** Tag and length of a value, with room for it behind them. */
const openTlv = (tag: number, length: number): Uint8Array => {
  const size = lengthSize(length);
  const out = room(1 + size + length);
  out[0] = tag;
  out[1] = size === 1 ? length : 0x80 | (size - 1);
  for (let at = size, rest = length; at > 1; at -= 1, rest = Math.floor(rest / 256)) out[at] = rest % 256;
  return out;
};

/** Any tag-length-value: `tag` is the whole identifier octet. */
export const tlv = (tag: number, value: Uint8Array): Der => {
  const out = openTlv(tag, value.length);
  out.set(value, out.length - value.length);
  return out;
};

/** A constructed value of any number of encodings, one after the other. */
export const constructed = (tag: number, items: readonly Der[]): Der => {
  let length = 0;
  for (const item of items) length += item.length;
  const out = openTlv(tag, length);
  let at = out.length - length;
  for (const item of items) {
    out.set(item, at);
    at += item.length;
  }
  return out;
};

export const sequence = (...items: readonly Der[]): Der => constructed(0x30, items);

/** SET OF: the encodings in ascending order. */
export const setOf = (...items: readonly Der[]): Der => constructed(0x31, [...items].sort(compareBytes));

/** `[n]` EXPLICIT, or IMPLICIT of a constructed type: the given encodings one after the other. */
export const contextConstructed = (n: number, ...items: readonly Der[]): Der => constructed(0xa0 | n, items);

/** `[n]` IMPLICIT of a primitive type. */
export const contextPrimitive = (n: number, value: Uint8Array): Der => tlv(0x80 | n, value);

export const nullValue: Der = Uint8Array.of(0x05, 0x00);

export const boolean = (value: boolean): Der => Uint8Array.of(0x01, 0x01, value ? 0xff : 0x00);

/** INTEGER from a non-negative number or bigint. */
export const integer = (value: number | bigint): Der => {
  if (typeof value === 'number' && value < 0x8000_0000) return smallInteger(value);
  let hex = BigInt(value).toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  return unsignedInteger(Buffer.from(hex, 'hex'));
};

/** The usual case without a detour over text: below 2^31. */
const smallInteger = (value: number): Der => {
  const size = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x80_0000 ? 3 : 4;
  const out = openTlv(0x02, size);
  for (let at = out.length - 1, rest = value; at > 1; at -= 1, rest >>>= 8) out[at] = rest & 0xff;
  return out;
};

/** INTEGER from big-endian magnitude octets; leading zeros are dropped and one is put back where the sign needs it. */
export const unsignedInteger = (magnitude: Uint8Array): Der => {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start += 1;
  const octets = magnitude.subarray(start);
  const first = octets[0] ?? 0;
  return tlv(
    0x02,
    octets.length === 0 ? Uint8Array.of(0) : first >= 0x80 ? concatBytes(Uint8Array.of(0), octets) : octets,
  );
};

export const octetString = (value: Uint8Array): Der => tlv(0x04, value);

/** BIT STRING with `unusedBits` (0–7) at the end of the last octet. */
export const bitString = (value: Uint8Array, unusedBits = 0): Der =>
  tlv(0x03, concatBytes(Uint8Array.of(unusedBits), value));

/** OBJECT IDENTIFIER from its dotted form, for example `1.2.840.113549.1.7.2`. */
export const oid = (dotted: string): Der => {
  const cached = oidCache.get(dotted);
  if (cached !== undefined) return cached;
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80);
    octets.push(...groups);
  }
  const encoded = tlv(0x06, Uint8Array.from(octets));
  oidCache.set(dotted, encoded);
  return encoded;
};
const oidCache = new Map<string, Der>();

export const utf8String = (text: string): Der => tlv(0x0c, utf8(text));

export const printableString = (text: string): Der => tlv(0x13, utf8(text));

export const ia5String = (text: string): Der => tlv(0x16, utf8(text));

/** Big-endian UTF-16 code units, without a NUL: the value octets of a BMPString. */
export const utf16be = (text: string): Uint8Array => {
  const out = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    out[i * 2] = unit >>> 8;
    out[i * 2 + 1] = unit & 0xff;
  }
  return out;
};

export const bmpString = (text: string): Der => tlv(0x1e, utf16be(text));

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5); whole seconds, UTC. */
export const time = (epochMs: number): Der => {
  const date = new Date(epochMs);
  const year = date.getUTCFullYear();
  const rest =
    pad(date.getUTCMonth() + 1, 2) +
    pad(date.getUTCDate(), 2) +
    pad(date.getUTCHours(), 2) +
    pad(date.getUTCMinutes(), 2) +
    pad(date.getUTCSeconds(), 2);
  return year >= 1950 && year < 2050 ? tlv(0x17, utf8(`${pad(year % 100, 2)}${rest}Z`)) : generalizedTime(epochMs);
};

/** GeneralizedTime in whole seconds, UTC. */
export const generalizedTime = (epochMs: number): Der => {
  const iso = new Date(epochMs).toISOString();
  return tlv(0x18, utf8(`${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`));
};

/** For messages and tests. */
export const derHex = (der: Der): string => toHex(der);
