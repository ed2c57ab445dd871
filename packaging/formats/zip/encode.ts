import type { ZipArchive } from 'archiver';
import { WinpvError } from '../../../core/errors.ts';
import { archiveNameFlaw, archiveNameParts, repeatedName } from '../archive-names.ts';

export interface ZipInput {
  /** Path inside the archive; either slash separates, and `/` is stored. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ZipOptions {
  /** Milliseconds since 1970, for every entry; stored as UTC in steps of two seconds, within 1980 to 2043. */
  readonly modified: number;
}

/**
 * Writes a ZIP: names sorted by UTF-16 unit, mode 0644, one date. Same input, same bytes, whatever the time zone.
 *
 * @throws WinpvError ZIP_NAME_UNSAFE, ZIP_NAME_TWICE
 */
export const encodeZip = async (files: readonly ZipInput[], options: ZipOptions): Promise<Uint8Array> => {
  const entries = files.map(({ name, bytes }) => ({ name: archiveNameParts(name).join('/'), bytes }));
  checkNames(files.map(({ name }) => name));
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  // The two library layers read the level from here; the default would be the fastest one.
  const library = await import('archiver');
  const archive = new library.ZipArchive({ zlib: { level: 6 } });
  const written = collect(archive);
  const date = new Date(options.modified);
  for (const { name, bytes } of entries) {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    archive.append(source, { name, date, mode: 0o644 });
  }
  const [bytes] = await Promise.all([written, archive.finalize()]);
  return bytes;
};

const checkNames = (names: readonly string[]): void => {
  for (const name of names) {
    const flaw = archiveNameFlaw(name) ?? (Buffer.byteLength(name) > 0xffff ? 'it is too long' : undefined);
    if (flaw === undefined) continue;
    throw new WinpvError('ZIP_NAME_UNSAFE', `The name ${JSON.stringify(name)} is refused: ${flaw}.`);
  }
  const twice = repeatedName(names);
  if (twice !== undefined) throw new WinpvError('ZIP_NAME_TWICE', `The name ${JSON.stringify(twice)} clashes.`);
};

const collect = (archive: ZipArchive): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const failed = (cause: Error): void =>
      reject(new WinpvError('ZIP_WRITE_FAILED', 'The ZIP library gave up.', { cause }));
    archive.on('data', (chunk) => chunks.push(chunk));
    archive.on('warning', failed);
    archive.on('error', failed);
    archive.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
  });
