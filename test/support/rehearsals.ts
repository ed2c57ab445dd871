import { performance } from 'node:perf_hooks';
import { systemTimer } from '../../cli/adapters/machine.ts';
import type { LoadPorts } from '../../release/project/load.ts';
import type { Rehearsals } from '../../release/rehearsal/rehearsals.ts';

/** Rehearsals one after the other in this process: threads run compiled code only, and files may be those of a test. */
export const rehearsalsHere = (ports: LoadPorts): Rehearsals => ({
  width: 1,
  prepare: () => undefined,
  rehearse: async (job, onEvent) => {
    const { rehearseBrand } = await import('../../release/rehearsal/rehearse-brand.ts');
    const reporter = { emit: onEvent };
    return rehearseBrand(job, { ...ports, reporter, timer: systemTimer, elapsedMs: () => performance.now() });
  },
  forecast: async (job) => {
    const { forecastPublication } = await import('../../release/publication/forecast.ts');
    const { readTemplates } = await import('../../release/project/known-templates.ts');
    return forecastPublication({ ...job, templates: await readTemplates(ports) });
  },
  close: async () => undefined,
});
