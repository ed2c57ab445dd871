import type { Machine } from './behaviour.ts';
import type { UnplugType } from './unplug-counter.ts';

/**
 * Whether xen.sys was asked, at the beginning of this boot, to take emulated devices of a kind away (UNPLUG version 2). Where
 * nobody noted it, whether such devices are there tells.
 */
export const wasUnplugRequested = (machine: Machine, type: UnplugType): boolean => {
  const noted = machine.recall('xen', `requested ${type}`);
  if (typeof noted === 'boolean') return noted;
  const kind = type === 'NICS' ? 'nic' : 'disk';
  return !machine.devices().some(({ facts }) => facts.kind === kind && 'path' in facts && facts.path === 'emulated');
};
