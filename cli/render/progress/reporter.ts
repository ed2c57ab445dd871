import type { Diagnostic } from '../../../core/errors.ts';
import type { Reporter } from '../../../core/ports.ts';
import type { Io } from '../../io.ts';
import type { OutputOptions } from '../../outcome.ts';
import { githubAnnotation } from '../github.ts';
import { liveLine } from './live.ts';
import { GITHUB_FOLD, GITLAB_FOLD, logLines } from './log.ts';

/** Tells stages as they go; `end` before anything else is said. */
export interface ConsoleReporter extends Reporter {
  end(): void;
}

/** One line of `--events`: the type first, then when, in milliseconds since the start of winpv. */
const eventLine = (io: Io, type: string, content: object): string =>
  `${JSON.stringify({ type, atMs: Math.round(io.elapsedMs()), ...content })}\n`;

const nothing = (): void => undefined;

const ndjson = (io: Io): ConsoleReporter => ({
  emit: ({ kind, ...content }) => io.stderr.write(eventLine(io, kind, content)),
  end: nothing,
});

/** Findings as `--events` tells them. */
export const diagnosticEvents = (io: Io, diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map((diagnostic) => eventLine(io, 'diagnostic', diagnostic)).join('');

const isSet = (value: string | undefined): boolean => value !== undefined && !['', 'false', '0'].includes(value);

/** The service that runs a job, by the variables that it sets. */
type Service = 'github' | 'gitlab' | 'other' | undefined;

const serviceOf = ({ env }: Io): Service => {
  if (isSet(env.GITHUB_ACTIONS)) return 'github';
  if (isSet(env.GITLAB_CI)) return 'gitlab';
  return isSet(env.CI) ? 'other' : undefined;
};

/** A finding as a line that the service shows beside the file; undefined where the service has no such thing. */
export const serviceAnnotations = (io: Io, diagnostics: readonly Diagnostic[]): readonly string[] =>
  serviceOf(io) === 'github' ? diagnostics.map(githubAnnotation) : [];

const FOLDS = { github: GITHUB_FOLD, gitlab: GITLAB_FOLD } as const;

/**
 * Where progress goes: NDJSON with `--events`, nothing with `--quiet` or `--json`, a line that moves on a terminal, otherwise
 * plain lines on stderr, folded where the service that runs the job can.
 */
export const reporterFor = (io: Io, output: OutputOptions): ConsoleReporter => {
  if (output.events) return ndjson(io);
  if (output.quiet || output.json) return { emit: nothing, end: nothing };
  const service = serviceOf(io);
  if (service === undefined && io.stderr.isTerminal) return liveLine(io, output.verbose);
  const fold = service === undefined || service === 'other' ? undefined : FOLDS[service];
  return logLines(io, {
    stages: output.verbose || service !== undefined,
    heartbeat: service !== undefined,
    ...(fold === undefined ? {} : { fold }),
  });
};
