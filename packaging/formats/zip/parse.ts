import { crc32 } from 'node:zlib';
import { ByteReader, equalBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { archiveNameFlaw, repeatedName } from '../archive-names.ts';
import { type Archive, type CentralRecord, readDirectory, readEnd, refuse, STORED } from './directory.ts';
import { type PackedEntry, unpacked, unpackedChunks } from './unpack.ts';

export interface ZipEntry {
  /** `/` separates; safe to use below a folder on any system. */
  readonly name: string;
  readonly size: number;
  /** Unpacks the entry; its size and CRC-32 are those of the directory. Throws WinpvError ZIP_DATA_INVALID. */
  bytes(): Uint8Array;
  /** The same piece by piece; what is wrong is told after the last one. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** As it is stored, for an archive that takes it over; nothing of it is checked. */
  readonly packed: PackedEntry;
  /** The entry, or its archive, is in the form for more than 4 GiB. */
  readonly zip64: boolean;
}

export interface ZipParseOptions {
  /** The most that all entries may have together when unpacked; 2 GiB unless said otherwise. */
  readonly maxBytes?: number;
  /**
   * Takes `xenbus\x64\xen.sys` for what its writer meant: PowerShell's `Compress-Archive` separates so before version
   * 1.2.3 of its module, which Windows PowerShell has. Refused unless asked for, and always where a name has both slashes.
   */
  readonly backslashSeparates?: boolean;
  /** ZIP64, which Partner Center and many others do not take, is refused unless it is to be read. */
  readonly zip64?: 'refused' | 'read';
}

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_SIZE = 30;
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
  const archive: Archive = {
    bytes,
    file,
    backslashSeparates: options.backslashSeparates === true,
    zip64: options.zip64 ?? 'refused',
  };
  const directory = readEnd(archive);
  const records = readDirectory(archive, directory);
  checkSizes(archive, records, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const starts = checkPlaces(archive, records, directory.offset);
  const entries = records.map((record, index) =>
    entryOf(archive, record, { start: starts[index] ?? 0, zip64: directory.zip64 }),
  );
  checkNames(archive, records);
  return entries.filter(({ name }) => !name.endsWith('/'));
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

const entryOf = (
  archive: Archive,
  record: CentralRecord,
  { start, zip64 }: { readonly start: number; readonly zip64: boolean },
): ZipEntry => {
  const { name, size, crc } = record;
  const data = archive.bytes.subarray(start, start + record.packedSize);
  const packed: PackedEntry = { method: record.method === STORED ? 'stored' : 'deflated', crc, data };
  const spoilt = (cause?: unknown): WinpvError =>
    new WinpvError('ZIP_DATA_INVALID', `${JSON.stringify(name)} cannot be unpacked, or has another size or CRC-32.`, {
      at: { file: archive.file, offset: record.offset },
      cause,
    });
  return {
    ...{ name, size, packed, zip64: zip64 || record.zip64 },
    bytes: () => {
      const out = unpacked(packed, size, spoilt);
      if (out.length === size && crc32(out) === crc) return out;
      throw spoilt();
    },
    chunks: () => unpackedChunks(packed, size, spoilt),
  };
};
