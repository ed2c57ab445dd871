import type { ChildDevice, Json, LoadedDriver, Machine } from '../behaviour.ts';
import { same } from './registry-values.ts';
import { has } from './traits.ts';

/** What xenfilt keeps of a device that a filtered bus listed: the answers of its EMULATED interface. */
export type EmulatedObject = {
  /** Path of the filtered device. */
  readonly below: string;
  readonly deviceId: string;
  /** Whether xenbus has to take this function for the active one; for functions of the PCI bus. */
  readonly activation: 'neutral' | 'active' | 'inactive';
  readonly nvme: boolean;
  /** Number of the emulated disk; -1 when it is none. */
  readonly disk: number;
};

const MODULE = 'xenfilt';
const LIST = 'emulated';

export const emulatedObjects = (machine: Machine): readonly EmulatedObject[] => {
  // Only this file writes it.
  const list = machine.recall(MODULE, LIST) as readonly EmulatedObject[] | undefined;
  return list ?? [];
};

export const rememberObjects = (machine: Machine, below: string, objects: readonly EmulatedObject[]): void => {
  const others = emulatedObjects(machine).filter((one) => one.below !== below);
  machine.remember(MODULE, LIST, [...others, ...objects] satisfies Json);
};

const QEMU_NVME: ReadonlySet<string> = new Set(['PCI\\VEN_8086&DEV_5845', 'PCI\\VEN_1B36&DEV_0010']);

/** Whether a controller counts as emulated disks (spec xen-pv 1.8). */
const isNvme = ({ model }: LoadedDriver, { hardwareIds, compatibleIds }: ChildDevice): boolean => {
  const ids = [...compatibleIds, ...hardwareIds].map((id) => id.toUpperCase());
  if (has(model, 'nvmeById')) return ids.some((id) => QEMU_NVME.has(id));
  return has(model, 'nvmeCounts') && ids.some((id) => id.startsWith('PCI\\CC_0108'));
};

export const pciObject = (
  driver: LoadedDriver,
  below: string,
  child: ChildDevice,
  activation: EmulatedObject['activation'],
): EmulatedObject => ({
  ...{ below, deviceId: child.deviceId, activation },
  nvme: isNvme(driver, child),
  disk: -1,
});

const POSITION = /(?:^|&)([01])\.([01])\.0$/;

/** A device of an IDE channel, by controller, target and unit at the end of its instance id; CD-ROM drives as well. */
export const ideObject = (below: string, { deviceId, instanceId }: ChildDevice): EmulatedObject | undefined => {
  const [, controller, target] = POSITION.exec(instanceId) ?? [];
  if (controller === undefined || target === undefined) return undefined;
  return { below, deviceId, activation: 'neutral', nvme: false, disk: Number(controller) * 2 + Number(target) };
};

/** EMULATED: whether a device is on the PCI bus. */
export const objectOf = (machine: Machine, deviceId: string): EmulatedObject | undefined =>
  emulatedObjects(machine).find((one) => one.disk < 0 && same(one.deviceId, deviceId));

/**
 * EMULATED: whether the disk of this number is there in emulated form. One emulated NVMe controller answers for every number,
 * as xenfilt cannot see what is behind it.
 */
export const isDiskEmulated = (machine: Machine, disk: number): boolean =>
  emulatedObjects(machine).some((one) => one.nvme || one.disk === disk);
