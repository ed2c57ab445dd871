/** What runs on a thread of `rehearsal-workers.ts`: takes one rehearsal after the other, and answers. */
import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { ReportEvent } from '../../core/ports.ts';
import type { LoadPorts } from '../../release/project/load.ts';
import type { Forecast } from '../../release/publication/forecast.ts';
import type { ForecastJob, RehearsalJob } from '../../release/rehearsal/rehearsals.ts';
import { type BrandRehearsal, rehearseBrand } from '../../release/rehearsal/rehearse-brand.ts';
import { diskFiles } from './files.ts';
import { systemTimer } from './machine.ts';

export type RehearsalTask = { readonly packageRoot: string } & (
  | { readonly kind: 'rehearse'; readonly job: RehearsalJob }
  | { readonly kind: 'forecast'; readonly job: ForecastJob }
);

export type RehearsalAnswer =
  | { readonly kind: 'event'; readonly event: ReportEvent }
  | { readonly kind: 'rehearsed'; readonly rehearsal: BrandRehearsal }
  | { readonly kind: 'forecast'; readonly forecast: Forecast }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

/** Loaded where a project asks for it. */
const forecastFor = async (job: ForecastJob, place: LoadPorts): Promise<Forecast> => {
  const { forecastPublication } = await import('../../release/publication/forecast.ts');
  const { readTemplates } = await import('../../release/project/known-templates.ts');
  return forecastPublication({ ...job, templates: await readTemplates(place) });
};

const answer = (message: RehearsalAnswer): void => parentPort?.postMessage(message);

/** An error that is no finding is a bug, and ends the thread: whoever waits is told. */
const carryOut = async (task: RehearsalTask): Promise<void> => {
  const place = { files: diskFiles, packageRoot: task.packageRoot };
  try {
    if (task.kind === 'forecast') {
      answer({ kind: 'forecast', forecast: await forecastFor(task.job, place) });
      return;
    }
    const rehearsal = await rehearseBrand(task.job, {
      ...{ ...place, timer: systemTimer, elapsedMs: () => performance.now() },
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
  played = played.then(() => carryOut(task));
});
