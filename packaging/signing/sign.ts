import { ByteReader, concatBytes } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { authenticodeAttributes, encodeIndirectData, type OpusInfo } from '../formats/authenticode/encode.ts';
import { nestSignature } from '../formats/authenticode/nest.ts';
import { attachCabSignature, prepareCabForSignature } from '../formats/cab/attach.ts';
import { cabDigest } from '../formats/cab/digest.ts';
import { parseCabHeader } from '../formats/cab/header.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { encodeSignedAttributes, encodeSignedData, encodeSignerInfo } from '../formats/cms/encode.ts';
import { type DigestAlgorithm, SpcOid } from '../formats/cms/object-ids.ts';
import type { Der } from '../formats/der/encode.ts';
import { parseDer } from '../formats/der/parse.ts';
import { type ExistingSignature, hashPreparedPe, preparePeForSignature, signedPeParts } from '../formats/pe/attach.ts';
import { pageHashes } from '../formats/pe/digest.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parsePe } from '../formats/pe/parse.ts';
import { readIdentity, signChecked } from './identity.ts';
import type { Signer } from './signer.ts';
import type { Timestamper } from './timestamp.ts';

export interface SignOptions extends OpusInfo {
  readonly signer: Signer;
  /** Without one the signature ends with its certificate's validity. */
  readonly timestamper?: Timestamper | undefined;
  /** Default SHA-256. */
  readonly digest?: DigestAlgorithm | undefined;
  /** What to do with a file that is signed already; default: refuse it. */
  readonly existing?: ExistingSignature | 'append' | undefined;
  /** Sign a table of the hashes of an image's pages too. */
  readonly pageHashes?: 'sha1' | 'sha256' | undefined;
}

/**
 * Embeds a signature in a PE image. The result differs from the input (padded to a multiple of 8) in the checksum, the
 * certificate directory entry and the tail only.
 * @returns a new file; with an RSA key the same input gives the same bytes
 * @throws WinpvError PE_*, SIGN_*, and what the time stamper throws
 */
export const signPe = async (bytes: Uint8Array, file: string, options: SignOptions): Promise<Uint8Array> =>
  concatBytes(...(await signPeParts(bytes, file, options)));

/** As `signPe`; the signed file in parts that belong one after the other, the largest a view on `bytes`. */
export const signPeParts = async (
  bytes: Uint8Array,
  file: string,
  options: SignOptions,
): Promise<readonly Uint8Array[]> => {
  const { digest = 'sha256', existing, pageHashes: paged } = options;
  const outer = existing === 'append' ? firstSignature(parsePe(bytes, file)) : undefined;
  const prepared = preparePeForSignature(bytes, file, existing === 'append' ? 'replace' : existing);
  const pages = paged === undefined ? undefined : { algorithm: paged, table: pageHashes(prepared, paged) };
  const hashed = hashPreparedPe(prepared, digest);
  const content = encodeIndirectData('pe', digest, hashed.digest, pages);
  const made = await signContent(SpcOid.indirectData, content, options);
  return signedPeParts(hashed, outer === undefined ? made : nestSignature(outer, made, file));
};

/** The PKCS #7 of the first certificate entry; undefined without one. */
const firstSignature = ({ bytes, certificateTable, file }: PeImage): Uint8Array | undefined => {
  if (certificateTable === undefined) return undefined;
  const { offset, size } = certificateTable;
  const r = new ByteReader(bytes.subarray(offset, offset + size), { file, truncated: 'PE_TRUNCATED', base: offset });
  const length = r.u32le('WIN_CERTIFICATE.dwLength');
  r.skip(4, 'WIN_CERTIFICATE.wRevision, wCertificateType');
  return r.take(length - 8, 'WIN_CERTIFICATE.bCertificate');
};

/**
 * Embeds a signature in a cabinet; the files in it stay where they are, their folders' offsets move.
 * @throws WinpvError CAB_*, SIGN_*, and what the time stamper throws
 */
export const signCab = async (bytes: Uint8Array, file: string, options: SignOptions): Promise<Uint8Array> => {
  const { digest = 'sha256', existing = 'refuse' } = options;
  const signature = parseCabHeader(bytes, file).authenticode?.signature;
  if (signature !== undefined && existing === 'refuse') refuseSigned(file, signature.offset, 'cabinet');
  const outer =
    signature === undefined || existing !== 'append'
      ? undefined
      : bytes.subarray(signature.offset, signature.offset + signature.size);
  const prepared = prepareCabForSignature(bytes, file);
  const content = encodeIndirectData('cab', digest, cabDigest(prepared, file, digest));
  const made = await signContent(SpcOid.indirectData, content, options);
  return attachCabSignature(prepared, outer === undefined ? made : nestSignature(outer, made, file), file);
};

/**
 * Signs a catalog: its trust list is kept byte for byte. A catalog holds one signature only (spec signing-formats 1.1).
 * @throws WinpvError CAT_*, DER_*, SIGN_*, and what the time stamper throws
 */
export const signCatalog = async (bytes: Uint8Array, file: string, options: SignOptions): Promise<Uint8Array> => {
  const { ctl, signedData } = parseCatalog(bytes, file);
  const signerInfos = signedData.children.at(-1);
  const signed = signerInfos !== undefined && signerInfos.value.length > 0;
  if (signed && options.existing === 'append') {
    throw new WinpvError(
      'SIGN_ALREADY_SIGNED',
      'A catalog holds one signature; a second one would make it unreadable.',
      {
        at: { file, offset: signerInfos.offset },
        hint: 'Use --replace to sign it anew.',
      },
    );
  }
  if (signed && options.existing !== 'replace') refuseSigned(file, signerInfos.offset, 'catalog');
  return signContent(SpcOid.certificateTrustList, ctl, options);
};

const refuseSigned = (file: string, offset: number, what: string): never => {
  throw new WinpvError('SIGN_ALREADY_SIGNED', `The ${what} has a signature already.`, {
    at: { file, offset },
    hint: 'Use --replace to sign it anew, or --if-unsigned to leave it as it is.',
  });
};

/**
 * A whole PKCS#7 ContentInfo over one Authenticode content, time-stamped when asked for. The key is used once.
 * @param content the content's whole encoding; the signature covers its value octets
 */
export const signContent = async (contentType: string, content: Der, options: SignOptions): Promise<Uint8Array> => {
  const { timestamper, digest: digestAlgorithm = 'sha256' } = options;
  const identity = await readIdentity(options.signer);
  const { value } = parseDer(content, { file: 'content' });
  const others = authenticodeAttributes(options);
  const signedAttributes = encodeSignedAttributes(contentType, value, digestAlgorithm, others);
  const signature = await signChecked(identity, signedAttributes, digestAlgorithm);
  const timestamp = await timestamper?.timestamp(signature);
  return encodeSignedData({
    version: 1,
    digestAlgorithm,
    contentType,
    content,
    certificates: [...identity.storedCertificates, ...(timestamp?.certificates ?? [])],
    signerInfo: encodeSignerInfo({
      signer: identity.name,
      digestAlgorithm,
      keyKind: identity.kind,
      signedAttributes,
      signature,
      unsignedAttributes: timestamp === undefined ? [] : [timestamp.attribute],
    }),
  });
};
