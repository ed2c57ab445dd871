import type { Diagnostic } from '../../core/errors.ts';
import { scenarioOf } from '../../emulator/finding-groups.ts';
import type { RunResult } from '../../emulator/scenarios/contract.ts';

/** What a rehearsal came to, for every form that it is told in. */
export interface CheckReport {
  /** What was rehearsed. */
  readonly title: string;
  readonly verdict: 'pass' | 'fail';
  readonly runs: readonly RunResult[];
  /** What was told without running anything, and what has to be known. */
  readonly findings: readonly Diagnostic[];
  /** What else is to be said. */
  readonly note?: string;
}

export type Cell = 'pass' | 'warn' | 'fail' | 'none';

export interface CheckMatrix {
  readonly guests: readonly string[];
  readonly scenarios: readonly {
    readonly id: string /** The most runs that a guest has of it. */;
    readonly runs: number;
  }[];
  readonly cell: (scenario: string, guest: string) => Cell;
  /** Runs of a cell that fail, and all of them. */
  readonly counts: (scenario: string, guest: string) => readonly [failed: number, all: number];
}

interface Tally {
  runs: number;
  failed: number;
  warned: number;
}

const warns = ({ findings }: RunResult): boolean => findings.some(({ severity }) => severity === 'warning');

/** Scenario × guest; a cell is as bad as the worst of its runs. Linear in the runs. */
export const matrixOf = (runs: readonly RunResult[]): CheckMatrix => {
  const tallies = new Map<string, Tally>();
  for (const run of runs) {
    const key = `${scenarioOf(run)} ${run.guest}`;
    const tally = tallies.get(key) ?? { runs: 0, failed: 0, warned: 0 };
    tally.runs += 1;
    tally.failed += run.verdict === 'fail' ? 1 : 0;
    tally.warned += warns(run) ? 1 : 0;
    tallies.set(key, tally);
  }
  const guests = [...new Set(runs.map(({ guest }) => guest))];
  const tallyOf = (scenario: string, guest: string) => tallies.get(`${scenario} ${guest}`);
  return {
    guests,
    scenarios: [...new Set(runs.map(scenarioOf))].map((id) => ({
      id,
      runs: Math.max(...guests.map((guest) => tallyOf(id, guest)?.runs ?? 0)),
    })),
    cell: (scenario, guest) => {
      const tally = tallyOf(scenario, guest);
      if (tally === undefined) return 'none';
      if (tally.failed > 0) return 'fail';
      return tally.warned > 0 ? 'warn' : 'pass';
    },
    counts: (scenario, guest) => {
      const tally = tallyOf(scenario, guest);
      return [tally?.failed ?? 0, tally?.runs ?? 0];
    },
  };
};

/** `3 of 2215 runs fail` */
export const countsOf = ({ runs }: CheckReport) => ({
  runs: runs.length,
  failed: runs.filter(({ verdict }) => verdict === 'fail').length,
});
