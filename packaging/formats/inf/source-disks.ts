import { WinpvError } from '../../../core/errors.ts';
import { type InfDocument, type InfLine, sectionOf } from './document.ts';
import { parseInfNumber } from './numbers.ts';
import type { InfArch } from './target-os.ts';

/** Where the files of a package are, and where they go, on one architecture. */
export interface FileLocations {
  /** Path of a source file from the folder of the INF, `/` between the parts; undefined when the INF does not place it. */
  sourcePath(source: string): string | undefined;
  /** Where the files of a list go; without an entry of its own, and for `@`, the default. */
  destination(list: string): { readonly dirid: number | undefined; readonly subdir: string };
}

/** Lines of some sections by key in lower case; the first section that has a key decides. */
const firstByKey = (document: InfDocument, ...names: readonly string[]): ReadonlyMap<string, InfLine> => {
  const found = new Map<string, InfLine>();
  for (const name of names) {
    for (const line of sectionOf(document, name)?.lines ?? []) {
      const key = line.key?.toLowerCase();
      if (key !== undefined && !found.has(key)) found.set(key, line);
    }
  }
  return found;
};

/** Joins the parts of a path below the INF's folder. */
const packagePath = (document: InfDocument, line: number, ...parts: readonly string[]): string => {
  const path: string[] = [];
  for (const part of parts.flatMap((text) => text.split(/[\\/]/))) {
    if (part === '' || part === '.') continue;
    if (part.includes(':') || (part === '..' && path.length === 0)) {
      throw new WinpvError('INF_PATH_OUTSIDE', `The path "${parts.join('\\')}" leads out of the folder of the INF.`, {
        at: { file: document.file, line },
      });
    }
    if (part === '..') path.pop();
    else path.push(part);
  }
  return path.join('/');
};

/** Disk ids are numbers: `01` and `1` are the same disk. */
const diskKey = (text: string): string => {
  const number = parseInfNumber(text);
  return number === undefined || text === '' ? text.toLowerCase() : String(number);
};

/**
 * Reads [SourceDisksNames], [SourceDisksFiles] and [DestinationDirs] for an architecture (spec inf.md section 6): the
 * decorated section first, then the undecorated one.
 */
export const fileLocations = (document: InfDocument, arch: InfArch): FileLocations => {
  const files = firstByKey(document, `SourceDisksFiles.${arch}`, 'SourceDisksFiles');
  const names = firstByKey(document, `SourceDisksNames.${arch}`, 'SourceDisksNames');
  const disks = new Map([...names.values()].reverse().map((line) => [diskKey(line.key ?? ''), line]));
  const destinations = firstByKey(document, 'DestinationDirs');
  return {
    sourcePath: (source) => {
      const line = files.get(source.toLowerCase());
      if (line === undefined) return undefined;
      const [diskId = '', subdir = ''] = line.fields;
      const diskPath = disks.get(diskKey(diskId))?.fields[3] ?? '';
      return packagePath(document, line.line, diskPath, subdir, source);
    },
    destination: (list) => {
      const line = destinations.get(list.toLowerCase()) ?? destinations.get('defaultdestdir');
      const [dirid = '', subdir = ''] = line?.fields ?? [];
      return { dirid: dirid === '' ? undefined : parseInfNumber(dirid), subdir };
    },
  };
};
