import { type InfDocument, type InfLine, type InfSection, lineOf, sectionOf } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import type { InfArch } from '../target-os.ts';
import { directivesOf, type RuleContext, type RuleSection, type RuleTarget, type SectionKind } from './contract.ts';
import { fieldOf } from './line-facts.ts';

/** A file that CopyFiles copies. */
export interface ListedFile {
  /** The line of the list section, or the CopyFiles line of an `@file`. */
  readonly line: InfLine;
  readonly destination: string;
  readonly source: string;
  /** As written. */
  readonly flags: string;
}

/** Files that go to one place. */
export interface FileList {
  /** The list section, or the section whose CopyFiles names single files. */
  readonly section: InfSection;
  /** `[name]` or `@`. */
  readonly name: string;
  readonly files: readonly ListedFile[];
  readonly targets: readonly RuleTarget[];
  readonly place: Place;
}

/** Where files go: what [DestinationDirs] says. */
export interface Place {
  /** The line of [DestinationDirs]; undefined when it has none for the list and no default. */
  readonly line: InfLine | undefined;
  readonly dirid: number | undefined;
  readonly subdir: string;
}

/** Sections that may have CopyFiles. */
const COPYING: readonly SectionKind[] = ['install', 'class-install', 'coinstallers', 'interface', 'interface-class'];

export const destinationSection = (context: RuleContext): InfSection | undefined =>
  sectionOf(context.document, 'DestinationDirs');

const knownDestinations = new WeakMap<RuleContext, ReadonlyMap<string, InfLine>>();

const destinations = (context: RuleContext): ReadonlyMap<string, InfLine> => {
  const known = knownDestinations.get(context);
  if (known !== undefined) return known;
  const lines = new Map<string, InfLine>();
  for (const line of destinationSection(context)?.lines ?? []) {
    const key = line.key?.toLowerCase() ?? '';
    if (!lines.has(key)) lines.set(key, line);
  }
  knownDestinations.set(context, lines);
  return lines;
};

/** Where the files of a list go; without an entry of its own, to the default. */
export const placeOf = (context: RuleContext, list: string): Place => {
  const lines = destinations(context);
  const line = lines.get(list.toLowerCase()) ?? lines.get('defaultdestdir');
  const dirid = line === undefined ? '' : fieldOf(line, 0);
  return {
    line,
    dirid: dirid === '' ? undefined : parseInfNumber(dirid),
    subdir: line === undefined ? '' : trimmed(fieldOf(line, 1)),
  };
};

/** A path without empty parts. */
export const trimmed = (path: string): string =>
  path
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.')
    .join('\\');

const listOf = (context: RuleContext, { section, targets }: RuleSection): FileList => {
  const files = section.lines.map((line): ListedFile => {
    const destination = fieldOf(line, 0);
    const source = fieldOf(line, 1);
    return { line, destination, source: source === '' ? destination : source, flags: fieldOf(line, 3) };
  });
  return { section, name: `[${section.name}]`, files, targets, place: placeOf(context, section.name) };
};

const singleFiles = (context: RuleContext, { section, targets }: RuleSection): readonly FileList[] => {
  const files = directivesOf(section, 'CopyFiles').flatMap((line) =>
    line.fields
      .filter((field) => field.startsWith('@'))
      .map((field): ListedFile => {
        const name = field.slice(1).trim();
        return { line, destination: name, source: name, flags: '' };
      }),
  );
  return files.length === 0 ? [] : [{ section, name: '@', files, targets, place: placeOf(context, 'defaultdestdir') }];
};

/** Whether the files are placed by another INF, as those of Windows are. */
export const hasLayoutFile = ({ document }: RuleContext): boolean =>
  lineOf(sectionOf(document, 'Version'), 'LayoutFile') !== undefined;

/** The INFs that place files for this one, when all that LayoutFile names are handed in; undefined when one is not. */
export const layoutInfs = ({ document, library }: RuleContext): readonly InfDocument[] | undefined => {
  const names = lineOf(sectionOf(document, 'Version'), 'LayoutFile')?.fields ?? [];
  const infs = names.filter((name) => name !== '').map((name) => library.get(name.toLowerCase()));
  return infs.every((inf) => inf !== undefined) ? infs : undefined;
};

const knownLists = new WeakMap<RuleContext, readonly FileList[]>();

/** Every list of files that CopyFiles copies. */
export const fileLists = (context: RuleContext): readonly FileList[] => {
  const known = knownLists.get(context);
  if (known !== undefined) return known;
  const lists = [
    ...context.of('copy-files').map((role) => listOf(context, role)),
    ...COPYING.flatMap((kind) => context.of(kind)).flatMap((role) => singleFiles(context, role)),
  ];
  knownLists.set(context, lists);
  return lists;
};

/** Folders of Windows below %SystemRoot%, so that `10,System32\drivers` and `12` are one. */
const BELOW_WINDOWS: ReadonlyMap<number, string> = new Map([
  [10, ''],
  [11, 'system32'],
  [12, 'system32\\drivers'],
  [16425, 'syswow64'],
]);

/** A path in a form that can be compared. */
export const systemPath = (dirid: number, ...parts: readonly string[]): string => {
  const folder = BELOW_WINDOWS.get(dirid);
  const path = trimmed([folder ?? '', ...parts].join('\\')).toLowerCase();
  return `${folder === undefined ? dirid : 10}\\${path}`;
};

/** Where all CopyFiles put their files. */
export const copiedPaths = (context: RuleContext): ReadonlySet<string> =>
  new Set(
    fileLists(context).flatMap(({ files, place }) =>
      place.dirid === undefined
        ? []
        : files.map(({ destination }) => systemPath(place.dirid ?? 0, place.subdir, destination)),
    ),
  );

/** A file of SourceDisksFiles and the section that has it. */
export interface SourceFile {
  readonly section: InfSection;
  readonly line: InfLine;
}

/** What SourceDisksFiles and SourceDisksNames say for an architecture: the decorated section first. */
export interface SourceTable {
  file(name: string): SourceFile | undefined;
  disk(id: string): InfLine | undefined;
}

const diskKey = (id: string): string => String(parseInfNumber(id) ?? id.toLowerCase());

const knownTables = new WeakMap<InfDocument, Map<InfArch, SourceTable>>();

export const sourceTable = (document: InfDocument, arch: InfArch): SourceTable => {
  const tables = knownTables.get(document) ?? new Map<InfArch, SourceTable>();
  knownTables.set(document, tables);
  const known = tables.get(arch);
  if (known !== undefined) return known;
  const files = new Map<string, SourceFile>();
  const disks = new Map<string, InfLine>();
  for (const suffix of [`.${arch}`, '']) {
    const section = sectionOf(document, `SourceDisksFiles${suffix}`);
    for (const line of section?.lines ?? []) {
      const key = line.key?.toLowerCase() ?? '';
      if (section !== undefined && !files.has(key)) files.set(key, { section, line });
    }
    for (const line of sectionOf(document, `SourceDisksNames${suffix}`)?.lines ?? []) {
      const key = diskKey(line.key ?? '');
      if (!disks.has(key)) disks.set(key, line);
    }
  }
  const table: SourceTable = {
    file: (name) => files.get(name.toLowerCase()),
    disk: (id) => disks.get(diskKey(id)),
  };
  tables.set(arch, table);
  return table;
};

/** The folder of a source file below that of the INF, in a form that can be compared; undefined when it is not placed. */
export const sourceFolder = (table: SourceTable, name: string): { disk: string; subdir: string } | undefined => {
  const found = table.file(name);
  if (found === undefined) return undefined;
  const disk = table.disk(fieldOf(found.line, 0));
  return {
    disk: trimmed(disk === undefined ? '' : fieldOf(disk, 3)).toLowerCase(),
    subdir: trimmed(fieldOf(found.line, 1)).toLowerCase(),
  };
};
