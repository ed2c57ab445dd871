import type { Machine } from './behaviour.ts';

/** Kinds of emulated devices that are taken away together. */
export type UnplugType = 'DISKS' | 'NICS';

/** What children ask xen.sys to do at the next boot; since 963765d (spec xen-pv 1.7). */
export const UNPLUG_KEY = 'SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug';

const counted = (machine: Machine, type: UnplugType): number | undefined => {
  const value = machine.value(UNPLUG_KEY, type);
  return typeof value === 'number' ? value : undefined;
};

/** One more device works without its emulated twin: UNPLUG's request to make. */
export const requestUnplug = (machine: Machine, type: UnplugType): void =>
  machine.setValue(UNPLUG_KEY, type, 'REG_DWORD', (counted(machine, type) ?? 0) + 1);

/** One fewer: what was never counted is left as it is. */
export const revokeUnplug = (machine: Machine, type: UnplugType): void => {
  const count = counted(machine, type) ?? 0;
  if (count > 0) machine.setValue(UNPLUG_KEY, type, 'REG_DWORD', count - 1);
};
