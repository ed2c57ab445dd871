import { WinpvError } from '../../core/errors.ts';
import type { Exec, ExecResult } from '../../core/ports.ts';
import type { Secret } from './secret.ts';

/** An external program with its arguments; `{name}` in an argument stands for a value that is filled in at each run. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

const WORD = /\s*(?:((?:"[^"]*"|'[^']*'|[^\s"'])+)|(["']))/y;

/**
 * Splits a command into words: blanks separate, either kind of quotes keeps blanks together. There is no shell, so
 * nothing is expanded and a backslash is a backslash.
 * @throws WinpvError SIGN_COMMAND_INVALID when there is no word, or a quote is left open
 */
export const parseCommandLine = (text: string): CommandLine => {
  const words: string[] = [];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
    if (match[1] === undefined) throw new WinpvError('SIGN_COMMAND_INVALID', 'A quote in the command is left open.');
    words.push(match[1].replace(/"([^"]*)"|'([^']*)'/g, (_all, double, single) => double ?? single));
  }
  const [program, ...args] = words;
  if (program !== undefined) return { program, args };
  throw new WinpvError('SIGN_COMMAND_INVALID', 'The command is empty.', {
    hint: 'Name a program and its arguments; docs/guide/signing.md has examples.',
  });
};

/** Fills in `{name}`, wherever it stands in an argument; other braces stay as they are. */
export const fillIn = (args: readonly string[], values: Readonly<Record<string, string>>): readonly string[] =>
  args.map((arg) => arg.replace(/\{([a-z0-9-]+)\}/g, (all, name: string) => values[name] ?? all));

/** Whether an argument holds `{name}`. */
export const mentions = ({ args }: CommandLine, name: string): boolean => args.some((arg) => arg.includes(`{${name}}`));

export interface CommandRun {
  readonly exec: Exec;
  readonly command: CommandLine;
  readonly folder?: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
  /** Blotted out of everything that the program says. */
  readonly secrets: readonly Secret[];
}

const MAX_SAID = 2000;

/**
 * Runs the command and returns what it wrote to its output.
 * @throws WinpvError SIGN_COMMAND_FAILED when it cannot be started, takes too long, or ends with another code than 0; the
 *   message has the end of what it said, without secrets and control characters. Its arguments are never repeated.
 */
export const runCommandLine = async (run: CommandRun): Promise<Uint8Array> => {
  const { program } = run.command;
  const { exitCode, stdout, stderr } = await start(run);
  if (exitCode === 0) return stdout;
  const said = withoutSecrets(stderr, run.secrets)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a program may colour its errors, or worse
    .replace(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .trim();
  throw new WinpvError('SIGN_COMMAND_FAILED', `${program} ended with exit code ${exitCode}.`, {
    hint: said === '' ? 'It said nothing on its error output.' : `It said: ${said.slice(-MAX_SAID)}`,
  });
};

const start = async ({ exec, command, folder, values, input, timeoutMs }: CommandRun): Promise<ExecResult> => {
  try {
    const where = folder === undefined ? {} : { cwd: folder };
    const options = { timeoutMs, ...where, ...(input === undefined ? {} : { input }) };
    return await exec.run(command.program, fillIn(command.args, values), options);
  } catch (cause) {
    if (!(cause instanceof WinpvError)) throw cause;
    const { hint } = cause.diagnostics[0] ?? {};
    throw new WinpvError('SIGN_COMMAND_FAILED', cause.message, { cause, ...(hint === undefined ? {} : { hint }) });
  }
};

const withoutSecrets = (text: string, secrets: readonly Secret[]): string =>
  secrets.reduce((rest, secret) => secret.redact(rest), text);
