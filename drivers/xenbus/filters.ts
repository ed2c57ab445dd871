import type { Machine } from '../behaviour.ts';
import { Keys } from './registry-keys.ts';
import { same, textsAt } from './registry-values.ts';

const NAME = 'XENFILT';
const CLASSES = [Keys.systemClass, Keys.controllerClass] as const;

/** Puts xenfilt at the end of the upper filters of both classes, unless it is among them (spec xen-pv 1.6). */
export const installFilters = (machine: Machine): void => {
  for (const key of CLASSES) {
    const filters = textsAt(machine, key, 'UpperFilters');
    if (filters.some((one) => same(one, NAME))) continue;
    machine.setValue(key, 'UpperFilters', 'REG_MULTI_SZ', [...filters, NAME]);
  }
};

/** Takes every entry of xenfilt off both classes. */
export const removeFilters = (machine: Machine): void => {
  for (const key of CLASSES) {
    const filters = textsAt(machine, key, 'UpperFilters');
    const kept = filters.filter((one) => !same(one, NAME));
    if (kept.length < filters.length) machine.setValue(key, 'UpperFilters', 'REG_MULTI_SZ', kept);
  }
};
