import { compareDates } from '../../../core/date.ts';
import { compareVersions, type FourPartVersion } from '../../../core/version.ts';
import type { InfDocument } from './document.ts';
import { type ArchFacts, type FactDetail, type InfFact, installFacts, type RegistryFact } from './install-facts.ts';
import { type InfDriverVer, type InfModel, infModel } from './model.ts';
import { otherLines } from './other-lines.ts';
import type { InfArch } from './target-os.ts';

/** Something that both INFs have, and not in the same way. */
export interface InfChange {
  readonly name: string;
  /** What of it: `dirid`, `startType`, `value`. */
  readonly field: string;
  /** Every value that it takes on some Windows; one as a rule. */
  readonly from: readonly FactDetail[];
  readonly to: readonly FactDetail[];
  readonly arch: readonly InfArch[];
}

export interface NamesDiff {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

export interface ThingsDiff extends NamesDiff {
  readonly changed: readonly InfChange[];
}

export interface RegistryRow {
  /** Whose key HKR is: `software`, `hardware`, `service xenbus`. */
  readonly scope: string;
  readonly key: string;
  readonly name: string;
  readonly type: FactDetail;
  readonly value: FactDetail;
}

export interface RegistryDiff {
  readonly gained: readonly RegistryRow[];
  readonly lost: readonly RegistryRow[];
  readonly changed: readonly (InfChange & { readonly scope: string })[];
}

export interface DriverVerDiff {
  /** As written; null when there is none. */
  readonly from: string | null;
  readonly to: string | null;
  /** The order that Windows ranks by: date, then version. */
  readonly direction: 'forward' | 'backward' | 'same';
}

/** How an INF differs from another in what it does. */
export interface InfDiff {
  readonly same: boolean;
  readonly ids: ThingsDiff;
  readonly services: ThingsDiff;
  readonly files: ThingsDiff;
  readonly registry: RegistryDiff;
  readonly driverVer: DriverVerDiff;
  /** Decorations of the Windows versions served. */
  readonly os: NamesDiff;
  /** Other entries of [Version]. */
  readonly version: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[];
  /** Lines that say something else: filters, events, deletions. */
  readonly directives: NamesDiff;
}

/** All that a comparison looks at. */
export interface InfFacts {
  readonly os: readonly string[];
  readonly byArch: ReadonlyMap<InfArch, ArchFacts>;
  readonly driverVer: InfDriverVer | undefined;
  readonly version: Readonly<Record<string, string>>;
  readonly directives: readonly string[];
}

/** An INF that is not there. */
export const NO_FACTS: InfFacts = { os: [], byArch: new Map(), driverVer: undefined, version: {}, directives: [] };

/** @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE */
export const infFacts = (document: InfDocument, model: InfModel = infModel(document)): InfFacts => {
  const { os, byArch, told } = installFacts(document, model);
  const { driverVer, entries } = model.version;
  return { os, byArch, driverVer, version: entries, directives: otherLines(document, model, told) };
};

/** The texts of `to` that `from` lacks, ignoring case, each once. */
const lacking = (from: readonly string[], to: readonly string[]): readonly string[] => {
  const known = new Set(from.map((text) => text.toLowerCase()));
  const found = new Map<string, string>();
  for (const text of to) {
    const key = text.toLowerCase();
    if (!known.has(key) && !found.has(key)) found.set(key, text);
  }
  return [...found.values()];
};

export const diffNames = (from: readonly string[], to: readonly string[]): NamesDiff => ({
  gained: lacking(from, to),
  lost: lacking(to, from),
});

type Table<T extends InfFact> = ReadonlyMap<string, readonly T[]>;
type ByArch<T extends InfFact> = ReadonlyMap<InfArch, Table<T>>;

/** What `to` has and `from` lacks on the same architecture, or on all of them for an architecture that `from` lacks. */
const gainedFacts = <T extends InfFact>(from: ByArch<T>, to: ByArch<T>): readonly T[] => {
  const anywhere = new Set([...from.values()].flatMap((table) => [...table.keys()]));
  const found = new Map<string, T>();
  for (const [arch, table] of to) {
    const known = from.get(arch) ?? anywhere;
    for (const [key, [fact]] of table) {
      if (!known.has(key) && fact !== undefined && !found.has(key)) found.set(key, fact);
    }
  }
  return [...found.values()];
};

/** The values of a detail over all Windows versions of an architecture, each once, in a fixed order. */
const detailValues = (facts: readonly InfFact[], field: string): readonly FactDetail[] => {
  const values = new Map(facts.map(({ details }) => [JSON.stringify(details[field] ?? null), details[field] ?? null]));
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
};

type FactChange<T> = InfChange & { readonly fact: T };

/** What both have on an architecture, and not in the same way. The same change on several architectures is said once. */
const changedFacts = <T extends InfFact>(from: ByArch<T>, to: ByArch<T>): readonly FactChange<T>[] => {
  const found = new Map<string, FactChange<T>>();
  for (const [arch, table] of to) {
    for (const [key, after] of table) {
      const before = from.get(arch)?.get(key);
      const [fact] = after;
      if (before === undefined || fact === undefined) continue;
      for (const field of Object.keys(fact.details)) {
        const [old, now] = [detailValues(before, field), detailValues(after, field)];
        if (JSON.stringify(old) === JSON.stringify(now)) continue;
        const id = JSON.stringify([key, field, old, now]);
        const known = found.get(id);
        const change = { name: fact.name, field, from: old, to: now, arch: [...(known?.arch ?? []), arch], fact };
        found.set(id, change);
      }
    }
  }
  return [...found.values()];
};

const part = <K extends keyof ArchFacts>(facts: InfFacts, name: K): ReadonlyMap<InfArch, ArchFacts[K]> =>
  new Map([...facts.byArch].map(([arch, own]) => [arch, own[name]]));

const withoutFact = <T>({ fact: _fact, ...change }: FactChange<T>): InfChange => change;

const diffThings = (from: InfFacts, to: InfFacts, name: 'ids' | 'services' | 'files'): ThingsDiff => {
  const [before, after] = [part(from, name), part(to, name)];
  return {
    gained: gainedFacts(before, after).map((fact) => fact.name),
    lost: gainedFacts(after, before).map((fact) => fact.name),
    changed: changedFacts(before, after).map(withoutFact),
  };
};

const registryRow = ({ scope, key, valueName: name, details }: RegistryFact): RegistryRow => ({
  scope,
  key,
  name,
  type: details.type ?? null,
  value: details.value ?? null,
});

const diffRegistry = (from: InfFacts, to: InfFacts): RegistryDiff => {
  const [before, after] = [part(from, 'registry'), part(to, 'registry')];
  return {
    gained: gainedFacts(before, after).map(registryRow),
    lost: gainedFacts(after, before).map(registryRow),
    changed: changedFacts(before, after).map((change) => ({ ...withoutFact(change), scope: change.fact.scope })),
  };
};

const NO_VERSION: FourPartVersion = [0, 0, 0, 0];

/** A missing or invalid date or version is the oldest (spec inf.md section 12). */
export const compareDriverVer = (a: InfDriverVer | undefined, b: InfDriverVer | undefined): number => {
  const [dayA, dayB] = [a?.date, b?.date];
  if (dayA !== undefined && dayB !== undefined) {
    return compareDates(dayA, dayB) || compareVersions(a?.version ?? NO_VERSION, b?.version ?? NO_VERSION);
  }
  if (dayA !== undefined || dayB !== undefined) return dayA === undefined ? -1 : 1;
  return compareVersions(a?.version ?? NO_VERSION, b?.version ?? NO_VERSION);
};

const diffDriverVer = (from: InfDriverVer | undefined, to: InfDriverVer | undefined): DriverVerDiff => {
  const order = compareDriverVer(to, from);
  const direction = order === 0 ? 'same' : order > 0 ? 'forward' : 'backward';
  return { from: from?.text ?? null, to: to?.text ?? null, direction };
};

const diffVersion = (from: InfFacts, to: InfFacts): InfDiff['version'] => {
  const table = (facts: InfFacts): ReadonlyMap<string, readonly [string, string]> =>
    new Map(Object.entries(facts.version).map((entry) => [entry[0].toLowerCase(), entry]));
  const [before, after] = [table(from), table(to)];
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => key !== 'driverver');
  return keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old?.[1] === now?.[1]) return [];
    return [{ name: now?.[0] ?? old?.[0] ?? key, from: old?.[1] ?? null, to: now?.[1] ?? null }];
  });
};

const isEmpty = (...lists: readonly (readonly unknown[])[]): boolean => lists.every((list) => list.length === 0);

/** Whether nothing is listed; DriverVer of another text, or written otherwise with the same meaning, decides too. */
export const isSame = (diff: Omit<InfDiff, 'same'>): boolean => {
  const { ids, services, files, registry, os, version, directives, driverVer } = diff;
  const things = [ids, services, files, registry].every((one) => isEmpty(one.gained, one.lost, one.changed));
  const names = isEmpty(os.gained, os.lost, version, directives.gained, directives.lost);
  return things && names && driverVer.direction === 'same' && (driverVer.from === null) === (driverVer.to === null);
};

/** What `to` does otherwise than `from`. Comments, blanks, the names of sections and the order of lines do not count. */
export const diffFacts = (from: InfFacts, to: InfFacts): InfDiff => {
  const diff = {
    ids: diffThings(from, to, 'ids'),
    services: diffThings(from, to, 'services'),
    files: diffThings(from, to, 'files'),
    registry: diffRegistry(from, to),
    driverVer: diffDriverVer(from.driverVer, to.driverVer),
    os: diffNames(from.os, to.os),
    version: diffVersion(from, to),
    directives: diffNames(from.directives, to.directives),
  };
  return { same: isSame(diff), ...diff };
};

/** {@link diffFacts} of two documents. @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE */
export const diffInf = (from: InfDocument, to: InfDocument): InfDiff => diffFacts(infFacts(from), infFacts(to));
