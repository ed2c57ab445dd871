import type { World } from '../guest/world.ts';
import { newWorld } from '../new-world.ts';
import type { HostSettings } from '../xen/host.ts';
import type { RehearsedBundle, ScenarioInput, ScenarioRun } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs } from './input.ts';
import { installedRun } from './shared-runs.ts';

/** A machine on which a release was installed, and which came to rest. */
export const stableWorld = (input: ScenarioInput, bundle: RehearsedBundle, host: Partial<HostSettings> = {}): World =>
  installedRun(input, bundle, host).world;

/** Whether a release works on a guest: what a machine had before must have done what it was for. */
export const isStable = (input: ScenarioInput, bundle: RehearsedBundle, host: Partial<HostSettings> = {}): boolean =>
  installedRun(input, bundle, host).works;

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
    play: (run) => run.goOnFrom(installedRun(input, input.bundle, host).run, asFarAs(input, input.bundle, PV)),
  };
};
