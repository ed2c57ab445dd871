import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import type { FileEntry, FileMarks, Files } from '../../core/ports.ts';
import { sha256Hex } from '../output.ts';
import { hashOfJson } from './kept.ts';

/** What a run saw of the machine while it worked out what to make. */
export const seenSchema = z.strictObject({
  /** Files that it read. */
  read: z.array(z.strictObject({ path: z.string(), mark: z.string(), sha256: z.string() })),
  /** Folders that it listed, and what stood at paths that it looked at, as hashes. */
  listed: z.array(z.tuple([z.string(), z.string()])),
  looked: z.array(z.tuple([z.string(), z.string()])),
});

export type Seen = Readonly<z.output<typeof seenSchema>>;

export interface Watching {
  readonly files: Files;
  /** Undefined when the run did something that cannot be told to be the same again. */
  readonly seen: () => Seen | undefined;
}

const entryHash = (entry: FileEntry | undefined): string =>
  entry === undefined ? '' : hashOfJson([entry.kind, entry.size]);

const listHash = (entries: readonly FileEntry[]): string =>
  hashOfJson(entries.map(({ name, kind, size }) => [name, kind, size]));

/**
 * Files that remember what was asked of them, and answered. What the run writes itself is remembered as it then stands.
 * @param isOwn paths that are the run's own, such as its output: they are not remembered
 */
export const watchFiles = (files: Files, marks: FileMarks, isOwn: (path: string) => boolean): Watching => {
  const read = new Map<string, { readonly mark: string; readonly sha256: string }>();
  const [listed, looked] = [new Map<string, string>(), new Map<string, string>()];
  let sure = true;
  const note = (path: string, mark: string | undefined, bytes: Uint8Array): void => {
    if (mark === undefined) sure = false;
    else read.set(path, { mark, sha256: sha256Hex(bytes) });
  };
  return {
    files: {
      ...files,
      async read(path, options) {
        // Before it is read: what changes it meanwhile changes the mark.
        const mark = marks.mark(path)?.text;
        const bytes = await files.read(path, options);
        if (!isOwn(path)) note(path, mark, bytes);
        return bytes;
      },
      async open(path, options) {
        if (!isOwn(path)) sure = false;
        return files.open(path, options);
      },
      async list(folder) {
        const entries = await files.list(folder);
        if (!isOwn(folder)) listed.set(folder, listHash(entries));
        return entries;
      },
      async stat(path) {
        const entry = await files.stat(path);
        if (!isOwn(path)) looked.set(path, entryHash(entry));
        return entry;
      },
      async write(path, content, options) {
        await files.write(path, content, options);
        if (isOwn(path) || !(read.has(path) || looked.has(path))) return;
        if (!(content instanceof Uint8Array)) sure = false;
        else {
          note(path, marks.mark(path)?.text, content);
          looked.set(path, entryHash(await files.stat(path)));
        }
      },
    },
    seen: () =>
      sure
        ? {
            read: [...read].map(([path, facts]) => ({ path, ...facts })),
            listed: [...listed],
            looked: [...looked].filter(([path]) => !read.has(path)),
          }
        : undefined,
  };
};

export interface Looking {
  readonly files: Files;
  readonly marks: FileMarks;
  /** Milliseconds since 1970. A file that changed later may have changed again within the same tick: it is read. */
  readonly surelyBeforeMs: number;
}

/** A file that has the mark that was noted; one that has not, or had it only just, by its hash. */
export const isAsSeen = async (
  path: string,
  was: { readonly mark: string; readonly sha256: string },
  { files, marks, surelyBeforeMs }: Looking,
): Promise<boolean> => {
  const now = marks.mark(path);
  if (now === undefined) return false;
  if (now.text === was.mark && now.changedMs < surelyBeforeMs) return true;
  return sha256Hex(await files.read(path)) === was.sha256;
};

/** Whether a run would see the same again. */
export const isStillSeen = async (seen: Seen, looking: Looking): Promise<boolean> => {
  const { files } = looking;
  const checks = [
    ...seen.read.map((one) => () => isAsSeen(one.path, one, looking)),
    ...seen.looked.map(
      ([path, hash]) =>
        async () =>
          entryHash(await files.stat(path)) === hash,
    ),
    ...seen.listed.map(
      ([path, hash]) =>
        async () =>
          listHash(await files.list(path)) === hash,
    ),
  ];
  try {
    for (const check of checks) if (!(await check())) return false;
    return true;
  } catch (error) {
    // What cannot be read any more is told by the run that needs it.
    if (error instanceof WinpvError) return false;
    throw error;
  }
};
