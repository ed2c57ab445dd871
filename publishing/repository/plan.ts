import { type Diagnostic, problem } from '../../core/errors.ts';
import { compareVersions, parseVersion } from '../../core/version.ts';
import { archiveNameFlaw, repeatedName } from '../../packaging/formats/archive-names.ts';
import type { RepositoryIndex, RepositoryPackage, RepositoryRelease, TrustFile } from './contract.ts';

export interface FileContent {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A package to publish: what the index will say of it, and its files in the same order. */
export interface NewPackage extends Omit<RepositoryPackage, 'supersedes'> {
  readonly content: readonly FileContent[];
}

/** A certificate of a test-signed release. */
export interface NewTrust extends TrustFile {
  readonly content: Uint8Array;
}

export interface Publication {
  readonly release: RepositoryRelease;
  readonly packages: readonly NewPackage[];
  readonly trust: readonly NewTrust[];
}

export interface PublicationPlan {
  readonly add: readonly NewPackage[];
  readonly addTrust: readonly NewTrust[];
  /** Folders that are there with the same content. */
  readonly there: readonly string[];
  /** Folders that are to go, and certificates that nothing needs any more. */
  readonly prune: readonly string[];
  /** What the repository will be. */
  readonly index: RepositoryIndex;
  readonly diagnostics: readonly Diagnostic[];
}

type Dated = Pick<RepositoryPackage, 'date' | 'version'>;

/** Windows' order of two packages that fit alike: the date, then the version (spec windows-update 3.2). */
export const comparePackages = (a: Dated, b: Dated): number => {
  if (a.date !== b.date) return a.date < b.date ? -1 : 1;
  return compareVersions(parseVersion(a.version) ?? [0, 0, 0, 0], parseVersion(b.version) ?? [0, 0, 0, 0]);
};

const lineOf = ({
  brand,
  driver,
  architecture,
}: Pick<RepositoryPackage, 'brand' | 'driver' | 'architecture'>): string => `${brand}/${driver}/${architecture}`;

/** Packages of one driver, brand and architecture, the newest first. */
export const packageLines = <T extends RepositoryPackage>(
  packages: readonly T[],
): ReadonlyMap<string, readonly T[]> => {
  const lines = new Map<string, T[]>();
  for (const one of packages) lines.set(lineOf(one), [...(lines.get(lineOf(one)) ?? []), one]);
  return new Map([...lines].map(([line, all]) => [line, all.sort((a, b) => comparePackages(b, a))]));
};

/** Where every id of an older package is one of the newer, Windows takes the newer. */
const takesPlaceOf = (newer: RepositoryPackage, older: RepositoryPackage): boolean => {
  const ids = new Set(newer.hardwareIds.map((id) => id.toUpperCase()));
  return comparePackages(newer, older) > 0 && older.hardwareIds.every((id) => ids.has(id.toUpperCase()));
};

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);

/** Works out again who takes the place of whom, and drops what no package needs. */
const settled = (index: RepositoryIndex): RepositoryIndex => {
  const lines = packageLines(index.packages);
  const packages = index.packages.map((one) => ({
    ...one,
    supersedes: (lines.get(lineOf(one)) ?? [])
      .filter((older) => takesPlaceOf(one, older))
      .map(({ path }) => path)
      .sort(),
  }));
  const needed = new Set(packages.map(({ release }) => release));
  const testing = new Set(packages.filter((one) => one.signature.kind === 'test').map(({ brand }) => brand));
  const byName = (a: TrustFile, b: TrustFile): number => (a.name < b.name ? -1 : 1);
  return {
    ...index,
    releases: index.releases.filter(({ record }) => needed.has(record)).sort((a, b) => (a.record < b.record ? -1 : 1)),
    packages: packages.sort(byPath),
    trust: index.trust.filter(({ brand }) => testing.has(brand)).sort(byName),
  };
};

const sameFiles = (a: Pick<RepositoryPackage, 'files'>, b: Pick<RepositoryPackage, 'files'>): boolean => {
  const text = ({ files }: Pick<RepositoryPackage, 'files'>): string =>
    files
      .map(({ name, sha256 }) => `${sha256} ${name}`)
      .sort()
      .join('\n');
  return text(a) === text(b);
};

const checkNames = ({ path, files }: NewPackage): readonly Diagnostic[] => {
  const names = files.map(({ name }) => name);
  const refused = (name: string, why: string): Diagnostic =>
    problem('REPOSITORY_NAME_REFUSED', `${JSON.stringify(name)} of ${path} is refused: ${why}.`, {
      at: { file: path },
    });
  const flaws = [path, ...names].flatMap((name) => {
    const flaw = archiveNameFlaw(name) ?? (/^\.winpv/i.test(name) ? "such names are winpv's own" : undefined);
    return flaw === undefined ? [] : [refused(name, flaw)];
  });
  const twice = repeatedName(names);
  return twice === undefined ? flaws : [...flaws, refused(twice, 'another one is the same to Windows')];
};

const taken = (there: RepositoryPackage, wanted: NewPackage): Diagnostic => {
  const before = new Map(there.files.map(({ name, sha256 }) => [name, sha256]));
  const after = new Map(wanted.files.map(({ name, sha256 }) => [name, sha256]));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const other = names.filter((name) => before.get(name) !== after.get(name)).sort();
  return problem(
    'REPOSITORY_VERSION_TAKEN',
    `${there.path} was published with other content: ${other.slice(0, 4).join(', ')}${other.length > 4 ? ' and more' : ''}.`,
    {
      at: { file: there.path },
      hint: 'Whoever has that version keeps it: release under a higher version. Nothing was written.',
    },
  );
};

/** The folders beyond the newest `keep` versions of each driver; what is just being published stays. */
const beyond = (index: RepositoryIndex, keep: number | undefined, fresh: ReadonlySet<string>): ReadonlySet<string> => {
  if (keep === undefined) return new Set();
  const lines = [...packageLines(index.packages).values()];
  return new Set(lines.flatMap((line) => line.slice(keep)).flatMap(({ path }) => (fresh.has(path) ? [] : [path])));
};

/** Plans a publication into a repository as its index tells of it. Pure: findings of severity error refuse it. */
export const planPublication = (
  index: RepositoryIndex,
  { release, packages, trust }: Publication,
  options: { readonly keep?: number | undefined } = {},
): PublicationPlan => {
  const known = new Map(index.packages.map((one) => [one.path.toLowerCase(), one]));
  const diagnostics = packages.flatMap((one) => {
    const there = known.get(one.path.toLowerCase());
    return [...checkNames(one), ...(there === undefined || sameFiles(there, one) ? [] : [taken(there, one)])];
  });
  const add = packages.filter(({ path }) => !known.has(path.toLowerCase()));
  const knownTrust = new Set(index.trust.map(({ name }) => name));
  const addTrust = trust.filter(({ name }) => !knownTrust.has(name));
  const entries = add.map(({ content: _content, ...entry }): RepositoryPackage => ({ ...entry, supersedes: [] }));
  const releases = index.releases.filter(({ record }) => record !== release.record);
  const whole = {
    ...index,
    releases: [...releases, release],
    packages: [...index.packages, ...entries],
    trust: [...index.trust, ...addTrust.map(({ content: _content, ...entry }) => entry)],
  };
  const gone = beyond(whole, options.keep, new Set(packages.map(({ path }) => path)));
  const next = settled({ ...whole, packages: whole.packages.filter(({ path }) => !gone.has(path)) });
  const keptTrust = new Set(next.trust.map(({ name }) => name));
  return {
    add,
    addTrust: addTrust.filter(({ name }) => keptTrust.has(name)),
    there: packages.filter((one) => !add.includes(one)).map(({ path }) => path),
    prune: [...gone, ...index.trust.map(({ name }) => name).filter((name) => !keptTrust.has(name))].sort(),
    index: next,
    diagnostics,
  };
};
