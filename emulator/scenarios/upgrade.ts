import { type CalendarDate, compareDates } from '../../core/date.ts';
import type { World } from '../guest/world.ts';
import type { PackageFacts } from '../package/facts.ts';
import type { RehearsedBundle, Scenario, ScenarioInput, ScenarioRun } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isFirstOfKind, isForeign, packagesFor } from './input.ts';
import type { Expectation, Run } from './run.ts';
import { upgradedRun } from './shared-runs.ts';
import { isStable, stableWorld } from './stable.ts';

/** The day that the bus package of a release states, or the latest of its own where the bus was lent. */
const dayOf = (input: ScenarioInput, bundle: RehearsedBundle): CalendarDate | undefined => {
  const all = packagesFor(input, bundle);
  const own = all.filter(({ key }) => bundle.lent?.includes(key) !== true);
  if (own.length === all.length) return all.find(({ driver }) => driver === 'xenbus')?.date;
  return own
    .flatMap(({ date }) => date ?? [])
    .sort(compareDates)
    .at(-1);
};

/** Whether a known release is as old as the one that is rehearsed, or older: others are no upgrades. */
const isEarlier = (input: ScenarioInput, bundle: RehearsedBundle): boolean => {
  const [own, other] = [dayOf(input, input.bundle), dayOf(input, bundle)];
  return own === undefined || other === undefined || compareDates(other, own) <= 0;
};

/** Releases that a machine of this guest may have: they are for it, and they work on it. */
export const upgradableFrom = (input: ScenarioInput): readonly RehearsedBundle[] =>
  input.before.filter(
    (bundle) =>
      !isForeign(input, bundle) &&
      hasDriver(input, bundle, 'xenbus') &&
      (bundle.given === true || isEarlier(input, bundle)) &&
      isStable(input, bundle),
  );

const applies = (input: ScenarioInput): boolean => hasBus(input) && upgradableFrom(input).length > 0;

const fromEach =
  (play: (run: Run, from: RehearsedBundle, input: ScenarioInput) => void) =>
  (input: ScenarioInput): readonly ScenarioRun[] =>
    upgradableFrom(input).map((from) => ({
      variant: from.label,
      begin: stableWorld(input, from),
      play: (run) => play(run, from, input),
    }));

/** Everything is on the PV path by the drivers of the release; names of devices are watched for releases that were given. */
const replaced = (input: ScenarioInput, { given = false }: RehearsedBundle): Expectation => ({
  ...asFarAs(input, input.bundle, PV),
  replaces: given ? 'all' : 'better-scores',
  keepsNames: given,
});

/** A setup program installs everything over what is there. */
export const upgradeInPlace: Scenario = {
  id: 'upgrade-in-place',
  summary: 'installs the release over an earlier one and restarts until the machine is stable',
  applies,
  runs: fromEach((run, from, input) => run.goOnFrom(upgradedRun(input, from).run, replaced(input, from))),
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
export const TURNING_POINTS: ReadonlySet<string> = new Set([
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
    return upgradableFrom(input)
      .filter(isTurningPoint)
      .flatMap((from) => {
        const begin = stableWorld(input, from);
        const known = new Map<string, Pick<Run, 'world' | 'steps'>>();
        return orders(vital).map(
          (order): ScenarioRun => ({
            variant: `${from.label}:${order.map(({ driver }) => driver).join('-')}`,
            begin,
            play: (run) => {
              replaceOneByOne(run, order, known);
              if (run.stopped) {
                run.expect({ ...ALL_THERE, settled: false });
                return;
              }
              run.stage = 'the rest';
              for (const { key } of others) run.play({ kind: 'package.install', package: key });
              run.untilStable({ ...replaced(input, from), keepsNames: false });
            },
          }),
        );
      });
  },
};

/** Orders that begin alike share what they have in common. */
const replaceOneByOne = (
  run: Run,
  order: readonly PackageFacts[],
  known: Map<string, Pick<Run, 'world' | 'steps'>>,
): void => {
  let done = '';
  for (const { key, driver } of order) {
    done = `${done} ${driver}`;
    run.stage = `after ${driver}`;
    const before = known.get(done);
    if (before === undefined) {
      run.play({ kind: 'package.install', package: key });
      run.play({ kind: 'restart' });
      known.set(done, { world: run.world, steps: [...run.steps] });
    } else run.adopt(before);
    if (run.stopped) return;
  }
};

const isRunning = ({ session }: World): boolean => session?.phase === 'running';

/** Ways back from this release to an earlier one. */
const back =
  (play: (run: Run, from: RehearsedBundle, input: ScenarioInput) => void) =>
  (input: ScenarioInput): readonly ScenarioRun[] =>
    upgradableFrom(input)
      .filter((from) => isRunning(upgradedRun(input, from).world))
      .map((from) => ({
        variant: from.label,
        begin: upgradedRun(input, from).world,
        play: (run) => {
          play(run, from, input);
          run.untilStable({ ...ALL_THERE, advice: GOING_BACK });
        },
      }));

/** The earlier release comes back, device by device. */
export const rollback: Scenario = {
  id: 'rollback',
  summary: 'rolls every device of an upgraded machine back to the driver that it had',
  applies,
  runs: back((run) => {
    run.stage = 'rollback';
    for (const path of Object.keys(run.world.session?.devices ?? {})) run.play({ kind: 'device.rollback', path });
  }),
};

/** A setup program forces the earlier release over the new one. */
export const downgrade: Scenario = {
  id: 'rollback-by-setup',
  summary: 'forces an earlier release over the new one',
  applies,
  runs: back((run, from, input) => {
    run.stage = 'downgrade';
    for (const { key } of packagesFor(input, from)) run.play({ kind: 'package.force', package: key });
  }),
};
