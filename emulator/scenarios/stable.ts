import type { World } from '../guest/world.ts';
import { newWorld } from '../new-world.ts';
import type { HostSettings } from '../xen/host.ts';
import type { RehearsedBundle, ScenarioInput, ScenarioRun } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs } from './input.ts';
import { meets, Run } from './run.ts';
import { survey } from './survey.ts';

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

/** Whether a release works on a guest: what a machine had before must have done what it was for. */
export const isStable = (input: ScenarioInput, bundle: RehearsedBundle, host: Partial<HostSettings> = {}): boolean => {
  const world = stableWorld(input, bundle, host);
  const before = judged.get(world);
  if (before !== undefined) return before;
  const now = meets(survey(world), asFarAs(input, bundle, PV));
  judged.set(world, now);
  return now;
};
const judged = new WeakMap<World, boolean>();

/**
 * A run that begins with a machine on which the release works. On one where it does not, the installation is all there is to
 * tell of.
 */
export const fromStable = (
  input: ScenarioInput,
  { variant, host = {}, play }: Omit<ScenarioRun, 'begin'> & { readonly host?: Partial<HostSettings> },
): ScenarioRun => {
  if (isStable(input, input.bundle, host)) return { variant, begin: stableWorld(input, input.bundle, host), play };
  return {
    variant,
    begin: newWorld(input.guest, host),
    play: (run) => {
      run.stage = 'install';
      run.install(input.bundle);
      run.untilStable(asFarAs(input, input.bundle, PV));
    },
  };
};
