import { constants, createECDH, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto';
import { encodeDigestInfo } from '../../packaging/signing/digest-info.ts';

/** What a key does that never sees the message. node signs messages only, so the last steps stand here. */

const HASH_OF: Readonly<Record<number, 'sha1' | 'sha256' | 'sha384' | 'sha512'>> = {
  20: 'sha1',
  32: 'sha256',
  48: 'sha384',
  64: 'sha512',
};

/** PKCS#1 v1.5 around a DigestInfo. */
const signRsa = (key: KeyObject, digest: Uint8Array): Uint8Array =>
  new Uint8Array(
    privateEncrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      encodeDigestInfo(HASH_OF[digest.length] ?? 'sha256', digest),
    ),
  );

/** SP 800-186, 3.2.1: the order of the base point. */
const CURVES = {
  'P-256': {
    name: 'prime256v1',
    octets: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    name: 'secp384r1',
    octets: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
} as const;

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const octetsOf = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let [result, factor] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
};

/** ECDSA (FIPS 186-5, 6.4.1): r and s, one after the other. */
const signEc = (key: KeyObject, digest: Uint8Array): Uint8Array => {
  const { crv, d = '' } = key.export({ format: 'jwk' });
  const { name, octets, order } = CURVES[crv === 'P-384' ? 'P-384' : 'P-256'];
  const k = (numberOf(randomBytes(octets)) % (order - 1n)) + 1n;
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(octetsOf(k, octets));
  const r = numberOf(ecdh.getPublicKey().subarray(1, 1 + octets)) % order;
  const z = numberOf(digest.subarray(0, octets));
  const s = (power(k, order - 2n, order) * (z + r * numberOf(Buffer.from(d, 'base64url')))) % order;
  return new Uint8Array(Buffer.concat([octetsOf(r, octets), octetsOf(s, octets)]));
};

/** RSA: the octets of PKCS#1; EC: r and s of the curve's length. */
export const signDigest = (key: KeyObject, digest: Uint8Array): Uint8Array =>
  key.asymmetricKeyType === 'rsa' ? signRsa(key, digest) : signEc(key, digest);
