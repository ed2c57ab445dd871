import { createHash } from 'node:crypto';
import { concatBytes } from '../../core/bytes.ts';
import { utf16be } from '../formats/der/encode.ts';

/** What a derived key is for: the diversifier ID of RFC 7292, B.3 (1 encryption key, 2 initial value, 3 MAC key). */
export interface Pkcs12KeyRequest {
  /** Undefined is another password than the empty one: no terminating NUL either. */
  readonly password: string | undefined;
  readonly salt: Uint8Array;
  readonly id: number;
  readonly iterations: number;
  /** Octets wanted. */
  readonly length: number;
  readonly hash: string;
}

/** Key derivation of PKCS#12 (RFC 7292, appendix B.2), by its letters: v block, u hash length, D, S, P, I, A, B. */
export const derivePkcs12Key = (request: Pkcs12KeyRequest): Uint8Array => {
  const { password, salt, id, iterations, length, hash } = request;
  const v = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const diversifier = new Uint8Array(v).fill(id);
  const text = password === undefined ? new Uint8Array(0) : utf16be(`${password}\0`);
  let input = concatBytes(repeatToBlocks(salt, v), repeatToBlocks(text, v));
  const blocks: Uint8Array[] = [];
  for (let made = 0; made < length; ) {
    let a: Uint8Array = concatBytes(diversifier, input);
    for (let i = 0; i < iterations; i += 1) a = createHash(hash).update(a).digest();
    blocks.push(a);
    made += a.length;
    input = addToBlocks(input, repeatTo(a, v), v);
  }
  return concatBytes(...blocks).slice(0, length);
};

const repeatTo = (bytes: Uint8Array, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);

const repeatToBlocks = (bytes: Uint8Array, v: number): Uint8Array =>
  repeatTo(bytes, bytes.length === 0 ? 0 : v * Math.ceil(bytes.length / v));

/** Each block I_j becomes (I_j + B + 1) mod 2^(8v), big-endian. */
const addToBlocks = (input: Uint8Array, b: Uint8Array, v: number): Uint8Array => {
  const out = input.slice();
  for (let block = 0; block < out.length; block += v) {
    let carry = 1;
    for (let i = v - 1; i >= 0; i -= 1) {
      const sum = (out[block + i] ?? 0) + (b[i] ?? 0) + carry;
      out[block + i] = sum & 0xff;
      carry = sum >>> 8;
    }
  }
  return out;
};
