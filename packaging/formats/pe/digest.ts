import { createHash } from 'node:crypto';
import { u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { PeImage } from './model.ts';

export type PeDigestAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const PAGE = 4096;

/**
 * The Authenticode hash of an image: the whole file but for CheckSum, certificate directory entry and certificate table;
 * an unsigned file is hashed as if padded with zeros to a multiple of 8, as it will be when it is signed.
 * An image without a certificate directory has nothing skipped there.
 * @see spec signing-formats 3.2
 */
export const peDigest = (image: PeImage, algorithm: PeDigestAlgorithm): Uint8Array => {
  const { bytes, certificateTable } = image;
  const hash = createHash(algorithm);
  for (const part of coveredParts(image, certificateTable?.offset ?? bytes.length)) hash.update(part);
  if (certificateTable === undefined) hash.update(new Uint8Array(-bytes.length & 7));
  else hash.update(bytes.subarray(certificateTable.offset + certificateTable.size));
  return new Uint8Array(hash.digest());
};

/** The bytes from the start of the file to `end`, without the two fields that signing changes. */
const coveredParts = (image: PeImage, end: number): Uint8Array[] => {
  const { bytes, checksumOffset, certificateDirectoryOffset } = image;
  const afterChecksum = checksumOffset + 4;
  const entry = certificateDirectoryOffset ?? afterChecksum;
  const afterEntry = certificateDirectoryOffset === undefined ? afterChecksum : entry + 8;
  return [
    bytes.subarray(0, Math.min(checksumOffset, end)),
    bytes.subarray(afterChecksum, Math.max(afterChecksum, Math.min(entry, end))),
    bytes.subarray(afterEntry, Math.max(afterEntry, end)),
  ];
};

/**
 * The optional header's `CheckSum`.
 *
 * @param bytes the whole file as it will be shipped, certificate table included; any length
 * @param checksumOffset where the field is; it counts as zero, whatever its parity
 * @returns unsigned 32 bits: the 16-bit one's-complement sum of all little-endian words (an odd last byte padded with
 *   zero) plus the length in bytes
 * @see spec signing-formats 3.9; CheckSumMappedFile of ImageHlp
 */
export const peChecksum = (bytes: Uint8Array, checksumOffset: number): number => {
  // The words around the field are summed from a copy in which it is zero.
  const start = Math.min(checksumOffset & ~3, bytes.length);
  const around = bytes.slice(start, start + 8);
  around.fill(0, checksumOffset - start, checksumOffset - start + 4);
  const words = wordSum(bytes.subarray(0, start)) + wordSum(around) + wordSum(bytes.subarray(start + around.length));
  return (fold(words) + bytes.length) % 0x1_0000_0000;
};

/** One's-complement sum of little-endian 16-bit words, folded; a zero only for all zeros. */
const wordSum = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let low = 0;
  let high = 0;
  for (let i = 0; i < whole; i += 4) {
    const pair = view.getUint32(i, true);
    low += pair & 0xffff;
    high += pair >>> 16;
  }
  for (let i = whole; i < bytes.length; i += 1) low += (i & 1) === 0 ? view.getUint8(i) : view.getUint8(i) * 256;
  return fold(low + high);
};

/** Adds the carries back in until 16 bits are left. Exact below 2^53, so up to 2^37 words. */
const fold = (sum: number): number => {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
};

/**
 * The table of page hashes: entries of file offset (u32) and hash; the headers first, then every 4096-byte page of every
 * section's raw data, then the end of the last section with a hash of zeros. Short pages are padded with zeros.
 * @throws WinpvError PE_MALFORMED or PE_TRUNCATED when sections overlap or leave the file
 * @see spec signing-formats 3.5
 */
export const pageHashes = (image: PeImage, algorithm: 'sha1' | 'sha256'): Uint8Array => {
  refuseStrayingSections(image);
  const { bytes, sections, sizeOfHeaders } = image;
  const pageCount = sections.reduce((count, { rawSize }) => count + Math.ceil(rawSize / PAGE), 0);
  const table = pageTable(pageCount + 2, algorithm);
  table.add(0, headerPageHash(image, algorithm));
  let end = Math.min(sizeOfHeaders, bytes.length);
  for (const { rawOffset, rawSize } of sections) {
    for (let done = 0; done < rawSize; done += PAGE) {
      const page = bytes.subarray(rawOffset + done, rawOffset + Math.min(done + PAGE, rawSize));
      table.add(rawOffset + done, pageHash([page], PAGE - page.length, algorithm));
    }
    if (rawSize > 0) end = rawOffset + rawSize;
  }
  table.add(end, new Uint8Array(0));
  return table.bytes;
};

/** A table of the given number of entries, filled from the start; a missing hash is zeros. */
const pageTable = (count: number, algorithm: 'sha1' | 'sha256') => {
  const entrySize = algorithm === 'sha1' ? 24 : 36;
  const bytes = new Uint8Array(count * entrySize);
  let at = 0;
  const add = (offset: number, hash: Uint8Array): void => {
    bytes.set(u32leBytes(offset), at);
    bytes.set(hash, at + 4);
    at += entrySize;
  };
  return { bytes, add };
};

const headerPageHash = (image: PeImage, algorithm: 'sha1' | 'sha256'): Uint8Array => {
  const headers = coveredParts(image, Math.min(image.sizeOfHeaders, image.bytes.length));
  return pageHash(headers, Math.max(0, PAGE - image.sizeOfHeaders), algorithm);
};

const pageHash = (parts: readonly Uint8Array[], padding: number, algorithm: 'sha1' | 'sha256'): Uint8Array => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.update(new Uint8Array(padding)).digest());
};

/** Overlapping sections would make the work grow with sections times bytes. */
const refuseStrayingSections = ({ flaws, file }: PeImage): void => {
  const flaw = flaws.find(({ rule }) => rule === 'overlap-raw' || rule === 'section-out-of-range');
  if (flaw === undefined) return;
  const code = flaw.rule === 'overlap-raw' ? 'PE_MALFORMED' : 'PE_TRUNCATED';
  throw new WinpvError(code, flaw.message, { at: { file, offset: flaw.offset } });
};
