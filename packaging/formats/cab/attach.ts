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
  return withReserve(header, authenticode?.structure1 ?? new Uint8Array(0));
};

const withReserve = (header: CabHeader, structure1: Uint8Array): Uint8Array => {
  const { bytes, file, reserveEnd } = header;
  const reserveSize = 4 + structure1.length + STRUCTURE_2_SIZE;
  const start = CAB_HEADER_SIZE + 4 + reserveSize;
  const shift = start - reserveEnd;
  const size = header.size + shift;
  if (size > 0xffffffff) {
    throw new WinpvError('CAB_TOO_LARGE', 'A cabinet of 4 GiB has no room for a signature.', { at: { file } });
  }
  const head = concatBytes(
    bytes.subarray(0, CAB_HEADER_SIZE),
    u16leBytes(reserveSize),
    Uint8Array.of(header.folderReserveSize, header.dataReserveSize),
    u16leBytes(structure1.length),
    u16leBytes(STRUCTURE_2_SIZE),
    structure1,
    u32leBytes(size),
    new Uint8Array(STRUCTURE_2_SIZE - 4),
  );
  const out = concatBytes(head, bytes.subarray(reserveEnd, header.size));
  const view = new DataView(out.buffer);
  view.setUint32(8, size, true);
  view.setUint32(16, header.filesOffset + shift, true);
  view.setUint16(30, header.flags | CAB_FLAG_RESERVE, true);
  shiftFolders(view, header, shift);
  return out;
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
