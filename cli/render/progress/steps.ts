import type { ReportEvent } from '../../../core/ports.ts';

/** How far a stage is. */
export interface StepState {
  readonly step: string;
  /** Milliseconds on winpv's own clock. */
  readonly since: number;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

/** The stages that are going on, and how many are over: several may go on side by side. */
export class Steps {
  readonly #going = new Map<string, StepState>();
  #last: string | undefined;
  finished = 0;

  take(event: ReportEvent, now: number): void {
    if (event.kind === 'note') return;
    const { step } = event;
    if (event.kind === 'step.finished') {
      this.#going.delete(step);
      this.finished += 1;
      return;
    }
    const since = this.#going.get(step)?.since ?? now;
    const { done, total, unit } = event.kind === 'progress' ? event : { done: 0, total: 0, unit: '' };
    this.#going.set(step, { step, since, done, total, unit });
    this.#last = step;
  }

  /** The stage that was heard of last; undefined when none goes on. */
  current(): StepState | undefined {
    return this.#going.get(this.#last ?? '') ?? [...this.#going.values()].at(-1);
  }

  others(): number {
    return Math.max(0, this.#going.size - 1);
  }
}

const MIB = 1024 * 1024;

const amount = (value: number, unit: string): string => (unit === 'bytes' ? (value / MIB).toFixed(1) : String(value));
const unitWord = (unit: string): string => (unit === 'bytes' ? 'MiB' : unit);

/** `3 s`, `2 min`, `1 h 5 min` */
export const duration = (ms: number): string => {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** What is left is guessed from what is done; not before enough of it is. */
const LEAST_DONE = 0.05;
const LEAST_MS = 1000;

const timeLeft = ({ done, total, since }: StepState, now: number): string => {
  const gone = now - since;
  if (done >= total || done < total * LEAST_DONE || gone < LEAST_MS) return '';
  return `, about ${duration((gone * (total - done)) / done)} left`;
};

/** `acme: rehearse: 45 of 120 runs, about 3 s left` */
export const stepText = (state: StepState, now: number): string => {
  const { step, done, total, unit } = state;
  if (total === 0) return step;
  return `${step}: ${amount(done, unit)} of ${amount(total, unit)} ${unitWord(unit)}${timeLeft(state, now)}`;
};
