import { type FileHandle, open } from 'node:fs/promises';
import { WinpvError } from '../../core/errors.ts';
import type { SourceFile } from '../../core/ports.ts';
import { openDraft, writeAt } from './draft.ts';
import { fileError, writing } from './file-errors.ts';

/** Large enough that asking for it costs nothing, small enough to stay in the processor's cache while it passes. */
const BLOCK = 1024 * 1024;
/** One is read, one looked at, and two are written. */
const BUFFERS = 4;

interface Source {
  readonly path: string;
  readonly handle: FileHandle;
  readonly size: number;
  /** The first block. */
  readonly first: Uint8Array;
}

/** @param size of the file, as it was a moment ago */
export const openSource = async (path: string, size: number): Promise<SourceFile> => {
  const handle = await open(path).catch((error: unknown) => {
    throw fileError('FILE_UNREADABLE', 'read', path, error);
  });
  try {
    const source = { path, handle, size, first: new Uint8Array(Math.min(BLOCK, size)) };
    await fill(source, source.first, 0);
    return {
      size,
      head: source.first.slice(),
      copy: (target, change) => copy(source, target, change),
      blocks: () => passBlocks(source, NOWHERE),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/** Reads as many bytes as there is room for. */
const fill = async ({ path, handle }: Source, bytes: Uint8Array, offset: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done).catch((error: unknown) => {
      throw fileError('FILE_UNREADABLE', 'read', path, error);
    });
    if (bytesRead === 0) {
      throw new WinpvError('FILE_UNREADABLE', `${path} became shorter while it was read.`, { at: { file: path } });
    }
    done += bytesRead;
  }
};

const copy = async (source: Source, target: string, change: Parameters<SourceFile['copy']>[1]): Promise<void> => {
  const draft = await writing(target, () => openDraft(target));
  const put = (bytes: Uint8Array, offset: number): Promise<void> =>
    writing(target, () => writeAt(draft.handle, bytes, offset));
  try {
    const changes = await change(passBlocks(source, put));
    for (const { bytes, offset } of changes) await put(bytes, offset);
    // Windows puts nothing in the place of an open file.
    await source.handle.close();
    await writing(target, draft.keep);
  } catch (error) {
    await draft.drop();
    throw error;
  }
};

/** Blocks that are only looked at. */
const NOWHERE = async (): Promise<void> => undefined;

/** The file, block after block. The next is read, and those before are written, while one is looked at. */
const passBlocks = async function* (
  source: Source,
  put: (bytes: Uint8Array, offset: number) => Promise<void>,
): AsyncGenerator<Uint8Array, void> {
  const { size, first } = source;
  /** Buffers, each free once it has been written. */
  const free: Promise<Uint8Array>[] = Array.from({ length: BUFFERS - 1 }, async () => new Uint8Array(BLOCK));
  const readAt = async (offset: number): Promise<Uint8Array> => {
    const buffer = (await free.shift()) ?? new Uint8Array(BLOCK);
    const block = buffer.subarray(0, size - offset);
    await fill(source, block, offset);
    return block;
  };
  let next = Promise.resolve(first);
  try {
    for (let offset = 0; offset < size; offset += BLOCK) {
      const block = await next;
      if (offset + BLOCK < size) next = heardLater(readAt(offset + BLOCK));
      free.push(heardLater(put(block, offset).then(() => block)));
      yield block;
    }
    await Promise.all(free);
  } finally {
    await Promise.allSettled([next, ...free]);
  }
};

/** A failure that whoever waits for it next is told of, and nobody before. */
const heardLater = <T>(work: Promise<T>): Promise<T> => {
  work.catch(() => undefined);
  return work;
};
