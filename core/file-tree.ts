import type { ErrorCode } from './error-codes.ts';
import { WinpvError } from './errors.ts';
import type { Files } from './ports.ts';

/** A file of a folder tree. */
export interface TreeFile {
  /** Below the folder, `/`-separated, as on disk. */
  readonly name: string;
  /** The path it was read from. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface TreeLimits {
  readonly maxFiles: number;
  readonly maxDepth: number;
  readonly maxFileBytes: number;
  /** The code when there are more files or deeper folders. */
  readonly tooMany: ErrorCode;
}

/**
 * Reads every file below a folder, in ordinal order of each folder's names. Links are followed, but not to a folder that
 * they stand in.
 *
 * @throws WinpvError FILE_*, `tooMany`
 */
export const readFileTree = async (files: Files, folder: string, limits: TreeLimits): Promise<readonly TreeFile[]> => {
  const found: Omit<TreeFile, 'bytes'>[] = [];
  const refuse = (message: string): never => {
    throw new WinpvError(limits.tooMany, message, { at: { file: folder } });
  };
  let folders = 0;
  const visit = async (path: string, prefix: string, above: readonly string[]): Promise<void> => {
    if (above.length > limits.maxDepth) refuse(`${folder} has folders nested more than ${limits.maxDepth} deep.`);
    folders += 1;
    if (folders > limits.maxFiles) refuse(`${folder} holds more than ${limits.maxFiles} folders.`);
    const real = await files.realPath(path);
    if (above.includes(real)) {
      throw new WinpvError('FILE_UNREADABLE', `${path} is a link to a folder that it stands in.`, {
        at: { file: path },
      });
    }
    for (const entry of await files.list(path)) {
      const child = files.join(path, entry.name);
      if (entry.kind === 'folder') await visit(child, `${prefix}${entry.name}/`, [...above, real]);
      if (entry.kind === 'folder') continue;
      if (entry.kind === 'other') {
        throw new WinpvError(
          'FILE_UNREADABLE',
          `${child} is neither a file nor a folder, or a link that leads nowhere.`,
          {
            at: { file: child },
          },
        );
      }
      if (found.length >= limits.maxFiles) refuse(`${folder} holds more than ${limits.maxFiles} files.`);
      found.push({ name: prefix + entry.name, path: child });
    }
  };
  await visit(folder, '', []);
  return readAll(files, found, limits.maxFileBytes);
};

/** So many small files wait for the disk together. */
const AT_ONCE = 16;

const readAll = async (
  files: Files,
  found: readonly Omit<TreeFile, 'bytes'>[],
  maxBytes: number,
): Promise<readonly TreeFile[]> => {
  const read: TreeFile[] = [];
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    read.push(
      ...(await Promise.all(some.map(async (file) => ({ ...file, bytes: await files.read(file.path, { maxBytes }) })))),
    );
  }
  return read;
};
