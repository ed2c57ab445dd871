import { behaviourOf } from '../../drivers/behaviours.ts';
import {
  type ControlResult,
  type DiskControl,
  type SendSrb,
  type SrbResult,
  srbFailed,
} from '../../drivers/storage.ts';
import type { GuestMachine } from './machine.ts';
import type { DeviceNode } from './world.ts';

/** A disk of a storport adapter as the class driver above it has it. */
export interface PortDisk {
  readonly node: DeviceNode;
  readonly adapter: DeviceNode;
  readonly vbd: number;
  /** Drivers from the disk down, as they stand. */
  readonly path: readonly string[];
}

/** The disk of a number in xenstore, as far as the guest has one that works; the PV one before its emulated twin. */
export const diskNode = (machine: GuestMachine, vbd: number): DeviceNode | undefined => {
  const found = machine
    .nodes()
    .filter(({ state, facts }) => state === 'started' && facts.kind === 'disk' && facts.vbd === vbd);
  return found.find(({ facts }) => facts.kind === 'disk' && facts.path === 'pv') ?? found[0];
};

const namesOf = ({ stack }: DeviceNode): readonly string[] => [...stack].reverse().map(({ service }) => service);

/** Undefined for a disk that no miniport of the family carries. */
export const portDisk = (machine: GuestMachine, node: DeviceNode): PortDisk | undefined => {
  const adapter = node.parent === undefined ? undefined : machine.node(node.parent);
  if (adapter === undefined || node.facts.kind !== 'disk' || node.facts.path !== 'pv') return undefined;
  return { node, adapter, vbd: node.facts.vbd, path: [...namesOf(node), ...namesOf(adapter)] };
};

const functionOf = ({ stack }: DeviceNode): string | undefined =>
  stack.find(({ role }) => role === 'function')?.service;

/** Sends SRBs to the miniport of a disk's adapter. */
export const sendTo =
  (machine: GuestMachine, { adapter, vbd }: PortDisk): SendSrb =>
  (cdb, data): SrbResult => {
    const driver = machine.loaded(functionOf(adapter) ?? '');
    const scsi = driver === undefined ? undefined : behaviourOf(driver.model.image)?.scsi;
    if (driver === undefined || scsi === undefined) {
      return srbFailed('SRB_STATUS_NO_DEVICE', `Nothing answers for ${adapter.path}.`);
    }
    return scsi(driver, { vbd, cdb, data }, machine);
  };

/** Sends a device control to what stands above the port: the filters of the adapter, each on the disks below it. */
export const controlDisk = (
  machine: GuestMachine,
  disk: PortDisk,
  control: DiskControl,
): { readonly by: string; readonly result: ControlResult } => {
  for (const { service, role } of [...disk.adapter.stack].reverse()) {
    const driver = role === 'upper-filter' ? machine.loaded(service) : undefined;
    const answer = driver === undefined ? undefined : behaviourOf(driver.model.image)?.control;
    if (driver === undefined || answer === undefined) continue;
    const result = answer(driver, control, machine, sendTo(machine, disk));
    if (result !== undefined) return { by: service, result };
  }
  return { by: 'storport', result: { status: 'not-supported', because: 'The port does not know the control.' } };
};
