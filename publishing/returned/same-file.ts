import { equalBytes } from '../../core/bytes.ts';
import type { PeImage } from '../../packaging/formats/pe/model.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import type { SentFile } from './contract.ts';

/** Zeros may pad an image to a multiple of 8 before its signatures (spec signing-formats 3.7). */
const ALIGNMENT = 8;

/**
 * An image as it is without signatures: its table taken out, the entry for it and the checksum zero, padded. Not by its
 * Authenticode hash, which says nothing of what stands behind the table.
 */
const bareImage = ({ bytes, certificateTable, certificateDirectoryOffset, checksumOffset }: PeImage): Uint8Array => {
  const { offset, size } = certificateTable ?? { offset: bytes.length, size: 0 };
  const rest = bytes.length - size;
  const bare = new Uint8Array(Math.ceil(rest / ALIGNMENT) * ALIGNMENT);
  bare.set(bytes.subarray(0, offset));
  bare.set(bytes.subarray(offset + size), offset);
  bare.fill(0, checksumOffset, checksumOffset + 4);
  if (certificateDirectoryOffset !== undefined) {
    bare.fill(0, certificateDirectoryOffset, certificateDirectoryOffset + 8);
  }
  return bare;
};

/**
 * Whether a file is the one that was sent, but for signatures.
 * @throws WinpvError PE_* for an image that cannot be read
 */
export const isSameFile = (sent: SentFile, came: SentFile): boolean => {
  if (equalBytes(sent.bytes, came.bytes)) return true;
  if (!isPe(sent.bytes) || !isPe(came.bytes)) return false;
  return equalBytes(bareImage(parsePe(sent.bytes, sent.name)), bareImage(parsePe(came.bytes, came.name)));
};
