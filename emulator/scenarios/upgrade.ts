import type { RehearsedBundle, Scenario, ScenarioInput, ScenarioRun } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isFirstOfKind, packagesFor } from './input.ts';
import type { Run } from './run.ts';
import { isStable, stableWorld } from './stable.ts';

/** Releases that a machine of this guest may have: they are for it, and they work on it. */
const before = (input: ScenarioInput): readonly RehearsedBundle[] =>
  input.before.filter((bundle) => hasDriver(input, bundle, 'xenbus') && isStable(stableWorld(input, bundle)));

const applies = (input: ScenarioInput): boolean => hasBus(input) && before(input).length > 0;

const fromEach =
  (play: (run: Run, from: RehearsedBundle, input: ScenarioInput) => void) =>
  (input: ScenarioInput): readonly ScenarioRun[] =>
    before(input).map((from) => ({
      variant: from.label,
      begin: stableWorld(input, from),
      play: (run) => play(run, from, input),
    }));

/** A setup program installs everything over what is there. */
export const upgradeInPlace: Scenario = {
  id: 'upgrade-in-place',
  summary: 'installs the release over an earlier one and restarts until the machine is stable',
  applies,
  runs: fromEach((run, _from, input) => {
    run.stage = 'upgrade';
    run.install(input.bundle);
    run.untilStable(asFarAs(input, input.bundle, PV));
  }),
};

/**
 * Files in the drivers folder are shared by all versions of a driver, so that an older bus meets newer children when only one of
 * them goes back (spec pnp-install 7). Nothing in a package can help that across generations.
 */
const GOING_BACK =
  'Do not roll back across generations of the bus: remove the drivers with the cleaner and install the earlier release.';

/** What Windows Update replaces first decides what meets what; these four can cost a disk or a card. */
const VITAL = ['xenbus', 'xenvbd', 'xenvif', 'xennet'];

const orders = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((first, index) => orders(items.filter((_one, i) => i !== index)).map((rest) => [first, ...rest]));

/**
 * The releases that differ in how devices are named and requests are made: what is true of one of them in a mixed state is true
 * of those between (spec xen-pv 1.4, 1.7, 2.3). Bundles that were given are always among them.
 */
const TURNING_POINTS: ReadonlySet<string> = new Set([
  '8.2.1',
  'master@2021-06-30',
  'master@2024-12-31',
  'xcp-ng v9.1.100',
]);
const isTurningPoint = ({ label, given }: RehearsedBundle): boolean => given === true || TURNING_POINTS.has(label);

/** Guests that install drivers alike need not all be tried: one of each kind is (windows.ts has the kinds). */
const tried = (input: ScenarioInput): boolean => isFirstOfKind(input.guest, input.guests);

/** One driver at a time, in every order, with a restart after each. */
export const upgradeByWindowsUpdate: Scenario = {
  id: 'upgrade-windows-update',
  summary: 'replaces one driver of an earlier release at a time, in every order, with a restart after each',
  applies: (input) => tried(input) && applies(input),
  runs: (input) => {
    const packages = packagesFor(input, input.bundle);
    const vital = packages.filter(({ driver }) => VITAL.includes(driver));
    const others = packages.filter(({ driver }) => !VITAL.includes(driver));
    return before(input)
      .filter(isTurningPoint)
      .flatMap((from) =>
        orders(vital).map(
          (order): ScenarioRun => ({
            variant: `${from.label}:${order.map(({ driver }) => driver).join('-')}`,
            begin: stableWorld(input, from),
            play: (run) => {
              for (const { key, driver } of [...order, ...others]) {
                run.stage = `after ${driver}`;
                run.play({ kind: 'package.install', package: key });
                run.play({ kind: 'restart' });
                if (run.stopped) break;
              }
              if (run.stopped) run.expect({ ...ALL_THERE, settled: false });
              else run.untilStable(asFarAs(input, input.bundle, PV));
            },
          }),
        ),
      );
  },
};

/** The earlier release comes back, device by device. */
export const rollback: Scenario = {
  id: 'rollback',
  summary: 'upgrades and rolls every device back to the driver that it had',
  applies,
  runs: fromEach((run, _from, input) => {
    run.install(input.bundle);
    run.untilStable(asFarAs(input, input.bundle, PV));
    run.stage = 'rollback';
    for (const path of Object.keys(run.world.session?.devices ?? {})) run.play({ kind: 'device.rollback', path });
    run.untilStable({ ...ALL_THERE, advice: GOING_BACK });
  }),
};

/** A setup program forces the earlier release over the new one. */
export const downgrade: Scenario = {
  id: 'rollback-by-setup',
  summary: 'forces an earlier release over the new one',
  applies,
  runs: fromEach((run, from, input) => {
    run.install(input.bundle);
    run.untilStable(asFarAs(input, input.bundle, PV));
    run.stage = 'downgrade';
    for (const { key } of packagesFor(input, from)) run.play({ kind: 'package.force', package: key });
    run.untilStable({ ...ALL_THERE, advice: GOING_BACK });
  }),
};
