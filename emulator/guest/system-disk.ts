import type { HostState } from '../xen/host.ts';
import type { DeviceNode } from './world.ts';

interface DeviceTree {
  readonly host: HostState;
  childrenOf(path: string): readonly DeviceNode[];
}

/** Whether the system disk is this device, or below it. */
export const holdsSystemDisk = (machine: DeviceTree, { facts, path }: DeviceNode): boolean => {
  const system = machine.host.settings.disks.find((disk) => disk.system)?.vbd;
  if (facts.kind === 'disk' && facts.vbd === system) return true;
  return machine.childrenOf(path).some((child) => holdsSystemDisk(machine, child));
};
