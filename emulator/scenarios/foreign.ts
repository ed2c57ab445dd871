import { cleanUp } from './cleaner.ts';
import type { RehearsedBundle, Scenario, ScenarioInput, ScenarioRun } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isForeign, packagesFor, vendorFunctionOf } from './input.ts';
import type { Run } from './run.ts';
import { fromStable, isStable, stableWorld } from './stable.ts';

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

/** Devices with their packages, in Device Manager; services, filters and all values stay (F15, F17, F19, F22). */
export const rebrandByHand: Scenario = {
  id: 'rebrand-without-cleaner',
  summary: 'removes the devices of another vendor by hand, with their packages, and installs the release',
  applies,
  runs: onEach((run, from, input) => {
    run.stage = 'removal by hand';
    const drivers = packagesFor(input, from).map(({ driver }) => driver);
    for (const { path, stack } of Object.values(run.world.session?.devices ?? {})) {
      const own = stack.find(({ role }) => role === 'function')?.service.toLowerCase();
      if (own !== undefined && drivers.includes(own)) {
        run.play({ kind: 'device.uninstall', path, deletePackage: true });
      }
    }
    deletePackages(run, from);
    run.restart();
    run.expect({ ...ALL_THERE, settled: false, broken: true, advice: USE_THE_CLEANER });
    if (run.stopped) return;
    run.stage = 'installation';
    run.install(input.bundle);
    run.untilStable({ ...asFarAs(input, input.bundle, PV), replaces: 'all' });
  }),
};

/** What is left when tools of another vendor take everything out and forget the filter of its bus (F20). */
export const foreignFilters: Scenario = {
  id: 'foreign-filters',
  summary: "installs the release where the filter of another vendor's bus was left behind",
  applies,
  runs: onEach((run, from, input) => {
    run.stage = 'incomplete removal';
    cleanUp(run, from, { keepFilters: true });
    run.stage = 'installation';
    run.install(input.bundle);
    run.untilStable({ ...asFarAs(input, input.bundle, PV), replaces: 'all' });
  }),
};

const SWITCH_OFF = 'Switch off the device on the host by which Windows Update brings drivers of another vendor.';
const USE_THE_CLEANER = 'Remove the drivers of another vendor with its cleaner.';

/** The release is there, and Windows Update brings another vendor's drivers afterwards, with their function (F25). */
export const foreignOffer: Scenario = {
  id: 'foreign-offered',
  summary: "brings the drivers of another vendor by Windows Update to a machine that has the release's",
  applies,
  runs: (input) =>
    foreign(input).map((from) => {
      const vendorDevice = vendorFunctionOf(input, from);
      return fromStable(input, {
        variant: from.label,
        play: (run) => {
          if (vendorDevice !== undefined) {
            run.play({ kind: 'power.off' });
            run.play({ kind: 'host', change: { vendorDevice } });
            run.play({ kind: 'power.on' });
          }
          run.stage = 'offer of the other vendor';
          for (const { key } of packagesFor(input, from)) run.play({ kind: 'package.install', package: key });
          run.untilStable({ ...ALL_THERE, settled: false, advice: SWITCH_OFF });
        },
      });
    }),
};

const deletePackages = (run: Run, bundle: RehearsedBundle): void => {
  for (const { key } of packagesFor(run.input, bundle)) {
    const stored = run.world.disk.store.find((one) => one.package === key);
    if (stored !== undefined) run.play({ kind: 'package.delete', published: stored.published });
  }
};
