import { type InfDocument, type InfSection, sectionOf } from '../document.ts';
import { parseInfFlags } from '../numbers.ts';
import type { FileLocations } from '../source-disks.ts';
import type { ReadLines } from './reach.ts';

/** A file that an install section copies, deletes or renames. */
export interface FileEffect {
  /** Name at the destination. */
  readonly name: string;
  /** What it is copied from or was called before; empty for a deletion. */
  readonly source: string;
  /** Path of the source from the folder of the INF; undefined when SourceDisksFiles does not place it. */
  readonly sourcePath: string | undefined;
  readonly dirid: number | undefined;
  readonly subdir: string;
  /** COPYFLG_* or DELFLG_* */
  readonly flags: number;
  readonly line: number;
}

export interface FileEffects {
  readonly copied: readonly FileEffect[];
  readonly deleted: readonly FileEffect[];
  readonly renamed: readonly FileEffect[];
}

interface FileLists {
  readonly document: InfDocument;
  readonly locations: FileLocations;
  readonly read: ReadLines;
}

/** The files that a directive names: in lists, or after an `@` one for the default folder. */
const listed = (
  { document, locations, read }: FileLists,
  sections: readonly InfSection[],
  directive: string,
): readonly FileEffect[] => {
  const found: FileEffect[] = [];
  const seen = new Set<string>();
  const add = (list: string, line: number, [name = '', source = '', , flags]: readonly string[]): void => {
    const key = `${line} ${name.toLowerCase()}`;
    if (name === '' || seen.has(key)) return;
    seen.add(key);
    const { dirid, subdir } = locations.destination(list);
    const from = source === '' && directive === 'copyfiles' ? name : source;
    const sourcePath = directive === 'copyfiles' ? locations.sourcePath(from) : undefined;
    found.push({ name, source: from, sourcePath, dirid, subdir, flags: parseInfFlags(flags), line });
  };
  for (const { lines } of sections) {
    for (const line of lines.filter(({ key }) => key?.toLowerCase() === directive)) {
      for (const list of line.fields) {
        if (list.startsWith('@')) add('@', line.line, [list.slice(1).trim()]);
        else for (const entry of read.read(sectionOf(document, list))) add(list, entry.line, entry.fields);
      }
    }
  }
  return found;
};

/** What CopyFiles, DelFiles and RenFiles of some sections do (spec inf.md section 9). @throws WinpvError INF_PATH_OUTSIDE */
export const fileEffects = (lists: FileLists, sections: readonly InfSection[]): FileEffects => ({
  copied: listed(lists, sections, 'copyfiles'),
  deleted: listed(lists, sections, 'delfiles'),
  renamed: listed(lists, sections, 'renfiles'),
});
