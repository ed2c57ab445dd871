import { freshStore } from './fresh-store.ts';
import type { HostChange, HostState } from './host.ts';

/**
 * The host that a suspended domain goes on with: its own settings, an xenstore that a toolstack has just made, every emulated
 * device back, and whatever else the domain brought along: the content of its disks (docs/misc/xenstore-paths.pandoc; a
 * guest's writes do not move with it).
 */
export const resumedOn = (host: HostState, change: HostChange = {}): HostState => {
  const settings = { ...host.settings, ...change };
  return { ...host, settings, store: freshStore(settings), unplug: { mask: 0 } };
};
