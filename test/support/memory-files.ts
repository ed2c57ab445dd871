import { posix } from 'node:path';
import { concatBytes } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { changedParts } from '../../core/file-change.ts';
import type { FileEntry, Files, SourceFile } from '../../core/ports.ts';

export interface MemoryFiles extends Files {
  /** What was written, by path. */
  readonly written: ReadonlyMap<string, Uint8Array>;
}

/** Files in memory, for tests that run a command very often. There are no links. */
export const memoryFiles = (content: Readonly<Record<string, Uint8Array>>): MemoryFiles => {
  const written = new Map<string, Uint8Array>();
  const at = (path: string): Uint8Array | undefined =>
    written.get(posix.normalize(path)) ?? content[posix.normalize(path)];
  const paths = (): readonly string[] => [...new Set([...Object.keys(content), ...written.keys()])].sort();
  const below = (folder: string): readonly string[] => {
    const prefix = posix.normalize(folder) === '.' ? '' : `${posix.normalize(folder).replace(/\/$/, '')}/`;
    return paths().flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []));
  };
  const stat = async (path: string): Promise<FileEntry | undefined> => {
    const bytes = at(path);
    if (bytes !== undefined) return { name: posix.basename(path), kind: 'file', size: bytes.length };
    return below(path).length > 0 ? { name: posix.basename(path), kind: 'folder', size: 0 } : undefined;
  };
  const missing = (path: string): WinpvError =>
    new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  const isAtOrBelow = (path: string, folder: string): boolean =>
    path === posix.normalize(folder) || path.startsWith(`${posix.normalize(folder).replace(/\/$/, '')}/`);
  const move = (from: string, to: string): void => {
    for (const [path, bytes] of [...written]) {
      if (!isAtOrBelow(path, from)) continue;
      written.delete(path);
      written.set(posix.normalize(`${to}${path.slice(posix.normalize(from).length)}`), bytes);
    }
  };
  const files = {
    written,
    stat,
    read: async (path: string): Promise<Uint8Array> => {
      const bytes = at(path);
      if (bytes === undefined) throw missing(path);
      return bytes;
    },
    write: async (
      path: string,
      bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    ): Promise<void> => {
      const parts: Uint8Array[] = [];
      for await (const part of bytes instanceof Uint8Array ? [bytes] : bytes) parts.push(part.slice());
      written.set(posix.normalize(path), concatBytes(...parts));
    },
    open: async (path: string): Promise<SourceFile> => {
      const bytes = at(path);
      if (bytes === undefined) throw missing(path);
      const copy: SourceFile['copy'] = async (target, change) => {
        const changes = await change(
          (async function* () {
            yield bytes;
          })(),
        );
        written.set(posix.normalize(target), concatBytes(...changedParts(bytes, changes)));
      };
      const blocks = async function* (): AsyncGenerator<Uint8Array, void> {
        yield bytes;
      };
      return { size: bytes.length, head: bytes, copy, blocks, close: async () => undefined };
    },
    list: async (folder: string): Promise<readonly FileEntry[]> => {
      const names = [...new Set(below(folder).map((path) => path.split('/')[0] ?? ''))];
      if (names.length === 0) throw missing(folder);
      const entries = await Promise.all(names.map((name) => stat(posix.join(folder, name))));
      return entries.flatMap((entry) => entry ?? []);
    },
    remove: async (path: string): Promise<void> => {
      for (const one of [...written.keys()]) if (isAtOrBelow(one, path)) written.delete(one);
    },
    rename: async (from: string, to: string): Promise<void> => move(from, to),
    replace: async ({ from, to }: { readonly from: string; readonly to: string }): Promise<void> => {
      for (const one of [...written.keys()]) if (isAtOrBelow(one, to)) written.delete(one);
      move(from, to);
    },
    unfinished: () => () => undefined,
    lock: async () => async () => undefined,
    realPath: async (path: string): Promise<string> => posix.resolve('/', path),
    relative: posix.relative,
    join: posix.join,
    dirname: posix.dirname,
    basename: (path: string): string => posix.basename(path),
    isAbsolute: posix.isAbsolute,
  };
  return files;
};
