import type { KeyObject } from 'node:crypto';
import { integer, sequence } from '../formats/der/encode.ts';
import { parseDer, Tag } from '../formats/der/parse.ts';

/** ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }   (RFC 3279, 2.2.3), from r and s of equal length, as tokens have it */
export const ecdsaSignature = (raw: Uint8Array): Uint8Array => {
  const half = raw.length / 2;
  return sequence(positive(raw.subarray(0, half)), positive(raw.subarray(half)));
};

const positive = (octets: Uint8Array): Uint8Array => integer(BigInt(`0x${Buffer.from(octets).toString('hex')}`));

/** How many octets r or s has on the curve of this key. */
const halfLength = (key: KeyObject): number => (key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 48 : 32);

const isEcdsaValue = (octets: Uint8Array): boolean => {
  try {
    const { tag, children } = parseDer(octets, { file: 'signature' });
    return tag === Tag.sequence && children.length === 2 && children.every((child) => child.tag === Tag.integer);
  } catch {
    return false;
  }
};

const fromOctets = (octets: Uint8Array, key: KeyObject): Uint8Array | undefined => {
  if (key.asymmetricKeyType === 'rsa')
    return octets.length * 8 === Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8) * 8 ? octets : undefined;
  if (octets.length === 2 * halfLength(key)) return ecdsaSignature(octets);
  return isEcdsaValue(octets) ? octets : undefined;
};

/**
 * A signature as programs and services write it: PKCS#1 octets of the modulus' length; for ECDSA the DER value, or r and s
 * one after the other; either as they are, or as hex or base64 (plain or for URLs), with blanks around.
 * @returns the octets of a SignerInfo; undefined when they cannot be a signature of this key
 */
export const readSignature = (answer: Uint8Array, key: KeyObject): Uint8Array | undefined => {
  const direct = fromOctets(answer, key);
  if (direct !== undefined) return direct;
  const text = Buffer.from(answer).toString('latin1').replace(/\s+/g, '');
  const forms: (readonly [RegExp, 'hex' | 'base64'])[] = [
    [/^(?:[0-9a-f]{2})+$/i, 'hex'],
    [/^[A-Za-z0-9+/_-]+={0,2}$/, 'base64'],
  ];
  for (const [pattern, encoding] of forms) {
    const found = pattern.test(text) ? fromOctets(new Uint8Array(Buffer.from(text, encoding)), key) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};
