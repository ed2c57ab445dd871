import { decoratedInstalls } from './decorated-installs.ts';
import type { InfDocument } from './document.ts';
import type { InstallTarget } from './install.ts';
import type { InfDevice, InfModel } from './model.ts';
import type { ToldSections } from './other-lines.ts';
import type { RegistryWrite } from './registry.ts';
import { type InfArch, parseTargetOs } from './target-os.ts';

export type FactDetail = string | number | null | readonly string[];

/** Something that an INF does or serves, to compare with what another does. */
export interface InfFact {
  /** As people know it: an id, a service, a file, `HKR\Parameters\Name`. */
  readonly name: string;
  /** What may change while it stays the same thing. */
  readonly details: Readonly<Record<string, FactDetail>>;
}

export interface RegistryFact extends InfFact {
  /** Whose key HKR is: `software`, `hardware`, `service xenbus`. */
  readonly scope: string;
  readonly key: string;
  /** Name of the value; empty for the default value. */
  readonly valueName: string;
}

/** What an INF does on one architecture, over all its Windows versions; each thing by its identity in lower case. */
export interface ArchFacts {
  readonly ids: ReadonlyMap<string, readonly InfFact[]>;
  readonly services: ReadonlyMap<string, readonly InfFact[]>;
  readonly files: ReadonlyMap<string, readonly InfFact[]>;
  readonly registry: ReadonlyMap<string, readonly RegistryFact[]>;
}

export interface InstallFacts {
  /** The decorations it serves, as written; `NTx86` for an undecorated section. */
  readonly os: readonly string[];
  readonly byArch: ReadonlyMap<InfArch, ArchFacts>;
  readonly told: ToldSections;
}

const UNDECORATED = 'NTx86';

/** Each decoration once, as first written. */
const decorationsOf = (all: readonly string[]): readonly string[] => {
  const shown = all.map((os) => (os === '' || /^nt$/i.test(os) ? UNDECORATED : os));
  return [...new Map(shown.map((os) => [os.toLowerCase(), os])).values()];
};

const put = <T>(map: Map<string, T[]>, key: string, fact: T): void => {
  const own = map.get(key.toLowerCase());
  if (own === undefined) map.set(key.toLowerCase(), [fact]);
  else own.push(fact);
};

const hex = (flags: number): string => `0x${flags.toString(16).padStart(8, '0')}`;

const registryFact = (write: RegistryWrite, scope: string): RegistryFact => {
  const { key, name: valueName, type, value, flags } = write;
  const name = valueName === '' ? key : `${key}\\${valueName}`;
  return { name, scope, key, valueName, details: { type, value, flags: hex(flags) } };
};

/** Collects what happens on the Windows versions of one architecture. */
class ArchCollector implements ArchFacts {
  readonly told: { readonly lists: Set<string>; readonly services: Set<string> };
  readonly ids = new Map<string, InfFact[]>();
  readonly services = new Map<string, InfFact[]>();
  readonly files = new Map<string, InfFact[]>();
  readonly registry = new Map<string, RegistryFact[]>();

  constructor(told: ArchCollector['told']) {
    this.told = told;
  }

  device({ ids, hardwareId, description, manufacturer }: InfDevice): void {
    for (const id of ids) {
      const kind = id === hardwareId ? 'hardware' : 'compatible';
      put(this.ids, id, { name: id, details: { description, manufacturer, kind } });
    }
  }

  install({ files, services, registry }: InstallTarget): void {
    for (const { name, source, sourcePath, dirid, subdir, flags, list } of files) {
      this.told.lists.add(list.toLowerCase());
      const details = { source, path: sourcePath ?? null, dirid: dirid ?? null, subdir, flags: hex(flags) };
      put(this.files, name, { name, details });
    }
    for (const service of services) {
      const { name, flags, serviceType, startType, errorControl, binary, loadOrderGroup } = service;
      this.told.services.add(service.section.toLowerCase());
      if (name === '') continue;
      put(this.services, name, {
        name,
        details: {
          flags: hex(flags),
          serviceType: serviceType ?? null,
          startType: startType ?? null,
          errorControl: errorControl ?? null,
          binary,
          loadOrderGroup,
          displayName: service.displayName,
          description: service.description,
        },
      });
      for (const write of service.registry) this.write(write, `${write.scope} ${name}`);
    }
    for (const write of registry) this.write(write, write.scope);
  }

  private write(write: RegistryWrite, scope: string): void {
    this.told.lists.add(write.section.toLowerCase());
    const fact = registryFact(write, scope);
    put(this.registry, `${scope}|${fact.key}|${fact.valueName}`, fact);
  }
}

/**
 * What an INF does, on all Windows versions that it names, in a form that can be compared: comments, section names and
 * the order of lines are not in it.
 *
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const installFacts = (document: InfDocument, model: InfModel): InstallFacts => {
  const told = { lists: new Set<string>(), services: new Set<string>() };
  const byArch = new Map<InfArch, ArchCollector>();
  const collector = (arch: InfArch): ArchCollector => {
    const own = byArch.get(arch) ?? new ArchCollector(told);
    byArch.set(arch, own);
    return own;
  };
  for (const device of model.devices) collector(parseTargetOs(device.os).arch ?? 'x86').device(device);
  const installs = decoratedInstalls(document, model);
  for (const install of installs) collector(install.arch).install(install);
  const os = decorationsOf([...model.devices, ...installs].map((one) => one.os));
  return { os, byArch, told };
};
