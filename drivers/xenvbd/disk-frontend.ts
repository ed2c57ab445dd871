import type { LoadedDriver, Machine } from '../behaviour.ts';
import { type Connection, closeFrontend, connectFrontend, takeNumber, XENBUS_STATE } from '../frontend.ts';
import { unsigned } from '../unsigned.ts';
import { writeUsage } from './disk-usage.ts';

/** Effective limits of a ring (spec xen-pv 4.3). */
const LARGEST_RING_ORDER = 4;

const numberAt = (machine: Machine, path: string, otherwise: number): number => {
  const text = machine.storeRead(path);
  return text === undefined ? otherwise : unsigned(text);
};

/** A limit that Parameters may lower. */
const setting = (driver: LoadedDriver, machine: Machine, name: string, otherwise: number): number => {
  const value = machine.value(`${driver.key}\\Parameters`, name);
  return typeof value === 'number' ? value : otherwise;
};

const ringKeys = (machine: Machine, order: number, prefix: string): Record<string, string> => {
  const keys: Record<string, string> = {};
  if (order === 0) keys[`${prefix}ring-ref`] = String(takeNumber(machine, 'grant'));
  for (let page = 0; order > 0 && page < 1 << order; page += 1) {
    keys[`${prefix}ring-ref${page}`] = String(takeNumber(machine, 'grant'));
  }
  keys[`${prefix}event-channel`] = String(takeNumber(machine, 'event channel'));
  return keys;
};

/** Rings and event channels; one queue stands in the frontend's own directory. */
const queueKeys = (driver: LoadedDriver, machine: Machine, backend: string): Record<string, string> => {
  const order = Math.min(
    numberAt(machine, `${backend}/max-ring-page-order`, 0),
    setting(driver, machine, 'max-ring-page-order', LARGEST_RING_ORDER),
    LARGEST_RING_ORDER,
  );
  const offered = numberAt(machine, `${backend}/multi-queue-max-queues`, 1);
  const queues = Math.max(1, Math.min(offered, setting(driver, machine, 'multi-queue-max-queues', 1)));
  const orderKey: Record<string, string> = order === 0 ? {} : { 'ring-page-order': String(order) };
  if (queues === 1) return { ...orderKey, ...ringKeys(machine, order, '') };
  const all = Array.from({ length: queues }, (_, queue) => ringKeys(machine, order, `queue-${queue}/`));
  return Object.assign({ 'multi-queue-num-queues': String(queues), ...orderKey }, ...all);
};

/** What the crash driver and the host read of a target (spec xen-pv 4.3, 6). */
const writeTarget = (machine: Machine, target: number, vbd: number): void => {
  const area = `data/scsi/target/${target}`;
  writeUsage(machine, target);
  machine.storeWrite(`${area}/frontend`, `device/vbd/${vbd}`);
  machine.storeWrite(`${area}/device`, String(vbd));
};

/** Connects a disk to its backend. */
export const connectDisk = (driver: LoadedDriver, machine: Machine, vbd: number, target: number): Connection => {
  writeTarget(machine, target, vbd);
  return connectFrontend(machine, `device/vbd/${vbd}`, (backend) => ({
    ready: XENBUS_STATE.initialised,
    beforeConnecting: {
      ...queueKeys(driver, machine, backend),
      protocol: 'x86_64-abi',
      'target-id': String(target),
      'feature-surprise-remove': '1',
      'feature-online-resize': '1',
      'feature-large-sector-size': '1',
    },
  }));
};

export const closeDisk = (machine: Machine, vbd: number): void => closeFrontend(machine, `device/vbd/${vbd}`);
