import type { LoadedDriver, Machine } from '../behaviour.ts';
import type { DriverModel } from '../model.ts';
import type { UnplugType } from '../unplug-counter.ts';
import { Keys } from './registry-keys.ts';
import { numberAt, same, textsAt } from './registry-values.ts';
import { has } from './traits.ts';

const TYPES: readonly UnplugType[] = ['DISKS', 'NICS'];
const CLASS_OF = { DISKS: 'VBD', NICS: 'VIF' } as const;

/** Services that have to ask together before counters came (xenfilt's unplug.c at 08def99). */
const ASKED_BY = { DISKS: ['XENVBD'], NICS: ['XENVIF', 'XENNET'] } as const;

const requestedName = (type: UnplugType): string => `requested ${type}`;

/** A device of the class was there once: Windows keeps it in the registry. */
const wasSeen = (machine: Machine, type: UnplugType): boolean =>
  machine.keyNames(`${Keys.enumerator}\\XENBUS`).some((name) => name.toUpperCase().includes(CLASS_OF[type]));

/** A counter is read and taken away; what it asks for may be forced, or turned down (spec xen-pv 1.7). */
const takeCounter = (model: DriverModel, machine: Machine, type: UnplugType): boolean => {
  const count = numberAt(machine, Keys.unplug, type);
  const forced = has(model, 'forceUnplug') && (numberAt(machine, Keys.forceUnplug, type) ?? 0) !== 0;
  if (count === undefined && !forced) return false;
  machine.deleteValue(Keys.unplug, type);
  if (forced) return true;
  if (count === 0) return false;
  if (!has(model, 'unplugVeto') || wasSeen(machine, type)) return true;
  machine.note({ kind: 'xen.unplug-vetoed', type });
  return false;
};

/** Before the counters: names that co-installers wrote, and before those, that the services are there at all. */
const askedByName = (model: DriverModel, machine: Machine, type: UnplugType): boolean => {
  const wanted = ASKED_BY[type];
  // Installed without that key, the services themselves are the request.
  const byName = has(model, 'unplugByName') && machine.hasKey(Keys.filterUnplug);
  if (!byName) return wanted.every((name) => machine.hasKey(`${Keys.services}\\${name}`));
  const names = textsAt(machine, Keys.filterUnplug, type);
  return wanted.every((name) => names.some((one) => same(one, name)));
};

const KEY = 'XEN:BOOT_EMULATED=';

/** The start option, in exactly this spelling; before the counters, a value of xenfilt's (unplug.c at 08def99). */
const bootsEmulated = (model: DriverModel, machine: Machine): boolean => {
  if (!has(model, 'unplugCounters')) return numberAt(machine, Keys.filterParameters, 'BootEmulated') === 1;
  const value = machine.bootOptions.find((option) => option.startsWith(KEY))?.slice(KEY.length);
  if (value !== undefined && value !== 'TRUE' && value !== 'FALSE') {
    machine.note({ kind: 'xen.warning', module: 'xen', message: `${KEY}${value} is ignored: TRUE or FALSE is meant.` });
  }
  return value === 'TRUE';
};

/** At the beginning of a boot: what shall be unplugged once the time has come. Kept in memory under xen's name. */
export const readRequests = ({ model }: LoadedDriver, machine: Machine): void => {
  const asked = has(model, 'unplugCounters') ? takeCounter : askedByName;
  for (const type of TYPES) machine.remember('xen', requestedName(type), asked(model, machine, type));
  machine.remember('xen', 'boot emulated', bootsEmulated(model, machine));
};

const Port = { magic: 0x10, version: 0x12 } as const;
const MAGIC = 0x49d2;
const BLOCKED = 0xd249;
const PRODUCT = 0xffff;
const Mask = { disks: 0x1, nics: 0x2, auxiliaryDisks: 0x4, nvme: 0x8 } as const;

/** Says who unplugs: the magic number, then product and build to hosts that want to know (spec xen-pv 1.7). */
const introduce = ({ model }: LoadedDriver, machine: Machine): void => {
  let magic = machine.readPort(Port.magic, 16);
  if (magic === MAGIC && machine.readPort(Port.version, 8) !== 0) {
    const [major, minor, micro] = model.version ?? [0, 0, 0, 0];
    machine.writePort(Port.version, 16, PRODUCT);
    machine.writePort(Port.magic, 32, ((major << 16) | (minor << 8) | micro) >>> 0);
    magic = machine.readPort(Port.magic, 16);
  }
  // The answer is logged, and the mask is written all the same.
  if (magic === BLOCKED) machine.note({ kind: 'xen.blocked', reason: 'The host refuses this driver.' });
};

const maskOf = ({ model }: LoadedDriver, machine: Machine, type: UnplugType): number => {
  if (machine.recall('xen', requestedName(type)) !== true) return 0;
  if (type === 'NICS') return Mask.nics;
  if (machine.recall('xen', 'boot emulated') === true) return Mask.auxiliaryDisks;
  return Mask.disks | (has(model, 'unplugsNvme') ? Mask.nvme : 0);
};

const UNPLUGGED = 'unplugged';

/**
 * After a suspension, before anything else runs: the emulated devices of the new host are taken away as those of the old were
 * (win-xenbus `src/xenbus/suspend.c` at 08def99; what the bus unplugs is decided once a boot).
 */
export const unplugAgain = (driver: LoadedDriver, machine: Machine): void => {
  const mask = machine.recall('xen', UNPLUGGED);
  if (typeof mask === 'number' && mask !== 0) {
    introduce(driver, machine);
    machine.writePort(Port.magic, 16, mask);
  }
  machine.note({ kind: 'xen.resumed', mask: typeof mask === 'number' ? mask : 0 });
};

/** Takes away what was asked for, one type after the other; `driver` is the module that has the code. */
export const unplugDevices = (driver: LoadedDriver, machine: Machine): void => {
  introduce(driver, machine);
  const masks = TYPES.map((type) => maskOf(driver, machine, type)).filter((mask) => mask !== 0);
  for (const mask of masks) machine.writePort(Port.magic, 16, mask);
  const mask = masks.reduce((all, one) => all | one, 0);
  machine.remember('xen', UNPLUGGED, mask);
  machine.note({ kind: 'xen.unplug', mask, disks: (mask & Mask.disks) !== 0, nics: (mask & Mask.nics) !== 0 });
};
