import { crc32, inflateRawSync } from 'node:zlib';
import { ByteReader, equalBytes } from '../../../core/bytes.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { archiveNameFlaw, repeatedName } from '../archive-names.ts';

export interface ZipEntry {
  /** `/` separates; safe to use below a folder on any system. */
  readonly name: string;
  readonly size: number;
  /** Unpacks the entry; its size and CRC-32 are those of the directory. Throws WinpvError ZIP_DATA_INVALID. */
  bytes(): Uint8Array;
}

export interface ZipParseOptions {
  /** The most that all entries may have together when unpacked; 2 GiB unless said otherwise. */
  readonly maxBytes?: number;
  /**
   * Takes `xenbus\x64\xen.sys` for what its writer meant: PowerShell's `Compress-Archive` separates so before version
   * 1.2.3 of its module, which Windows PowerShell has. Refused unless asked for, and always where a name has both slashes.
   */
  readonly backslashSeparates?: boolean;
}

const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_LOCATOR_SIZE = 20;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
/** No DEFLATE stream yields more bytes than this for each of its own. */
const MAX_RATIO = 1032;
const MAX_COMMENT = 0xffff;
const DEFAULT_MAX_BYTES = 2 ** 31;

/**
 * Lists a ZIP by its central directory; entries for folders are left out. Everything that two readers could see
 * differently is refused: overlapping or unnamed data, another name in the local header, names that clash.
 *
 * @throws WinpvError ZIP_NOT_A_ZIP, ZIP_TRUNCATED, ZIP_MALFORMED, ZIP_UNSUPPORTED (encryption, ZIP64, other methods, several
 *   disks, links), ZIP_TOO_LARGE, ZIP_NAME_UNSAFE, ZIP_NAME_TWICE
 * @see PKWARE APPNOTE.TXT 6.3, sections 4.3 and 4.4
 */
export const parseZip = (bytes: Uint8Array, file: string, options: ZipParseOptions = {}): readonly ZipEntry[] => {
  const archive: Archive = { bytes, file, backslashSeparates: options.backslashSeparates === true };
  const directory = readEnd(archive);
  const records = readDirectory(archive, directory);
  checkSizes(archive, records, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const starts = checkPlaces(archive, records, directory.offset);
  const entries = records.map((record, index) => entryOf(archive, record, starts[index] ?? 0));
  checkNames(archive, records);
  return entries.filter(({ name }) => !name.endsWith('/'));
};

interface Archive {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly backslashSeparates: boolean;
}

interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

interface CentralRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly localOffset: number;
  /** Of this record, for messages. */
  readonly offset: number;
}

const refuse = (code: ErrorCode, archive: Archive, offset: number, message: string): WinpvError =>
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

const readEnd = (archive: Archive): Directory => {
  const { bytes, file } = archive;
  const end = findEnd(archive);
  const r = new ByteReader(bytes, { file, truncated: 'ZIP_TRUNCATED' }).seek(end + 4, 'end record');
  const disks = [r.u16le('this disk'), r.u16le('directory disk')];
  const countHere = r.u16le('entries on this disk');
  const count = r.u16le('entries');
  const size = r.u32le('directory size');
  const offset = r.u32le('directory offset');
  const locator = end - ZIP64_LOCATOR_SIZE;
  const zip64 =
    count === 0xffff ||
    size === 0xffffffff ||
    offset === 0xffffffff ||
    u32At(archive, locator) === ZIP64_LOCATOR_SIGNATURE;
  if (zip64) throw refuse('ZIP_UNSUPPORTED', archive, end, 'The archive is a ZIP64 archive.');
  if (disks.some((disk) => disk !== 0) || countHere !== count) {
    throw refuse('ZIP_UNSUPPORTED', archive, end, 'The archive spans several disks.');
  }
  if (offset + size !== end) {
    const message = `The directory ends at ${offset + size}; the end record starts at ${end}.`;
    throw refuse('ZIP_MALFORMED', archive, end, message);
  }
  return { offset, size, count };
};

const u32At = ({ bytes }: Archive, offset: number): number | undefined =>
  offset < 0 ? undefined : new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0, true);

const readDirectory = (archive: Archive, directory: Directory): readonly CentralRecord[] => {
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
  r.skip(lengths[1] + lengths[2], 'extra field and comment');
  const name = decodeName(archive, nameBytes, offset);
  const record = { name, nameBytes, method, crc, packedSize, size, localOffset, offset };
  checkKind(archive, record, { madeBy, flags, disk, attributes });
  return record;
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
  const zip64 = size === 0xffffffff || packedSize === 0xffffffff || record.localOffset === 0xffffffff;
  if (zip64) throw stop('ZIP_UNSUPPORTED', 'needs ZIP64');
  const type = fields.madeBy >>> 8 === UNIX ? (fields.attributes >>> 16) & UNIX_TYPE_MASK : 0;
  if (!UNIX_TYPES_READ.includes(type)) throw stop('ZIP_UNSUPPORTED', 'is a link or a device');
  if (method === STORED && size !== packedSize) throw stop('ZIP_MALFORMED', 'is stored, with two different sizes');
  if (name.endsWith('/') && size !== 0) throw stop('ZIP_MALFORMED', 'is a folder with content');
  if (size > packedSize * MAX_RATIO) throw stop('ZIP_MALFORMED', `says ${size} bytes, more than its data can hold`);
};

const checkSizes = (archive: Archive, records: readonly CentralRecord[], maxBytes: number): void => {
  const total = records.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxBytes) return;
  throw refuse('ZIP_TOO_LARGE', archive, 0, `The entries have ${total} bytes together; ${maxBytes} is the limit.`);
};

/** Where each entry's data starts. Entries that share data would let a small file unpack to any size. */
const checkPlaces = (archive: Archive, records: readonly CentralRecord[], limit: number): readonly number[] => {
  const starts = records.map((record) => dataStart(archive, record, limit));
  const order = records.map((_, index) => index).sort((a, b) => localOffsetOf(records, a) - localOffsetOf(records, b));
  let end = 0;
  for (const index of order) {
    const record = records[index];
    if (record === undefined) continue;
    if (record.localOffset < end) {
      const message = `${JSON.stringify(record.name)} shares bytes with another entry.`;
      throw refuse('ZIP_MALFORMED', archive, record.offset, message);
    }
    end = (starts[index] ?? 0) + record.packedSize;
  }
  return starts;
};

const localOffsetOf = (records: readonly CentralRecord[], index: number): number => records[index]?.localOffset ?? 0;

const dataStart = (archive: Archive, record: CentralRecord, limit: number): number => {
  const { bytes, file } = archive;
  const r = new ByteReader(bytes.subarray(0, limit), { file, truncated: 'ZIP_TRUNCATED' });
  r.seek(record.localOffset, 'local header');
  const signature = r.u32le('local header');
  r.skip(LOCAL_SIZE - 8, 'local header');
  const nameLength = r.u16le('local name length');
  const extraLength = r.u16le('local extra length');
  const name = r.take(nameLength, 'local name');
  r.skip(extraLength, 'local extra field');
  const start = r.offset;
  r.skip(record.packedSize, 'data');
  if (signature !== LOCAL_SIGNATURE || !equalBytes(name, record.nameBytes)) {
    const message = `The local header of ${JSON.stringify(record.name)} is not there or has another name.`;
    throw refuse('ZIP_MALFORMED', archive, record.localOffset, message);
  }
  return start;
};

const checkNames = (archive: Archive, records: readonly CentralRecord[]): void => {
  for (const { name, offset } of records) {
    const flaw = archiveNameFlaw(name.replace(/\/$/, '')) ?? (name.includes('\\') ? 'it has a backslash' : undefined);
    if (flaw === undefined) continue;
    throw refuse(
      'ZIP_NAME_UNSAFE',
      archive,
      offset,
      `The name ${shownText(JSON.stringify(name))} is refused: ${flaw}.`,
    );
  }
  const folders = records.filter(({ name }) => name.endsWith('/')).map(({ name }) => name.slice(0, -1));
  const files = records.filter(({ name }) => !name.endsWith('/')).map(({ name }) => name);
  const twice = repeatedName(files, folders);
  if (twice === undefined) return;
  throw refuse('ZIP_NAME_TWICE', archive, 0, `The name ${JSON.stringify(twice)} clashes with another one.`);
};

const entryOf = (archive: Archive, record: CentralRecord, start: number): ZipEntry => ({
  name: record.name,
  size: record.size,
  bytes: () => {
    const packed = archive.bytes.subarray(start, start + record.packedSize);
    const out = record.method === STORED ? packed : inflate(archive, record, packed);
    if (out.length === record.size && crc32(out) === record.crc) return out;
    throw refuse('ZIP_DATA_INVALID', archive, start, `${JSON.stringify(record.name)} has another size or CRC-32.`);
  },
});

const inflate = (archive: Archive, record: CentralRecord, packed: Uint8Array): Uint8Array => {
  try {
    return new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, record.size) }));
  } catch (cause) {
    const message = `${JSON.stringify(record.name)} cannot be unpacked.`;
    throw new WinpvError('ZIP_DATA_INVALID', message, { at: { file: archive.file, offset: record.offset }, cause });
  }
};
