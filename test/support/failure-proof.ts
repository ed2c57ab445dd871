import { describe, expect, test } from 'vitest';
import type { Severity } from '../../core/errors.ts';
import { type FilesRehearsal, rehearseFiles } from '../../emulator/rehearse-files.ts';
import type { Scenario } from '../../emulator/scenarios/contract.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { guestNamed, REHEARSAL_TIME, releaseFiles, scenarioNamed } from './rehearsal.ts';

/** A release, a guest or a state of a machine that has one fault, and the good one beside it. */
export interface FailureProof {
  /** The row of the failure-mode table: `F37`. */
  readonly mode: string;
  readonly what: string;
  /** Where it has to be caught. */
  readonly caught: readonly ('static' | 'emulated')[];
  /** The release with the fault. */
  readonly bad: () => readonly CheckedFile[];
  /** The one beside it; winpv's own when not given. */
  readonly good?: () => readonly CheckedFile[];
  /** Ids of guests; one current Windows when not given. */
  readonly guests?: readonly string[];
  /** Ids of scenarios, or scenarios of the proof's own; `fresh-install` when not given. */
  readonly scenarios?: readonly (string | Scenario)[];
  /** For the good one, when the fault is in what happens to the machine. */
  readonly goodScenarios?: readonly (string | Scenario)[];
  /** Releases that the machine has before. */
  readonly from?: readonly (() => readonly CheckedFile[])[];
  /** Warnings that both have by their age: `F32`, for co-installers. */
  readonly ofAge?: readonly string[];
  /** Of its findings; `error` when not given. */
  readonly severity?: Severity;
}

const scenarioOf = (one: string | Scenario): Scenario => (typeof one === 'string' ? scenarioNamed(one) : one);

const rehearsed = (
  { guests = ['windows-10-22h2-x64'], from = [] }: FailureProof,
  files: readonly CheckedFile[],
  scenarios: readonly (string | Scenario)[],
): FilesRehearsal =>
  rehearseFiles({
    bundle: { label: 'release', files, trust: [] },
    before: from.map((make, index) => ({ label: `before ${index + 1}`, files: make(), trust: [] })),
    guests: guests.map(guestNamed),
    scenarios: scenarios.map(scenarioOf),
    nowMs: REHEARSAL_TIME,
    shown: (path) => path,
    asked: true,
  });

const named = (
  findings: readonly { readonly failureMode?: string; readonly severity: Severity }[],
  ofAge: readonly string[],
): readonly string[] =>
  findings.flatMap(({ failureMode, severity }) =>
    failureMode === undefined || severity === 'info' || (severity === 'warning' && ofAge.includes(failureMode))
      ? []
      : [failureMode],
  );

const modesOf = ({ runs, findings }: FilesRehearsal, ofAge: readonly string[] = []) => ({
  static: [...new Set(named(findings, ofAge))].sort(),
  emulated: [...new Set(runs.flatMap((run) => named(run.findings, ofAge)))].sort(),
});

/** Each fault is told by its failure mode and no other, where it has to be; the good one beside it by none. */
export const describeProofs = (title: string, proofs: readonly FailureProof[]): void => {
  describe(title, () => {
    test.each(proofs)('$mode: $what', { timeout: 60_000 }, (proof) => {
      const { mode, caught, bad, good = releaseFiles, scenarios = ['fresh-install'], severity = 'error' } = proof;
      const found = rehearsed(proof, bad(), scenarios);
      const modes = modesOf(found, proof.ofAge);
      expect([...new Set([...modes.static, ...modes.emulated])]).toEqual([mode]);
      for (const where of caught) expect(modes[where]).toEqual([mode]);
      const all = [...found.findings, ...found.runs.flatMap((run) => run.findings)];
      const worst = all.filter((one) => one.failureMode === mode).map((one) => one.severity);
      expect(worst).toContain(severity);
      const sound = rehearsed(proof, good(), proof.goodScenarios ?? scenarios);
      expect(modesOf(sound, proof.ofAge)).toEqual({ static: [], emulated: [] });
      expect(sound.runs.length).toBeGreaterThan(0);
      expect(sound.runs.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    });
  });
};
