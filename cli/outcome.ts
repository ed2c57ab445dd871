import type { Diagnostic } from '../core/errors.ts';
import type { Reporter } from '../core/ports.ts';
import type { Io } from './io.ts';

/** What a command answers: the object for `--json`, the lines for people, and what was found on the way. */
export interface Outcome {
  readonly result: unknown;
  readonly text: readonly string[];
  readonly diagnostics?: readonly Diagnostic[];
  /** Set when a check failed: its code decides the exit code, and the result is still shown. */
  readonly failure?: Diagnostic;
  /**
   * Set when the text tells the findings itself, so that they are not written to stderr too. `document`: a form that was
   * asked for (SARIF, JUnit), which is printed even with `--quiet`.
   */
  readonly textTells?: 'findings' | 'document';
  /** Findings that the text counts; they are written to stderr only with `--verbose`. */
  readonly counted?: (finding: Diagnostic) => boolean;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly events: boolean;
}

/** What a command body gets: the machine, how to talk, and where progress goes. */
export interface Context {
  readonly io: Io;
  readonly output: OutputOptions;
  readonly reporter: Reporter;
}
