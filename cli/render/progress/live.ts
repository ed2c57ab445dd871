import type { ReportEvent } from '../../../core/ports.ts';
import type { Io } from '../../io.ts';
import type { ConsoleReporter } from './reporter.ts';
import { Steps, stepText } from './steps.ts';

/** As often as an eye can follow. */
const EVERY_MS = 100;
/** Terminals are wider than this, with few exceptions. */
const WIDTH = 78;
const BAR = 12;

const bar = (done: number, total: number): string => {
  const full = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * BAR);
  return total === 0 ? '' : `${'█'.repeat(full)}${'░'.repeat(BAR - full)} `;
};

/** One line at the foot of a terminal that tells what goes on, and is gone when something is said or all is done. */
export const liveLine = (io: Io, verbose: boolean): ConsoleReporter => {
  const steps = new Steps();
  const ascii = io.env.TERM === 'dumb';
  let shown = 0;
  let told = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (shown > 0) io.stderr.write(`\r${' '.repeat(shown)}\r`);
    shown = 0;
  };
  const say = (line: string): void => {
    clear();
    io.stderr.write(`${line}\n`);
  };
  const draw = (): void => {
    const now = io.elapsedMs();
    const state = steps.current();
    if (state === undefined || now - told < EVERY_MS) return;
    told = now;
    const beside = steps.others();
    const more = beside === 0 ? '' : ` (+${beside})`;
    const picture = ascii ? '' : bar(state.done, state.total);
    const text = `${picture}${stepText(state, now)}${more}`.slice(0, WIDTH);
    clear();
    io.stderr.write(text);
    shown = text.length;
  };
  return {
    emit: (event: ReportEvent) => {
      steps.take(event, io.elapsedMs());
      if (event.kind === 'note') say(event.message);
      else if (event.kind === 'step.finished' && verbose) say(`${event.step} (${event.elapsedMs.toFixed(0)} ms)`);
      draw();
      if (steps.current() === undefined) clear();
    },
    end: clear,
  };
};
