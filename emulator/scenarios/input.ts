import type { DriverModel } from '../../drivers/model.ts';
import { GRAPHICS_FUNCTION, parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import { type GuestSpec, targetKey } from '../guest/guest.ts';
import { featuresOf } from '../guest/windows.ts';
import type { PackageFacts } from '../package/facts.ts';
import type { RehearsedBundle, ScenarioInput } from './contract.ts';
import type { Expectation } from './run.ts';

/** The packages of a release that are for a guest. */
export const packagesFor = (
  { guest, library }: Pick<ScenarioInput, 'guest' | 'library'>,
  { packages }: RehearsedBundle,
): readonly PackageFacts[] => {
  const target = targetKey(guest);
  const byTarget = known.get(packages) ?? new Map<string, readonly PackageFacts[]>();
  known.set(packages, byTarget);
  const before = byTarget.get(target);
  if (before !== undefined) return before;
  const found = packages.flatMap((key) => {
    const facts = library.packages[key];
    return facts?.targets[target] === undefined ? [] : [facts];
  });
  byTarget.set(target, found);
  return found;
};

/** By list of packages: the same is asked many times in every run. */
const known = new WeakMap<readonly string[], Map<string, readonly PackageFacts[]>>();

const idsOfBundles = new WeakMap<readonly string[], Map<string, ReadonlySet<string>>>();

/** Every id that the release has on a guest, lower case. */
export const bundleIds = (input: Pick<ScenarioInput, 'guest' | 'library' | 'bundle'>): ReadonlySet<string> => {
  const target = targetKey(input.guest);
  const { packages } = input.bundle;
  const byTarget = idsOfBundles.get(packages) ?? new Map<string, ReadonlySet<string>>();
  idsOfBundles.set(packages, byTarget);
  const before = byTarget.get(target);
  if (before !== undefined) return before;
  const ids = packagesFor(input, input.bundle).flatMap(({ targets }) =>
    (targets[target]?.models ?? []).flatMap((model) => model.ids.map((id) => id.toLowerCase())),
  );
  const found = new Set(ids);
  byTarget.set(target, found);
  return found;
};

/** Whether a release has a package of a driver for a guest, by the name of its INF. */
export const hasDriver = (
  input: Pick<ScenarioInput, 'guest' | 'library'>,
  bundle: RehearsedBundle,
  driver: string,
): boolean => packagesFor(input, bundle).some((facts) => facts.driver === driver);

export const hasBus = (input: ScenarioInput): boolean => hasDriver(input, input.bundle, 'xenbus');

/** What can be expected of a release: a path for which it has no driver stays emulated. */
export const asFarAs = (input: ScenarioInput, bundle: RehearsedBundle, expected: Expectation): Expectation => {
  const disks = hasDriver(input, bundle, 'xenvbd') ? expected.disks : 'any';
  const nics = ['xenvif', 'xennet'].every((driver) => hasDriver(input, bundle, driver)) ? expected.nics : 'any';
  return { ...expected, disks, nics };
};

/** The vendor prefix of a release: what the ids of its children below the bus begin with. */
export const vendorPrefixOf = (
  input: Pick<ScenarioInput, 'guest' | 'library'>,
  bundle: RehearsedBundle,
): string | undefined => {
  const target = targetKey(input.guest);
  for (const { targets } of packagesFor(input, bundle)) {
    for (const { ids } of targets[target]?.models ?? []) {
      const prefix = ids.map((id) => parsePvId(id)?.prefix).find((one) => one !== undefined);
      if (prefix !== undefined) return prefix;
    }
  }
  return undefined;
};

/** Whether an earlier release is another vendor's. */
export const isForeign = (input: ScenarioInput, before: RehearsedBundle): boolean => {
  const [own, other] = [vendorPrefixOf(input, input.bundle), vendorPrefixOf(input, before)];
  return own !== undefined && other !== undefined && own !== other;
};

const FUNCTION = /^PCI\\VEN_5853&DEV_([0-9A-F]{4})/i;

/** The vendor's own platform function that a release matches; undefined when it matches the usual ones only. */
export const vendorFunctionOf = (
  input: Pick<ScenarioInput, 'guest' | 'library'>,
  bundle: RehearsedBundle,
): string | undefined => {
  const target = targetKey(input.guest);
  for (const { targets } of packagesFor(input, bundle)) {
    for (const { ids } of targets[target]?.models ?? []) {
      const own = ids
        .map((id) => FUNCTION.exec(id)?.[1]?.toUpperCase())
        .find((one) => one !== undefined && one > 'BFFF' && one !== GRAPHICS_FUNCTION);
      if (own !== undefined) return own;
    }
  }
  return undefined;
};

/** Whether a package of the release adds a service on the guest. */
export const installsService = (input: ScenarioInput, name: string): boolean => {
  const target = targetKey(input.guest);
  return packagesFor(input, input.bundle).some(({ targets }) =>
    Object.values(targets[target]?.installs ?? {}).some(({ services }) =>
      services.some((one) => one.does === 'add' && one.name.toLowerCase() === name),
    ),
  );
};

/** What the build of an image does that a release installs on a guest: `xen`. */
export const imageModel = (
  { guest, library }: Pick<ScenarioInput, 'guest' | 'library'>,
  bundle: RehearsedBundle,
  image: string,
): DriverModel | undefined => {
  const target = targetKey(guest);
  for (const { targets } of packagesFor({ guest, library }, bundle)) {
    for (const { copyFiles } of Object.values(targets[target]?.installs ?? {})) {
      for (const file of copyFiles) {
        const model = file.image === undefined ? undefined : library.images[file.image]?.model;
        if (model?.image === image) return model;
      }
    }
  }
  return undefined;
};

/** Whether a package of the release writes a registry value, by the end of its key and its name. */
export const packageWrites = (input: ScenarioInput, driver: string, place: RegExp): boolean => {
  const target = targetKey(input.guest);
  const facts = packagesFor(input, input.bundle).find((one) => one.driver === driver);
  return Object.values(facts?.targets[target]?.installs ?? {}).some(({ software, services }) =>
    [...software, ...services.flatMap(({ registry }) => registry)].some(
      ({ key, name, does }) => does.startsWith('set') && place.test(`${key}\\${name}`),
    ),
  );
};

/** What makes two guests install and start drivers differently; the policy that decides what is loaded apart. */
const kindOf = ({ windows, arch }: GuestSpec): string =>
  JSON.stringify([arch, windows.productType, featuresOf(windows)]);

/** Whether a guest is the newest of those that install and start drivers as it does. */
export const isFirstOfKind = (guest: GuestSpec, guests: readonly GuestSpec[]): boolean => {
  const kind = kindOf(guest);
  return guests.findLast((other) => kindOf(other) === kind)?.id === guest.id;
};
