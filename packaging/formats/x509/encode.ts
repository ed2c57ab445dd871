import { SignatureOid, X509Oid } from '../cms/object-ids.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  unsignedInteger,
  utf8String,
} from '../der/encode.ts';

/** How a certificate is signed: always SHA-256; the issuer's key decides the rest. */
export type CertificateSignature = 'rsa-sha256' | 'ecdsa-sha256';

/** Bits of KeyUsage, by number (RFC 5280, 4.2.1.3). */
export const KeyUsage = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

/** Everything of a certificate but its signature. */
export interface CertificateParts {
  /** Big-endian magnitude, at most 20 octets. */
  readonly serialNumber: Uint8Array;
  readonly signature: CertificateSignature;
  /** Whole Names. */
  readonly issuer: Der;
  readonly subject: Der;
  /** Milliseconds since 1970, the last second included. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** The whole SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Der;
  /** Whole Extensions, in the order to write. */
  readonly extensions: readonly Der[];
}

/** Name with a common name only. */
export const commonName = (text: string): Der => sequence(setOf(sequence(oid(X509Oid.commonName), utf8String(text))));

const signatureAlgorithm = (signature: CertificateSignature): Der =>
  signature === 'rsa-sha256'
    ? sequence(oid(SignatureOid.sha256WithRsa), nullValue)
    : sequence(oid(SignatureOid.ecdsaWithSha256));

/** TBSCertificate, version 3: what the issuer signs (RFC 5280, 4.1.2). */
export const encodeTbsCertificate = (parts: CertificateParts): Der =>
  sequence(
    contextConstructed(0, integer(2)),
    unsignedInteger(parts.serialNumber),
    signatureAlgorithm(parts.signature),
    parts.issuer,
    sequence(time(parts.notBeforeMs), time(parts.notAfterMs)),
    parts.subject,
    parts.publicKeyInfo,
    contextConstructed(3, sequence(...parts.extensions)),
  );

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING } */
export const encodeCertificate = (tbs: Der, algorithm: CertificateSignature, signature: Uint8Array): Der =>
  sequence(tbs, signatureAlgorithm(algorithm), bitString(signature));

/** Extension ::= SEQUENCE { OID, critical BOOLEAN DEFAULT FALSE, OCTET STRING } */
const extension = (id: string, value: Der): Der => sequence(oid(id), octetString(value));
const criticalExtension = (id: string, value: Der): Der => sequence(oid(id), boolean(true), octetString(value));

/** The certificate may issue others. */
export const authorityConstraints = (): Der => criticalExtension(X509Oid.basicConstraints, sequence(boolean(true)));

/** A named bit list: zeros at the end are not written. */
export const keyUsage = (...bits: readonly number[]): Der => {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >>> bit), 0);
  return criticalExtension(X509Oid.keyUsage, bitString(Uint8Array.of(octet), 7 - Math.max(...bits)));
};

export const extendedKeyUsage = (...ids: readonly string[]): Der =>
  extension(X509Oid.extendedKeyUsage, sequence(...ids.map((id) => oid(id))));

/** A time-stamp authority's has to be critical and alone (RFC 3161, 2.3). */
export const criticalExtendedKeyUsage = (id: string): Der =>
  criticalExtension(X509Oid.extendedKeyUsage, sequence(oid(id)));

export const subjectKeyIdentifier = (id: Uint8Array): Der => extension(X509Oid.subjectKeyIdentifier, octetString(id));

export const authorityKeyIdentifier = (id: Uint8Array): Der =>
  extension(X509Oid.authorityKeyIdentifier, sequence(contextPrimitive(0, id)));
