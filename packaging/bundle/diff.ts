import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { showCatalog } from '../formats/cat/show.ts';
import { subjectOf } from '../formats/cat/subject.ts';
import {
  compareDriverVer,
  type DriverVerDiff,
  diffFacts,
  diffNames,
  type InfDiff,
  type InfFacts,
  infFacts,
  isSame,
  type NamesDiff,
  NO_FACTS,
} from '../formats/inf/diff.ts';
import { parseInf } from '../formats/inf/document.ts';

export interface PackageFileBytes {
  /** Path below the package, `/` between the parts. */
  readonly name: string;
  /** Named in errors. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How one INF of a package differs. */
export interface NamedInfDiff extends InfDiff {
  /** Path in the newer package, or in the older one when it is gone. */
  readonly path: string;
}

/** How a package differs from another: its INFs together, each INF, and the content of its files. */
export interface PackageDiff extends InfDiff {
  readonly infs: NamesDiff & { readonly changed: readonly NamedInfDiff[] };
  /** Files other than INFs, by path. Signing again changes nothing: images count by their Authenticode hash. */
  readonly contents: NamesDiff & { readonly changed: readonly string[] };
}

type Files = readonly PackageFileBytes[];

const isInf = ({ name }: PackageFileBytes): boolean => /\.inf$/i.test(name);
const keyOf = ({ name }: PackageFileBytes): string => name.toLowerCase();

interface InfPair {
  readonly path: string;
  readonly from: PackageFileBytes | undefined;
  readonly to: PackageFileBytes | undefined;
}

/** INFs belong together by their path; one left over on each side is a renamed one. */
const pairInfs = (from: Files, to: Files): readonly InfPair[] => {
  const before = new Map(from.filter(isInf).map((file) => [keyOf(file), file]));
  const pairs: InfPair[] = to.filter(isInf).map((file) => {
    const old = before.get(keyOf(file));
    before.delete(keyOf(file));
    return { path: file.name, from: old, to: file };
  });
  const [gone, ...moreGone] = before.values();
  const [added, ...moreAdded] = pairs.filter((pair) => pair.from === undefined);
  if (gone !== undefined && added !== undefined && moreGone.length === 0 && moreAdded.length === 0)
    return pairs.map((pair) => (pair === added ? { ...pair, from: gone } : pair));
  return [...pairs, ...[...before.values()].map((file) => ({ path: file.name, from: file, to: undefined }))];
};

const factsOf = (file: PackageFileBytes | undefined): InfFacts =>
  file === undefined ? NO_FACTS : infFacts(parseInf(file.bytes, file.path));

/** What a catalog is for: systems, ids and the files it lists by name; what is in the files is compared with the files. */
const catalogIdentity = ({ bytes, path }: PackageFileBytes): string => {
  const { version, attributes, osAttributes, hardwareIds, members } = showCatalog(parseCatalog(bytes, path));
  const files = new Set(members.map((member) => (member.attributes.File ?? member.digest).toLowerCase()));
  return JSON.stringify([version, attributes, osAttributes, hardwareIds, [...files].sort()]);
};

/** A file that is not what its name or its first bytes promise counts by its bytes. */
const contentIdentity = (file: PackageFileBytes): string => {
  try {
    if (/\.cat$/i.test(file.name)) return catalogIdentity(file);
    return toHex(subjectOf(file.bytes, file.path).digest('sha256'));
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return createHash('sha256').update(file.bytes).digest('hex');
  }
};

const diffContents = (from: Files, to: Files): PackageDiff['contents'] => {
  const [before, after]: readonly [Files, Files] = [
    from.filter((file) => !isInf(file)),
    to.filter((file) => !isInf(file)),
  ];
  const old = new Map(before.map((file) => [keyOf(file), file]));
  const changed = after.filter((file) => {
    const same = old.get(keyOf(file));
    return same !== undefined && contentIdentity(same) !== contentIdentity(file);
  });
  const names = (files: Files): readonly string[] => files.map(({ name }) => name);
  return { ...diffNames(names(before), names(after)), changed: changed.map(({ name }) => name) };
};

/** The DriverVer that says most of a package: of an INF whose driver would be ranked lower, else of a changed one. */
const packageDriverVer = (diffs: readonly NamedInfDiff[], from: readonly InfFacts[], to: readonly InfFacts[]) => {
  const both = diffs.filter(({ driverVer }) => driverVer.from !== null && driverVer.to !== null);
  for (const direction of ['backward', 'forward', 'same']) {
    const found = both.find(({ driverVer }) => driverVer.direction === direction);
    if (found !== undefined) return found.driverVer;
  }
  const newest = (all: readonly InfFacts[]) =>
    all
      .map(({ driverVer }) => driverVer)
      .sort(compareDriverVer)
      .at(-1);
  return { from: newest(from)?.text ?? null, to: newest(to)?.text ?? null, direction: 'same' } satisfies DriverVerDiff;
};

/** All distinct rows of the INFs' differences. */
const all = <T>(diffs: readonly NamedInfDiff[], pick: (diff: InfDiff) => readonly T[]): readonly T[] => [
  ...new Map(diffs.flatMap(pick).map((row) => [JSON.stringify(row).toLowerCase(), row])).values(),
];

/** What moved from one INF of the package to another is neither gained nor lost. */
const things = (diffs: readonly NamedInfDiff[], name: 'ids' | 'services' | 'files') => {
  const gained = all(diffs, (diff) => diff[name].gained);
  const lost = all(diffs, (diff) => diff[name].lost);
  return { ...diffNames(lost, gained), changed: all(diffs, (diff) => diff[name].changed) };
};

const names = (diffs: readonly NamedInfDiff[], name: 'os' | 'directives'): NamesDiff =>
  diffNames(
    all(diffs, (diff) => diff[name].lost),
    all(diffs, (diff) => diff[name].gained),
  );

/**
 * What a package does otherwise than another one, from the files of both folders.
 *
 * @throws WinpvError what reading an INF throws
 */
export const diffPackages = (from: Files, to: Files): PackageDiff => {
  const pairs = pairInfs(from, to);
  const [before, after] = [pairs.map((pair) => factsOf(pair.from)), pairs.map((pair) => factsOf(pair.to))];
  const diffs = pairs.map(({ path }, index): NamedInfDiff => {
    return { path, ...diffFacts(before[index] ?? NO_FACTS, after[index] ?? NO_FACTS) };
  });
  const { gained, lost } = {
    gained: pairs.flatMap((pair) => (pair.from === undefined ? [pair.path] : [])),
    lost: pairs.flatMap((pair) => (pair.to === undefined ? [pair.path] : [])),
  };
  const merged = {
    ids: things(diffs, 'ids'),
    services: things(diffs, 'services'),
    files: things(diffs, 'files'),
    registry: {
      gained: all(diffs, ({ registry }) => registry.gained),
      lost: all(diffs, ({ registry }) => registry.lost),
      changed: all(diffs, ({ registry }) => registry.changed),
    },
    driverVer: packageDriverVer(diffs, before, after),
    os: names(diffs, 'os'),
    version: all(diffs, ({ version }) => version),
    directives: names(diffs, 'directives'),
  };
  const contents = diffContents(from, to);
  const infs = { gained, lost, changed: diffs.filter((diff) => !diff.same) };
  const quiet = [gained, lost, infs.changed, contents.gained, contents.lost, contents.changed];
  return { same: isSame(merged) && quiet.every((list) => list.length === 0), ...merged, infs, contents };
};
