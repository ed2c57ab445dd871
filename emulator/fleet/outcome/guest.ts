import type { GuestSpec } from '../../guest/guest.ts';
import { targetKey } from '../../guest/guest.ts';
import { featuresOf, guestSpecs } from '../../guest/windows.ts';
import type { PackageLibrary } from '../../package/facts.ts';
import type { FleetState } from './model.ts';

/** The guest that stands for a machine, and what is to be known of that. */
export interface NearestGuest {
  /** Undefined for a processor that no Windows of the emulator runs on. */
  readonly guest: GuestSpec | undefined;
  readonly assumed: readonly string[];
}

const SERVER = 3;
const VERSION = /^(\d+)\.(\d+)\.(\d+)/;

const placeOf = ({ windows }: GuestSpec): readonly number[] => [windows.major, windows.minor, windows.build];

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < 3; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Updates that old systems may have are taken for there: those guests come last. */
const lastNotAfter = (guests: readonly GuestSpec[], wanted: readonly number[]): GuestSpec | undefined =>
  guests.findLast((guest) => compare(placeOf(guest), wanted) <= 0) ?? guests[0];

/** The emulated Windows that a machine is rehearsed as: its own, or the newest of its kind that is not newer. */
export const nearestGuest = ({ os, arch, type }: Pick<FleetState, 'os' | 'arch' | 'type'>): NearestGuest => {
  const wanted = VERSION.exec(os)?.slice(1).map(Number) ?? [0, 0, 0];
  const all = guestSpecs().filter((guest) => guest.arch === arch);
  const own = all.filter(({ windows }) => (windows.productType === SERVER) === (type !== 'workstation'));
  const guest = lastNotAfter(own.length > 0 ? own : all, wanted);
  if (guest === undefined) return { guest, assumed: [] };
  const isExact = own.length > 0 && compare(placeOf(guest), wanted) === 0;
  const assumed = isExact ? [] : [`Windows ${os} (${type}) is rehearsed as ${guest.windows.title}.`];
  return { guest, assumed };
};

/** Objects as numbers: which record a Windows chooses of a package. */
const numbers = new WeakMap<object, number>();
let next = 1;
const numberOf = (record: object | undefined): number => {
  if (record === undefined) return 0;
  const known = numbers.get(record) ?? next++;
  numbers.set(record, known);
  return known;
};

const isTooOld = ({ windows }: GuestSpec, needs: readonly [number, number, number]): boolean =>
  compare([windows.major, windows.minor, windows.build], needs) < 0;

/** All that makes guests install and start these packages differently; how they write dumps is no part of that. */
const kindOf = (guest: GuestSpec, packages: readonly string[], library: PackageLibrary): string => {
  const {
    dumpStorport: _dump,
    unmap: _unmap,
    retrim: _retrim,
    halForwards: _hal,
    ...features
  } = featuresOf(guest.windows);
  const target = targetKey(guest);
  const chosen = packages.map((key) => library.packages[key]?.targets[target]);
  const lacking = chosen.flatMap((facts) =>
    Object.values(facts?.installs ?? {}).flatMap(({ copyFiles }) =>
      copyFiles.flatMap(({ image = '' }) => {
        const needs = library.images[image]?.needsWindows?.version;
        return needs !== undefined && isTooOld(guest, needs) ? [image] : [];
      }),
    ),
  );
  const hasFilters = chosen.some((facts) =>
    Object.values(facts?.installs ?? {}).some(({ filters }) => filters.length > 0),
  );
  return JSON.stringify([
    guest.arch,
    { ...features, declarativeFilters: hasFilters && features.declarativeFilters },
    chosen.map(numberOf),
    lacking,
  ]);
};

/** The newest of all guests for which these packages are the same: it is rehearsed for all of them. */
export const representative = (guest: GuestSpec, packages: readonly string[], library: PackageLibrary): GuestSpec => {
  const kind = kindOf(guest, packages, library);
  return guestSpecs().findLast((one) => one.arch === guest.arch && kindOf(one, packages, library) === kind) ?? guest;
};

/** Whether some package knows a platform function: by an id, or by what its bus was built for. */
export const knowsFunction = (
  code: string,
  {
    guest,
    packages,
    library,
  }: { readonly guest: GuestSpec; readonly packages: readonly string[]; readonly library: PackageLibrary },
): boolean => {
  const beginning = `PCI\\VEN_5853&DEV_${code}`.toUpperCase();
  return packages.some((key) => {
    const { models = [], installs = {} } = library.packages[key]?.targets[targetKey(guest)] ?? {};
    const isNamed = models.some(({ ids }) => ids.some((id) => id.toUpperCase().startsWith(beginning)));
    const images = Object.values(installs).flatMap(({ copyFiles }) =>
      copyFiles.map(({ image = '' }) => library.images[image]),
    );
    return isNamed || images.some((image) => image?.model?.vendorDeviceId?.toUpperCase() === code.toUpperCase());
  });
};
