import type { DriverModel } from '../drivers/model.ts';
import { parsePvId } from '../packaging/formats/inf/pv/ids.ts';
import type { GuestSpec } from './guest/guest.ts';
import type { HistoricVendor } from './history/historic-model.ts';
import type { Templates } from './history/historic-package.ts';
import { type History, historicReleases, releasesFor } from './history/historic-releases.ts';
import type { ModelFacts, PackageFacts, PackageLibrary } from './package/facts.ts';
import type { RehearsedBundle } from './scenarios/contract.ts';

/** Each driver of the family, and the one that lists its devices (spec xen-pv 1.3). */
export const PARENTS: readonly (readonly [driver: string, parent: string])[] = [
  ['xenvbd', 'xenbus'],
  ['xenvif', 'xenbus'],
  ['xeniface', 'xenbus'],
  ['xenvkbd', 'xenbus'],
  ['xencons', 'xenbus'],
  ['xennet', 'xenvif'],
  ['xenhid', 'xenvkbd'],
];

/** A release, with what its packages are. */
export interface Stocked {
  readonly bundle: RehearsedBundle;
  readonly library: PackageLibrary;
}

/** The buses of a known release that a part of a release was rehearsed with. */
export interface Completion {
  /** Of the known release. */
  readonly label: string;
  /** Names of the drivers that were missing. */
  readonly drivers: readonly string[];
  /** Keys of their packages; each bus before what hangs on it. */
  readonly packages: readonly string[];
  readonly library: PackageLibrary;
}

const factsOf = ({ bundle, library }: Stocked): readonly PackageFacts[] =>
  bundle.packages.flatMap((key) => library.packages[key] ?? []);

const modelsOf = ({ targets }: PackageFacts): readonly ModelFacts[] =>
  Object.values(targets).flatMap(({ models }) => models);

/** What the image of the driver itself is. */
const driverModel = ({ driver, targets }: PackageFacts, { images }: PackageLibrary): DriverModel | undefined =>
  Object.values(targets)
    .flatMap(({ installs }) => Object.values(installs).flatMap(({ copyFiles }) => copyFiles))
    .map(({ image }) => (image === undefined ? undefined : images[image]?.model))
    .find((model) => model?.image === driver);

/** Names of drivers without which some of those that are there have no devices, the upper ones first. */
const missingParents = (have: ReadonlySet<string>): readonly string[] => {
  const all = new Set(have);
  const missing: string[] = [];
  for (const [driver, parent] of PARENTS.toReversed()) {
    if (!all.has(driver) || all.has(parent)) continue;
    all.add(parent);
    missing.unshift(parent);
  }
  return missing;
};

/** Whose drivers a release holds, by its bus or by what its children bind; undefined where nothing tells. */
export const vendorOf = (own: Stocked): HistoricVendor | undefined => {
  const facts = factsOf(own);
  const first = facts.find(({ driver }) => driver === 'xenbus') ?? facts[0];
  if (first === undefined) return undefined;
  const ids = facts.flatMap(modelsOf).flatMap((one) => one.ids.flatMap((id) => parsePvId(id) ?? []));
  const model = driverModel(first, own.library);
  const prefix = model?.prefix ?? ids.find((id) => id.prefix !== undefined)?.prefix;
  const bound = ids.map(({ platform }) => platform).find((one) => one !== undefined && one > 'BFFF');
  const vendorDeviceId = first.driver === 'xenbus' ? model?.vendorDeviceId : bound;
  if (prefix === undefined) return undefined;
  // The words after the product name are a protocol (spec xen-pv 3.1).
  const [product] = modelsOf(first).flatMap(
    ({ description }) => /^(.+?) (?:PV |Interface)/.exec(description)?.[1] ?? [],
  );
  return {
    vendorName: first.provider,
    productName: product ?? first.provider,
    vendorPrefix: prefix,
    ...(vendorDeviceId === undefined || vendorDeviceId === '' ? {} : { vendorDeviceId }),
  };
};

interface Member {
  readonly facts: PackageFacts;
  readonly model: DriverModel | undefined;
}

/** Whether the bus lists what the child binds, and answers to what it asks for (spec xen-pv 2.1). */
const goesWith = (child: Member, bus: Member): boolean => {
  const { rows, provides } = bus.model ?? {};
  if (rows === undefined) return true;
  const bound = modelsOf(child.facts).flatMap(({ ids }) => ids.flatMap((id) => parsePvId(id)?.revision ?? []));
  if (bound.length > 0 && !bound.some((revision) => rows.includes(revision.toUpperCase()))) return false;
  return Object.entries(child.model?.needs ?? {}).every(([name, { version, optional }]) => {
    const range = provides?.[name];
    return range === undefined || optional || version === 0 || (version >= range[0] && version <= range[1]);
  });
};

const membersOf = (stock: Stocked): readonly Member[] =>
  factsOf(stock).map((facts) => ({ facts, model: driverModel(facts, stock.library) }));

const inHarmony = (members: readonly Member[]): boolean =>
  PARENTS.every(([driver, parent]) => {
    const buses = members.filter(({ facts }) => facts.driver === parent);
    return members.every((child) => child.facts.driver !== driver || buses.every((bus) => goesWith(child, bus)));
  });

const completedBy = (
  own: Stocked,
  missing: readonly string[],
  { bundles, library }: History,
): Completion | undefined => {
  const [bundle] = bundles;
  if (bundle === undefined) return undefined;
  const added = membersOf({ bundle, library }).filter(({ facts }) => missing.includes(facts.driver));
  if (missing.some((driver) => !added.some(({ facts }) => facts.driver === driver))) return undefined;
  if (!inHarmony([...membersOf(own), ...added])) return undefined;
  return { label: bundle.label, drivers: missing, packages: added.map(({ facts }) => facts.key), library };
};

/**
 * The buses that a part of a release lacks, from the newest known release with which it works: a child alone has no devices, and
 * nothing could be said of it. Undefined where nothing is missing, or no known release goes with it.
 */
export const completionOf = (
  own: Stocked,
  guests: readonly GuestSpec[],
  templates: Templates | undefined,
): Completion | undefined => {
  const missing = missingParents(new Set(factsOf(own).map(({ driver }) => driver)));
  const vendor = missing.length === 0 ? undefined : vendorOf(own);
  if (vendor === undefined || templates === undefined) return undefined;
  const dayOf = (builds: readonly { readonly built: string }[]): string =>
    builds.map(({ built }) => built).sort((a, b) => b.localeCompare(a))[0] ?? '';
  const newestFirst = releasesFor(vendor).toSorted((a, b) => dayOf(b.builds).localeCompare(dayOf(a.builds)));
  for (const { label } of newestFirst) {
    const history = historicReleases({ guests, vendor, templates, only: new Set([label]) });
    const found = completedBy(own, missing, history);
    if (found !== undefined) return found;
  }
  return undefined;
};
