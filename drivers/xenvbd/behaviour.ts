import {
  type ChildDevice,
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { announceDriver, announceHotplug, withdrawDriver, withdrawHotplug } from '../distribution.ts';
import { askForInterfaces, neededVersion } from '../interface-needs.ts';
import { requestRestart } from '../restart-request.ts';
import { takingTurns } from '../started-devices.ts';
import { requestUnplug, revokeUnplug } from '../unplug-counter.ts';
import { closeDisk, connectDisk } from './disk-frontend.ts';
import { type DiskState, rememberDisk, resumeDisks, watchDisks } from './disk-life.ts';
import { noteUsage } from './disk-usage.ts';
import { scsiRequest } from './scsi.ts';
import { decideTarget, isDiskKey } from './targets.ts';

const ASKED = [
  'XENBUS_STORE',
  'XENBUS_EVTCHN',
  'XENBUS_GNTTAB',
  'XENBUS_CACHE',
  'XENBUS_SUSPEND',
  'XENBUS_DEBUG',
  'XENBUS_UNPLUG',
  'XENFILT_EMULATED',
];

/** Storport calls the adapter's own initialisation when the device starts (spec xen-pv 4.1). */
const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (!asked.ok) return asked;
  // Before the targets are made: a driver that comes this far is worth the request, whatever it finds.
  if (neededVersion(driver, 'XENBUS_UNPLUG') > 0) requestUnplug(machine, 'DISKS');
  announceDriver(driver, machine, 3);
  announceHotplug(machine, 'vbd');
  return OK;
};

/** A disk as storport lists it (spec pnp-install 1), with the inquiry strings of spec xen-pv 4.2. */
const diskDevice = (vbd: number, target: number): ChildDevice => ({
  deviceId: 'SCSI\\Disk&Ven_XENSRC&Prod_PVDISK',
  // Path, target and unit, two hex digits each.
  instanceId: `00${target.toString(16).padStart(2, '0')}00`,
  hardwareIds: [
    'SCSI\\DiskXENSRC__PVDISK__________2.0_',
    'SCSI\\DiskXENSRC__PVDISK__________',
    'SCSI\\DiskXENSRC__',
    'SCSI\\XENSRC__PVDISK__________2',
    'XENSRC__PVDISK__________2',
    'GenDisk',
  ],
  compatibleIds: ['SCSI\\Disk', 'SCSI\\RAW'],
  text: 'XENSRC PVDISK SCSI Disk Device',
  location: `Bus Number 0, Target Id ${target}, LUN 0`,
  rawOk: true,
  facts: { kind: 'disk', vbd, path: 'pv' },
});

const MODULE = 'xenvbd';

/** What became of a disk earlier in this boot: its target, or -1 when it was hidden or did not connect. */
const known = (machine: Machine, vbd: number): number | undefined => {
  const target = machine.recall(MODULE, `disk ${vbd}`);
  return typeof target === 'number' ? target : undefined;
};
const NO_TARGET = -1;

const create = (driver: LoadedDriver, machine: Machine, vbd: number, target: number): number | undefined => {
  const connection = connectDisk(driver, machine, vbd, target);
  const flaw = connection.connected ? rememberDisk(driver, machine, vbd) : undefined;
  if (connection.connected && flaw === undefined) {
    machine.remember(MODULE, `disk ${vbd}`, target);
    machine.note({ kind: 'xen.connected', device: `device/vbd/${vbd}`, path: connection.backend });
    return target;
  }
  if (known(machine, vbd) !== NO_TARGET) {
    const reason = flaw ?? (connection.connected ? '' : connection.reason);
    const keys = flaw === undefined ? {} : { keys: true };
    machine.note({ kind: 'xen.not-connected', device: `device/vbd/${vbd}`, reason, ...keys });
  }
  if (flaw !== undefined) closeDisk(machine, vbd);
  machine.remember(MODULE, `disk ${vbd}`, NO_TARGET);
  return undefined;
};

/** @returns the target of a disk, once it has one */
const scan = (driver: LoadedDriver, adapter: DeviceView, machine: Machine, vbd: number): number | undefined => {
  const before = known(machine, vbd);
  if (before !== undefined && before !== NO_TARGET) return before;
  const decision = decideTarget(driver, adapter, machine, vbd);
  if (decision.kind === 'leave') return undefined;
  if (decision.kind === 'create') return create(driver, machine, vbd, decision.target);
  const { target, because } = decision;
  if (before === undefined) machine.note({ kind: 'xen.target-hidden', target, vbd, because });
  machine.remember(MODULE, `disk ${vbd}`, NO_TARGET);
  requestRestart(driver, machine, because);
  return undefined;
};

const children = (driver: LoadedDriver, device: DeviceView, machine: Machine): readonly ChildDevice[] => {
  const found: ChildDevice[] = [];
  const taken = new Set<number>();
  for (const key of machine.storeList('device/vbd')) {
    const vbd = Number.parseInt(key, 10);
    // What kind of device it is, is looked at when it comes.
    if (state.targetOf(machine, vbd) === undefined && !isDiskKey(machine, key)) continue;
    const target = scan(driver, device, machine, vbd);
    if (target === undefined || taken.has(target)) continue;
    taken.add(target);
    found.push(diskDevice(vbd, target));
  }
  return found;
};

const remove = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  for (const key of machine.storeList('device/vbd')) {
    const vbd = Number.parseInt(key, 10);
    const target = known(machine, vbd);
    if (target !== undefined && target !== NO_TARGET) closeDisk(machine, vbd);
    if (target !== undefined) machine.remember(MODULE, `disk ${vbd}`, null);
  }
  withdrawHotplug(machine, 'vbd');
  withdrawDriver(driver, machine);
  if (neededVersion(driver, 'XENBUS_UNPLUG') > 0) revokeUnplug(machine, 'DISKS');
};

const state: DiskState = {
  targetOf: (machine, vbd) => {
    const target = known(machine, vbd);
    return target === NO_TARGET ? undefined : target;
  },
  forget: (machine, vbd) => machine.remember(MODULE, `disk ${vbd}`, null),
};

const resume = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  announceDriver(driver, machine, 3);
  announceHotplug(machine, 'vbd');
  resumeDisks(driver, device, machine, state);
};

const watch = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => watchDisks(device, machine, state);

/** The storage adapter: a storport miniport whose disks are what xenstore names (spec xen-pv 4.1 to 4.3). */
export const xenvbd: DriverBehaviour = takingTurns({
  ...{ image: MODULE, start, children, resume, watch, remove },
  usage: (_driver, _device, usage, machine) => noteUsage(machine, usage),
  scsi: (driver, srb, machine) => scsiRequest(driver, state.targetOf(machine, srb.vbd) ?? 0, srb, machine),
});
