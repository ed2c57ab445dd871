import { createHash } from 'node:crypto';
import { type LoadedBrand, withVersion } from '../../branding/load.ts';
import { describedVersion, type VersionRule } from '../../branding/version-rule.ts';
import { type CalendarDate, formatDate } from '../../core/date.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Exec } from '../../core/ports.ts';
import { type FourPartVersion, parseVersion } from '../../core/version.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { BrandInput, DriverInput } from '../plan.ts';

export interface VersionPorts {
  readonly exec: () => Promise<Exec>;
}

/** What versions are worked out from. */
export interface VersionFacts {
  /** The project's folder, in a checkout of git's. */
  readonly folder: string;
  readonly ledger: Ledger;
  readonly drivers: readonly DriverInput[];
  readonly date: CalendarDate;
}

const GIT_MS = 10_000;

const fail = (brand: LoadedBrand, message: string, hint: string): never => {
  throw new WinpvError(
    'BRAND_VERSION_UNKNOWN',
    `The version of "${brand.brand.id}" cannot be worked out: ${message}.`,
    {
      ...brand.point(['version']),
      hint,
    },
  );
};

const gitVersion = async (brand: LoadedBrand, glob: string, folder: string, exec: Exec): Promise<FourPartVersion> => {
  const args = ['-C', folder, 'describe', '--tags', '--long', '--match', glob];
  const { exitCode, stdout, stderr } = await exec.run('git', args, { timeoutMs: GIT_MS });
  const hint = `Make a tag of the form ${glob}, for example \`git tag v9.1.0\`, or write the version down.`;
  if (exitCode !== 0) fail(brand, `git says "${stderr.split('\n')[0]?.replace(/^fatal: /, '') ?? ''}"`, hint);
  const description = new TextDecoder().decode(stdout).trim();
  return describedVersion(description) ?? fail(brand, `"${description}" has no version in it`, hint);
};

type NamedBytes = readonly [name: string, bytes: Uint8Array | string];

const hashOf = (parts: Iterable<NamedBytes>): string => {
  const hash = createHash('sha256');
  for (const [name, bytes] of parts) hash.update(`${name} ${createHash('sha256').update(bytes).digest('hex')}\n`);
  return hash.digest('hex');
};

/** What the project brings for a brand: its file, its patches, templates and binaries. */
function* givenParts(brand: BrandInput, drivers: readonly DriverInput[]): Generator<NamedBytes> {
  yield ['brand', brand.file.bytes];
  for (const { name, sha256 } of brand.queue?.patches ?? []) yield [`patch ${name}`, sha256];
  for (const { definition, source } of drivers) {
    if (source.template !== undefined) yield [`template ${definition.name}`, source.template.bytes];
    for (const [architecture, files] of source.files) {
      for (const { name, bytes } of files) yield [`${definition.name} ${architecture} ${name}`, bytes];
    }
  }
}

/** Hash of what the project brings for a brand: neither the day nor winpv's own templates. */
export const givenHash = (brand: BrandInput, drivers: readonly DriverInput[]): string =>
  hashOf(givenParts(brand, drivers));

/**
 * All that a brand's release is made from, but for its version: what was released once keeps its number, so that the
 * same input gives the same bytes.
 */
export const inputsHash = (brand: BrandInput, { drivers, date }: VersionFacts): string => {
  const own = drivers
    .filter(({ source }) => source.template === undefined)
    .map(({ definition, ownTemplate }): NamedBytes => [`template ${definition.name}`, ownTemplate.bytes]);
  return hashOf([['date', formatDate(date)], ...givenParts(brand, drivers), ...own]);
};

const nextVersion = (
  brand: BrandInput,
  counter: readonly [number, number, number],
  facts: VersionFacts,
): FourPartVersion => {
  const { id } = brand.loaded.brand;
  const inputs = inputsHash(brand, facts);
  const own = facts.ledger.entries.filter((entry) => entry.brand === id);
  const numbers = (texts: readonly string[]): readonly number[] =>
    texts
      .flatMap((text) => [parseVersion(text) ?? []])
      .filter((version) => counter.every((part, index) => version[index] === part))
      .map((version) => version[3] ?? 0);
  const again = own.findLast((entry) => entry.inputs === inputs && entry.brandVersion !== undefined);
  const before = again?.brandVersion === undefined ? undefined : parseVersion(again.brandVersion);
  if (before !== undefined && counter.every((part, index) => before[index] === part)) return before;
  const used = numbers(
    own.flatMap(({ packages, brandVersion }) => [...packages.map(({ version }) => version), brandVersion ?? '']),
  );
  const build = Math.max(0, ...used) + 1;
  const version = parseVersion([...counter, build].join('.'));
  return version ?? fail(brand.loaded, `the counter has reached ${build}`, 'Raise one of the first three numbers.');
};

const ruled = async (
  brand: BrandInput,
  rule: VersionRule,
  facts: VersionFacts,
  ports: VersionPorts,
): Promise<FourPartVersion> =>
  'git' in rule
    ? gitVersion(brand.loaded, rule.git, facts.folder, await ports.exec())
    : nextVersion(brand, rule.counter, facts);

/**
 * The brands in their versions: as written down, from git, or counted.
 * @throws WinpvError BRAND_VERSION_UNKNOWN, TOOL_MISSING
 */
export const versionedBrands = (
  brands: readonly BrandInput[],
  facts: VersionFacts,
  ports: VersionPorts,
): Promise<readonly BrandInput[]> =>
  Promise.all(
    brands.map(async (brand) => {
      const { versionRule } = brand.loaded;
      if (versionRule === undefined) return brand;
      return { ...brand, loaded: withVersion(brand.loaded, await ruled(brand, versionRule, facts, ports)) };
    }),
  );
