import { existsSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { WinpvError } from '../../core/errors.ts';
import type { FileEntry, Files } from '../../core/ports.ts';
import { type Draft, openDraft, writeAt } from './draft.ts';
import { errnoOf, fileError, writing } from './file-errors.ts';
import { change, hold } from './held.ts';
import { openSource } from './source-file.ts';

const MAX_READ_BYTES = 2 ** 31 - 1;

const entryOf = (name: string, stats: { isFile(): boolean; isDirectory(): boolean; size: number }): FileEntry => {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  return { name, kind, size: kind === 'file' ? stats.size : 0 };
};

const statPath = async (path: string): Promise<FileEntry | undefined> => {
  try {
    return entryOf(basename(path), await stat(path));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return undefined;
    throw fileError('FILE_UNREADABLE', 'looked at', path, error);
  }
};

/** From here on a file is read in one step, beside what the main thread does; `readFile` comes back to it every 512 KiB. */
const LARGE = 4 * 1024 * 1024;

const plain = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Reads from one place to another, and tells how far it came. */
const readSlice = async (handle: FileHandle, bytes: Buffer, from: number, to: number): Promise<number> => {
  let at = from;
  for (let got = 1; got > 0 && at < to; at += got) {
    ({ bytesRead: got } = await handle.read(bytes, at, to - at, at));
  }
  return at;
};

/** Both halves at once: most of the time goes into the pages of the buffer, which two cores make twice as fast. */
const readLarge = async (path: string, size: number): Promise<Uint8Array> => {
  const handle = await open(path);
  try {
    const bytes = Buffer.allocUnsafeSlow(size);
    const middle = Math.ceil(size / 2);
    const [first, second] = await Promise.all([
      readSlice(handle, bytes, 0, middle),
      readSlice(handle, bytes, middle, size),
    ]);
    return plain(bytes).subarray(0, first < middle ? first : second);
  } finally {
    await handle.close();
  }
};

/** The size of a file that may be read. */
const readableSize = async (path: string, maxBytes: number): Promise<number> => {
  const entry = await statPath(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  if (entry.kind !== 'file') throw new WinpvError('FILE_UNREADABLE', `${path} is not a file.`, { at: { file: path } });
  if (entry.size > maxBytes) {
    throw new WinpvError('FILE_TOO_LARGE', `${path} has ${entry.size} bytes; at most ${maxBytes} are read.`, {
      at: { file: path },
    });
  }
  return entry.size;
};

const read: Files['read'] = async (path, { maxBytes = MAX_READ_BYTES } = {}) => {
  const size = await readableSize(path, maxBytes);
  try {
    return size < LARGE ? plain(await readFile(path)) : await readLarge(path, size);
  } catch (error) {
    throw fileError('FILE_UNREADABLE', 'read', path, error);
  }
};

const unfinished: Files['unfinished'] = (path) => hold(() => rmSync(path, { recursive: true, force: true }));

const writeParts = async (
  { handle }: Draft,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> => {
  let at = 0;
  for await (const part of parts) {
    await writeAt(handle, part, at);
    at += part.length;
  }
};

const write: Files['write'] = (path, content, { mode } = {}) =>
  writing(path, async () => {
    const draft = await openDraft(path, mode);
    try {
      await writeParts(draft, content instanceof Uint8Array ? [content] : content);
      await draft.keep();
    } catch (error) {
      await draft.drop();
      throw error;
    }
  });

const list: Files['list'] = async (folder) => {
  try {
    const names = (await readdir(folder)).sort();
    return await Promise.all(
      // A link that leads nowhere is something other than a file, and no reason to say that the folder is not there.
      names.map(async (name) => entryOf(name, await stat(join(folder, name)).catch(() => lstat(join(folder, name))))),
    );
  } catch (error) {
    throw fileError('FILE_UNREADABLE', 'listed', folder, error);
  }
};

/** A lock file younger than this may be one whose owner is just about to write its number. */
const YOUNG_MS = 10_000;

const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'used', path, error);
  }
};

/** Whether whoever made the lock file is gone: its process ended, or it never wrote its number. */
const isAbandoned = async (path: string, owner: number): Promise<boolean> => {
  if (Number.isInteger(owner) && owner > 0) return !isRunning(owner);
  const made = await stat(path).catch(() => undefined);
  return made === undefined || Date.now() - made.mtimeMs > YOUNG_MS;
};

/** A lock file beside the folder, made exclusively; one left by a dead process of this machine is taken over. */
const lock: Files['lock'] = async (folder) => {
  const path = join(dirname(folder), `.${basename(folder)}.winpv-lock`);
  const take = async (): Promise<() => Promise<void>> => {
    const handle = await open(path, 'wx');
    const forget = unfinished(path);
    await handle.writeFile(String(process.pid));
    await handle.close();
    return () =>
      change(async () => {
        await rm(path, { force: true });
        forget();
      });
  };
  await makeFolder(dirname(path));
  try {
    return await take();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw fileError('FILE_UNWRITABLE', 'locked', folder, error);
  }
  const owner = Number((await readFile(path, 'utf8').catch(() => '')).trim());
  if (await isAbandoned(path, owner)) {
    await rm(path, { force: true });
    return take();
  }
  const who = owner > 0 ? ` (process ${owner})` : '';
  throw new WinpvError('OUTPUT_LOCKED', `Another winpv${who} is writing to ${folder}.`, {
    at: { file: folder },
    hint: `Wait for it to end. If no winpv is running, delete ${path}.`,
  });
};

/** The absolute path with links followed, as far as it exists. */
const realPath: Files['realPath'] = async (path) => {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(await realPath(parent), basename(absolute));
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
};

const remove: Files['remove'] = async (path) => {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'removed', path, error);
  }
};

/** Two renames without a pause between them: a signal comes before or after, never when nothing stands at `to`. */
const replace: Files['replace'] = async ({ from, to, aside }) => {
  try {
    const replaced = existsSync(to);
    if (replaced) renameSync(to, aside);
    try {
      renameSync(from, to);
    } catch (error) {
      if (replaced) renameSync(aside, to);
      throw error;
    }
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'replaced', to, error);
  }
  const gone = unfinished(aside);
  await remove(aside);
  gone();
};

/** Files and folders of this machine. Whatever changes something can be stopped between two changes, not within one. */
export const diskFiles: Files = {
  read,
  open: async (path, { maxBytes = MAX_READ_BYTES } = {}) => openSource(path, await readableSize(path, maxBytes)),
  write,
  list,
  lock: (folder) => change(() => lock(folder)),
  stat: statPath,
  remove: (path) => change(() => remove(path)),
  rename: (from, to) =>
    change(async () => {
      try {
        await rename(from, to);
      } catch (error) {
        throw fileError('FILE_UNWRITABLE', 'renamed', from, error);
      }
    }),
  replace: (folders) => change(() => replace(folders)),
  unfinished,
  realPath,
  relative: (from, to) => relative(resolve(from), resolve(to)).split(sep).join('/'),
  join,
  dirname,
  basename,
  isAbsolute,
};
