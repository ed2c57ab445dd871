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

/** As much as the processor keeps at hand, so that memory is read once for two sums. */
const BLOCK = 256 * 1024;

export interface DigestAndSum {
  readonly digest: Uint8Array;
  readonly sum: number;
}

/** Takes the image from one offset on, part after part; each but the last has a length that is a multiple of 4. */
interface PeHasher {
  add(part: Uint8Array): void;
  end(): DigestAndSum;
}

/**
 * What signing an image takes, from one pass over it: its hash, and the sum of the words from `from` on.
 * @param image without a certificate table; hashed with zeros up to a multiple of 8
 * @param from a multiple of 4 behind the certificate directory entry
 */
export const peHasher = (image: PeImage, algorithm: PeDigestAlgorithm, from: number): PeHasher => {
  const hash = createHash(algorithm);
  for (const part of coveredParts(image, from)) hash.update(part);
  let sum = 0;
  return {
    add: (part) => {
      for (let at = 0; at < part.length; at += BLOCK) {
        const block = part.subarray(at, at + BLOCK);
        hash.update(block);
        sum += wordSum(block);
      }
    },
    end: () => {
      hash.update(new Uint8Array(-image.size & 7));
      return { digest: new Uint8Array(hash.digest()), sum };
    },
  };
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
  return checksumOf(words, bytes.length);
};

/** The checksum of a file from the sum of its words (`wordSum` of its parts, added up) and its length. */
export const checksumOf = (words: number, length: number): number => (fold(words) + length) % 0x1_0000_0000;

/** So many words of 32 bits add up below 2^53, whatever they are. */
const EXACT_WORDS = 0x10_0000;

/**
 * A number below 2^50 that leaves the same one's-complement sum of 16 bits as the little-endian words of `bytes`, an odd
 * last byte padded with zero; zero only for all zeros. Words of 32 bits give the same sum as their halves.
 * @param bytes a part of a file that begins at a multiple of two; up to 2 GiB
 */
export const wordSum = (bytes: Uint8Array): number => {
  const whole = bytes.length & ~3;
  const rest = bytes.subarray(whole);
  const [a = 0, b = 0, c = 0] = rest;
  // A view of words has to begin at a multiple of four.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(0, whole);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, whole / 4);
  let sum = a + b * 0x100 + c;
  for (let at = 0; at < words.length; at += EXACT_WORDS) sum += foldWide(sumOf(words.subarray(at, at + EXACT_WORDS)));
  return sum;
};

/** Two sums that do not wait for each other. */
const sumOf = (words: Uint32Array): number => {
  const even = words.length & ~1;
  let first = even === words.length ? 0 : (words[even] ?? 0);
  let second = 0;
  for (let i = 0; i < even; i += 2) {
    first += words[i] ?? 0;
    second += words[i + 1] ?? 0;
  }
  return first + second;
};

/** One step of `fold` that leaves fewer than 2^38 of up to 2^53. */
const foldWide = (sum: number): number => (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);

/** Adds the carries back in until 16 bits are left. */
const fold = (sum: number): number => {
  let folded = sum;
  while (folded > 0xffff) folded = foldWide(folded);
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
