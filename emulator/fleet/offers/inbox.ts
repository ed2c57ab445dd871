import { formatVersion } from '../../../core/version.ts';
import { formatRank } from '../../guest/rank.ts';
import type { MachineDevice, MachineDriver } from '../machines/machine.ts';
import type { Asking } from './admission.ts';
import { bestEntry, compareWorth, type FleetCandidate, notBetter } from './candidates.ts';
import type { FleetPackage } from './package.ts';

/** A package of Windows itself that a device has before anything is offered. */
export interface InboxBinding {
  readonly device: string;
  readonly package: FleetPackage;
  readonly rank: number;
  readonly message: string;
}

type Inbox = Omit<FleetCandidate, 'label'>;

/** Windows has all of its own packages: every id of an INF counts, and the best is taken. */
const bestInbox = (device: MachineDevice, packages: readonly FleetPackage[], asking: Asking): Inbox | undefined => {
  const { machine, windows } = asking;
  const every = { has: () => true };
  const found = packages.flatMap((one): readonly Inbox[] => {
    const entry = bestEntry(device, one.entriesFor(windows, machine.arch, machine.type), every);
    return entry === undefined ? [] : [{ package: one, rank: entry.rank, date: entry.date, version: entry.version }];
  });
  return found.toSorted((a, b) => compareWorth(a, b) || (a.package.key < b.package.key ? -1 : 1))[0];
};

const driverOf = ({ package: pack, rank, date, version }: Inbox): MachineDriver => ({
  ...{ inf: pack.infName, provider: pack.provider, date, version, rank, prefix: undefined, isInbox: true },
});

/**
 * The devices of a machine whose Windows comes with some packages: a device without a driver, or with one that fits less, has
 * the package's (spec windows-update 7.7: such a driver is ranked as any trusted one).
 * @param only paths of the devices that are looked at
 */
export const withInbox = (
  devices: readonly MachineDevice[],
  packages: readonly FleetPackage[],
  asking: Asking,
  only: ReadonlySet<string>,
): { readonly devices: readonly MachineDevice[]; readonly bindings: readonly InboxBinding[] } => {
  if (packages.length === 0) return { devices, bindings: [] };
  const bindings: InboxBinding[] = [];
  const next = devices.map((device): MachineDevice => {
    if (!only.has(device.id)) return device;
    const best = bestInbox(device, packages, asking);
    if (best === undefined || notBetter(best, device) !== undefined) return device;
    const version = best.version === undefined ? '' : ` ${formatVersion(best.version)}`;
    const message = `${best.package.infName}${version}, which comes with Windows, serves it with rank ${formatRank(best.rank)}.`;
    bindings.push({ device: device.id, package: best.package, rank: best.rank, message });
    return { ...device, driver: driverOf(best), problem: 0 };
  });
  return { devices: next, bindings };
};
