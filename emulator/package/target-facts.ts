import type { InfDocument } from '../../packaging/formats/inf/document.ts';
import { installEffects } from '../../packaging/formats/inf/effects/install-effects.ts';
import { ReadLines } from '../../packaging/formats/inf/effects/reach.ts';
import { resolveInstallSection } from '../../packaging/formats/inf/install.ts';
import type { InfModel } from '../../packaging/formats/inf/model.ts';
import { type ModelsChoice, selectModels } from '../../packaging/formats/inf/select-models.ts';
import type { InfArch, WindowsTarget } from '../../packaging/formats/inf/target-os.ts';
import type { InstallFacts, ModelFacts, TargetFacts } from './facts.ts';
import { type InstallContext, installFactsOf } from './install-facts.ts';

/** An INF whose effects are asked for, and how to find its files on an architecture. */
export interface TargetReader {
  readonly document: InfDocument;
  readonly model: InfModel;
  readonly contextOf: (arch: InfArch) => InstallContext;
}

interface ReadInstall {
  readonly facts: InstallFacts;
  /** ExcludeID, lower case. */
  readonly excluded: readonly string[];
}

/** Asks for what an INF does on one Windows; undefined when it is not for it. */
export type TargetFactsOf = (target: WindowsTarget) => TargetFacts | undefined;

/**
 * Reads each section once for each architecture, and makes one record for all Windows versions that choose the same: they
 * share it.
 */
export const targetFactsReader = (reader: TargetReader): TargetFactsOf => {
  const installs = new Map<string, ReadInstall>();
  const records = new Map<string, TargetFacts>();
  const lines = new ReadLines(reader.document.file);
  const installOf = (name: string, arch: InfArch): ReadInstall => {
    const key = `${arch} ${name.toLowerCase()}`;
    const known = installs.get(key);
    if (known !== undefined) return known;
    const effects = installEffects(reader.document, name, arch, lines);
    const read = {
      facts: installFactsOf(effects, reader.contextOf(arch)),
      excluded: effects.excludedIds.map((id) => id.toLowerCase()),
    };
    installs.set(key, read);
    return read;
  };
  return (target) => {
    const choices = selectModels(reader.model, target);
    const { arch } = target;
    const key = JSON.stringify([arch, ...choices.map(({ manufacturer, os }) => [manufacturer.line, os])]);
    const known = records.get(key);
    if (known !== undefined) return known;
    const facts = factsOf(reader, choices, arch, installOf);
    if (facts !== undefined) records.set(key, facts);
    return facts;
  };
};

const factsOf = (
  { document, model }: TargetReader,
  choices: readonly ModelsChoice[],
  arch: InfArch,
  installOf: (name: string, arch: InfArch) => ReadInstall,
): TargetFacts | undefined => {
  const isWithoutDevices = model.manufacturers.length === 0;
  const defaultInstall = isWithoutDevices ? resolveInstallSection(document, 'DefaultInstall', arch) : undefined;
  if (choices.length === 0 && defaultInstall === undefined) return undefined;
  const installs = new Map<string, InstallFacts>();
  const add = (name: string): ReadInstall & { readonly key: string } => {
    const key = name.toLowerCase();
    const read = installOf(name, arch);
    installs.set(key, read.facts);
    return { ...read, key };
  };
  const models = choices.flatMap(({ devices }) =>
    devices.map(({ description, manufacturer, ids, installSection: section, line }): ModelFacts => {
      const name = section === '' ? undefined : resolveInstallSection(document, section, arch);
      const install = name === undefined ? undefined : add(name);
      const excluded = install?.excluded ?? [];
      return { description, manufacturer, ids, section, install: install?.key, excluded, line };
    }),
  );
  const classInstall = resolveInstallSection(document, 'ClassInstall32', arch);
  const ownDefault = defaultInstall === undefined ? undefined : add(defaultInstall).key;
  return {
    models,
    // Makes own properties of all names, `__proto__` too.
    installs: Object.fromEntries(installs),
    ...(ownDefault === undefined ? {} : { defaultInstall: ownDefault }),
    ...(classInstall === undefined ? {} : { classInstall: installOf(classInstall, arch).facts }),
  };
};
