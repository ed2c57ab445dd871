import { constants, createHash, createPublicKey, type KeyObject, publicDecrypt, verify } from 'node:crypto';
import { equalBytes } from '../../../core/bytes.ts';
import { type HashName, parseAlgorithmIdentifier, type SignatureScheme, schemeOf } from '../cms/algorithms.ts';
import { SignatureOid } from '../cms/object-ids.ts';
import { parseDer, Tag } from '../der/parse.ts';
import type { Certificate } from './parse.ts';

export interface PublicKey {
  readonly kind: 'rsa' | 'ec';
  /** Modulus or field size in bits. */
  readonly bits: number;
  readonly key: KeyObject;
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
/** Named curves by identifier: JWK name, size in bits, octets of a coordinate (RFC 5480, 2.1.1.1). */
const CURVES: Readonly<Record<string, readonly [name: string, bits: number, octets: number]>> = {
  '1.2.840.10045.3.1.7': ['P-256', 256, 32],
  '1.3.132.0.34': ['P-384', 384, 48],
  '1.3.132.0.35': ['P-521', 521, 66],
};

/** Whoever has a key: a certificate, or a root of which only the key is known. */
export type KeyHolder = Pick<Certificate, 'publicKeyInfo' | 'file'>;

const keys = new WeakMap<KeyHolder, PublicKey | 'unknown'>();

/** The holder's key; undefined when it is neither RSA nor on a NIST curve. Kept with the holder. */
export const publicKeyOf = (holder: KeyHolder): PublicKey | undefined => {
  const known = keys.get(holder) ?? readKey(holder);
  keys.set(holder, known);
  return known === 'unknown' ? undefined : known;
};

/**
 * SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING }   (RFC 5280, 4.1.2.7)
 *
 * Read here and given to the library as numbers, which is four times as fast as having it read DER.
 */
const readKey = ({ publicKeyInfo, file }: KeyHolder): PublicKey | 'unknown' => {
  try {
    const info = parseDer(publicKeyInfo, { file });
    const { oid, parameters } = parseAlgorithmIdentifier(info.child(0, 'algorithm'), 'algorithm');
    const bits = info.child(1, 'subjectPublicKey', Tag.bitString).value;
    if (bits[0] !== 0) return 'unknown';
    if (oid === SignatureOid.rsaEncryption && parameters === null) return rsaKey(bits.subarray(1), file);
    return oid === EC_PUBLIC_KEY && parameters !== null
      ? ecKey(parameters.oid('namedCurve'), bits.subarray(1))
      : 'unknown';
  } catch {
    return 'unknown';
  }
};

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }   (RFC 8017, A.1.1) */
const rsaKey = (der: Uint8Array, file: string): PublicKey | 'unknown' => {
  const node = parseDer(der, { file });
  const n = magnitude(node.child(0, 'modulus', Tag.integer).value);
  const e = magnitude(node.child(1, 'publicExponent', Tag.integer).value);
  const top = n[0];
  if (top === undefined) return 'unknown';
  const key = createPublicKey({ key: { kty: 'RSA', n: base64url(n), e: base64url(e) }, format: 'jwk' });
  return { kind: 'rsa', bits: n.length * 8 - (Math.clz32(top) - 24), key };
};

/** The octets of a positive INTEGER without the zero that keeps it positive. */
const magnitude = (value: Uint8Array): Uint8Array => (value[0] === 0 ? value.subarray(1) : value);

/** An uncompressed point: 4, x, y (SEC 1, 2.3.3). */
const ecKey = (curve: string, point: Uint8Array): PublicKey | 'unknown' => {
  const known = CURVES[curve];
  if (known === undefined) return 'unknown';
  const [crv, bits, octets] = known;
  if (point[0] !== 4 || point.length !== 1 + 2 * octets) return 'unknown';
  const x = base64url(point.subarray(1, 1 + octets));
  const y = base64url(point.subarray(1 + octets));
  return { kind: 'ec', bits, key: createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' }) };
};

/** What is signed, how, and the signature: PKCS#1 v1.5 for RSA, ECDSA-Sig-Value in DER for EC. */
export interface SignedMessage {
  readonly message: Uint8Array;
  readonly hash: HashName;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array;
}

/** Whether the key made the signature. Never throws: a key or signature that the library refuses has not. */
export const signatureHolds = (signer: KeyHolder, signed: SignedMessage): boolean => {
  const key = publicKeyOf(signer);
  if (key === undefined || key.kind !== signed.scheme.key) return false;
  try {
    return verify(signed.hash, signed.message, key.key, signed.signature);
  } catch {
    return false;
  }
};

/**
 * Whether an RSA signature holds the bare hash where PKCS#1 wants a DigestInfo.
 *
 * observed: every legacy time stamp by "Symantec Time Stamping Services Signer - G4", for example in
 * inf2cat-v1/linino/linino-boards_x86.cat
 */
export const bareHashHolds = (signer: Certificate, { message, hash, signature }: SignedMessage): boolean => {
  const key = publicKeyOf(signer);
  if (key?.kind !== 'rsa') return false;
  try {
    const opened = publicDecrypt({ key: key.key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return equalBytes(opened, createHash(hash).update(message).digest());
  } catch {
    return false;
  }
};

const verdicts = new WeakMap<Certificate, WeakMap<KeyHolder, boolean>>();

/** Whether `issuer`'s key signed `certificate`; names and extensions are the caller's to judge. Asked once a pair. */
export const issuedBy = (certificate: Certificate, issuer: KeyHolder): boolean => {
  const known = verdicts.get(certificate) ?? new WeakMap<KeyHolder, boolean>();
  verdicts.set(certificate, known);
  const verdict = known.get(issuer) ?? askIssuer(certificate, issuer);
  known.set(issuer, verdict);
  return verdict;
};

const askIssuer = ({ signatureAlgorithm, tbs, signature }: Certificate, issuer: KeyHolder): boolean => {
  const scheme = schemeOf(signatureAlgorithm);
  if (scheme?.hash === undefined) return false;
  return signatureHolds(issuer, { message: tbs, hash: scheme.hash, scheme, signature });
};
