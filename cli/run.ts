import { ERROR_CODES, type ExitCode } from '../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../core/errors.ts';
import type { Io } from './io.ts';
import type { Context, Outcome, OutputOptions } from './outcome.ts';
import { renderDiagnostics } from './render/diagnostics.ts';
import { diagnosticEvents, reporterFor, serviceAnnotations } from './render/progress/reporter.ts';
import { paintFor } from './render/style.ts';

interface Answer {
  readonly ok: boolean;
  readonly command: string;
  readonly result?: unknown;
  readonly error?: Diagnostic;
  readonly diagnostics: readonly Diagnostic[];
}

const printJson = (io: Io, answer: Answer): void => io.stdout.write(`${JSON.stringify(answer, jsonValue)}\n`);

const jsonValue = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

const diagnosticLines = (io: Io, diagnostics: readonly Diagnostic[]): readonly string[] => {
  const paint = paintFor(io, io.stderr);
  const [only] = diagnostics;
  if (diagnostics.length !== 1 || only?.code !== 'INTERRUPTED') return renderDiagnostics(diagnostics, paint);
  // Whoever interrupts knows what happened: one line will do.
  return [`${paint('red', only.severity)} ${paint('bold', only.code)}  ${only.message}`];
};

/** With `--events` everything on stderr is NDJSON; with `--json` alone the findings are in the object on stdout. */
const printDiagnostics = (io: Io, output: OutputOptions, diagnostics: readonly Diagnostic[]): void => {
  if (output.events) io.stderr.write(diagnosticEvents(io, diagnostics));
  else if (!output.json && diagnostics.length > 0) {
    const lines = [...diagnosticLines(io, diagnostics), ...serviceAnnotations(io, diagnostics)];
    io.stderr.write(`${lines.join('\n')}\n`);
  }
};

/** What went wrong, as findings; anything that is not a WinpvError is a bug of ours and says so, without a stack for users. */
const findingsOf = (error: unknown, verbose: boolean): readonly Diagnostic[] => {
  if (error instanceof WinpvError) return error.diagnostics;
  const shown = error instanceof Error ? (verbose ? (error.stack ?? error.message) : error.message) : String(error);
  return [
    problem('INTERNAL', `winpv has a bug: ${shown}`, {
      hint: 'Please report it with the command line. --verbose shows where it happened.',
    }),
  ];
};

export const finishWithError = (io: Io, command: string, output: OutputOptions, error: unknown): ExitCode => {
  const diagnostics = findingsOf(error, output.verbose);
  const first = diagnostics[0] ?? problem('INTERNAL', 'An error without a finding.');
  if (output.json) printJson(io, { ok: false, command, error: first, diagnostics });
  printDiagnostics(io, output, diagnostics);
  return ERROR_CODES[first.code].exit;
};

export const finish = (io: Io, command: string, output: OutputOptions, outcome: Outcome): ExitCode => {
  const { result, text, failure, textTells, counted } = outcome;
  const diagnostics = [...(failure === undefined ? [] : [failure]), ...(outcome.diagnostics ?? [])];
  if (output.json) {
    printJson(io, { ok: failure === undefined, command, result, ...(failure && { error: failure }), diagnostics });
  } else if (text.length > 0 && (!output.quiet || failure !== undefined || textTells === 'document')) {
    io.stdout.write(`${text.join('\n')}\n`);
  }
  const all = textTells === undefined || output.events ? diagnostics : [];
  const untold = output.verbose || output.events ? all : all.filter((finding) => counted?.(finding) !== true);
  printDiagnostics(io, output, output.quiet ? untold.filter((d) => d.severity === 'error') : untold);
  return failure === undefined ? 0 : ERROR_CODES[failure.code].exit;
};

/** Runs a command's body and turns what it returns or throws into output and an exit code. */
export const runCommand = async (
  io: Io,
  command: string,
  output: OutputOptions,
  body: (context: Context) => Promise<Outcome>,
): Promise<ExitCode> => {
  const reporter = reporterFor(io, output);
  try {
    const outcome = await Promise.race([body({ io, output, reporter }), io.ended]);
    reporter.end();
    return finish(io, command, output, outcome);
  } catch (error) {
    reporter.end();
    return finishWithError(io, command, output, error);
  }
};

/** Waits until all is written; a result that did not get through is told on stderr, and is no success. */
export const finishOutput = async (io: Io, output: OutputOptions, exit: ExitCode): Promise<ExitCode> => {
  try {
    await io.stdout.flush();
    return exit;
  } catch (error) {
    const diagnostics = findingsOf(error, output.verbose);
    printDiagnostics(io, { ...output, json: false }, diagnostics);
    return exit === 0 ? ERROR_CODES[diagnostics[0]?.code ?? 'INTERNAL'].exit : exit;
  } finally {
    await io.stderr.flush().catch(() => undefined);
  }
};
