import { concatBytes, u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { parseCabHeader } from './header.ts';
import { CAB_FLAG_RESERVE, CAB_FOLDER_SIZE, CAB_HEADER_SIZE, type CabHeader } from './model.ts';

/** Structure 2: u32 offset, u32 size, 8 zero bytes. */
const STRUCTURE_2_SIZE = 16;

/**
 * Makes room for a signature: adds the 20-byte reserved area (or turns an area of zeros into it), moves every offset, and
 * drops a signature that is there. Prepared bytes are what `cabDigest` hashes for a signature.
 *
 * @throws WinpvError CAB_RESERVE_IN_USE when the reserved area holds something else, CAB_TRAILING_DATA, CAB_TOO_LARGE
 * @see spec signing-formats 5.4 (the shift of coffCabStart: osslsigncode issue 289)
 */
export const prepareCabForSignature = (bytes: Uint8Array, file = 'cabinet'): Uint8Array => {
  const header = parseCabHeader(bytes, file);
  const { authenticode, reserve } = header;
  const appended = authenticode?.signature;
  const end = appended !== undefined && appended.offset === header.size ? header.size + appended.size : header.size;
  if (end !== bytes.length) {
    throw new WinpvError('CAB_TRAILING_DATA', `${bytes.length - end} bytes follow the cabinet.`, {
      at: { file, offset: end },
    });
  }
  if (authenticode === undefined && reserve.some((byte) => byte !== 0)) {
    throw new WinpvError('CAB_RESERVE_IN_USE', `The reserved area of ${reserve.length} bytes is in use.`, {
      at: { file, offset: header.reserveEnd - reserve.length },
      hint: 'Make the cabinet again without ReservePerCabinetSize.',
    });
  }
  return withReserve(header, authenticodeArea(header, authenticode?.structure1 ?? new Uint8Array(0)));
};

/**
 * The cabinet without its signature and without the area that was reserved for it, as it was before it was signed.
 * A cabinet whose folders or blocks have reserved areas of their own keeps an empty one in the header.
 * @throws WinpvError CAB_*; the same bytes come back when there is no signature
 */
export const stripCabSignature = (bytes: Uint8Array, file = 'cabinet'): Uint8Array => {
  const header = parseCabHeader(bytes, file);
  const { authenticode, folderReserveSize, dataReserveSize } = header;
  if (authenticode?.signature === undefined) return bytes;
  // Structure 1 is not the signature's: what the digest covers stays.
  if (authenticode.structure1.length > 0) return prepareCabForSignature(bytes, file);
  return withReserve(header, folderReserveSize + dataReserveSize > 0 ? [] : undefined);
};

/** A header whose reserved area holds the parts; without any when they are undefined. Everything behind it moves. */
const withReserve = (header: CabHeader, parts: readonly Uint8Array[] | undefined): Uint8Array => {
  const { bytes, file, reserveEnd, folderReserveSize, dataReserveSize } = header;
  const area = concatBytes(...(parts ?? []));
  const fields =
    parts === undefined ? [] : [u16leBytes(area.length), Uint8Array.of(folderReserveSize, dataReserveSize), area];
  const head = concatBytes(bytes.subarray(0, CAB_HEADER_SIZE), ...fields);
  const shift = head.length - reserveEnd;
  const size = header.size + shift;
  if (size > 0xffffffff) {
    throw new WinpvError('CAB_TOO_LARGE', 'A cabinet of 4 GiB has no room for a signature.', { at: { file } });
  }
  const out = concatBytes(head, bytes.subarray(reserveEnd, header.size));
  const view = new DataView(out.buffer);
  view.setUint32(8, size, true);
  view.setUint32(16, header.filesOffset + shift, true);
  const others = header.flags & ~CAB_FLAG_RESERVE;
  view.setUint16(30, parts === undefined ? others : others | CAB_FLAG_RESERVE, true);
  shiftFolders(view, header, shift);
  return out;
};

/** The area for Authenticode: lengths of two structures, the first, and the second with the size the cabinet will have. */
const authenticodeArea = ({ size, reserveEnd }: CabHeader, structure1: Uint8Array): readonly Uint8Array[] => {
  const start = CAB_HEADER_SIZE + 4 + 4 + structure1.length + STRUCTURE_2_SIZE;
  return [
    u16leBytes(structure1.length),
    u16leBytes(STRUCTURE_2_SIZE),
    structure1,
    u32leBytes((size + start - reserveEnd) >>> 0),
    new Uint8Array(STRUCTURE_2_SIZE - 4),
  ];
};

const shiftFolders = (view: DataView, header: CabHeader, shift: number): void => {
  const step = CAB_FOLDER_SIZE + header.folderReserveSize;
  const start = header.foldersOffset + shift;
  if (start + header.folderCount * step > view.byteLength) {
    throw new WinpvError('CAB_TRUNCATED', 'The file ends before CFFOLDER is complete.', {
      at: { file: header.file, offset: header.foldersOffset },
    });
  }
  for (let i = 0; i < header.folderCount; i += 1) {
    const at = start + i * step;
    view.setUint32(at, view.getUint32(at, true) + shift, true);
  }
};

/**
 * Appends the PKCS#7 to a prepared cabinet and writes its place into the reserved area; nothing else changes. No padding
 * follows it: what a signature does not cover should not exist (jsign does so too; osslsigncode pads to 8 bytes).
 *
 * @throws WinpvError CAB_NOT_PREPARED when the bytes did not come from `prepareCabForSignature`
 */
export const attachCabSignature = (bytes: Uint8Array, pkcs7: Uint8Array, file = 'cabinet'): Uint8Array => {
  const { authenticode, size } = parseCabHeader(bytes, file);
  if (authenticode === undefined || authenticode.signature !== undefined || size !== bytes.length) {
    throw new WinpvError('CAB_NOT_PREPARED', 'The cabinet has no empty place for a signature.', { at: { file } });
  }
  const out = concatBytes(bytes, pkcs7);
  const view = new DataView(out.buffer);
  view.setUint32(authenticode.structure2Offset, size, true);
  view.setUint32(authenticode.structure2Offset + 4, pkcs7.length, true);
  return out;
};
