import { concatBytes, u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { changedParts, type FileChange } from '../../../core/file-change.ts';
import { checksumOf, type DigestAndSum, type PeDigestAlgorithm, peChecksum, peHasher, wordSum } from './digest.ts';
import type { PeFlawRule, PeImage } from './model.ts';
import { parsePe } from './parse.ts';

/** What to do with the signature that an image has already. */
export type ExistingSignature = 'refuse' | 'replace';

/** WIN_CERT_REVISION_2_0 and WIN_CERT_TYPE_PKCS_SIGNED_DATA. */
const REVISION = 0x0200;
const PKCS_SIGNED_DATA = 0x0002;
const HEADER = 8;

/** Contradictions of the certificate table go away with the table. */
const GONE_WITH_THE_TABLE: readonly PeFlawRule[] = [
  'certificate-table-out-of-range',
  'certificate-table-overlap',
  'certificate-table-unaligned',
];

/**
 * An image that a signature can be made for: no certificate table. Where it does not end at a multiple of 8, it is hashed
 * and signed with zeros up to there (spec signing-formats 3.7), which are not part of it yet.
 * @throws WinpvError SIGN_NOT_SIGNABLE, SIGN_ALREADY_SIGNED, PE_*
 */
export const preparePeForSignature = (
  bytes: Uint8Array,
  file: string,
  existing: ExistingSignature = 'refuse',
): PeImage => {
  const image = parsePe(bytes, file);
  const directory = signableDirectory(image, existing);
  if (existing === 'replace' && hasTable(image, directory)) return parsePe(withoutTable(image, directory), file);
  return image;
};

/**
 * As `preparePeForSignature`, from the beginning of a file alone.
 * @returns undefined for what cannot be signed as it is, or has headers further on; the whole file tells more
 */
export const preparePeHead = (head: Uint8Array, size: number, file: string): PeImage | undefined => {
  try {
    const image = parsePe(head, file, size);
    signableDirectory(image, 'refuse');
    return image;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** What an image has to be padded with. */
const paddingOf = ({ size }: PeImage): Uint8Array => new Uint8Array(-size & 7);

/** The image without its certificate table; the zeros that padded it to 8 stay. The checksum is made right again. */
export const stripPeSignature = (bytes: Uint8Array, file: string): Uint8Array => {
  const image = parsePe(bytes, file);
  const directory = signableDirectory(image, 'replace');
  if (!hasTable(image, directory)) return bytes;
  const stripped = withoutTable(image, directory);
  writeChecksum(stripped, image.checksumOffset);
  return stripped;
};

/**
 * A prepared image, hashed for its signature. The sum of its words behind the headers is taken on the way, since the
 * checksum needs it afterwards.
 */
export interface HashedPe {
  readonly image: PeImage;
  readonly digest: Uint8Array;
  /** Where the part begins that signing leaves alone; a multiple of 4. */
  readonly bodyOffset: number;
  readonly bodySum: number;
}

/** The hash to sign, with what `signedPeChanges` needs. @param image from `preparePeForSignature` */
export const hashPreparedPe = (image: PeImage, algorithm: PeDigestAlgorithm): HashedPe => {
  const bodyOffset = bodyOffsetOf(signableDirectory(image, 'refuse'));
  const hasher = peHasher(image, algorithm, bodyOffset);
  hasher.add(image.bytes.subarray(bodyOffset));
  return hashedPe(image, bodyOffset, hasher.end());
};

/**
 * As `hashPreparedPe`, for an image of which only the beginning is at hand.
 * @param blocks the whole file; the first holds the headers, and all but the last have a length that is a multiple of 4
 */
export const hashPassingPe = async (
  image: PeImage,
  algorithm: PeDigestAlgorithm,
  blocks: AsyncIterable<Uint8Array>,
): Promise<HashedPe> => {
  const bodyOffset = bodyOffsetOf(signableDirectory(image, 'refuse'));
  const hasher = peHasher(image, algorithm, bodyOffset);
  let headers = bodyOffset;
  for await (const block of blocks) {
    hasher.add(block.subarray(headers));
    headers = 0;
  }
  return hashedPe(image, bodyOffset, hasher.end());
};

const hashedPe = (image: PeImage, bodyOffset: number, { digest, sum }: DigestAndSum): HashedPe => ({
  image,
  digest,
  bodyOffset,
  bodySum: sum,
});

const bodyOffsetOf = (directory: number): number => (directory + 8 + 3) & ~3;

/**
 * What signing changes of the image: the headers, in checksum and directory entry; and behind its end, zeros up to a
 * multiple of 8 and the certificate table.
 * @param pkcs7 a DER ContentInfo made for exactly this image
 */
export const signedPeChanges = (hashed: Omit<HashedPe, 'digest'>, pkcs7: Uint8Array): readonly FileChange[] => {
  const { image, bodyOffset, bodySum } = hashed;
  const { bytes, size, checksumOffset } = image;
  const directory = signableDirectory(image, 'refuse');
  const table = certificateTable(pkcs7);
  const padding = paddingOf(image);
  const tableOffset = size + padding.length;
  const length = tableOffset + table.length;
  if (length > 0xffff_ffff) return refuse(image, 'The image would be larger than 4 GiB.', directory);
  const head = bytes.slice(0, bodyOffset);
  head.fill(0, checksumOffset, checksumOffset + 4);
  head.set(u32leBytes(tableOffset), directory);
  head.set(u32leBytes(table.length), directory + 4);
  head.set(u32leBytes(checksumOf(wordSum(head) + bodySum + wordSum(table), length)), checksumOffset);
  return [
    { offset: 0, bytes: head },
    { offset: size, bytes: concatBytes(padding, table) },
  ];
};

/** WIN_CERTIFICATE; `dwLength` counts the zeros after the DER, as SignTool writes it. */
const certificateTable = (pkcs7: Uint8Array): Uint8Array => {
  const size = (HEADER + pkcs7.length + 7) & ~7;
  const padding = new Uint8Array(size - HEADER - pkcs7.length);
  return concatBytes(u32leBytes(size), u16leBytes(REVISION), u16leBytes(PKCS_SIGNED_DATA), pkcs7, padding);
};

/**
 * Appends a signature to a prepared image. Three places differ afterwards: the checksum, the directory entry, the tail.
 * @param pkcs7 a DER ContentInfo made for exactly this image
 * @returns a new file
 */
export const attachPeSignature = (prepared: PeImage, pkcs7: Uint8Array): Uint8Array => {
  const { bytes } = prepared;
  const bodyOffset = bodyOffsetOf(signableDirectory(prepared, 'refuse'));
  const bodySum = wordSum(bytes.subarray(bodyOffset));
  return concatBytes(...changedParts(bytes, signedPeChanges({ image: prepared, bodyOffset, bodySum }, pkcs7)));
};

/** The offset of the certificate directory entry, when the image may be signed. */
const signableDirectory = (image: PeImage, existing: ExistingSignature): number => {
  const { certificateDirectoryOffset: directory, flaws, checksumOffset } = image;
  if (directory === undefined) {
    return refuse(image, 'The image has fewer than five data directories: no place for a signature.', checksumOffset);
  }
  const flaw = flaws.find(({ rule }) => existing === 'refuse' || !GONE_WITH_THE_TABLE.includes(rule));
  if (flaw !== undefined) return refuse(image, flaw.message, flaw.offset);
  if (existing === 'refuse' && hasTable(image, directory)) {
    throw new WinpvError('SIGN_ALREADY_SIGNED', 'The image has a signature already.', {
      at: { file: image.file, offset: directory },
      hint: 'Use --replace to sign it anew, or --if-unsigned to leave it as it is.',
    });
  }
  return directory;
};

const hasTable = ({ bytes }: PeImage, directory: number): boolean =>
  bytes.subarray(directory, directory + 8).some((octet) => octet !== 0);

/** A copy that ends where the table began, with an empty directory entry, padded. A dangling entry is only emptied. */
const withoutTable = ({ bytes, certificateTable }: PeImage, directory: number): Uint8Array => {
  const stripped = padded(bytes.subarray(0, certificateTable?.offset ?? bytes.length));
  stripped.fill(0, directory, directory + 8);
  return stripped;
};

const padded = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(-bytes.length & 7));

const writeChecksum = (bytes: Uint8Array, offset: number): void => {
  bytes.set(u32leBytes(peChecksum(bytes, offset)), offset);
};

const refuse = ({ file }: PeImage, why: string, offset: number): never => {
  throw new WinpvError('SIGN_NOT_SIGNABLE', why, { at: { file, offset } });
};
