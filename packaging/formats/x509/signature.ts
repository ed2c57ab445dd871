import { constants, createHash, createPublicKey, type KeyObject, publicDecrypt, verify } from 'node:crypto';
import { equalBytes } from '../../../core/bytes.ts';
import { type HashName, type SignatureScheme, schemeOf } from '../cms/algorithms.ts';
import type { Certificate } from './parse.ts';

export interface PublicKey {
  readonly kind: 'rsa' | 'ec';
  /** Modulus or field size in bits. */
  readonly bits: number;
  readonly key: KeyObject;
}

const CURVES: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };
const keys = new WeakMap<Certificate, PublicKey | 'unknown'>();

/** The certificate's key; undefined when it is neither RSA nor on a NIST curve. Kept with the certificate. */
export const publicKeyOf = (certificate: Certificate): PublicKey | undefined => {
  const known = keys.get(certificate) ?? readKey(certificate.publicKeyInfo);
  keys.set(certificate, known);
  return known === 'unknown' ? undefined : known;
};

const readKey = (publicKeyInfo: Uint8Array): PublicKey | 'unknown' => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKeyInfo), format: 'der', type: 'spki' });
    const { modulusLength, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
    if (key.asymmetricKeyType === 'rsa' && modulusLength !== undefined)
      return { kind: 'rsa', bits: modulusLength, key };
    const bits = key.asymmetricKeyType === 'ec' ? CURVES[namedCurve] : undefined;
    return bits === undefined ? 'unknown' : { kind: 'ec', bits, key };
  } catch {
    return 'unknown';
  }
};

/** What is signed, how, and the signature: PKCS#1 v1.5 for RSA, ECDSA-Sig-Value in DER for EC. */
export interface SignedMessage {
  readonly message: Uint8Array;
  readonly hash: HashName;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array;
}

/** Whether the key made the signature. Never throws: a key or signature that the library refuses has not. */
export const signatureHolds = (signer: Certificate, signed: SignedMessage): boolean => {
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

/** Whether `issuer`'s key signed `certificate`; names and extensions are the caller's to judge. */
export const issuedBy = (certificate: Certificate, issuer: Certificate): boolean => {
  const scheme = schemeOf(certificate.signatureAlgorithm);
  if (scheme?.hash === undefined) return false;
  return signatureHolds(issuer, {
    message: certificate.tbs,
    hash: scheme.hash,
    scheme,
    signature: certificate.signature,
  });
};
