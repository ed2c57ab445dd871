import { ByteReader, concatBytes, equalBytes, utf8 } from '../../../core/bytes.ts';
import { guidText } from '../pe/debug-directory.ts';

/** What a symbol server files a PDB under. */
export interface PdbIdentity {
  /** 32 upper-case hex digits in the order in which a GUID is written. */
  readonly guid: string;
  /** That of the DBI stream, which the image names too; that of the PDB stream where there is no DBI stream. */
  readonly age: number;
}

const MAGIC = concatBytes(utf8('Microsoft C/C++ MSF 7.00\r\n\x1aDS'), new Uint8Array(3));
const MAX_STREAMS = 65_536;
const NO_STREAM = 0xffffffff;

interface Pages {
  readonly bytes: Uint8Array;
  readonly pageSize: number;
}

const page = ({ bytes, pageSize }: Pages, number: number): Uint8Array | undefined => {
  const start = number * pageSize;
  return start + pageSize <= bytes.length ? bytes.subarray(start, start + pageSize) : undefined;
};

/** The beginning of what stands on some pages. */
const gather = (pages: Pages, numbers: readonly number[], length: number): Uint8Array | undefined => {
  const parts: Uint8Array[] = [];
  for (const number of numbers.slice(0, Math.ceil(length / pages.pageSize))) {
    const part = page(pages, number);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  const whole = concatBytes(...parts);
  return whole.length < length ? undefined : whole.subarray(0, length);
};

const numbersIn = (bytes: Uint8Array): readonly number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(index * 4, true));
};

/** Page numbers of a stream of the directory: sizes of all streams, then the pages of each. */
const streamPages = (directory: readonly number[], pageSize: number, wanted: number) => {
  const [count = 0] = directory;
  if (count > MAX_STREAMS || wanted >= count) return undefined;
  const sizes = directory.slice(1, 1 + count).map((size) => (size === NO_STREAM ? 0 : size));
  const before = sizes.slice(0, wanted).reduce((sum, size) => sum + Math.ceil(size / pageSize), 0);
  const size = sizes[wanted] ?? 0;
  const first = 1 + count + before;
  return { size, numbers: directory.slice(first, first + Math.ceil(size / pageSize)) };
};

const PDB_STREAM = 1;
const DBI_STREAM = 3;

/**
 * Reads which build a PDB belongs to: GUID and age. Undefined for what is no PDB of the format that linkers write since 2002.
 * @see "The MSF File Format", "The PDB Info Stream" and "The PDB DBI Stream" of LLVM's documentation
 */
export const pdbIdentity = (bytes: Uint8Array, file: string): PdbIdentity | undefined => {
  if (bytes.length < 56 || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const r = new ByteReader(bytes, { file, truncated: 'PE_TRUNCATED' }).seek(32, 'MSF block size');
  const pageSize = r.u32le('MSF block size');
  r.skip(8, 'MSF free block map');
  const directoryBytes = r.u32le('MSF directory size');
  r.skip(4, 'MSF reserved');
  const mapPage = r.u32le('MSF block map');
  if (![512, 1024, 2048, 4096, 8192, 16_384, 32_768].includes(pageSize) || directoryBytes > bytes.length)
    return undefined;
  const pages: Pages = { bytes, pageSize };
  const mapBytes = Math.ceil(directoryBytes / pageSize) * 4;
  const mapNumbers = Array.from({ length: Math.ceil(mapBytes / pageSize) }, (_, index) => mapPage + index);
  const map = gather(pages, mapNumbers, mapBytes);
  const directory = map === undefined ? undefined : gather(pages, numbersIn(map), directoryBytes);
  if (directory === undefined) return undefined;
  const numbers = numbersIn(directory);
  const streamStart = (index: number, length: number): Uint8Array | undefined => {
    const stream = streamPages(numbers, pageSize, index);
    return stream === undefined || stream.size < length ? undefined : gather(pages, stream.numbers, length);
  };
  const info = streamStart(PDB_STREAM, 28);
  if (info === undefined) return undefined;
  const dbi = streamStart(DBI_STREAM, 12);
  const age = new DataView(info.buffer, info.byteOffset).getUint32(8, true);
  return {
    guid: guidText(info.subarray(12, 28)),
    age: dbi === undefined ? age : new DataView(dbi.buffer, dbi.byteOffset).getUint32(8, true),
  };
};
