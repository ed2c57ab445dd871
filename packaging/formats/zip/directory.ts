import { ByteReader } from '../../../core/bytes.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';

/** The end record and the central directory of a ZIP (APPNOTE.TXT 6.3, 4.3.12 to 4.3.16). */

const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_SIZE = 20;
const ZIP64_END_SIGNATURE = 0x06064b50;
const ZIP64_END_SIZE = 56;
const CENTRAL_SIGNATURE = 0x02014b50;
/** What a field of 32 bits has when its value is elsewhere. */
const ALL_ONES = 0xffffffff;
export const STORED = 0;
const DEFLATED = 8;
/** No DEFLATE stream yields more bytes than this for each of its own. */
const MAX_RATIO = 1032;
const MAX_COMMENT = 0xffff;

/** The bytes, and how they are read. */
export interface Archive {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly backslashSeparates: boolean;
  readonly zip64: 'refused' | 'read';
}

export interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  /** Of the first end record: what is before it. */
  readonly zip64: boolean;
}

export interface CentralRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly localOffset: number;
  /** Of this record, for messages. */
  readonly offset: number;
  /** A value of it did not fit into 32 bits. */
  readonly zip64: boolean;
}

export const refuse = (code: ErrorCode, archive: Archive, offset: number, message: string): WinpvError =>
  new WinpvError(code, message, { at: { file: archive.file, offset } });

/** The end record is the last one whose comment ends with the file, so nothing can follow the archive. */
const findEnd = (archive: Archive): number => {
  const { bytes } = archive;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = Math.max(0, bytes.length - END_SIZE - MAX_COMMENT);
  for (let at = bytes.length - END_SIZE; at >= last; at -= 1) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_SIZE + view.getUint16(at + 20, true) === bytes.length) return at;
  }
  throw refuse('ZIP_NOT_A_ZIP', archive, bytes.length, 'No end record was found.');
};

export const readEnd = (archive: Archive): Directory => {
  const { bytes, file } = archive;
  const end = findEnd(archive);
  const r = new ByteReader(bytes, { file, truncated: 'ZIP_TRUNCATED' }).seek(end + 4, 'end record');
  const disks = [r.u16le('this disk'), r.u16le('directory disk')];
  const countHere = r.u16le('entries on this disk');
  const count = r.u16le('entries');
  const size = r.u32le('directory size');
  const offset = r.u32le('directory offset');
  const locator = end - ZIP64_LOCATOR_SIZE;
  const zip64 = u32At(archive, locator) === ZIP64_LOCATOR_SIGNATURE;
  const full = count === 0xffff || size === ALL_ONES || offset === ALL_ONES;
  if ((zip64 || full) && archive.zip64 === 'refused')
    throw refuse('ZIP_UNSUPPORTED', archive, end, 'The archive is a ZIP64 archive.');
  const small = { offset, size, count, zip64 };
  // 0xffff entries may also be just that many.
  const { directory, stop } = zip64 ? readEnd64(archive, locator, small) : { directory: small, stop: end };
  if (!zip64 && (disks.some((disk) => disk !== 0) || countHere !== count))
    throw refuse('ZIP_UNSUPPORTED', archive, end, 'The archive spans several disks.');
  if (directory.offset + directory.size !== stop) {
    const message = `The directory ends at ${directory.offset + directory.size}; the end record starts at ${stop}.`;
    throw refuse('ZIP_MALFORMED', archive, end, message);
  }
  return directory;
};

/** The larger end record and its locator (4.3.14, 4.3.15): what the smaller one has in full has to be the same. */
const readEnd64 = (
  archive: Archive,
  locator: number,
  small: Directory,
): { readonly directory: Directory; readonly stop: number } => {
  const { bytes, file } = archive;
  const r = new ByteReader(bytes, { file, truncated: 'ZIP_TRUNCATED' }).seek(locator + 4, 'ZIP64 locator');
  const disks = [r.u32le('disk')];
  const start = u64(archive, r, 'ZIP64 end record offset');
  if (r.u32le('disks') > 1) throw refuse('ZIP_UNSUPPORTED', archive, locator, 'The archive spans several disks.');
  if (start + ZIP64_END_SIZE > locator || u32At(archive, start) !== ZIP64_END_SIGNATURE)
    throw refuse('ZIP_MALFORMED', archive, locator, 'The ZIP64 end record is not where it should be.');
  r.seek(start + 4, 'ZIP64 end record');
  const length = u64(archive, r, 'ZIP64 end record size');
  r.skip(4, 'versions');
  disks.push(r.u32le('this disk'), r.u32le('directory disk'));
  const counts = [u64(archive, r, 'entries on this disk'), u64(archive, r, 'entries')];
  const [, count = 0] = counts;
  const size = u64(archive, r, 'directory size');
  const offset = u64(archive, r, 'directory offset');
  const differs = (value: number, full: number, own: number): boolean => value !== full && value !== own;
  if (disks.some((disk) => disk !== 0) || counts[0] !== count)
    throw refuse('ZIP_UNSUPPORTED', archive, start, 'The archive spans several disks.');
  if (
    start + 12 + length !== locator ||
    differs(small.count, 0xffff, count) ||
    differs(small.size, ALL_ONES, size) ||
    differs(small.offset, ALL_ONES, offset)
  )
    throw refuse('ZIP_MALFORMED', archive, start, 'The two end records say different things.');
  return { directory: { offset, size, count, zip64: true }, stop: start };
};

/** A number of 64 bits that has to lie within the file, or be its size when unpacked. */
const u64 = (archive: Archive, r: ByteReader, what: string): number => {
  const at = r.offset;
  const low = r.u32le(what);
  const high = r.u32le(what);
  if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
  throw refuse('ZIP_MALFORMED', archive, at, `The ${what} is no size of anything.`);
};

const u32At = ({ bytes }: Archive, offset: number): number | undefined =>
  offset < 0 || offset + 4 > bytes.length
    ? undefined
    : new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true);

export const readDirectory = (archive: Archive, directory: Directory): readonly CentralRecord[] => {
  const { bytes, file } = archive;
  const slice = bytes.subarray(directory.offset, directory.offset + directory.size);
  const r = new ByteReader(slice, { file, truncated: 'ZIP_TRUNCATED', base: directory.offset });
  const records: CentralRecord[] = [];
  for (let i = 0; i < directory.count; i += 1) records.push(readCentral(archive, r, directory.offset + r.offset));
  if (r.remaining > 0) {
    const message = `${r.remaining} bytes of the directory belong to no entry.`;
    throw refuse('ZIP_MALFORMED', archive, directory.offset + r.offset, message);
  }
  return records;
};

const readCentral = (archive: Archive, r: ByteReader, offset: number): CentralRecord => {
  if (r.u32le('central header') !== CENTRAL_SIGNATURE) {
    throw refuse('ZIP_MALFORMED', archive, offset, 'An entry of the directory does not start with its signature.');
  }
  const madeBy = r.u16le('version made by');
  r.skip(2, 'version needed');
  const flags = r.u16le('flags');
  const method = r.u16le('method');
  r.skip(4, 'time and date');
  const crc = r.u32le('CRC-32');
  const packedSize = r.u32le('compressed size');
  const size = r.u32le('size');
  const lengths = [r.u16le('name length'), r.u16le('extra length'), r.u16le('comment length')] as const;
  const disk = r.u16le('disk');
  r.skip(2, 'internal attributes');
  const attributes = r.u32le('external attributes');
  const localOffset = r.u32le('local header offset');
  const nameBytes = r.take(lengths[0], 'name');
  const extra = r.take(lengths[1], 'extra field');
  r.skip(lengths[2], 'comment');
  const name = decodeName(archive, nameBytes, offset);
  const small = { name, nameBytes, method, crc, packedSize, size, localOffset, offset, zip64: false };
  const large = [size, packedSize, localOffset].includes(ALL_ONES);
  if (large && archive.zip64 === 'refused')
    throw refuse('ZIP_UNSUPPORTED', archive, offset, `${JSON.stringify(name)} needs ZIP64.`);
  const record = large ? widened(archive, small, extra) : small;
  checkKind(archive, record, { madeBy, flags, disk, attributes });
  return record;
};

const ZIP64_FIELD = 0x0001;

/** What has no room in the record is in its extra field, in this order (4.5.3). */
const widened = (archive: Archive, record: CentralRecord, extra: Uint8Array): CentralRecord => {
  const { file } = archive;
  const r = new ByteReader(extra, { file, truncated: 'ZIP_TRUNCATED', base: record.offset });
  while (r.remaining >= 4) {
    const id = r.u16le('extra field');
    const field = r.take(r.u16le('extra field size'), 'extra field');
    if (id !== ZIP64_FIELD) continue;
    const own = new ByteReader(field, { file, truncated: 'ZIP_TRUNCATED', base: record.offset });
    const wide = (value: number, what: string): number => (value === ALL_ONES ? u64(archive, own, what) : value);
    const size = wide(record.size, 'size');
    const packedSize = wide(record.packedSize, 'compressed size');
    const localOffset = wide(record.localOffset, 'local header offset');
    return { ...record, size, packedSize, localOffset, zip64: true };
  }
  throw refuse('ZIP_MALFORMED', archive, record.offset, `${JSON.stringify(record.name)} has no ZIP64 sizes.`);
};

/** Bit 11 says UTF-8; without it the code page is unknown, and only ASCII, which all share, is certain. */
const decodeName = (archive: Archive, bytes: Uint8Array, offset: number): string => {
  try {
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return archive.backslashSeparates && !name.includes('/') ? name.replaceAll('\\', '/') : name;
  } catch {
    throw refuse('ZIP_NAME_UNSAFE', archive, offset, 'A name is not UTF-8.');
  }
};

interface KindFields {
  readonly madeBy: number;
  readonly flags: number;
  readonly disk: number;
  readonly attributes: number;
}

const ENCRYPTED_FLAGS = 0x2041;
const UNIX = 3;
const UNIX_TYPE_MASK = 0o170000;
const UNIX_TYPES_READ: readonly number[] = [0, 0o100000, 0o040000];

const checkKind = (archive: Archive, record: CentralRecord, fields: KindFields): void => {
  const { name, method, offset, size, packedSize } = record;
  const stop = (code: ErrorCode, what: string): WinpvError =>
    refuse(code, archive, offset, `${JSON.stringify(name)} ${what}.`);
  if ((fields.flags & ENCRYPTED_FLAGS) !== 0) throw stop('ZIP_UNSUPPORTED', 'is encrypted');
  if (method !== STORED && method !== DEFLATED) throw stop('ZIP_UNSUPPORTED', `is packed by method ${method}`);
  if (fields.disk !== 0) throw stop('ZIP_UNSUPPORTED', 'is on another disk');
  const type = fields.madeBy >>> 8 === UNIX ? (fields.attributes >>> 16) & UNIX_TYPE_MASK : 0;
  if (!UNIX_TYPES_READ.includes(type)) throw stop('ZIP_UNSUPPORTED', 'is a link or a device');
  if (method === STORED && size !== packedSize) throw stop('ZIP_MALFORMED', 'is stored, with two different sizes');
  if (name.endsWith('/') && size !== 0) throw stop('ZIP_MALFORMED', 'is a folder with content');
  if (size > packedSize * MAX_RATIO) throw stop('ZIP_MALFORMED', `says ${size} bytes, more than its data can hold`);
};
