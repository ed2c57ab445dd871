import type { DeviceView, LoadedDriver, Machine } from '../behaviour.ts';
import { XENBUS_STATE } from '../frontend.ts';
import { rememberFacts, sectorsOf } from './disk-facts.ts';
import { closeDisk, connectDisk } from './disk-frontend.ts';

/** What the adapter knows of its disks. */
export interface DiskState {
  /** The target of a disk that has one. */
  readonly targetOf: (machine: Machine, vbd: number) => number | undefined;
  /** The disk is no more; one of its number would be another. */
  readonly forget: (machine: Machine, vbd: number) => void;
}

const frontendOf = (vbd: number): string => `device/vbd/${vbd}`;

const backendValue = (machine: Machine, vbd: number, name: string): string | undefined => {
  const backend = machine.storeRead(`${frontendOf(vbd)}/backend`);
  return backend === undefined ? undefined : machine.storeRead(`${backend}/${name}`);
};

const isListed = (machine: Machine, vbd: number): boolean =>
  machine.storeRead(`${frontendOf(vbd)}/state`) !== undefined;

/** The disks of an adapter as Windows has them. */
const disksOf = (adapter: DeviceView, machine: Machine): readonly (readonly [vbd: number, disk: DeviceView])[] =>
  machine
    .devices()
    .flatMap((one) =>
      one.parent === adapter.path && one.facts.kind === 'disk' ? [[one.facts.vbd, one] as const] : [],
    );

const MODULE = 'xenvbd';
const sizeName = (vbd: number): string => `sectors ${vbd}`;

/** An integer divided by zero: UNEXPECTED_KERNEL_MODE_TRAP. */
const DIVIDE_ERROR = 0x7f;

/**
 * Keeps what the backend says of a disk as it connects. A size of sectors of 0 is divided by as soon as Windows asks for the
 * capacity, and the machine stops (spec xen-pv 4.5, F42).
 * @returns why the disk is none; undefined for one that can be used
 */
export const rememberDisk = (driver: LoadedDriver, machine: Machine, vbd: number): string | undefined => {
  machine.remember(MODULE, sizeName(vbd), backendValue(machine, vbd, 'sectors') ?? null);
  const { sectorSize } = rememberFacts(driver, machine, vbd);
  const frontend = frontendOf(vbd);
  if (sectorSize === 0) {
    const reason = `The backend of ${frontend} says that its sectors have 0 bytes, by which READ CAPACITY(16) divides.`;
    machine.stop(DIVIDE_ERROR, reason, {
      service: driver.service,
      failure: { kind: 'backend-keys', frontend, reason },
    });
    return reason;
  }
  return sectorsOf(machine, vbd) > 0 ? undefined : `The backend of ${frontend} says of no sectors that the disk has.`;
};

/**
 * Each disk connects again, with the rings that the new backend offers (win-xenvbd FrontendSuspendLateCallback). One that does
 * not get there stays listed, and its requests fail.
 */
export const resumeDisks = (driver: LoadedDriver, adapter: DeviceView, machine: Machine, state: DiskState): void => {
  for (const [vbd] of disksOf(adapter, machine)) {
    const target = state.targetOf(machine, vbd);
    if (target === undefined) continue;
    if (!isListed(machine, vbd)) {
      state.forget(machine, vbd);
      continue;
    }
    const device = frontendOf(vbd);
    const connection = connectDisk(driver, machine, vbd, target);
    const flaw = connection.connected ? rememberDisk(driver, machine, vbd) : undefined;
    if (flaw !== undefined) machine.note({ kind: 'xen.not-connected', device, reason: flaw, keys: true });
    else if (connection.connected) machine.note({ kind: 'xen.connected', device, path: connection.backend });
    else machine.note({ kind: 'xen.not-connected', device, reason: connection.reason });
  }
  machine.invalidate(adapter);
};

/** A disk whose backend closes is one that the host asks back. */
const giveBack = (disk: DeviceView, vbd: number, machine: Machine, state: DiskState): void => {
  const device = frontendOf(vbd);
  if (!machine.mayRemove(disk)) {
    machine.note({ kind: 'xen.eject-refused', device, because: `Windows uses ${disk.path}.` });
    return;
  }
  closeDisk(machine, vbd);
  machine.storeWrite(`${device}/ejected`, '1');
  state.forget(machine, vbd);
  machine.note({ kind: 'xen.ejected', device, asked: true });
};

const watchSize = (vbd: number, machine: Machine): void => {
  const sectors = backendValue(machine, vbd, 'sectors');
  if (sectors === undefined || machine.recall(MODULE, sizeName(vbd)) === sectors) return;
  machine.remember(MODULE, sizeName(vbd), sectors);
  machine.note({ kind: 'xen.resized', device: frontendOf(vbd), sectors });
};

/** What the watches on the directories of disks and of their backends lead to (spec xen-pv 4.2, 4.3). */
export const watchDisks = (adapter: DeviceView, machine: Machine, state: DiskState): void => {
  for (const [vbd, disk] of disksOf(adapter, machine)) {
    if (state.targetOf(machine, vbd) === undefined) continue;
    if (!isListed(machine, vbd)) {
      state.forget(machine, vbd);
      machine.note({ kind: 'xen.ejected', device: frontendOf(vbd), asked: false });
      continue;
    }
    const backend = backendValue(machine, vbd, 'state');
    if (backend === XENBUS_STATE.closing || backend === XENBUS_STATE.closed) giveBack(disk, vbd, machine, state);
    else if (backend === XENBUS_STATE.connected) watchSize(vbd, machine);
  }
  machine.invalidate(adapter);
};
