import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { archiveNameFlaw, repeatedName } from '../archive-names.ts';
import { BLOCK, isTar, isZeroBlock, parseTarHeader, type Stop, type TarHeader } from './header.ts';
import { parsePax } from './pax.ts';

export interface TarEntry {
  /** `/` separates; safe to use below a folder on any system. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface TarArchive {
  /** Plain files only, in the archive's order. */
  readonly files: readonly TarEntry[];
  /** The comment of a global header: git puts the commit there. */
  readonly comment?: string;
}

export interface TarLimits {
  readonly maxEntries: number;
}

/** A name or the records of one header; far beyond any driver's. */
const MAX_EXTENSION = 1024 * 1024;
const FOLDER = '5';
const FILES: readonly string[] = ['0', '\0', '7'];
const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a pipe',
  D: 'a list of a folder (incremental backup)',
  M: 'the rest of a file from another volume',
  S: 'a sparse file',
  V: 'a volume label',
};
/** What would move or rename every file of the archive, or change their size. */
const NOT_FOR_ALL: readonly string[] = ['path', 'linkpath', 'size'];

/** What the headers before an entry say of it. */
interface Pending {
  longName?: Uint8Array;
  pax?: ReadonlyMap<string, Uint8Array>;
}

interface Reading {
  readonly bytes: Uint8Array;
  readonly limits: TarLimits;
  readonly stop: (offset: number) => Stop;
  readonly files: TarEntry[];
  readonly folders: string[];
  pending: Pending;
  comment?: string;
}

/**
 * Reads a tar archive: ustar, pax, GNU's long names, and what came before them. Everything that two readers could see
 * differently is refused: names that clash, two names for one file, anything after the end.
 *
 * @throws WinpvError TAR_NOT_A_TAR, TAR_TRUNCATED, TAR_MALFORMED, TAR_UNSUPPORTED (links, devices, sparse files),
 *   TAR_TOO_LARGE (entries), TAR_NAME_UNSAFE, TAR_NAME_TWICE
 * @see POSIX.1-2001 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"
 */
export const parseTar = (bytes: Uint8Array, file: string, limits: TarLimits): TarArchive => {
  const stop =
    (offset: number): Stop =>
    (code: ErrorCode, message: string) =>
      new WinpvError(code, message, { at: { file, offset } });
  if (!isTar(bytes)) throw stop(0)('TAR_NOT_A_TAR', 'It does not begin with a header.');
  const reading: Reading = { bytes, limits, stop, files: [], folders: [], pending: {} };
  let at = 0;
  for (let entries = 0; ; entries += 1) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw stop(at)('TAR_TRUNCATED', 'It ends without the mark of its end.');
    if (isZeroBlock(block)) break;
    if (entries >= limits.maxEntries) {
      throw stop(at)('TAR_TOO_LARGE', `It has more than ${limits.maxEntries} entries.`);
    }
    at = readEntry(reading, at);
  }
  checkEnd(reading, at);
  const twice = repeatedName(
    reading.files.map(({ name }) => name),
    reading.folders,
  );
  if (twice !== undefined)
    throw stop(0)('TAR_NAME_TWICE', `The name ${JSON.stringify(twice)} clashes with another one.`);
  const { files, comment } = reading;
  return { files, ...(comment === undefined ? {} : { comment }) };
};

const checkEnd = ({ bytes, stop, pending }: Reading, at: number): void => {
  if (pending.pax !== undefined || pending.longName !== undefined) {
    throw stop(at)('TAR_MALFORMED', 'The last header speaks of a file that does not follow.');
  }
  const rest = bytes.subarray(at);
  if (!isZeroBlock(rest)) throw stop(at)('TAR_MALFORMED', 'Something follows the end of the archive.');
};

/** @returns the offset of the next header */
const readEntry = (reading: Reading, at: number): number => {
  const { bytes, pending } = reading;
  const stop = reading.stop(at);
  const header = parseTarHeader(bytes.subarray(at, at + BLOCK), stop);
  const isExtension = ['x', 'X', 'g', 'L', 'K'].includes(header.type);
  const size = isExtension ? header.size : sizeOf(header, pending, stop);
  const start = at + BLOCK;
  const next = start + Math.ceil(size / BLOCK) * BLOCK;
  if (next > bytes.length) throw stop('TAR_TRUNCATED', 'It ends before the data of an entry is complete.');
  const data = bytes.subarray(start, start + size);
  if (isExtension) readExtension(reading, header, data, stop);
  else addEntry(reading, header, data, stop);
  return next;
};

const sizeOf = (header: TarHeader, { pax }: Pending, stop: Stop): number => {
  const given = pax?.get('size');
  if (given === undefined) return header.size;
  const text = Buffer.from(given).toString('latin1');
  if (!/^\d{1,15}$/.test(text)) throw stop('TAR_MALFORMED', 'The size in an extended header is not a number.');
  return Number(text);
};

const readExtension = (reading: Reading, { type }: TarHeader, data: Uint8Array, stop: Stop): void => {
  const { pending } = reading;
  if (data.length > MAX_EXTENSION) throw stop('TAR_TOO_LARGE', `An extended header has ${data.length} bytes.`);
  if (type === 'K') throw stop('TAR_UNSUPPORTED', 'It holds a link with a long name.');
  if (type === 'L') {
    if (pending.longName !== undefined) throw stop('TAR_MALFORMED', 'An entry has two long names.');
    const end = data.indexOf(0);
    pending.longName = end < 0 ? data : data.subarray(0, end);
    return;
  }
  const records = parsePax(data, stop);
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
    throw stop('TAR_UNSUPPORTED', 'It holds a sparse file.');
  }
  if (type !== 'g') {
    if (pending.pax !== undefined) throw stop('TAR_MALFORMED', 'An entry has two extended headers.');
    pending.pax = records;
    return;
  }
  const forAll = NOT_FOR_ALL.find((key) => records.has(key));
  if (forAll !== undefined) throw stop('TAR_UNSUPPORTED', `It gives one ${forAll} for every file.`);
  const comment = records.get('comment');
  if (comment !== undefined) reading.comment = Buffer.from(comment).toString('latin1');
};

/** The entry's name without what only says that it is a folder or stands in the archive's own. */
const nameOf = ({ name }: TarHeader, { longName, pax }: Pending, stop: Stop): string => {
  const given = pax?.get('path');
  if (given !== undefined && longName !== undefined) throw stop('TAR_MALFORMED', 'An entry has two long names.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      .decode(given ?? longName ?? name)
      .replace(/^(\.\/)+/, '');
  } catch {
    throw stop('TAR_NAME_UNSAFE', 'A name is not UTF-8.');
  }
};

const addEntry = (reading: Reading, header: TarHeader, data: Uint8Array, stop: Stop): void => {
  const { files, folders, pending } = reading;
  const written = nameOf(header, pending, stop);
  reading.pending = {};
  const shown = shownText(JSON.stringify(written));
  if (header.type !== FOLDER && !FILES.includes(header.type)) {
    const what = KINDS[header.type] ?? `an entry of the unknown type ${JSON.stringify(header.type)}`;
    throw stop('TAR_UNSUPPORTED', `${shown} is ${what}; only plain files and folders are read.`);
  }
  // Before ustar, a folder was a file whose name ends with a slash.
  const isFolder = header.type === FOLDER || written.endsWith('/');
  if (isFolder && data.length > 0) throw stop('TAR_MALFORMED', `${shown} is a folder with content.`);
  const name = written.replace(/\/$/, '');
  if (isFolder && (name === '' || name === '.')) return;
  const flaw = archiveNameFlaw(name) ?? (name.includes('\\') ? 'it has a backslash' : undefined);
  if (flaw !== undefined) throw stop('TAR_NAME_UNSAFE', `The name ${shown} is refused: ${flaw}.`);
  if (isFolder) folders.push(name);
  else files.push({ name, bytes: data });
};
