import type { DeviceView, LoadedDriver, Machine } from '../behaviour.ts';
import { hasInterface, neededVersion } from '../interface-needs.ts';
import { bootsEmulated } from '../unplug-requests.ts';
import { emulatedObjects, isDiskEmulated } from '../xenbus/emulated-list.ts';

/** The adapter has target numbers below this. */
const TARGETS = 255;
/** Only these can be emulated at the same time: what two IDE channels hold. */
const EMULATED_TARGETS = 4;

/** Numbers of more than 16 disks have this bit. */
const EXTENDED = 1 << 28;

/** The first target of a major number, and the minor numbers that each takes (spec xen-pv 4.2). */
const MAJORS: Readonly<Record<number, readonly [first: number, minors: 16 | 64]>> = {
  3: [0, 64],
  8: [0, 16],
  22: [2, 64],
  33: [4, 64],
  34: [6, 64],
  56: [8, 64],
  57: [10, 64],
  88: [12, 64],
  89: [14, 64],
  202: [0, 16],
};

/** The target of a block device by its number in xenstore: 0 for 768; undefined when no target stands for it. */
export const targetOf = (vbd: number): number | undefined => {
  if (!Number.isInteger(vbd) || vbd < 0) return undefined;
  if ((vbd & EXTENDED) !== 0) {
    const target = (vbd & 0xf_ffff) >> 8;
    return target < TARGETS ? target : undefined;
  }
  const [first, minors] = MAJORS[vbd >> 8] ?? [];
  return first === undefined || minors === undefined ? undefined : first + Math.floor((vbd & 0xff) / minors);
};

/** A key below `device/vbd` that is a disk for this driver to look at. */
export const isDiskKey = (machine: Machine, key: string): boolean =>
  machine.storeRead(`device/vbd/${key}/ejected`) !== '1' &&
  machine.storeRead(`device/vbd/${key}/device-type`) === 'disk';

const EMULATED = 'XENFILT_EMULATED';

/** A filter of 2013 answers without versions, once it is in a stack. */
const filterIsOld = (machine: Machine): boolean => {
  const provides = machine.loaded('xenfilt')?.model.provides;
  return provides !== undefined && Object.keys(provides).length === 0 && emulatedObjects(machine).length > 0;
};

/** What becomes of a disk that xenstore names. */
export type TargetDecision =
  | { readonly kind: 'create'; readonly target: number }
  /** Without a word: the first disk is meant to be emulated in this boot. */
  | { readonly kind: 'leave' }
  /** It comes after a restart, or so the driver hopes. */
  | { readonly kind: 'hide'; readonly target: number; readonly because: string };

/** Whether a target is made for a block device (spec xen-pv 4.2, 1.8). */
export const decideTarget = (
  driver: LoadedDriver,
  adapter: DeviceView,
  machine: Machine,
  vbd: number,
): TargetDecision => {
  const target = targetOf(vbd);
  if (target === undefined) return { kind: 'hide', target: TARGETS, because: `No target stands for device ${vbd}.` };
  if (target === 0 && neededVersion(driver, 'XENBUS_UNPLUG') >= 3 && bootsEmulated(machine)) return { kind: 'leave' };
  if (target >= EMULATED_TARGETS) return { kind: 'create', target };
  if (!hasInterface(driver, adapter, machine, EMULATED) && !filterIsOld(machine)) {
    const because = `xenfilt does not say whether disk ${target} is emulated too: it is taken to be.`;
    return { kind: 'hide', target, because };
  }
  if (!isDiskEmulated(machine, target)) return { kind: 'create', target };
  return { kind: 'hide', target, because: `Disk ${target} is emulated in this boot.` };
};
