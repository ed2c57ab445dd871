import {
  contextConstructed,
  type Der,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  unsignedInteger,
} from '../der/encode.ts';
import { algorithmIdentifier, attribute, type CertificateName, digest } from './encode.ts';
import { CmsOid, type DigestAlgorithm, DigestOid } from './object-ids.ts';

/** What a time-stamp authority states: that this hash existed at this time. */
export interface TstInfo {
  /** Dotted object identifier of the authority's rules. */
  readonly policy: string;
  readonly imprint: { readonly algorithm: DigestAlgorithm; readonly digest: Uint8Array };
  /** Big-endian magnitude, at most 20 octets. */
  readonly serialNumber: Uint8Array;
  /** Milliseconds since 1970; whole seconds are stored. */
  readonly genTimeMs: number;
  /** Big-endian magnitude, as the request had it. */
  readonly nonce?: Uint8Array | undefined;
}

/** MessageImprint ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }   (RFC 3161, 2.4.1) */
export const encodeMessageImprint = ({ algorithm, digest: value }: TstInfo['imprint']): Der =>
  sequence(algorithmIdentifier(DigestOid[algorithm]), octetString(value));

/** TSTInfo ::= SEQUENCE { version 1, policy, messageImprint, serialNumber, genTime, …, nonce OPTIONAL }   (RFC 3161, 2.4.2) */
export const encodeTstInfo = (info: TstInfo): Der =>
  sequence(
    integer(1),
    oid(info.policy),
    encodeMessageImprint(info.imprint),
    unsignedInteger(info.serialNumber),
    generalizedTime(info.genTimeMs),
    ...(info.nonce === undefined ? [] : [unsignedInteger(info.nonce)]),
  );

/**
 * SigningCertificateV2 with one ESSCertIDv2: ties a token to the very certificate of its signer, by SHA-256 (the
 * default, hence not written) and by issuer and serial number.
 * @see RFC 5035, 3 and 5.4.1.1
 */
export const signingCertificateV2 = (certificate: Uint8Array, { issuer, serialNumber }: CertificateName): Der => {
  const directoryName = contextConstructed(4, issuer);
  const certId = sequence(octetString(digest('sha256', certificate)), sequence(sequence(directoryName), serialNumber));
  return attribute(CmsOid.signingCertificateV2, sequence(sequence(certId)));
};
