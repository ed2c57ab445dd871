import { ByteReader, concatBytes } from '../../core/bytes.ts';
import { changedParts, type FileChange } from '../../core/file-change.ts';
import { encodeIndirectData } from '../formats/authenticode/encode.ts';
import { nestSignature } from '../formats/authenticode/nest.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { hashPassingPe, hashPreparedPe, preparePeForSignature, signedPeChanges } from '../formats/pe/attach.ts';
import { pageHashes } from '../formats/pe/digest.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parsePe } from '../formats/pe/parse.ts';
import { type SignOptions, signContent } from './sign-content.ts';

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
  const changes = signedPeChanges(hashed, outer === undefined ? made : nestSignature(outer, made, file));
  return changedParts(prepared.bytes, changes);
};

/**
 * As `signPe`, for an image that is read block by block.
 * @param image from `preparePeHead`
 * @param blocks the whole file; the first holds the headers, and all but the last have a length that is a multiple of 4
 * @returns what signing changes
 * @throws WinpvError SIGN_*, and what the blocks and the time stamper throw
 */
export const signPassingPe = async (
  image: PeImage,
  blocks: AsyncIterable<Uint8Array>,
  options: Omit<SignOptions, 'existing' | 'pageHashes'>,
): Promise<readonly FileChange[]> => {
  const { digest = 'sha256' } = options;
  const hashed = await hashPassingPe(image, digest, blocks);
  const content = encodeIndirectData('pe', digest, hashed.digest);
  return signedPeChanges(hashed, await signContent(SpcOid.indirectData, content, options));
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
