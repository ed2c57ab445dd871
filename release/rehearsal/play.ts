import { WinpvError } from '../../core/errors.ts';
import type { Reporter, Timer } from '../../core/ports.ts';
import type { Choice } from '../../emulator/choose.ts';
import type { PlayedRun, RehearsalRequest } from '../../emulator/rehearse.ts';
import type { RunResult } from '../../emulator/scenarios/contract.ts';

/** Runs are played in one piece for this long; then whoever interrupts is listened to. */
const PIECE_MS = 100;

export interface PlayPorts {
  readonly reporter: Reporter;
  readonly timer: Timer;
  readonly elapsedMs: () => number;
}

export interface Played<T> {
  /** How it is named to people. */
  readonly step: string;
  readonly runs: Iterable<T>;
  readonly total: number;
  readonly unit: string;
}

/** Plays something step by step, tells how far it is, and lets go of the machine in between. */
export const playAll = async <T>(
  { reporter, timer, elapsedMs }: PlayPorts,
  { step, runs, total, unit }: Played<T>,
  each: (run: T, index: number) => number,
): Promise<void> => {
  const start = elapsedMs();
  reporter.emit({ kind: 'step.started', step });
  let last = start;
  let index = 0;
  for (const run of runs) {
    const done = each(run, index);
    index += 1;
    if (elapsedMs() - last < PIECE_MS) continue;
    reporter.emit({ kind: 'progress', step, done, total, unit });
    await timer.wait(0);
    last = elapsedMs();
  }
  reporter.emit({ kind: 'step.finished', step, elapsedMs: elapsedMs() - start });
};

/** Plays a rehearsal; a run is handed on while it is there, for it is too large to be kept. */
export const playRehearsal = async (
  ports: PlayPorts,
  { step, runs, request }: Pick<Played<PlayedRun>, 'step' | 'runs'> & { readonly request: RehearsalRequest },
  onRun: (played: PlayedRun) => void,
): Promise<readonly RunResult[]> => {
  const results: RunResult[] = [];
  const total = request.guests.length * request.scenarios.length;
  await playAll(ports, { step, runs, total, unit: 'scenarios' }, (played) => {
    results.push(played.result);
    onRun(played);
    return played.done;
  });
  return results;
};

/** What was chosen by names. @throws WinpvError CHECK_GUEST_UNKNOWN, CHECK_SCENARIO_UNKNOWN with every unknown name */
export const chosenOf = <T>({ chosen, unknown }: Choice<T>): readonly T[] => {
  if (unknown.length === 0) return chosen;
  const diagnostics = unknown.map(({ code, message, hint }) => ({
    ...{ code, message, hint, severity: 'error' as const },
  }));
  throw WinpvError.of(diagnostics);
};
