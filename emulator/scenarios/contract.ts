import type { ErrorCode } from '../../core/error-codes.ts';
import type { Severity } from '../../core/errors.ts';
import type { GuestEvent, GuestOutput } from '../guest/events.ts';
import type { GuestSpec } from '../guest/guest.ts';
import type { World } from '../guest/world.ts';
import type { PackageLibrary } from '../package/facts.ts';
import type { Run } from './run.ts';

/** The packages of one release as a scenario uses them. */
export interface RehearsedBundle {
  /** `new`, or the name of what it came from: `8.2.1`, a folder given with `--from`. */
  readonly label: string;
  /** Keys of its packages, in the order in which setup programs install them: the bus last but for what hangs on it. */
  readonly packages: readonly string[];
  /** Given by the user, and not one of the releases that winpv knows. */
  readonly given?: boolean;
  /** Keys of those among its packages that it lacks, and that a known release lent it. */
  readonly lent?: readonly string[];
}

/** What a scenario has to work with. */
export interface ScenarioInput {
  readonly guest: GuestSpec;
  /** All that the release is tried in: a long scenario may leave out those that are like another. */
  readonly guests: readonly GuestSpec[];
  readonly library: PackageLibrary;
  /** The release that is rehearsed. */
  readonly bundle: RehearsedBundle;
  /** Releases that machines may have now: those that winpv knows, and those given. */
  readonly before: readonly RehearsedBundle[];
}

/** One way through the life of a machine. */
export interface Scenario {
  /** `upgrade-in-place`; begins with a word of the contract (cli-contract 5). */
  readonly id: string;
  /** One line for people. */
  readonly summary: string;
  /** Whether it says anything for this guest and bundle. */
  readonly applies: (input: ScenarioInput) => boolean;
  /** One run, or one for each release that a machine may have before; `variant` tells them apart. */
  readonly runs: (input: ScenarioInput) => readonly ScenarioRun[];
}

export interface ScenarioRun {
  /** Appended to the scenario's id after a `:`; empty for the only one. */
  readonly variant: string;
  /** The machine that it begins with. */
  readonly begin: World;
  readonly play: (run: Run) => void;
}

/** Something that a run found, with the event that it comes from. */
export interface Finding {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly message: string;
  readonly failureMode?: string;
  /** What to do. */
  readonly hint?: string;
  /** What happened that broke it. */
  readonly event?: GuestOutput;
  /** The step of the run in which it did, counted from 1. */
  readonly step?: { readonly number: number; readonly stage: string; readonly event: GuestEvent };
}

export interface RunResult {
  readonly guest: string;
  readonly scenario: string;
  readonly verdict: 'pass' | 'fail';
  readonly findings: readonly Finding[];
  readonly boots: number;
}
