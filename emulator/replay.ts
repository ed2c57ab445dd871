import { WinpvError } from '../core/errors.ts';
import type { RunResult } from './scenarios/contract.ts';
import { judgeRun } from './scenarios/judge.ts';
import { Run } from './scenarios/run.ts';
import { sameValue } from './shared-values.ts';
import type { SavedRun, Transcript } from './transcript-read.ts';

/** Where a replay is not what was saved. */
export interface Difference {
  readonly guest: string;
  readonly scenario: string;
  readonly what: 'outputs' | 'survey' | 'findings' | 'verdict' | 'boots';
  /** The first step whose outputs differ, from 1, and which event it was. */
  readonly step?: number;
  readonly stage?: string;
  readonly event?: string;
  /** The first thing that is different, as it was saved and as it is now; undefined for what is not there. */
  readonly saved: unknown;
  readonly now: unknown;
}

export interface ReplayedRun {
  readonly result: RunResult;
  readonly run: Run;
  readonly differences: readonly Difference[];
}

/**
 * Plays the events of every run again, and judges them again: one run whenever the next is asked for.
 * @throws WinpvError CHECK_TRANSCRIPT for a run that cannot be played
 */
export function* replay(transcript: Transcript, file: string): Generator<ReplayedRun, undefined> {
  for (const saved of transcript.runs) yield playedAgain(saved, transcript, file);
}

const playedAgain = (saved: SavedRun, { rehearsal }: Transcript, file: string): ReplayedRun => {
  const guest = rehearsal.guests.find(({ id }) => id === saved.guest);
  if (guest === undefined) throw unplayable(saved, file, 'its guest is not among those of the rehearsal');
  try {
    const run = new Run({ ...rehearsal, guest }, saved.begin);
    playSteps(run, saved);
    const result = judgeRun(run, saved.scenario);
    return { result, run, differences: [...compared(run, saved), ...comparedResults(result, saved)] };
  } catch (error) {
    // Everything here comes from a file: what is not what it says shows as an error of any kind.
    if (error instanceof TypeError || error instanceof RangeError) throw unplayable(saved, file, error.message);
    throw error;
  }
};

const unplayable = ({ scenario, guest }: SavedRun, file: string, why: string): WinpvError =>
  new WinpvError('CHECK_TRANSCRIPT', `The run ${scenario} on ${guest} cannot be played again: ${why}.`, {
    at: { file },
    hint: 'Save it again with `winpv check --save`.',
  });

/** The machine is looked at where it was looked at before. */
const playSteps = (run: Run, { steps, checkpoints }: SavedRun): void => {
  const look = (after: number): void => {
    for (const { stage, expected } of checkpoints.filter((one) => one.after === after)) {
      run.stage = stage;
      run.expect(expected);
    }
  };
  look(0);
  for (const [index, { stage, event }] of steps.entries()) {
    run.stage = stage;
    run.play(event);
    look(index + 1);
  }
};

const firstDifferent = (saved: readonly unknown[], now: readonly unknown[]) => {
  for (let index = 0; index < Math.max(saved.length, now.length); index += 1) {
    if (!sameValue(saved[index], now[index])) return { saved: saved[index], now: now[index] };
  }
  return undefined;
};

/** The first step that went another way; what comes after it follows from it. */
const compared = (run: Run, saved: SavedRun): readonly Difference[] => {
  const { guest, scenario } = saved;
  for (const [index, { outputs, stage, event }] of saved.steps.entries()) {
    const different = firstDifferent(outputs, run.steps[index]?.outputs ?? []);
    if (different === undefined) continue;
    return [{ guest, scenario, what: 'outputs', step: index + 1, stage, event: event.kind, ...different }];
  }
  for (const [index, { survey, stage }] of saved.checkpoints.entries()) {
    const now = run.checkpoints[index]?.survey;
    if (!sameValue(survey, now)) return [{ guest, scenario, what: 'survey', stage, saved: survey, now }];
  }
  return [];
};

const comparedResults = (now: RunResult, { guest, scenario, ...saved }: SavedRun): readonly Difference[] => {
  const findings = firstDifferent(saved.findings, now.findings);
  return [
    ...(findings === undefined ? [] : [{ guest, scenario, what: 'findings' as const, ...findings }]),
    ...(['verdict', 'boots'] as const).flatMap((what) =>
      saved[what] === now[what] ? [] : [{ guest, scenario, what, saved: saved[what], now: now[what] }],
    ),
  ];
};
