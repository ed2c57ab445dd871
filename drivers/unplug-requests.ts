import type { Machine } from './behaviour.ts';
import type { UnplugType } from './unplug-counter.ts';

/** What xen.sys keeps of what it read at the beginning of a boot (its side is in `xenbus/unplug.ts`). */
const MODULE = 'xen';

/** Whether emulated devices of a kind were to be taken away in this boot: a question of UNPLUG version 2 (spec xen-pv 1.7). */
export const wasUnplugRequested = (machine: Machine, type: UnplugType): boolean =>
  machine.recall(MODULE, `requested ${type}`) === true;

/** Whether the first disk is meant to stay emulated in this boot: a question of version 3. */
export const bootsEmulated = (machine: Machine): boolean => machine.recall(MODULE, 'boot emulated') === true;
