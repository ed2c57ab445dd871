import { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import {
  CAB_FLAG_NEXT,
  CAB_FLAG_PREV,
  CAB_FLAG_RESERVE,
  type CabAuthenticodeReserve,
  type CabHeader,
  type CabSignatureRange,
} from './model.ts';

/** `MSCF`, the test by which a file counts as a cabinet (spec signing-formats 1.5). */
export const isCab = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x4d && bytes[1] === 0x53 && bytes[2] === 0x43 && bytes[3] === 0x46;

/**
 * Reads CFHEADER, its reserved area and the names of neighbour cabinets; a cabinet of a set is read as well.
 *
 * @throws WinpvError CAB_NOT_A_CABINET, CAB_TRUNCATED, CAB_MALFORMED
 * @see spec signing-formats 5.1
 */
export const parseCabHeader = (bytes: Uint8Array, file: string): CabHeader => {
  if (!isCab(bytes)) {
    throw new WinpvError('CAB_NOT_A_CABINET', 'The file does not start with MSCF.', { at: { file, offset: 0 } });
  }
  const r = new ByteReader(bytes, { file, truncated: 'CAB_TRUNCATED' });
  r.skip(4, 'CFHEADER.signature');
  // No hash covers these four bytes, so nothing may hide there.
  if (r.u32le('CFHEADER.reserved1') !== 0) {
    throw new WinpvError('CAB_MALFORMED', 'A field that must be zero is not.', { at: { file, offset: 4 } });
  }
  const size = r.u32le('CFHEADER.cbCabinet');
  r.skip(4, 'CFHEADER.reserved2');
  const filesOffset = r.u32le('CFHEADER.coffFiles');
  r.skip(4, 'CFHEADER.reserved3');
  const minor = r.u8('CFHEADER.versionMinor');
  const major = r.u8('CFHEADER.versionMajor');
  if (major !== 1) {
    throw new WinpvError(
      'CAB_NOT_A_CABINET',
      `The cabinet has format version ${major}.${minor}; 1.3 is the only one.`,
      {
        at: { file, offset: 24 },
      },
    );
  }
  const folderCount = r.u16le('CFHEADER.cFolders');
  const fileCount = r.u16le('CFHEADER.cFiles');
  const flags = r.u16le('CFHEADER.flags');
  const setId = r.u16le('CFHEADER.setID');
  const index = r.u16le('CFHEADER.iCabinet');
  if (size > bytes.length) {
    throw new WinpvError('CAB_TRUNCATED', `The cabinet says that it has ${size} bytes; the file has ${bytes.length}.`, {
      at: { file, offset: 8 },
    });
  }
  const reserved = readReserve(r, flags);
  const reserveEnd = r.offset;
  skipNeighbours(r, flags);
  const foldersOffset = r.offset;
  const authenticode = authenticodeReserve(reserved.reserve, { bytes, file, size, end: reserveEnd });
  const counts = { size, filesOffset, folderCount, fileCount, flags, setId, index };
  return { bytes, file, ...counts, ...reserved, reserveEnd, foldersOffset, authenticode };
};

const readReserve = (
  r: ByteReader,
  flags: number,
): Pick<CabHeader, 'reserve' | 'folderReserveSize' | 'dataReserveSize'> => {
  if ((flags & CAB_FLAG_RESERVE) === 0) return { reserve: new Uint8Array(0), folderReserveSize: 0, dataReserveSize: 0 };
  const length = r.u16le('CFHEADER.cbCFHeader');
  const folderReserveSize = r.u8('CFHEADER.cbCFFolder');
  const dataReserveSize = r.u8('CFHEADER.cbCFData');
  return { reserve: r.take(length, 'CFHEADER.abReserve'), folderReserveSize, dataReserveSize };
};

const skipNeighbours = (r: ByteReader, flags: number): void => {
  for (const [flag, which] of [
    [CAB_FLAG_PREV, 'Prev'],
    [CAB_FLAG_NEXT, 'Next'],
  ] as const) {
    if ((flags & flag) === 0) continue;
    r.cString(255, `CFHEADER.szCabinet${which}`);
    r.cString(255, `CFHEADER.szDisk${which}`);
  }
};

interface ReservePlace {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly size: number;
  /** Offset of the end of abReserve. */
  readonly end: number;
}

/**
 * Authenticode's use of the reserved area: u16 and u16, the lengths of two structures, and the structures. The rest, if
 * any, is zero: no digest covers it. Structure 2 has 16 bytes with offset and size of the PKCS#7 that follows the cabinet,
 * or is the PKCS#7 itself (jsign 7, CFReserve; no such file was seen).
 */
const authenticodeReserve = (reserve: Uint8Array, place: ReservePlace): CabAuthenticodeReserve | undefined => {
  if (reserve.length < 20) return undefined;
  const view = new DataView(reserve.buffer, reserve.byteOffset, reserve.byteLength);
  const length1 = view.getUint16(0, true);
  const length2 = view.getUint16(2, true);
  const end = 4 + length1 + length2;
  if (length2 < 16 || end > reserve.length || reserve.subarray(end).some((byte) => byte !== 0)) return undefined;
  const start = 4 + length1;
  const structure1 = reserve.subarray(4, start);
  const structure2Offset = place.end - reserve.length + start;
  if (length2 === 16) {
    if (reserve.subarray(start + 8, end).some((byte) => byte !== 0)) {
      throw new WinpvError('CAB_MALFORMED', 'The place of the signature has more in it than offset and size.', {
        at: { file: place.file, offset: structure2Offset + 8 },
      });
    }
    const appended = { offset: view.getUint32(start, true), size: view.getUint32(start + 4, true) };
    return { structure1, structure2Offset, signature: checkedSignature(appended, place) };
  }
  if (reserve[start] !== 0x30) return undefined;
  return { structure1, structure2Offset, signature: { offset: structure2Offset, size: length2 } };
};

const checkedSignature = (range: CabSignatureRange, place: ReservePlace): CabSignatureRange | undefined => {
  if (range.size === 0) return undefined;
  const at = { file: place.file, offset: place.end - 16 };
  if (range.offset !== place.size) {
    const message = `The signature is said to be at ${range.offset}, but the cabinet ends at ${place.size}.`;
    throw new WinpvError('CAB_MALFORMED', message, { at });
  }
  if (range.size > place.bytes.length - range.offset) {
    const message = `The signature has ${range.size} bytes, of which the file holds ${place.bytes.length - range.offset}.`;
    throw new WinpvError('CAB_TRUNCATED', message, { at });
  }
  return range;
};
