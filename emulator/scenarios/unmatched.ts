import { type PvId, parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import type { Cause } from '../guest/events.ts';
import { targetKey } from '../guest/guest.ts';
import type { Attribution } from './attribute.ts';
import { bundleIds, packagesFor } from './input.ts';
import type { Run } from './run.ts';

type NoDriver = Extract<Cause, { kind: 'no-driver' }>;

const childIds = (ids: readonly string[]): readonly PvId[] =>
  ids.map(parsePvId).filter((id): id is PvId => id !== undefined && id.deviceClass !== '');

const listed = (names: readonly (string | undefined)[]): string =>
  [...new Set(names.map((name) => name ?? 'none'))].join(', ');

/** The one thing in which an id of a package differs from those that the bus lists; undefined when it is more than one. */
const difference = (id: PvId, wanted: readonly PvId[]): 'prefix' | 'platform' | 'revision' | undefined => {
  const same = (key: 'prefix' | 'platform' | 'revision') => wanted.some((one) => one[key] === id[key]);
  const differs = (['prefix', 'platform', 'revision'] as const).filter((key) => !same(key));
  return differs.length === 1 ? differs[0] : undefined;
};

/**
 * Why nothing drives a device: how the ids of the packages for it differ from those that its bus lists (spec xen-pv 8, F01 to
 * F04). Packages of the release are compared when it has some, and others of the store else.
 */
export const withoutDriver = (cause: NoDriver, run: Run): Attribution => {
  const wanted = childIds(cause.wanted);
  const all = childIds(cause.nearest);
  const own = bundleIds(run.input);
  const ofRelease = all.filter(({ text }) => own.has(text.toLowerCase()));
  const near = ofRelease.length > 0 ? ofRelease : all;
  const [first] = wanted;
  if (first === undefined || near.length === 0) {
    return { message: `Nothing in the driver store is for ${cause.device}.` };
  }
  const lower = new Set(cause.wanted.map((id) => id.toLowerCase()));
  if (near.some(({ text }) => lower.has(text.toLowerCase()))) {
    const section = idleSection(run, lower);
    if (section === undefined) {
      return { message: `The driver of ${cause.device} is not one that Windows binds while it boots.` };
    }
    return {
      failureMode: 'F30',
      message: `The package for ${cause.device} is installed by [${section}], which adds no service that drives it.`,
      hint: `Write AddService with the flags 0x00000002 in [${section}.Services].`,
    };
  }
  const differences = new Set(near.map((id) => difference(id, wanted)));
  const prefixes = new Set(wanted.map(({ prefix }) => prefix));
  if (differences.has('prefix') || near.every(({ prefix }) => !prefixes.has(prefix))) {
    return {
      failureMode: 'F01',
      message: `The bus lists ${first.deviceClass} with the vendor prefix ${first.prefix ?? 'none'}, and the packages for it have ${listed(near.map(({ prefix }) => prefix))}.`,
      hint: 'Build all drivers of a release for one vendor prefix.',
    };
  }
  if (differences.has('platform')) {
    if (ofRelease.length > 0 && !matchesFunction(own, first.platform)) {
      return {
        failureMode: 'F25',
        message: `The machine's active platform function is ${first.platform}, which another vendor's package drives; the release has no ids for it.`,
        hint: 'Remove the other vendor’s drivers with the cleaner first, and switch off its device on the host.',
      };
    }
    return {
      failureMode: 'F02',
      message: `The machine has the platform function ${first.platform}, and the package for ${first.deviceClass} has no id for it: it has ${listed(near.map(({ platform }) => platform))}.`,
      hint: 'Give every INF the ids of the same functions.',
    };
  }
  return unlisted(first, near, { wanted, isOwn: ofRelease.length > 0 });
};

const ASSOCIATE = 0x2;

/** The section by which the release would install a device, when it names no driver for it; the ids in lower case. */
const idleSection = ({ input }: Run, wanted: ReadonlySet<string>): string | undefined => {
  for (const { targets } of packagesFor(input, input.bundle)) {
    const { models, installs } = targets[targetKey(input.guest)] ?? { models: [], installs: {} };
    const model = models.find(({ ids }) => ids.some((id) => wanted.has(id.toLowerCase())));
    const install = installs[model?.install ?? ''];
    if (install !== undefined && !install.services.some(({ flags }) => (flags & ASSOCIATE) !== 0))
      return install.section;
  }
  return undefined;
};

/** Whether a bus package of the release is for a platform function. */
const matchesFunction = (ids: ReadonlySet<string>, platform = ''): boolean =>
  [...ids].some((id) => id.startsWith(`pci\\ven_5853&dev_${platform.toLowerCase()}`));

const unlisted = (
  { deviceClass }: PvId,
  near: readonly PvId[],
  { wanted, isOwn }: { readonly wanted: readonly PvId[]; readonly isOwn: boolean },
): Attribution => {
  const numbers = wanted.map(({ revision }) => revision ?? '').sort();
  const has = near.map(({ revision }) => revision ?? '');
  const message = `The bus lists the revisions ${numbers[0]} to ${numbers.at(-1)} of ${deviceClass}, and the packages for it bind ${listed(has)}.`;
  const isOlder = has.every((revision) => revision < (numbers[0] ?? ''));
  return isOlder && !isOwn
    ? { failureMode: 'F04', message, hint: 'Release the child with its bus, or keep the revision in the table.' }
    : { failureMode: 'F03', message, hint: 'Take bus and child from releases that belong together.' };
};
