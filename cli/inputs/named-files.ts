import { WinpvError } from '../../core/errors.ts';
import { readFileTree, type TreeLimits } from '../../core/file-tree.ts';
import type { Io } from '../io.ts';

const LIMITS: TreeLimits = { maxFiles: 65_535, maxDepth: 32, maxFileBytes: 2 ** 31 - 1, tooMany: 'FILE_TOO_LARGE' };

export interface NamedFile {
  /**
   * `/`-separated: a file's own name, or a folder's name and the path below it. A folder that is given without its name
   * (`.`, `..`, `out/.`, a drive) counts by what is in it: the path below alone.
   */
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files that paths of a command line name: files as they are, folders with all below them. */
export const readNamedFiles = async (io: Io, paths: readonly string[]): Promise<readonly NamedFile[]> => {
  const found: NamedFile[] = [];
  for (const path of paths) {
    const entry = await io.files.stat(path);
    if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
    if (entry.kind === 'file') found.push({ name: entry.name, path, bytes: await io.files.read(path) });
    else {
      const prefix = ['', '.', '..'].includes(entry.name) ? '' : `${entry.name}/`;
      for (const file of await readFileTree(io.files, path, LIMITS)) found.push({ ...file, name: prefix + file.name });
    }
  }
  return found;
};

/** Every file below a folder, named from there. */
export const readFolderFiles = async (io: Io, folder: string): Promise<readonly NamedFile[]> =>
  readFileTree(io.files, folder, LIMITS);

/**
 * Where each file goes: in place; or to `out` itself when one file was named; or below `out`.
 * @throws WinpvError USAGE when two files would be written to one path
 */
export const outputPaths = (
  io: Io,
  files: readonly Pick<NamedFile, 'path' | 'name'>[],
  paths: readonly string[],
  out: string | undefined,
): readonly string[] => {
  const single = files.length === 1 && paths.length === 1 && files[0]?.path === paths[0];
  const targets = files.map(({ path, name }) => (out === undefined ? path : single ? out : io.files.join(out, name)));
  const twice = targets.find((path, i) => targets.indexOf(path) !== i);
  if (twice === undefined) return targets;
  throw new WinpvError('USAGE', `Two files would be written to ${twice}.`, { hint: 'Name them in separate calls.' });
};
