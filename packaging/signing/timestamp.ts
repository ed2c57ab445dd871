import { concatBytes, utf8 } from '../../core/bytes.ts';
import {
  attribute,
  digest,
  encodeSignedAttributes,
  encodeSignedData,
  encodeSignerInfo,
} from '../formats/cms/encode.ts';
import { CmsOid, type DigestAlgorithm, SpcOid } from '../formats/cms/object-ids.ts';
import { encodeTstInfo, signingCertificateV2, type TstInfo } from '../formats/cms/tst-info.ts';
import { type Der, octetString, time } from '../formats/der/encode.ts';
import { readIdentity, signChecked } from './identity.ts';
import type { Signer } from './signer.ts';

/** What a time stamp adds to a signature, outside of what the signature covers. */
export interface UnauthenticatedTimestamp {
  /** The whole attribute, for the SignerInfo. */
  readonly attribute: Der;
  /** Certificates for the outer set: those of a legacy authority; an RFC 3161 token carries its own. */
  readonly certificates: readonly Uint8Array[];
}

/** Somebody who confirms when a signature existed. */
export interface Timestamper {
  /** Shown to people, for example the server's address. */
  readonly label: string;
  /**
   * @param signature the signature octets of the SignerInfo
   * @throws WinpvError TS_* and SIGN_*; a time stamp that was asked for and fails must fail the command
   */
  timestamp(signature: Uint8Array): Promise<UnauthenticatedTimestamp>;
}

/** The SignerInfo of a legacy countersignature, under the attribute of PKCS#9 (spec signing-formats 4.2). */
export const legacyAttribute = (signerInfo: Der): Der => attribute(CmsOid.countersignature, signerInfo);

/**
 * The older form of a time stamp: SignedData version 1 over the signature itself, with the time as an attribute.
 * @throws WinpvError SIGN_*
 */
export const issueLegacyTimestamp = async (
  tsa: Signer,
  { signature, genTimeMs }: { readonly signature: Uint8Array; readonly genTimeMs: number },
): Promise<Der> => {
  const identity = await readIdentity(tsa);
  const digestAlgorithm: DigestAlgorithm = 'sha256';
  const signedAttributes = encodeSignedAttributes(CmsOid.data, signature, digestAlgorithm, [
    attribute(CmsOid.signingTime, time(genTimeMs)),
  ]);
  return encodeSignedData({
    version: 1,
    digestAlgorithm,
    contentType: CmsOid.data,
    content: octetString(signature),
    certificates: identity.storedCertificates,
    signerInfo: encodeSignerInfo({
      signer: identity.name,
      digestAlgorithm,
      keyKind: identity.kind,
      signedAttributes,
      signature: await signChecked(identity, signedAttributes, digestAlgorithm),
      unsignedAttributes: [],
    }),
  });
};

/** An RFC 3161 token as Authenticode stores it: under Microsoft's own attribute (spec signing-formats 4.1). */
export const rfc3161Attribute = (token: Der): Der => attribute(SpcOid.rfc3161Timestamp, token);

/**
 * A time-stamp token, as an authority makes it: SignedData version 3 over a TSTInfo, the authority's certificate inside.
 * Follows from its arguments alone when the key is RSA. A request may ask for a token without certificates.
 * @throws WinpvError SIGN_*
 */
export const issueTimestampToken = async (
  tsa: Signer,
  info: TstInfo,
  { withCertificates = true }: { readonly withCertificates?: boolean } = {},
): Promise<Der> => {
  const identity = await readIdentity(tsa);
  const digestAlgorithm: DigestAlgorithm = 'sha256';
  const content = encodeTstInfo(info);
  const signedAttributes = encodeSignedAttributes(CmsOid.tstInfo, content, digestAlgorithm, [
    signingCertificateV2(identity.certificate, identity.name),
  ]);
  return encodeSignedData({
    version: 3,
    digestAlgorithm,
    contentType: CmsOid.tstInfo,
    content: octetString(content),
    certificates: withCertificates ? identity.storedCertificates : [],
    signerInfo: encodeSignerInfo({
      signer: identity.name,
      digestAlgorithm,
      keyKind: identity.kind,
      signedAttributes,
      signature: await signChecked(identity, signedAttributes, digestAlgorithm),
      unsignedAttributes: [],
    }),
  });
};

/** The rules of the test authority: an arc below the enterprise number reserved for examples (RFC 5612). */
export const TEST_POLICY = '1.3.6.1.4.1.32473.3161';

export interface TestTimestamperOptions {
  readonly tsa: Signer;
  /** The time that every token states: milliseconds since 1970, of the release date. */
  readonly genTimeMs: number;
}

/**
 * A time-stamp authority that needs no network and no clock. Time and serial number follow from the release date and
 * the imprint, so the same signature gets the same token. It proves nothing to anybody: for test signing only.
 */
export const testTimestamper = ({ tsa, genTimeMs }: TestTimestamperOptions): Timestamper => ({
  label: `test time stamps by ${tsa.label}`,
  timestamp: async (signature) => {
    const imprint = { algorithm: 'sha256', digest: digest('sha256', signature) } as const;
    const serialNumber = serialOf(imprint.digest, genTimeMs);
    const token = await issueTimestampToken(tsa, { policy: TEST_POLICY, imprint, serialNumber, genTimeMs });
    return { attribute: rfc3161Attribute(token), certificates: [] };
  },
});

/** 16 octets, positive, without a leading zero: the same length each time keeps signatures the same length. */
export const serialOf = (imprint: Uint8Array, genTimeMs: number): Uint8Array => {
  const serial = digest('sha256', concatBytes(utf8(`${genTimeMs}\n`), imprint)).slice(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};
