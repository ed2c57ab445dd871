import { createHash } from 'node:crypto';
import {
  contextConstructed,
  type Der,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  tlv,
} from '../der/encode.ts';
import { CmsOid, type DigestAlgorithm, DigestOid, SignatureOid } from './object-ids.ts';

/** AlgorithmIdentifier ::= SEQUENCE { OID, NULL }: Windows writes the NULL always (spec signing-formats 1.1). */
export const algorithmIdentifier = (id: string): Der => sequence(oid(id), nullValue);

/** Attribute ::= SEQUENCE { OID, SET OF value } */
export const attribute = (id: string, ...values: readonly Der[]): Der => sequence(oid(id), setOf(...values));

export const digest = (algorithm: DigestAlgorithm, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(algorithm).update(bytes).digest());

/** IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }, both as the certificate has them. */
export interface CertificateName {
  readonly issuer: Der;
  readonly serialNumber: Der;
}

/**
 * The attributes that a signature covers, as SET OF (identifier octet 31): exactly the bytes to be signed.
 * Content type and message digest are always there; the others come from the caller.
 *
 * @param content the octets that `messageDigest` covers: value octets, without identifier and length
 * @see RFC 2315 9.2 (PKCS#7), RFC 5652 5.4
 */
export const encodeSignedAttributes = (
  contentType: string,
  content: Uint8Array,
  algorithm: DigestAlgorithm,
  others: readonly Der[],
): Der =>
  setOf(
    attribute(CmsOid.contentType, oid(contentType)),
    attribute(CmsOid.messageDigest, octetString(digest(algorithm, content))),
    ...others,
  );

/** How the key signs: decides the signature algorithm that a SignerInfo names. */
export type KeyKind = 'rsa' | 'ec';

/** Everything of a SignerInfo. `signedAttributes` is the SET OF that was signed. */
export interface SignerInfoParts {
  readonly signer: CertificateName;
  readonly digestAlgorithm: DigestAlgorithm;
  readonly keyKind: KeyKind;
  readonly signedAttributes: Der;
  readonly signature: Uint8Array;
  /** Whole attributes that the signature does not cover: time stamp, nested signatures. */
  readonly unsignedAttributes: readonly Der[];
}

/** RSA is named by the key alone, as Windows does it; ECDSA with its hash and no parameters (RFC 5758 3.2). */
const signatureAlgorithm = (keyKind: KeyKind, digestAlgorithm: DigestAlgorithm): Der => {
  if (keyKind === 'rsa') return algorithmIdentifier(SignatureOid.rsaEncryption);
  return sequence(oid(digestAlgorithm === 'sha384' ? SignatureOid.ecdsaWithSha384 : SignatureOid.ecdsaWithSha256));
};

/** A SET OF under another identifier octet: `[n]` IMPLICIT. */
const retag = (set: Der, n: number): Der => {
  const copy = set.slice();
  copy[0] = 0xa0 | n;
  return copy;
};

/** SignerInfo, version 1: the signer is named by issuer and serial number (RFC 2315 9.2, RFC 5652 5.3). */
export const encodeSignerInfo = (parts: SignerInfoParts): Der =>
  sequence(
    integer(1),
    sequence(parts.signer.issuer, parts.signer.serialNumber),
    algorithmIdentifier(DigestOid[parts.digestAlgorithm]),
    retag(parts.signedAttributes, 0),
    signatureAlgorithm(parts.keyKind, parts.digestAlgorithm),
    octetString(parts.signature),
    ...(parts.unsignedAttributes.length === 0 ? [] : [retag(setOf(...parts.unsignedAttributes), 1)]),
  );

/** A SignedData with one signer. */
export interface SignedDataParts {
  /** 1 is PKCS#7, what Authenticode uses; 3 is CMS with content of another type than data, what time stamps use. */
  readonly version: 1 | 3;
  readonly digestAlgorithm: DigestAlgorithm;
  readonly contentType: string;
  /** The whole encoding inside `[0]`: a bare structure in PKCS#7 style, an OCTET STRING in CMS; undefined when detached. */
  readonly content: Der | undefined;
  /** Whole certificates in any order; each is written once, sorted. Without any the set is left out. */
  readonly certificates: readonly Der[];
  readonly signerInfo: Der;
}

/**
 * ContentInfo { signedData }: what a certificate table, a signed catalog or a time-stamp token holds.
 * The certificates are sorted as DER demands: Windows finds no signature in a catalog otherwise (spec signing-formats 1.1).
 */
export const encodeSignedData = (parts: SignedDataParts): Der =>
  sequence(
    oid(CmsOid.signedData),
    contextConstructed(
      0,
      sequence(
        integer(parts.version),
        setOf(algorithmIdentifier(DigestOid[parts.digestAlgorithm])),
        sequence(
          oid(parts.contentType),
          ...(parts.content === undefined ? [] : [contextConstructed(0, parts.content)]),
        ),
        ...(parts.certificates.length === 0 ? [] : [retag(setOf(...distinct(parts.certificates)), 0)]),
        tlv(0x31, parts.signerInfo),
      ),
    ),
  );

const distinct = (items: readonly Der[]): readonly Der[] => [
  ...new Map(items.map((item) => [Buffer.from(item).toString('latin1'), item])).values(),
];
