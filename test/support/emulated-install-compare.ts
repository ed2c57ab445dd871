import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../core/bytes.ts';
import { CLASSES } from '../../emulator/guest/machine.ts';
import { keyAt } from '../../emulator/guest/registry.ts';
import type { World } from '../../emulator/guest/world.ts';
import { newWorld } from '../../emulator/new-world.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import {
  deviceWith,
  fileChanges,
  type InstallablePackage,
  installed,
  packageOf,
  registryChanges,
  seeded,
  worldWith,
} from './emulated-install.ts';
import {
  answeredFiles,
  answeredRegistry,
  classQuestion,
  type SectionQuestion,
  sectionQuestions,
} from './emulated-install-oracle.ts';
import { guestNamed } from './rehearsal.ts';
import { type AnswerLine, askSetupApi, type Question } from './setup-inf.ts';
import { directoriesOf, directoryProbe } from './setup-inf-compare.ts';
import type { WineProgram } from './wine.ts';

/** What 64-bit Wine takes itself for. */
const GUEST = guestNamed('windows-10-22h2-x64');
const STORE = 13;
const NUMBERS = Array.from({ length: STORE + 1 }, (_, number) => String(number));

export interface InfUnderTest {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A value or a file that only one has, or both have differently. */
export interface InstallDifference {
  readonly inf: string;
  readonly where: string;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

export interface Comparison {
  /** Install sections that both installed. */
  readonly sections: readonly string[];
  /** INFs without anything for this Windows. */
  readonly notForIt: readonly string[];
  readonly values: number;
  readonly files: number;
  readonly differences: readonly InstallDifference[];
  /** What the emulator said that it does not do, by INF. */
  readonly unmodelled: readonly (readonly [inf: string, what: string])[];
}

interface Job {
  readonly name: string;
  /** As the emulator names it, in lower case. */
  readonly section: string;
  readonly ids: readonly string[];
  readonly driver: InstallablePackage;
  readonly questions: readonly SectionQuestion[];
  /** Place of the first answer. */
  readonly at: number;
}

/** Each install section that this Windows can choose, with the ids of the first device that leads to it. */
const sectionsOf = ({ library, key }: InstallablePackage): ReadonlyMap<string, readonly string[]> => {
  const [target] = Object.values(library.packages[key]?.targets ?? {});
  const sections = new Map<string, readonly string[]>();
  if (target?.defaultInstall !== undefined) sections.set(target.defaultInstall, []);
  const seen = new Set<string>();
  for (const { install, ids } of target?.models ?? []) {
    const first = ids[0]?.toLowerCase() ?? '';
    // A device that an earlier line matches gets that line's section.
    if (install !== undefined && !sections.has(install) && !seen.has(first)) sections.set(install, ids.slice(0, 1));
    seen.add(first);
  }
  return sections;
};

const planned = ({ name, path, bytes }: InfUnderTest, asked: Question[]): readonly Job[] => {
  const document = parseInf(bytes, name);
  const driver = packageOf(bytes, GUEST);
  const classGuid = driver.library.packages[driver.key]?.classGuid ?? '';
  const isNew = keyAt(newWorld(GUEST).disk.registry, `${CLASSES}\\${classGuid}`) === undefined;
  return [...sectionsOf(driver)].map(([section, ids]) => {
    const ofClass = isNew && ids.length > 0 ? classQuestion(document, classGuid) : [];
    const questions = [...sectionQuestions(document, section), ...ofClass];
    asked.push(['open', path]);
    const at = asked.length;
    asked.push(...questions.map(({ question }) => question));
    return { name, section, ids, driver, questions, at };
  });
};

const different = (
  inf: string,
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): readonly InstallDifference[] =>
  [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((where) => {
    const [own, other] = [ours.get(where), theirs.get(where)];
    return own === other ? [] : [{ inf, where, ours: own, theirs: other }];
  });

/** `source -> target` by target. */
const byTarget = (files: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    files.map((file) => {
      const [source = '', target] = file.split(' -> ');
      return target === undefined ? [source, ''] : [target, source];
    }),
  );

const BASE_SECTION = 'base';

/** An extension adds to a driver that the device has; this one does nothing itself. */
const worldWithBase = ({ library }: InstallablePackage, ids: readonly string[]): World => {
  const text = `[Version]
Signature=$Windows NT$
Class=System
ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
Provider=Base
DriverVer=01/01/2020,1.0.0.0
[Manufacturer]
Base=Models,NTamd64
[Models.NTamd64]
A device=Base,${ids[0]}
[Base]
[Base.Services]
AddService=,2
`;
  const base = packageOf(utf8(text), GUEST, { name: 'base.inf' });
  const facts = base.library.packages[base.key];
  if (facts !== undefined) Object.assign(library.packages, { base: { ...facts, key: 'base' } });
  return installed(worldWith(GUEST, deviceWith(ids)), { ...base, library, key: 'base' })[0];
};

const compareOne = (
  { name, section, ids, driver, questions, at }: Job,
  answers: readonly (readonly AnswerLine[])[],
  storeFolder: string,
): Comparison => {
  const about = (index: number): readonly AnswerLine[] => answers[at + index] ?? [];
  const label = `${name} [${section}]`;
  const theirFiles = questions.flatMap(({ question: [verb] }, index) =>
    verb === 'files' ? answeredFiles(about(index)) : [],
  );
  const theirs = new Map(
    questions.flatMap((one, index) => (one.question[0] === 'files' ? [] : answeredRegistry(about(index), one))),
  );
  const gone = theirFiles.flatMap((file) => (file.startsWith('delete ') ? [file.slice('delete '.length)] : []));
  const isExtension = driver.library.packages[driver.key]?.extensionId !== undefined;
  const before = seeded(isExtension ? worldWithBase(driver, ids) : worldWith(GUEST, deviceWith(ids)), gone);
  const [after, outputs] = installed(before, driver);
  const bound = outputs.find((output) => output.kind === 'device.bound');
  if (ids.length > 0 && bound?.section.toLowerCase() !== (isExtension ? BASE_SECTION : section)) {
    throw new Error(`${label}: ${JSON.stringify(outputs)}`);
  }
  const inWine = (text: string): string =>
    text.replace(/c:(\\+)windows\\+system32\\+driverstore\\+filerepository\\+[^\\"]+/g, (_, slash: string) =>
      storeFolder.replaceAll('\\', slash),
    );
  const ours = new Map([...registryChanges(before.disk, after.disk)].map(([where, data]) => [where, inWine(data)]));
  const ourFiles = fileChanges(before.disk, after.disk, driver.sources).map(inWine);
  return {
    sections: [label],
    notForIt: [],
    values: theirs.size,
    files: theirFiles.length,
    differences: [...different(label, ours, theirs), ...different(label, byTarget(ourFiles), byTarget(theirFiles))],
    unmodelled: outputs.flatMap((output) =>
      output.kind === 'emulator.unmodelled' ? [[name, output.what] as const] : [],
    ),
  };
};

const joined = (parts: readonly Comparison[], notForIt: readonly string[]): Comparison => ({
  sections: parts.flatMap(({ sections }) => sections),
  notForIt,
  values: parts.reduce((sum, { values }) => sum + values, 0),
  files: parts.reduce((sum, { files }) => sum + files, 0),
  differences: parts.flatMap(({ differences }) => differences),
  unmodelled: parts.flatMap(({ unmodelled }) => unmodelled),
});

/** Installs every section of the INFs that this Windows can choose, in Wine and in the emulated guest, and compares. */
export const compareInstalls = async (
  program: WineProgram,
  folder: string,
  infs: readonly InfUnderTest[],
): Promise<Comparison> => {
  const probe = join(folder, 'directories.inf');
  writeFileSync(probe, directoryProbe(NUMBERS));
  const asked: Question[] = [['open', probe], ['dump']];
  const plans = infs.map((inf) => ({ name: inf.name, jobs: planned(inf, asked) }));
  const answers = await askSetupApi(program, asked);
  const storeFolder = (directoriesOf(answers[1] ?? [], NUMBERS).get(String(STORE)) ?? '').toLowerCase();
  return joined(
    plans.flatMap(({ jobs }) => jobs.map((job) => compareOne(job, answers, storeFolder))),
    plans.filter(({ jobs }) => jobs.length === 0).map(({ name }) => name),
  );
};
