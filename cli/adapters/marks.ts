import { type BigIntStats, type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMark, FileMarks } from '../../core/ports.ts';

const markOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileMark => ({
  text: `${size} ${mtimeNs} ${ctimeNs} ${dev}:${ino}`,
  changedMs: Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n),
});

const mark = (path: string): FileMark | undefined => {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true ? markOf(stats) : undefined;
};

const entriesOf = (folder: string): readonly Dirent[] => readdirSync(folder, { withFileTypes: true });

/** After so many files whoever waits for a signal gets a turn. */
const AT_ONCE = 500;

const marksBelow: FileMarks['marksBelow'] = async (folder) => {
  const marks = new Map<string, FileMark>();
  const open: [path: string, below: string][] = [[folder, '']];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, below] = next;
    for (const entry of entriesOf(path)) {
      const [inner, name] = [join(path, entry.name), `${below}${entry.name}`];
      if (entry.isDirectory()) open.push([inner, `${name}/`]);
      else {
        const found = entry.isFile() ? mark(inner) : undefined;
        if (found === undefined) return undefined;
        marks.set(name, found);
        if (marks.size % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  return marks;
};

/** What file systems note. The calls wait, for they take microseconds: handing each to a thread would take tenfold. */
export const diskMarks: FileMarks = {
  mark: (path) => {
    try {
      return mark(path);
    } catch {
      // Whatever cannot be looked at is for those who read it.
      return undefined;
    }
  },
  marksBelow: async (folder) => {
    try {
      return await marksBelow(folder);
    } catch {
      return undefined;
    }
  },
};
