import { concatBytes } from './bytes.ts';
import { WinpvError } from './errors.ts';
import type { FileEntry, Files } from './ports.ts';

/** Files as they stand, and what is written beside them in memory: for rehearsals that leave nothing behind. */
export const overlayFiles = (below: Files, hidden: (path: string) => boolean): Files => {
  const written = new Map<string, Uint8Array>();
  const key = (path: string): string => below.join(path);
  const isBelow = (path: string, folder: string): boolean =>
    path.startsWith(folder) && /^[\\/]/.test(path.slice(folder.length));
  const missing = (path: string): WinpvError =>
    new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  const stat = async (path: string): Promise<FileEntry | undefined> => {
    const own = written.get(key(path));
    const name = below.basename(path);
    if (own !== undefined) return { name, kind: 'file', size: own.length };
    if ([...written.keys()].some((one) => isBelow(one, key(path)))) return { name, kind: 'folder', size: 0 };
    return hidden(key(path)) ? undefined : below.stat(path);
  };
  const move = (from: string, to: string): void => {
    for (const [path, bytes] of [...written]) {
      if (path !== key(from) && !isBelow(path, key(from))) continue;
      written.delete(path);
      written.set(key(to) + path.slice(key(from).length), bytes);
    }
  };
  const remove = async (path: string): Promise<void> => {
    for (const one of [...written.keys()]) if (one === key(path) || isBelow(one, key(path))) written.delete(one);
  };
  const contentOf = async (content: Parameters<Files['write']>[1]): Promise<Uint8Array> => {
    if (content instanceof Uint8Array) return content;
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(Uint8Array.from(part));
    return concatBytes(...parts);
  };
  return {
    ...below,
    stat,
    read: async (path, options) => {
      const own = written.get(key(path));
      if (own !== undefined) return own;
      if (hidden(key(path))) throw missing(path);
      return below.read(path, options);
    },
    write: async (path, content) => {
      written.set(key(path), await contentOf(content));
    },
    list: async (folder) => {
      const there = (await below.stat(folder)) === undefined ? [] : await below.list(folder);
      const names = new Set(there.map(({ name }) => name).filter((name) => !hidden(key(below.join(folder, name)))));
      for (const path of written.keys()) {
        const [name] = isBelow(path, key(folder)) ? path.slice(key(folder).length + 1).split(/[\\/]/) : [];
        if (name !== undefined) names.add(name);
      }
      const entries = await Promise.all([...names].sort().map((name) => stat(below.join(folder, name))));
      return entries.flatMap((entry) => entry ?? []);
    },
    remove,
    rename: async (from, to) => move(from, to),
    replace: async ({ from, to }) => {
      await remove(to);
      move(from, to);
    },
    unfinished: () => () => undefined,
    lock: async () => async () => undefined,
  };
};
