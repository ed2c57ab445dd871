import type { Diagnostic } from '../../core/errors.ts';
import type { ReportEvent, Reporter } from '../../core/ports.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../outcome.ts';

/** One line of `--events`: the type first, then when, in milliseconds since the start of winpv. */
const eventLine = (io: Io, type: string, content: object): string =>
  `${JSON.stringify({ type, atMs: Math.round(io.elapsedMs()), ...content })}\n`;

const ndjson = (io: Io): Reporter => ({
  emit: ({ kind, ...content }) => io.stderr.write(eventLine(io, kind, content)),
});

/** Findings as `--events` tells them. */
export const diagnosticEvents = (io: Io, diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map((diagnostic) => eventLine(io, 'diagnostic', diagnostic)).join('');

const silent: Reporter = { emit: () => undefined };

const line = (event: ReportEvent, verbose: boolean): string | undefined => {
  switch (event.kind) {
    case 'note':
      return event.message;
    case 'step.finished':
      return verbose ? `${event.step} (${event.elapsedMs.toFixed(0)} ms)` : undefined;
    default:
      return undefined;
  }
};

/** How often progress is told: a terminal shows it in one line, a log gets a line of its own each time. */
const EVERY_MS = { terminal: 100, log: 10_000 } as const;

const plainLines = (io: Io, verbose: boolean): Reporter => {
  const { isTerminal } = io.stderr;
  let told = io.elapsedMs();
  let shown = '';
  const clear = (): void => {
    if (shown !== '') io.stderr.write(`\r${' '.repeat(shown.length)}\r`);
    shown = '';
  };
  return {
    emit: (event) => {
      if (event.kind === 'progress') {
        const now = io.elapsedMs();
        if (now - told < (isTerminal ? EVERY_MS.terminal : EVERY_MS.log)) return;
        told = now;
        clear();
        const text = `${event.step}: ${event.done} of ${event.total} ${event.unit}`;
        io.stderr.write(isTerminal ? text : `${text}\n`);
        shown = isTerminal ? text : '';
        return;
      }
      if (event.kind === 'step.finished') clear();
      const text = line(event, verbose);
      if (text === undefined) return;
      clear();
      io.stderr.write(`${text}\n`);
    },
  };
};

/** Where progress goes: NDJSON with `--events`, nothing with `--quiet`, otherwise plain lines on stderr. */
export const reporterFor = (io: Io, output: OutputOptions): Reporter => {
  if (output.events) return ndjson(io);
  return output.quiet ? silent : plainLines(io, output.verbose);
};
