import { type Diagnostic, problem } from '../core/errors.ts';
import { type Completion, PARENTS } from './completion.ts';
import { type GuestSpec, policyKey, signatureKey, targetKey } from './guest/guest.ts';
import { switchesOf, withSwitches } from './guest/windows.ts';
import type { PackageFacts, PackageLibrary } from './package/facts.ts';
import type { RehearsedBundle, RunResult, Scenario, ScenarioInput } from './scenarios/contract.ts';
import { judgeRun } from './scenarios/judge.ts';
import { Run } from './scenarios/run.ts';

/** What is tried, and in what. */
export interface RehearsalRequest {
  readonly library: PackageLibrary;
  readonly bundle: RehearsedBundle;
  readonly before: readonly RehearsedBundle[];
  readonly guests: readonly GuestSpec[];
  readonly scenarios: readonly Scenario[];
}

export interface PlayedRun {
  readonly result: RunResult;
  readonly run: Run;
  /** How many pairs of a guest and a scenario were done before it. */
  readonly done: number;
}

/** Plays every scenario in every guest that it says something for: one run whenever the next is asked for. */
export function* rehearse(request: RehearsalRequest): Generator<PlayedRun, undefined> {
  const { library, bundle, before, guests, scenarios } = request;
  let done = 0;
  for (const guest of guests) {
    const input: ScenarioInput = { guest, guests, library, bundle, before };
    for (const scenario of scenarios) {
      for (const { variant, begin, play } of scenario.applies(input) ? scenario.runs(input) : []) {
        const run = new Run(input, begin);
        play(run);
        yield { result: judgeRun(run, runName(scenario.id, variant)), run, done };
      }
      done += 1;
    }
  }
}

/** How a run is named: `upgrade-in-place:8.2.1`. */
export const runName = (scenario: string, variant: string): string =>
  variant === '' ? scenario : `${scenario}:${variant}`;

/** The guests of each kind that a bundle may be tried in: as they are, and with test signing. */
export const guestVariants = (guests: readonly GuestSpec[]): readonly GuestSpec[] =>
  guests.flatMap((guest) => [guest, withSwitches(guest, { testSigning: true })]);

const packagesOf = (
  library: PackageLibrary,
  { packages }: RehearsedBundle,
  guest: GuestSpec,
): readonly PackageFacts[] =>
  packages.flatMap((key) => {
    const facts = library.packages[key];
    return facts?.targets[targetKey(guest)] === undefined ? [] : [facts];
  });

const imagesOf = (library: PackageLibrary, facts: readonly PackageFacts[], guest: GuestSpec) =>
  facts.flatMap(({ targets }) =>
    Object.values(targets[targetKey(guest)]?.installs ?? {}).flatMap(({ copyFiles }) =>
      copyFiles.flatMap(({ image }) => (image === undefined ? [] : (library.images[image] ?? []))),
    ),
  );

/** Whether a guest loads everything that a bundle installs on it. */
const loadsAll = (library: PackageLibrary, bundle: RehearsedBundle, guest: GuestSpec): boolean =>
  imagesOf(library, packagesOf(library, bundle, guest), guest).every(
    ({ loads }) => loads[policyKey(guest)]?.loads !== 'no',
  );

export interface ChosenGuests {
  readonly guests: readonly GuestSpec[];
  /** Those that load the drivers with test signing only. */
  readonly testSigning: boolean;
}

/** Whether a guest takes any package of a bundle: its catalogs are for this Windows, in a form that it reads. */
const takesAny = (library: PackageLibrary, bundle: RehearsedBundle, guest: GuestSpec): boolean =>
  packagesOf(library, bundle, guest).some(({ signatures }) => {
    const own = signatures[signatureKey(guest)];
    return own === undefined || own.state === 'trusted';
  });

/**
 * The guests that a bundle is for: its INFs choose something for them, and so do its catalogs, which say less of versions than
 * INFs do. Where the catalogs are for none of them, all are tried. One that would load its drivers with test signing only
 * gets that: it is what a test-signed release is for.
 */
export const guestsFor = (
  library: PackageLibrary,
  bundle: RehearsedBundle,
  guests: readonly GuestSpec[],
): ChosenGuests => {
  let testSigning = false;
  const meant = guests.filter((guest) => packagesOf(library, bundle, guest).length > 0);
  const taking = meant.filter((guest) => takesAny(library, bundle, guest));
  const chosen = (taking.length > 0 ? taking : meant).map((guest) => {
    if (loadsAll(library, bundle, guest) || !switchesOf(guest).testSigning) return guest;
    const switched = withSwitches(guest, { testSigning: true });
    if (!loadsAll(library, bundle, switched)) return guest;
    testSigning = true;
    return switched;
  });
  return { guests: chosen, testSigning };
};

/** A bundle from before signing, as it would be once it is signed by someone whom the guests trust. */
export const asIfSigned = (library: PackageLibrary): PackageLibrary => ({
  images: Object.fromEntries(Object.entries(library.images).map(([key, image]) => [key, { ...image, loads: {} }])),
  packages: Object.fromEntries(
    Object.entries(library.packages).map(([key, facts]) => [key, { ...facts, signatures: {} }]),
  ),
});

/** Members that are missing for the PV path, and whose they were rehearsed with (xen-pv 1.3). */
export const missingDrivers = (
  library: PackageLibrary,
  { packages }: RehearsedBundle,
  completion?: Completion,
): readonly Diagnostic[] => {
  const have = new Set(packages.map((key) => library.packages[key]?.driver));
  const needed = PARENTS.flatMap(([driver, parent]) =>
    have.has(driver) && !have.has(parent) ? [[driver, parent]] : [],
  );
  const instead =
    completion === undefined
      ? '.'
      : `: it was rehearsed with ${completion.drivers.join(' and ')} of ${completion.label}, the newest release known that goes with it.`;
  return needed.map(([driver, parent]) =>
    problem('EMULATOR_INCOMPLETE', `The release has ${driver} and no ${parent}, which lists its devices${instead}`, {
      severity: 'warning',
      hint: `Rehearse it together with the ${parent} that it goes with.`,
    }),
  );
};
