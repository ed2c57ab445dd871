/** What runs on a thread of `rehearsal-workers.ts`: takes one rehearsal after the other, and answers. */
import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { ReportEvent } from '../../core/ports.ts';
import type { RehearsalJob } from '../../release/rehearsal/rehearsals.ts';
import { type BrandRehearsal, rehearseBrand } from '../../release/rehearsal/rehearse-brand.ts';
import { diskFiles } from './files.ts';
import { systemTimer } from './machine.ts';

export interface RehearsalTask {
  readonly job: RehearsalJob;
  readonly packageRoot: string;
}

export type RehearsalAnswer =
  | { readonly kind: 'event'; readonly event: ReportEvent }
  | { readonly kind: 'rehearsed'; readonly rehearsal: BrandRehearsal }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

const answer = (message: RehearsalAnswer): void => parentPort?.postMessage(message);

/** An error that is no finding is a bug, and ends the thread: whoever waits is told. */
const rehearse = async ({ job, packageRoot }: RehearsalTask): Promise<void> => {
  try {
    const rehearsal = await rehearseBrand(job, {
      ...{ files: diskFiles, packageRoot, timer: systemTimer, elapsedMs: () => performance.now() },
      reporter: { emit: (event) => answer({ kind: 'event', event }) },
    });
    answer({ kind: 'rehearsed', rehearsal });
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    answer({ kind: 'refused', diagnostics: error.diagnostics });
  }
};

/** One after the other: the next task is here before the one that is played has been answered. */
let played = Promise.resolve();
parentPort?.on('message', (task: RehearsalTask) => {
  played = played.then(() => rehearse(task));
});
