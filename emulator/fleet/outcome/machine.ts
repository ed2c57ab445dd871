import { type PvId, parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import type { FleetState, FleetStateDevice, InstalledDriver } from './model.ts';

/** A driver of the family that a machine has, with what its device says of it. */
export interface FamilyDriver {
  /** `xenvbd` */
  readonly driver: string;
  readonly installed: InstalledDriver;
  /** Undefined where nothing tells. */
  readonly prefix: string | undefined;
  /** The platform function that it drives, or that its device hangs on. */
  readonly platform: string | undefined;
  /** The revisions that its bus lists of it, of which it binds one; eight hex digits. */
  readonly revisions: readonly string[];
  /** For a bus: those that it lists of a child. */
  readonly lists: readonly string[];
}

/** A state as the emulator's host and guest have to be. */
export interface FleetMachineFacts {
  /** Undefined for a machine without a device of Xen. */
  readonly platform: '0001' | '0002' | undefined;
  readonly vendorDevice: string | undefined;
  readonly hasNic: boolean;
  readonly drivers: readonly FamilyDriver[];
  /** Devices of the family that do not work. */
  readonly broken: readonly BrokenDevice[];
}

export interface BrokenDevice {
  /** An id for people. */
  readonly device: string;
  readonly driver: string;
  readonly code: number;
}

const DRIVER_OF: Readonly<Record<string, string>> = {
  VBD: 'xenvbd',
  VIF: 'xenvif',
  IFACE: 'xeniface',
  VKBD: 'xenvkbd',
  CONS: 'xencons',
  NET: 'xennet',
  HID: 'xenhid',
};

/** How the ids of children begin. */
const BUS_OF: Readonly<Record<string, PvId['bus']>> = { xenbus: 'XENBUS', xenvif: 'XENVIF', xenvkbd: 'XENVKBD' };

/** The first id that says what a device is. */
const ownId = ({ hardwareIds, compatibleIds }: FleetStateDevice): PvId | undefined => {
  for (const ids of [hardwareIds, compatibleIds]) {
    for (const id of ids) {
      const parsed = parsePvId(id);
      if (parsed !== undefined) return parsed;
    }
  }
  return undefined;
};

const driverFor = ({ bus, deviceClass }: PvId): string | undefined =>
  bus === 'PCI' ? 'xenbus' : DRIVER_OF[deviceClass];

interface Placed {
  readonly device: FleetStateDevice;
  readonly id: PvId;
  readonly driver: string;
}

const placed = (devices: readonly FleetStateDevice[]): readonly Placed[] =>
  devices.flatMap((device) => {
    const id = ownId(device);
    const driver = id === undefined ? undefined : driverFor(id);
    return id === undefined || driver === undefined ? [] : [{ device, id, driver }];
  });

const prefixOf = ({ device, id }: Placed, children: readonly Placed[]): string | undefined => {
  const { driver } = device;
  if (driver?.prefix !== undefined) return driver.prefix;
  if (id.bus !== 'PCI') return id.prefix;
  const own = children.find((child) => child.id.platform === id.platform && child.id.prefix !== undefined);
  return own?.id.prefix;
};

const revisionsOf = ({ device }: Placed): readonly string[] =>
  device.hardwareIds.flatMap((id) => parsePvId(id)?.revision ?? []);

/** Ranks of matches with a device's hardware ids are below this; they end in the place of the id (spec windows-update 3.2). */
const END_OF_HARDWARE = 0x2000;

/** The one revision that the driver binds, where its rank tells; else all that it may bind. */
const boundOf = (one: Placed): readonly string[] => {
  const score = (one.device.driver?.rank ?? END_OF_HARDWARE) & 0xffff;
  const bound = score < END_OF_HARDWARE ? parsePvId(one.device.hardwareIds[score & 0xfff] ?? '')?.revision : undefined;
  return bound === undefined ? revisionsOf(one) : [bound];
};

/** No driver: what a device has before anyone serves it. */
const NO_DRIVER = 28;
/** What Windows reports of a device that waits for a restart. */
export const NEEDS_RESTART = 14;
/** A machine without these goes on as it is. */
const VITAL: ReadonlySet<string> = new Set(['xenvbd', 'xenvif', 'xennet']);

const brokenOf = ({ device, driver, id }: Placed): readonly BrokenDevice[] => {
  const { problem: code = 0 } = device;
  if (code === 0 || (code === NO_DRIVER && !VITAL.has(driver))) return [];
  return [{ device: id.text, driver, code }];
};

const LEGACY = ['0001', '0002'] as const;

/** Takes a state apart. */
export const machineFacts = ({ devices }: Pick<FleetState, 'devices'>): FleetMachineFacts => {
  const all = placed(devices);
  const functions = all.filter(({ id }) => id.bus === 'PCI');
  const children = all.filter(({ id }) => id.bus !== 'PCI');
  const codes = functions.map(({ id }) => id.platform ?? '');
  const platform = LEGACY.find((code) => codes.includes(code));
  const vendorDevice = codes.filter((code) => code >= 'C000').sort()[0];
  const drivers = all.flatMap((one): readonly FamilyDriver[] => {
    const installed = one.device.driver;
    if (installed === null) return [];
    const prefix = prefixOf(one, children);
    const { driver, id } = one;
    const own = id.bus === 'PCI' ? id.platform : undefined;
    const below = children.find(
      (child) => child.id.bus === BUS_OF[driver] && (own === undefined || child.id.platform === own),
    );
    const revisions = id.bus === 'PCI' ? [] : boundOf(one);
    return [
      {
        driver,
        installed,
        prefix,
        platform: id.platform,
        revisions,
        lists: below === undefined ? [] : revisionsOf(below),
      },
    ];
  });
  return {
    platform: platform ?? (vendorDevice === undefined ? undefined : '0001'),
    vendorDevice,
    // Where the bus lists what there is, and no card, there is none.
    hasNic: children.length === 0 || children.some(({ driver }) => driver === 'xenvif' || driver === 'xennet'),
    drivers,
    broken: all.flatMap(brokenOf),
  };
};
