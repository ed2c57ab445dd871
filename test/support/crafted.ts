import { type KeyObject, sign } from 'node:crypto';
import { encodeIndirectData } from '../../packaging/formats/authenticode/encode.ts';
import {
  attribute,
  digest,
  encodeSignedAttributes,
  encodeSignedData,
  encodeSignerInfo,
} from '../../packaging/formats/cms/encode.ts';
import { CmsOid, type DigestAlgorithm, SpcOid } from '../../packaging/formats/cms/object-ids.ts';
import { encodeTstInfo, signingCertificateV2, type TstInfo } from '../../packaging/formats/cms/tst-info.ts';
import { type Der, octetString, time } from '../../packaging/formats/der/encode.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import { attachPeSignature, preparePeForSignature } from '../../packaging/formats/pe/attach.ts';
import { peDigest } from '../../packaging/formats/pe/digest.ts';
import { certificateNames } from '../../packaging/formats/x509/names.ts';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import { standIn } from './signed-package.ts';
import type { Party } from './test-ca.ts';

/** A signature with everything as a careful attacker, or a careless tool, wants it. Keys are P-256 (test-ca.ts). */
export interface Craft {
  readonly certificate: Certificate;
  readonly party: Party;
  /** Certificates to store; default: the signer's alone. */
  readonly certificates?: readonly Certificate[];
  readonly contentType?: string;
  readonly content?: Der;
  readonly digestAlgorithm?: DigestAlgorithm;
  /** Signed attributes beside content type and message digest. */
  readonly others?: readonly Der[];
  /** The whole SET OF signed attributes instead of the usual one. */
  readonly signedAttributes?: Der;
  /** Attributes outside, which may depend on the signature. */
  readonly unsigned?: (signature: Uint8Array) => readonly Der[];
  readonly version?: 1 | 3;
}

const signWith = (message: Uint8Array, key: KeyObject, algorithm: DigestAlgorithm): Uint8Array =>
  new Uint8Array(sign(algorithm, message, key));

const valueOctets = (der: Der): Uint8Array => parseDer(der, { file: 'content' }).value;

export const nameOf = ({ der }: Certificate) => certificateNames(der, 'crafted.cer');

/** A ContentInfo with one SignerInfo. */
export const craftSignature = (craft: Craft & { readonly content: Der }): Der => {
  const { certificate, party, content, digestAlgorithm = 'sha256', contentType = SpcOid.indirectData } = craft;
  const signedAttributes =
    craft.signedAttributes ??
    encodeSignedAttributes(contentType, valueOctets(content), digestAlgorithm, craft.others ?? []);
  const signature = signWith(signedAttributes, party.privateKey, digestAlgorithm);
  return encodeSignedData({
    version: craft.version ?? 1,
    digestAlgorithm,
    contentType,
    content,
    certificates: (craft.certificates ?? [certificate]).map(({ der }) => der),
    signerInfo: encodeSignerInfo({
      signer: nameOf(certificate),
      digestAlgorithm,
      keyKind: 'ec',
      signedAttributes,
      signature,
      unsignedAttributes: craft.unsigned?.(signature) ?? [],
    }),
  });
};

/** The content that a signature of `image` has. */
export const imageContent = (image: Uint8Array, kind: 'pe' | 'cab' = 'pe'): Der =>
  encodeIndirectData(kind, 'sha256', peDigest(preparePeForSignature(image, 'demo.sys'), 'sha256'));

/** An image, the usual stand-in, with a crafted signature. */
export const craftPe = (craft: Craft, image: Uint8Array = standIn()): Uint8Array => {
  const content = craft.content ?? imageContent(image);
  return attachPeSignature(preparePeForSignature(image, 'demo.sys'), craftSignature({ ...craft, content }));
};

/** An RFC 3161 token over `signature`, as an attribute; every field can be another than it should. */
export const craftStamp = (
  authority: Pick<Craft, 'certificate' | 'party' | 'certificates'>,
  signature: Uint8Array,
  changes: Partial<TstInfo> & { readonly hash?: DigestAlgorithm } = {},
): Der => {
  const algorithm = changes.hash ?? 'sha256';
  const content = encodeTstInfo({
    policy: '1.2.3',
    imprint: { algorithm, digest: digest(algorithm, signature) },
    serialNumber: Uint8Array.of(1),
    genTimeMs: Date.UTC(2026, 5, 1),
    ...changes,
  });
  const { certificate } = authority;
  const token = craftSignature({
    ...authority,
    version: 3,
    contentType: CmsOid.tstInfo,
    content: octetString(content),
    others: [signingCertificateV2(certificate.der, nameOf(certificate))],
  });
  return attribute(SpcOid.rfc3161Timestamp, token);
};

/** A legacy countersignature over `signature`, as an attribute. */
export const craftCountersignature = (
  { certificate, party }: Pick<Craft, 'certificate' | 'party'>,
  signature: Uint8Array,
  genTimeMs = Date.UTC(2026, 5, 1),
): Der => {
  const signingTime = attribute(CmsOid.signingTime, time(genTimeMs));
  const signedAttributes = encodeSignedAttributes(CmsOid.data, signature, 'sha256', [signingTime]);
  const signerInfo = encodeSignerInfo({
    signer: nameOf(certificate),
    digestAlgorithm: 'sha256',
    keyKind: 'ec',
    signedAttributes,
    signature: signWith(signedAttributes, party.privateKey, 'sha256'),
    unsignedAttributes: [],
  });
  return attribute(CmsOid.countersignature, signerInfo);
};
