import type { ReportEvent } from '../../../core/ports.ts';
import type { Io } from '../../io.ts';
import type { ConsoleReporter } from './reporter.ts';
import { duration, Steps, stepText } from './steps.ts';

/** A log gets a line of its own each time. */
const EVERY_MS = 10_000;
/** Services that run jobs end those that say nothing for some minutes. */
const HEARTBEAT_MS = 60_000;

/** What a service folds: everything that a command says of its stages. */
export interface Fold {
  open(title: string, atSeconds: number): string;
  close(atSeconds: number): string;
}

/** Workflow commands of GitHub Actions. */
export const GITHUB_FOLD: Fold = { open: (title) => `::group::${title}\n`, close: () => '::endgroup::\n' };

/** Sections of a GitLab job's log (GitLab, job logs, custom collapsible sections). */
export const GITLAB_FOLD: Fold = {
  open: (title, at) => `\x1b[0Ksection_start:${at}:winpv[collapsed=true]\r\x1b[0K${title}\n`,
  close: (at) => `\x1b[0Ksection_end:${at}:winpv\r\x1b[0K\n`,
};

export interface LogOptions {
  /** Each stage that is over gets a line. */
  readonly stages: boolean;
  /** A line when nothing was said for a minute. */
  readonly heartbeat: boolean;
  readonly fold?: Fold;
}

/** Plain lines, each whole: for files, pipes and the logs of jobs. */
export const logLines = (io: Io, { stages, heartbeat, fold }: LogOptions): ConsoleReporter => {
  const steps = new Steps();
  let said = io.elapsedMs();
  let isOpen = false;
  let isOver = false;
  const seconds = (): number => Math.floor(io.clock.now() / 1000);
  const write = (line: string): void => {
    if (fold !== undefined && !isOpen) io.stderr.write(fold.open(`winpv ${io.argv[0] ?? ''}`.trim(), seconds()));
    isOpen = true;
    said = io.elapsedMs();
    io.stderr.write(`${line}\n`);
  };
  const beat = async (): Promise<void> => {
    while (!isOver) {
      await io.timer.wait(HEARTBEAT_MS);
      const now = io.elapsedMs();
      const state = steps.current();
      if (!isOver && state !== undefined && now - said >= HEARTBEAT_MS)
        write(`${stepText(state, now)} (still at it, ${duration(now - state.since)})`);
    }
  };
  if (heartbeat) void beat();
  return {
    emit: (event: ReportEvent) => {
      const now = io.elapsedMs();
      steps.take(event, now);
      if (event.kind === 'note') write(event.message);
      else if (event.kind === 'step.finished' && stages) write(`${event.step} (${event.elapsedMs.toFixed(0)} ms)`);
      else if (event.kind === 'progress' && now - said >= EVERY_MS) {
        const state = steps.current();
        if (state !== undefined) write(stepText(state, now));
      }
    },
    end: () => {
      if (isOpen && !isOver && fold !== undefined) io.stderr.write(fold.close(seconds()));
      isOver = true;
    },
  };
};
