import { createHash } from 'node:crypto';
import { WinpvError } from '../../../core/errors.ts';
import type { Files } from '../../../core/ports.ts';
import { gunzip, isGzip } from '../../formats/tar/gunzip.ts';
import { isTar } from '../../formats/tar/header.ts';
import { parseTar } from '../../formats/tar/parse.ts';
import { parseZip } from '../../formats/zip/parse.ts';

/** The files of a source, wherever they are. */
export interface SourceTree {
  /** As the user named it: a folder, a file, an address. */
  readonly path: string;
  /** Of the archive as it came; absent for a folder. */
  readonly sha256?: string;
  /** `/` between the parts. */
  readonly names: readonly string[];
  /** What git wrote into an archive that it made: a commit, as a rule. */
  readonly comment?: string;
  /** Where one of them is, for messages and plans. */
  readonly pathOf: (name: string) => string;
  readonly read: (name: string) => Promise<Uint8Array>;
}

/** Bounds of one source; far beyond any driver family with its symbols. */
export const SOURCE_LIMITS = { maxBytes: 512 * 1024 * 1024, maxEntries: 20_000, maxDepth: 12 } as const;

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface ArchiveContent {
  readonly files: ReadonlyMap<string, () => Uint8Array>;
  readonly comment?: string;
}

const zipContent = (bytes: Uint8Array, path: string): ArchiveContent => {
  const entries = parseZip(bytes, path, { maxBytes: SOURCE_LIMITS.maxBytes, backslashSeparates: true });
  if (entries.length > SOURCE_LIMITS.maxEntries) {
    throw new WinpvError('ZIP_TOO_LARGE', `It has more than ${SOURCE_LIMITS.maxEntries} entries.`, {
      at: { file: path },
    });
  }
  return { files: new Map(entries.map((entry) => [entry.name, () => entry.bytes()])) };
};

const tarContent = (bytes: Uint8Array, path: string): ArchiveContent => {
  const { files, comment } = parseTar(bytes, path, SOURCE_LIMITS);
  return {
    files: new Map(files.map((entry) => [entry.name, () => entry.bytes])),
    ...(comment === undefined ? {} : { comment }),
  };
};

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

const contentOf = (bytes: Uint8Array, path: string): ArchiveContent => {
  if (isZip(bytes)) return zipContent(bytes, path);
  const unpacked = isGzip(bytes) ? gunzip(bytes, path, SOURCE_LIMITS) : bytes;
  if (isTar(unpacked)) return tarContent(unpacked, path);
  throw new WinpvError('SOURCE_NOT_AN_ARCHIVE', `${path} is neither a tar, a tar.gz nor a ZIP archive.`, {
    at: { file: path },
    hint: 'A source is a folder, or one of these; what it is called does not matter.',
  });
};

/** An archive by its content, whatever it is called. @throws WinpvError TAR_*, GZIP_*, ZIP_*, SOURCE_NOT_AN_ARCHIVE */
export const openArchive = (bytes: Uint8Array, path: string): SourceTree => {
  const { files, ...more } = contentOf(bytes, path);
  return {
    ...{ path, sha256: sha256Of(bytes), names: [...files.keys()].sort(), ...more },
    pathOf: (name) => `${path}/${name}`,
    read: async (name) => {
      const content = files.get(name);
      if (content === undefined) throw new TypeError(`${name} is not in ${path}`);
      return content();
    },
  };
};

/** The names below a folder; nothing is read yet. @throws WinpvError FILE_*, SOURCE_TOO_MANY_FILES */
export const openFolder = async (files: Files, folder: string): Promise<SourceTree> => {
  const names: string[] = [];
  const { maxEntries, maxDepth, maxBytes } = SOURCE_LIMITS;
  let seen = 0;
  const visit = async (path: string, prefix: string, above: readonly string[]): Promise<void> => {
    const real = await files.realPath(path);
    if (above.length > maxDepth || above.includes(real)) return;
    for (const { name, kind } of await files.list(path)) {
      seen += 1;
      if (seen > maxEntries) {
        throw new WinpvError('SOURCE_TOO_MANY_FILES', `${folder} holds more than ${maxEntries} files and folders.`, {
          at: { file: folder },
          hint: 'Name the folder that holds the build tree.',
        });
      }
      if (kind === 'file') names.push(prefix + name);
      if (kind === 'folder' && name !== '.git')
        await visit(files.join(path, name), `${prefix}${name}/`, [...above, real]);
    }
  };
  await visit(folder, '', []);
  const pathOf = (name: string): string => files.join(folder, ...name.split('/'));
  return { path: folder, names: names.sort(), pathOf, read: (name) => files.read(pathOf(name), { maxBytes }) };
};
