import type { BlockDisks } from './block-state.ts';
import { freshStore } from './fresh-store.ts';
import type { HostChange, HostState } from './host.ts';

/**
 * The host that a suspended domain goes on with: its own settings, an xenstore that a toolstack has just made, every emulated
 * device back, and whatever else the domain brought along: the content of its disks (docs/misc/xenstore-paths.pandoc; a
 * guest's writes do not move with it).
 */
export const resumedOn = (host: HostState, change: HostChange = {}): HostState => {
  const settings = { ...host.settings, ...change };
  const blocks = host.blocks === undefined ? {} : { blocks: withoutRings(host.blocks) };
  return { ...host, ...blocks, settings, store: freshStore(settings), unplug: { mask: 0 } };
};

/** Volumes are the same ones, and no backend has served a ring of theirs yet. */
const withoutRings = (disks: BlockDisks): BlockDisks =>
  Object.fromEntries(Object.entries(disks).map(([vbd, disk]) => [vbd, { ...disk, rings: [] }]));
