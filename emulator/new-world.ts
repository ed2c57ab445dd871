import { newDisk } from './guest/baseline.ts';
import { type GuestSpec, policyKey } from './guest/guest.ts';
import { WORLD_VERSION, type World } from './guest/world.ts';
import type { PackageLibrary } from './package/facts.ts';
import { transition } from './transition.ts';
import { DEFAULT_SETTINGS, type HostSettings, newHost } from './xen/host.ts';

const NOTHING: PackageLibrary = { packages: {}, images: {} };
const made = new Map<string, World>();

/**
 * A guest that was just set up on emulated hardware and came up once, switched on: where every scenario begins. Made once for
 * each kind of guest and host, and shared.
 */
export const newWorld = (guest: GuestSpec, host: Partial<HostSettings> = {}): World => {
  const settings: HostSettings = { ...DEFAULT_SETTINGS, ...host };
  const key = `${policyKey(guest)} ${JSON.stringify(settings)}`;
  const before = made.get(key);
  if (before !== undefined) return before;
  const disk = newDisk(guest, settings.emulatedDisks, settings.emulatedNics);
  const off: World = { version: WORLD_VERSION, timeMs: 0, guest, disk, host: newHost(settings), boots: 0 };
  const [world] = transition(off, { kind: 'power.on' }, NOTHING);
  const ready = { ...world, boots: 0 };
  made.set(key, ready);
  return ready;
};
