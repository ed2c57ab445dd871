import type { World } from '../guest/world.ts';
import { newWorld } from '../new-world.ts';
import type { HostSettings } from '../xen/host.ts';
import type { RehearsedBundle, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs } from './input.ts';
import { type Expectation, meets, Run } from './run.ts';
import { survey } from './survey.ts';

/**
 * How a machine came to what several scenarios begin with. Made once for each guest: a scenario that does the same first goes on
 * from there.
 */
export interface SharedRun {
  readonly run: Run;
  /** Where it ended, as the beginning of others. */
  readonly world: World;
  /** All that the release is for works. */
  readonly works: boolean;
}

type Shared = Map<RehearsedBundle, Map<string, SharedRun>>;

/** Gone with the guest: whoever goes on to the next one keeps nothing of this. */
const known = new WeakMap<ScenarioInput, Shared>();

/** @param name of what was done, among all that begins with the bundle */
const once = (
  input: ScenarioInput,
  bundle: RehearsedBundle,
  name: string,
  play: () => readonly [run: Run, expected: Expectation],
): SharedRun => {
  const shared: Shared = known.get(input) ?? new Map();
  known.set(input, shared);
  const runs = shared.get(bundle) ?? new Map<string, SharedRun>();
  shared.set(bundle, runs);
  const before = runs.get(name);
  if (before !== undefined) return before;
  const [run, expected] = play();
  run.untilStable(expected);
  const made = { run, world: { ...run.world, boots: 0 }, works: meets(survey(run.world), expected) };
  runs.set(name, made);
  return made;
};

/** A release is installed on a machine that was just set up, and the machine restarted until it is stable. */
export const installedRun = (
  input: ScenarioInput,
  bundle: RehearsedBundle,
  host: Partial<HostSettings> = {},
): SharedRun =>
  once(input, bundle, JSON.stringify(host), () => {
    const run = new Run(input, newWorld(input.guest, host));
    run.stage = 'install';
    run.install(bundle);
    return [run, asFarAs(input, bundle, PV)];
  });

/** A machine with an earlier release gets this one, and is restarted until it is stable. */
export const upgradedRun = (input: ScenarioInput, from: RehearsedBundle): SharedRun =>
  once(input, from, 'upgraded', () => {
    const run = new Run(input, installedRun(input, from).world);
    run.stage = 'upgrade';
    run.install(input.bundle);
    return [run, asFarAs(input, input.bundle, PV)];
  });
