import type { Templates } from '../history/historic-package.ts';
import type { PackageLibrary } from '../package/facts.ts';
import type { RehearsedBundle } from '../scenarios/contract.ts';
import type { FleetOutcome, FleetState } from './outcome-model.ts';

export type { FleetFinding, FleetOutcome, FleetState, FleetStateDevice, FleetVerdict } from './outcome-model.ts';

/** What machines of a fleet have or may be offered. */
export interface FleetStock {
  /** All packages, compiled for every guest; their signatures are those that the labels promise. */
  readonly library: PackageLibrary;
  /** The releases that were handed in: those offered, and those that machines may have. */
  readonly releases: readonly RehearsedBundle[];
  /** winpv's own INF templates, which the releases that it knows are made from. */
  readonly templates?: Templates;
}

/** Rehearses states, each distinct one once. */
export interface FleetRehearsal {
  readonly outcomeOf: (state: FleetState) => FleetOutcome;
  /** How many distinct states were rehearsed. */
  readonly rehearsed: () => number;
}
