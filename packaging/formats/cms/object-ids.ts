/** Object identifiers of signatures and certificates, by the names of their specifications. Data only. */
export const CmsOid = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  signingTime: '1.2.840.113549.1.9.5',
  countersignature: '1.2.840.113549.1.9.6',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
} as const;

/** Authenticode (spec signing-formats 1.7, 3.3, 3.4, 4.1). */
export const SpcOid = {
  indirectData: '1.3.6.1.4.1.311.2.1.4',
  statementType: '1.3.6.1.4.1.311.2.1.11',
  opusInfo: '1.3.6.1.4.1.311.2.1.12',
  peImageData: '1.3.6.1.4.1.311.2.1.15',
  individualCodeSigning: '1.3.6.1.4.1.311.2.1.21',
  cabData: '1.3.6.1.4.1.311.2.1.25',
  certificateTrustList: '1.3.6.1.4.1.311.10.1',
  nestedSignature: '1.3.6.1.4.1.311.2.4.1',
  timestampRequest: '1.3.6.1.4.1.311.3.2.1',
  rfc3161Timestamp: '1.3.6.1.4.1.311.3.3.1',
} as const;

export const DigestOid = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

/** Hash functions that winpv signs with. */
export type DigestAlgorithm = keyof typeof DigestOid;

export const X509Oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

/** RFC 8017 A.2.4, RFC 5758 3.2. */
export const SignatureOid = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
} as const;
