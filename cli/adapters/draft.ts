import { randomBytes } from 'node:crypto';
import { rmdirSync, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { hold } from './held.ts';

/** A file on its way: under another name, in the folder where it belongs. */
export interface Draft {
  readonly handle: FileHandle;
  /** Gives it its name. */
  keep(): Promise<void>;
  /** Takes away whatever there is of it, and folders that were made for it alone. */
  drop(): Promise<void>;
}

/** What may be done with the file whose place is taken; undefined when there is none. */
const modeOf = async (path: string): Promise<number | undefined> => {
  const entry = await stat(path).catch(() => undefined);
  return entry?.isFile() ? entry.mode & 0o777 : undefined;
};

/** @param mode as the file that it replaces, when not given */
export const openDraft = async (path: string, mode?: number): Promise<Draft> => {
  const folder = dirname(path);
  // A part of the name is enough to tell whose it is, and the whole might be too long with what is added.
  const temporary = join(folder, `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.tmp`);
  const firstMade = await mkdir(folder, { recursive: true });
  const remove = (): void => {
    try {
      rmSync(temporary, { force: true });
      if (firstMade !== undefined) removeEmpty(resolve(folder), resolve(firstMade));
    } catch {
      // Whatever stands in the way is somebody else's.
    }
  };
  const finished = hold(remove);
  const drop = (): void => {
    remove();
    finished();
  };
  const handle = await open(temporary, 'wx', mode).catch((error: unknown) => {
    drop();
    throw error;
  });
  const before = mode === undefined ? await modeOf(path) : undefined;
  // Nothing is lost where a file system keeps no modes.
  if (before !== undefined) await handle.chmod(before).catch(() => undefined);
  return {
    handle,
    keep: async () => {
      await handle.close();
      await rename(temporary, path);
      finished();
    },
    drop: async () => {
      await handle.close().catch(() => undefined);
      drop();
    },
  };
};

/** From the inner folder up to the outer one, while nothing is in them. */
const removeEmpty = (inner: string, outer: string): void => {
  for (let at = inner; at.length >= outer.length; at = dirname(at)) rmdirSync(at);
};

/** Writes all of it; a system may take less at a time. */
export const writeAt = async (handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
};
