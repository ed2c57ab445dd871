/** Bytes of a signed file that can change without a word from the verifier. */
export interface UncoveredRange {
  readonly where: string;
  readonly why: string;
  /** How the verifier says that a file has such bytes; undefined when it does not. */
  readonly reportedAs?: 'VERIFY_UNCOVERED' | 'VERIFY_CERTIFICATE_UNCHECKED';
}

/**
 * Everything that no signature covers and no other rule fixes; `explain VERIFY_UNCOVERED` prints it. What winpv signs has
 * none of it but the first two, which only a particular substitution of one octet can use.
 */
export const UNCOVERED_RANGES: readonly UncoveredRange[] = [
  {
    where: 'The last octet of the signature algorithm in a SignerInfo of a catalog or cabinet signed with RSA.',
    why: 'rsaEncryption and the name of RSA with the very hash that the signer announced mean the same, so either may stand there. In a PE image the checksum covers the octet.',
  },
  {
    where: 'The length in the header of a certificate table entry: it may or may not count the zeros that follow.',
    why: 'Tools write both. The zeros themselves are held to be zeros, and fewer than eight.',
  },
  {
    where: 'Attribute certificates and revocation lists in the set of certificates, as in time stamps by Microsoft.',
    why: 'No chain uses them, and the keys that would verify them are not published with them.',
    reportedAs: 'VERIFY_UNCOVERED',
  },
  {
    where:
      'A further certificate for a subject and key that are vouched for otherwise (a cross-certificate), when its own issuer is not at hand: all of it but subject and key.',
    why: 'The chain does not need it, and nothing at hand can verify it. Naming its root with --ca covers it.',
    reportedAs: 'VERIFY_CERTIFICATE_UNCHECKED',
  },
];
