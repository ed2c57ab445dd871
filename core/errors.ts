import { ERROR_CODES, type ErrorCode, type ExitCode } from './error-codes.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Where something is: a file as the user named it (or absolute), and one of line/column (from 1) or byte offset (from 0). */
export interface SourcePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly offset?: number;
}

/** One finding, as people read it and as `--json` prints it. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly message: string;
  readonly at?: SourcePosition;
  readonly hint?: string;
  /** A row of the failure-mode table, for example `F19`. */
  readonly failureMode?: string;
  /** The documented InfVerif number, for example 1235. */
  readonly rule?: number;
  /** The source line the position points at, for the code frame; never a secret. */
  readonly excerpt?: string;
}

export type DiagnosticDetail = Omit<Diagnostic, 'code' | 'message' | 'severity'> & { readonly severity?: Severity };

/** Makes a finding. Severity is `error` unless said otherwise. */
export const problem = (code: ErrorCode, message: string, detail: DiagnosticDetail = {}): Diagnostic => {
  const { severity = 'error', ...rest } = detail;
  return { code, severity, message, ...rest };
};

export interface WinpvErrorDetail extends Omit<Diagnostic, 'code' | 'severity' | 'message'> {
  readonly cause?: unknown;
}

/**
 * The one error class: what, why, where, what to do. Throw it to stop; return `Diagnostic[]` to list.
 * Anything else that reaches the command line is a bug of winpv (exit 1).
 */
export class WinpvError extends Error {
  override readonly name = 'WinpvError';
  readonly code: ErrorCode;
  /** All findings that led to the stop; the first is the error itself. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ErrorCode, message: string, detail: WinpvErrorDetail = {}) {
    const { cause, ...rest } = detail;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.diagnostics = [problem(code, message, rest)];
  }

  get at(): SourcePosition | undefined {
    return this.diagnostics[0]?.at;
  }

  get exit(): ExitCode {
    return ERROR_CODES[this.code].exit;
  }

  /** Stops with a list of findings: the first error leads, and its code decides the exit code. */
  static of(diagnostics: readonly Diagnostic[], cause?: unknown): WinpvError {
    const errors = diagnostics.filter((d) => d.severity === 'error');
    const first = errors[0];
    if (first === undefined) throw new TypeError('WinpvError.of needs at least one finding of severity error');
    const error = new WinpvError(first.code, first.message, { cause });
    Object.defineProperty(error, 'diagnostics', {
      value: [first, ...diagnostics.filter((d) => d !== first)],
      enumerable: true,
    });
    return error;
  }
}

/** Throws when the list holds an error; otherwise returns the list (warnings and notes). */
export const stopOnErrors = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  if (diagnostics.some((d) => d.severity === 'error')) throw WinpvError.of(diagnostics);
  return diagnostics;
};
