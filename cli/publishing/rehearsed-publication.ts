import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { PublicationForecast } from '../../release/publication/forecast.ts';
import type { ForecastAhead } from '../../release/publication/publication.ts';
import type { Io } from '../io.ts';

export interface RehearsedRelease {
  readonly forecast?: PublicationForecast;
  readonly text: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Why it cannot be published as its project means to. */
  readonly failure?: Diagnostic;
}

export interface ReleasedProject {
  readonly project: string;
  readonly out: string;
  /** Choices that make less of it than the project has: that is not what its labels are for. */
  readonly choices: readonly unknown[];
  /** What was forecast while the release was made. */
  readonly ahead?: ForecastAhead | undefined;
}

/** The release stands; what publishing it would do, as its project asks, is told beside it. */
export const rehearsedPublication = async (
  io: Io,
  { project, out, choices, ahead }: ReleasedProject,
): Promise<RehearsedRelease> => {
  if (choices.some((choice) => choice !== undefined)) return { text: [], diagnostics: [] };
  const { loadProject } = await import('../../release/project/project.ts');
  const { rehearsePublication } = await import('../../release/publication/publication.ts');
  try {
    const done = await rehearsePublication(await loadProject(io.files, project), out, { ...io, ahead });
    if (done === undefined) return { text: [], diagnostics: [] };
    const { forecastLines } = await import('../render/publication.ts');
    const { forecast, labelWarnings, diagnostics } = done;
    const more =
      labelWarnings === 0 ? [] : [`  Warnings about the labels: ${labelWarnings}; \`winpv label check\` tells them.`];
    return { text: [...forecastLines(forecast), ...more], forecast, diagnostics };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const [failure, ...diagnostics] = error.diagnostics;
    const text = ['The release stands, but it cannot be published as its labels say.'];
    return failure === undefined ? { text, diagnostics } : { text, diagnostics, failure };
  }
};
