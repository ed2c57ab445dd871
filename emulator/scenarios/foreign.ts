import { cleanUp } from './cleaner.ts';
import type { RehearsedBundle, Scenario, ScenarioInput, ScenarioRun } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isForeign, vendorFunctionOf } from './input.ts';
import type { Run } from './run.ts';
import { isStable, stableWorld } from './stable.ts';

/** Stacks of other vendors that work on the guest: those that were given. */
const foreign = (input: ScenarioInput): readonly RehearsedBundle[] =>
  input.before.filter(
    (bundle) => isForeign(input, bundle) && hasDriver(input, bundle, 'xenbus') && isStable(input, bundle),
  );

const applies = (input: ScenarioInput): boolean => hasBus(input) && foreign(input).length > 0;

const onEach =
  (play: (run: Run, from: RehearsedBundle, input: ScenarioInput) => void) =>
  (input: ScenarioInput): readonly ScenarioRun[] =>
    foreign(input).flatMap((from) => {
      const vendorDevice = vendorFunctionOf(input, from);
      const hosts = [
        { variant: from.label, host: {} },
        // The function by which Windows Update brings that vendor's drivers.
        ...(vendorDevice === undefined
          ? []
          : [{ variant: `${from.label}:on-${vendorDevice}`, host: { vendorDevice } }]),
      ];
      return hosts
        .filter(({ host }) => isStable(input, from, host))
        .map(({ variant, host }) => ({
          variant,
          begin: stableWorld(input, from, host),
          play: (run: Run) => play(run, from, input),
        }));
    });

/**
 * What everyone is told not to do: over the drivers of another vendor, with no cleaner (spec xen-pv 8, onboarding; F25). Nothing
 * may be lost, whoever drives the devices afterwards.
 */
export const foreignStack: Scenario = {
  id: 'foreign-stack',
  summary: 'installs the release over the drivers of another vendor: nothing may be lost',
  applies,
  runs: onEach((run, _from, input) => {
    run.stage = 'installation over the other stack';
    run.install(input.bundle);
    run.untilStable({ ...asFarAs(input, input.bundle, ALL_THERE), replaces: 'all' });
  }),
};

/** The way that works: cleaner, restart, installation. */
export const rebrand: Scenario = {
  id: 'rebrand',
  summary: 'removes the drivers of another vendor with the cleaner, and installs the release',
  applies,
  runs: onEach((run, from, input) => {
    run.stage = 'removal of the other stack';
    cleanUp(run, from);
    run.stage = 'installation';
    run.install(input.bundle);
    run.untilStable({ ...asFarAs(input, input.bundle, PV), replaces: 'all' });
  }),
};
