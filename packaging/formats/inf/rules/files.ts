import { type InfLine, type InfSection, sectionOf } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleTarget } from './contract.ts';
import {
  destinationSection,
  type FileList,
  fileLists,
  type ListedFile,
  layoutInfs,
  placeOf,
  sourceFolder,
  sourceTable,
  trimmed,
} from './file-lists.ts';
import { fieldOf, findingOn, isOpen } from './line-facts.ts';

type Findings = readonly RuleFinding[];

const DRIVER_STORE = 13;
/**
 * COPYFLG_NO_OVERWRITE and COPYFLG_REPLACEONLY, which ask what is at the destination. The documentation says that only
 * some flags go with the driver store and not which; these two cannot.
 */
const CONDITIONAL_COPY = 0x10 | 0x400;

/** One target for each architecture. */
const byArchitecture = (targets: readonly RuleTarget[]): readonly RuleTarget[] =>
  targets.filter((target, index) => targets.findIndex(({ arch }) => arch === target.arch) === index);

/** Each file of a list is in SourceDisksFiles for every architecture that copies it. */
const checkPlaced = (context: RuleContext, { section, files, targets }: FileList): Findings => {
  const layouts = layoutInfs(context);
  if (layouts === undefined) return [];
  const architectures = byArchitecture(targets).map((target) => ({
    target,
    tables: [context.document, ...layouts].map((document) => sourceTable(document, target.arch)),
  }));
  return files.flatMap(({ line, source }) => {
    if (source === '' || isOpen(source)) return [];
    const missing = architectures.find(({ tables }) => tables.every((table) => table.file(source) === undefined));
    if (missing === undefined) return [];
    const message = `The file "${source}" is not in SourceDisksFiles for ${missing.target.arch}.`;
    return [findingOn(1230, section, line, message, { token: source, target: missing.target.os })];
  });
};

const checkNames = ({ section, files }: FileList): Findings =>
  files.flatMap(({ line, destination, flags }) => {
    const found: RuleFinding[] = [];
    if (destination === '') found.push(findingOn(1229, section, line, 'The line names no file to copy.'));
    if (parseInfNumber(flags) === undefined && !isOpen(flags)) {
      const message = `CopyFiles cannot read the flags "${flags}" of "${destination}": they are no number.`;
      found.push(findingOn(1083, section, line, message, { token: flags }));
    }
    return found;
  });

const checkPlace = ({ section, name, place, files }: FileList): Findings => {
  const [first] = files;
  if (place.line !== undefined || first === undefined) return [];
  const list = name === '@' ? 'files named by CopyFiles themselves' : `the list ${name}`;
  const message = `[DestinationDirs] says nothing about ${list}, and has no DefaultDestDir.`;
  const header = section.headers[0] ?? first.line.line;
  return [{ code: 1275, section: section.name, line: name === '@' ? first.line.line : header, message }];
};

const storeFolder = (context: RuleContext, list: FileList, file: ListedFile): Findings => {
  const wanted = list.place.subdir.toLowerCase();
  for (const target of byArchitecture(list.targets)) {
    const folder = sourceFolder(sourceTable(context.document, target.arch), file.source);
    if (folder === undefined) continue;
    const whole = trimmed([folder.disk, folder.subdir].join('\\'));
    if (wanted === folder.subdir || wanted === whole) continue;
    const message = `"${file.source}" is in the folder "${folder.subdir}" of the package and would go to "${wanted}" of the driver store.`;
    return [findingOn(1100, list.section, file.line, message, { token: file.source, target: target.os })];
  }
  return [];
};

/** Files that stay in the driver store keep their name and folder (spec inf.md section 5). */
const checkDriverStore = (context: RuleContext, list: FileList): Findings => {
  const { section, files, place, name } = list;
  if (place.dirid !== DRIVER_STORE) return [];
  const found = files.flatMap((file): Findings => {
    const { line, destination, source, flags } = file;
    if (isOpen(destination) || isOpen(source)) return [];
    if (((parseInfNumber(flags) ?? 0) & CONDITIONAL_COPY) !== 0) {
      const message = `The flags ${flags} ask what is at the destination, which is the package itself.`;
      return [findingOn(1103, section, line, message, { token: flags })];
    }
    if (destination.toLowerCase() === source.toLowerCase()) return storeFolder(context, list, file);
    const message = `"${source}" would be renamed to "${destination}" in the driver store.`;
    return [findingOn(1100, section, line, message, { token: source })];
  });
  const security = name === '@' ? undefined : sectionOf(context.document, `${section.name}.Security`);
  if (security === undefined) return found;
  const message = `[${security.name}] sets the security of files in the driver store.`;
  return [...found, { code: 1101, section: security.name, line: security.headers[0] ?? 1, message }];
};

const OTHER_LISTS = [
  ['del-files', 'DelFiles'],
  ['ren-files', 'RenFiles'],
] as const;

/** DelFiles and RenFiles lists. */
const checkOtherLists = (context: RuleContext): Findings =>
  OTHER_LISTS.flatMap(([kind, directive]) =>
    context.of(kind).flatMap(({ section }): Findings => {
      const found: RuleFinding[] = [];
      const place = placeOf(context, section.name);
      const [first] = section.lines;
      if (place.dirid === DRIVER_STORE && first !== undefined) {
        const message = `${directive} would change the driver store (directory id 13).`;
        found.push(findingOn(1102, section, first, message));
      }
      if (place.line === undefined && first !== undefined) {
        const message = `[DestinationDirs] says nothing about the list [${section.name}], and has no DefaultDestDir.`;
        found.push({ code: 1275, section: section.name, line: section.headers[0] ?? first.line, message });
      }
      for (const line of section.lines) {
        const needed = kind === 'ren-files' ? 2 : 1;
        if (line.fields.slice(0, needed).filter((name) => name !== '').length === needed) continue;
        found.push(findingOn(1229, section, line, `The ${directive} line lacks the name of a file.`));
      }
      return found;
    }),
  );

/** What cannot be in a path below the package: drives, parents, characters that no name has. */
const isBadPath = (path: string): boolean => /[<>"|?*:]/.test(path) || /(^|[\\/])\.\.([\\/]|$)/.test(path);

const checkPathOf = (section: InfSection, line: InfLine, path: string): Findings => {
  if (path === '' || isOpen(path) || !isBadPath(path)) return [];
  const message = `"${path}" is no path below the folder of the INF.`;
  return [findingOn(1015, section, line, message, { token: path })];
};

const archOf = (section: InfSection): string => /\.([a-z0-9]+)$/i.exec(section.name)?.[1]?.toLowerCase() ?? '';

const checkDisk = (context: RuleContext, section: InfSection, line: InfLine): Findings => {
  const disk = fieldOf(line, 0);
  const number = parseInfNumber(disk);
  if (isOpen(disk)) return [];
  if (disk === '' || number === undefined || number < 0) {
    const message = `The file "${line.key}" of [${section.name}] is on the disk "${disk}", which is no number.`;
    return [findingOn(1008, section, line, message, { token: disk })];
  }
  const arch = archOf(section);
  const targets = byArchitecture(context.targets).filter((target) => arch === '' || target.arch === arch);
  const missing = targets.find((target) => {
    const table = sourceTable(context.document, target.arch);
    return table.file(line.key ?? '')?.line === line && table.disk(disk) === undefined;
  });
  if (missing === undefined) return [];
  const message = `The file "${line.key}" is on disk ${disk}, which SourceDisksNames does not define for ${missing.arch}.`;
  return [findingOn(1273, section, line, message, { token: disk, target: missing.os })];
};

const checkSourceFile = (context: RuleContext, section: InfSection, line: InfLine): Findings => {
  const name = line.key ?? '';
  const found = [...checkPathOf(section, line, name), ...checkPathOf(section, line, fieldOf(line, 1))];
  if (/\.cat$/i.test(name)) {
    found.push(findingOn(1213, section, line, `The catalog "${name}" is listed as a file to copy.`, { token: name }));
  }
  if (/\.[^.\\/]{0,2}_$/.test(name)) {
    const message = `"${name}" is the name of a compressed file.`;
    found.push(findingOn(1231, section, line, message, { token: name }));
  }
  return [...found, ...checkDisk(context, section, line)];
};

const checkSourceDisks = (context: RuleContext): Findings => [
  ...context
    .of('source-disks-files')
    .flatMap(({ section }) => section.lines.flatMap((line) => checkSourceFile(context, section, line))),
  ...context
    .of('source-disks-names')
    .flatMap(({ section }) => section.lines.flatMap((line) => checkPathOf(section, line, fieldOf(line, 3)))),
];

/** Directory ids that Windows knows (spec inf.md section 5); shell folders and printer ids apart. */
const SYSTEM_IDS: ReadonlySet<number> = new Set([
  -1, 0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 30, 50, 51, 52, 53, 54, 55, 65535,
]);
const SHELL_FOLDERS = { first: 16384, last: 16384 + 255 };
const PRINTER_IDS = { first: 66000, last: 66004 };
const USER_DEFINED = 32768;

const within = (id: number, range: { readonly first: number; readonly last: number }): boolean =>
  id >= range.first && id <= range.last;

const checkDirid = (section: InfSection, line: InfLine): Findings => {
  const text = fieldOf(line, 0);
  if (isOpen(text)) return [];
  const id = text === '' ? undefined : parseInfNumber(text);
  const found = (code: number, message: string): Findings => [findingOn(code, section, line, message, { token: text })];
  if (id === undefined) return found(1242, `"${text}" is no directory id.`);
  if (SYSTEM_IDS.has(id) || within(id, SHELL_FOLDERS) || within(id, PRINTER_IDS)) return [];
  if (id >= USER_DEFINED) return found(1241, `Directory id ${id} is one that a program defines when it runs.`);
  return found(1243, `Windows has no directory id ${id}.`);
};

const checkDestinations = (context: RuleContext): Findings => {
  const section = destinationSection(context);
  if (section === undefined) return [];
  return section.lines.flatMap((line) => {
    const subdir = fieldOf(line, 1);
    const dirid = parseInfNumber(fieldOf(line, 0));
    const absolute = dirid === -1 || dirid === 65535;
    return [...checkDirid(section, line), ...(absolute ? [] : checkPathOf(section, line, subdir))];
  });
};

/** Files: where they are in the package and where they go (spec inf.md sections 5, 6 and 9). */
export const fileRules: RuleGroup = (context) => {
  const lists = fileLists(context);
  return [
    ...lists.flatMap((list) => [
      ...checkPlaced(context, list),
      ...checkNames(list),
      ...checkPlace(list),
      ...checkDriverStore(context, list),
    ]),
    ...checkOtherLists(context),
    ...checkSourceDisks(context),
    ...checkDestinations(context),
  ];
};
