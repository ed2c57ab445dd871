import type { World } from '../guest/world.ts';
import { newWorld } from '../new-world.ts';
import type { HostSettings } from '../xen/host.ts';
import type { RehearsedBundle, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs } from './input.ts';
import { Run } from './run.ts';

const made = new WeakMap<RehearsedBundle, Map<string, World>>();

/** A machine on which a release was installed, and which came to rest. Made once for each guest, and shared. */
export const stableWorld = (input: ScenarioInput, bundle: RehearsedBundle, host: Partial<HostSettings> = {}): World => {
  const key = `${JSON.stringify(input.guest)} ${JSON.stringify(host)}`;
  const worlds = made.get(bundle) ?? new Map<string, World>();
  made.set(bundle, worlds);
  const before = worlds.get(key);
  if (before !== undefined) return before;
  const run = new Run(input, newWorld(input.guest, host));
  run.install(bundle);
  run.untilStable(asFarAs(input, bundle, PV));
  const world = { ...run.world, boots: 0 };
  worlds.set(key, world);
  return world;
};

/** Whether a release runs at all on a guest: what a machine had before must have worked. */
export const isStable = ({ session }: World): boolean => session?.phase === 'running';
