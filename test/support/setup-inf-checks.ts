import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type InfDocument, sectionOf } from '../../packaging/formats/inf/document.ts';
import {
  type InfService,
  infModel,
  installSections,
  installTarget,
  resolveInstallSection,
} from '../../packaging/formats/inf/model.ts';
import { type RegistryWrite, registryWrites } from '../../packaging/formats/inf/registry.ts';
import { fileLocations } from '../../packaging/formats/inf/source-disks.ts';
import { type AnswerLine, askSetupApi, type Question } from './setup-inf.ts';
import { directoriesOf, directoryProbe } from './setup-inf-compare.ts';
import { applyWrites, copiedLines, copyLines, registryTree, treeLines, withDirectories } from './setup-inf-install.ts';
import type { WineProgram } from './wine.ts';

/** What 64-bit Wine takes itself for, as far as decorations go. */
export const TARGET = { arch: 'amd64', major: 10, minor: 0, build: 19045 } as const;
const NUMBERS = [
  ...Array.from({ length: 60 }, (_, index) => index),
  ...Array.from({ length: 60 }, (_, index) => 16384 + index),
].map(String);

type Directories = ReadonlyMap<string, string>;

/** One thing that both tell: the same lines are expected. */
export interface Check {
  readonly kind: 'section' | 'source' | 'copy' | 'registry' | 'service';
  readonly where: string;
  readonly path: string;
  readonly question: Question;
  readonly ours: (directories: Directories) => readonly string[];
  readonly theirs: (answer: readonly AnswerLine[]) => readonly string[];
}

export interface Verdict {
  readonly where: string;
  readonly onlyOurs: readonly string[];
  readonly onlyTheirs: readonly string[];
}

export interface Verdicts {
  /** Lines compared. */
  readonly lines: Readonly<Record<Check['kind'], number>>;
  readonly different: Readonly<Record<Check['kind'], readonly Verdict[]>>;
}

/** Asks all checks in one process; the folder takes an INF that tells where Wine has its directories. */
export const judge = async (program: WineProgram, folder: string, checks: readonly Check[]): Promise<Verdicts> => {
  const probe = join(folder, 'directories.inf');
  writeFileSync(probe, directoryProbe(NUMBERS));
  const asked: Question[] = [['open', probe], ['dump']];
  let open = '';
  const places = checks.map(({ path, question }) => {
    if (path !== open) asked.push(['open', path]);
    open = path;
    return asked.push(question) - 1;
  });
  const answers = await askSetupApi(program, asked);
  const directories = directoriesOf(answers[1] ?? [], NUMBERS);
  const lines = { section: 0, source: 0, copy: 0, registry: 0, service: 0 };
  const different: Record<Check['kind'], Verdict[]> = { section: [], source: [], copy: [], registry: [], service: [] };
  for (const [index, check] of checks.entries()) {
    const ours = check.ours(directories);
    const theirs = check.theirs(answers[places[index] ?? 0] ?? []);
    lines[check.kind] += ours.length;
    const onlyOurs = ours.filter((line) => !theirs.includes(line));
    const onlyTheirs = theirs.filter((line) => !ours.includes(line));
    if (onlyOurs.length + onlyTheirs.length > 0)
      different[check.kind].push({ where: check.where, onlyOurs, onlyTheirs });
  }
  return { lines, different };
};

export const registryCheck = (
  path: string,
  where: string,
  section: string,
  writes: readonly RegistryWrite[],
): Check => ({
  kind: 'registry',
  where: `${where} [${section}]`,
  path,
  question: ['registry', section],
  ours: (directories) => treeLines(applyWrites(writes, directories)),
  theirs: (answer) => treeLines(registryTree(answer)),
});

const serviceCheck = (path: string, where: string, section: string, services: readonly InfService[]): Check => ({
  kind: 'service',
  where: `${where} [${section}]`,
  path,
  question: ['services', section],
  ours: (directories) =>
    services.map(({ name, serviceType, startType, errorControl, binary, loadOrderGroup, displayName }) => {
      const image = withDirectories(binary, directories);
      return [name, serviceType, startType, errorControl, image, loadOrderGroup, displayName].join(' | ');
    }),
  theirs: (answer) => answer.filter(([kind]) => kind === 'service').map(([, ...parts]) => parts.join(' | ')),
});

/** Everything that one install section does, and its related sections. */
export const sectionChecks = (
  document: InfDocument,
  path: string,
  where: string,
  section: string,
): readonly Check[] => {
  const { files, services } = installSections(document, [section], TARGET.arch);
  const has = (suffix: string): boolean => sectionOf(document, `${section}${suffix}`) !== undefined;
  const parts = (['', '.HW', '.CoInstallers'] as const).filter(has);
  const ownFiles = (part: string) => installSections(document, [`${section}${part}`], TARGET.arch).files;
  const copies = parts.map((part): Check => {
    const own =
      part === ''
        ? files.filter(({ line }) => !ownFiles('.CoInstallers').some((file) => file.line === line))
        : ownFiles(part);
    return {
      kind: 'copy',
      where: `${where} [${section}${part}]`,
      path,
      question: ['files', `${section}${part}`],
      ours: (directories) => copyLines(own, directories),
      theirs: copiedLines,
    };
  });
  const writes = (part: string): readonly RegistryWrite[] =>
    (sectionOf(document, `${section}${part}`)?.lines ?? [])
      .filter(({ key }) => key?.toLowerCase() === 'addreg')
      .flatMap(({ fields }) => fields)
      .flatMap((name) => registryWrites(document, name, 'software'));
  const named = services.filter(({ name }) => name !== '');
  return [
    ...copies,
    ...parts.map((part) => registryCheck(path, where, `${section}${part}`, writes(part))),
    ...(has('.Services') ? [serviceCheck(path, where, `${section}.Services`, named)] : []),
    ...named.flatMap(({ section: own, registry, line }) => {
      const eventLog =
        document.sections.flatMap(({ lines }) => lines).find((each) => each.line === line)?.fields[3] ?? '';
      return (
        [
          [own, 'service'],
          [eventLog, 'event-log'],
        ] as const
      )
        .filter(([name]) => name !== '')
        .map(([name, scope]) =>
          registryCheck(
            path,
            where,
            name,
            registry.filter((write) => write.scope === scope),
          ),
        );
    }),
  ];
};

/** What the class installer's section writes, if this system has one in the INF. */
export const classChecks = (document: InfDocument, path: string, where: string): readonly Check[] => {
  const { sections, registry } = installTarget(document, infModel(document), TARGET);
  const section = resolveInstallSection(document, 'ClassInstall32', TARGET.arch);
  if (section === undefined || sections.length === 0) return [];
  return [
    registryCheck(
      path,
      where,
      section,
      registry.filter(({ scope }) => scope === 'class'),
    ),
  ];
};

export const choiceCheck = (document: InfDocument, path: string, where: string, base: string): Check => ({
  kind: 'section',
  where: `${where} [${base}]`,
  path,
  question: ['actual', base],
  ours: () => [(resolveInstallSection(document, base, TARGET.arch) ?? 'none').toLowerCase()],
  theirs: (answer) => [(answer[0]?.[1] ?? '').toLowerCase()],
});

/**
 * Where each file of SourceDisksFiles is, on this architecture. SetupGetSourceFileLocation tells the disk and thereby which
 * of the sections decides; the subfolder, which Wine leaves empty, is the document's.
 */
export const sourceChecks = (document: InfDocument, path: string, where: string): readonly Check[] => {
  const { sourcePath } = fileLocations(document, TARGET.arch);
  const lines = [`SourceDisksFiles.${TARGET.arch}`, 'SourceDisksFiles'].flatMap(
    (name) => sectionOf(document, name)?.lines ?? [],
  );
  const subfolder = (file: string): string =>
    lines.find(({ key }) => key?.toLowerCase() === file.toLowerCase())?.fields[1] ?? '';
  return [...new Set(lines.flatMap(({ key }) => key ?? []))].map((file) => ({
    kind: 'source',
    where: `${where} ${file}`,
    path,
    question: ['source', file],
    ours: () => [sourcePath(file) ?? 'none'],
    theirs: (answer) => {
      const disk = answer.find(([kind]) => kind === 'disk');
      if (disk === undefined) return ['none'];
      const parts = [disk[1] ?? '', subfolder(file), file].flatMap((part) => part.split('\\'));
      return [parts.filter((part) => part !== '').join('/')];
    },
  }));
};
