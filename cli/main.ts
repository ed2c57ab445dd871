import { Command, CommanderError } from 'commander';
import type { ExitCode } from '../core/error-codes.ts';
import { WinpvError } from '../core/errors.ts';
import { commandsFor } from './commands/index.ts';
import type { Io } from './io.ts';
import type { Context, Outcome, OutputOptions } from './outcome.ts';
import { finishWithError, runCommand } from './run.ts';

/** Makes the action of a command: the body gets the context, then the arguments and options that commander parsed. */
export type Bind = <A extends readonly unknown[]>(
  body: (context: Context, ...args: A) => Promise<Outcome>,
) => (...args: unknown[]) => Promise<void>;

const outputOptions = (argv: readonly string[]): OutputOptions => {
  const end = argv.indexOf('--');
  const has = (flag: string): boolean => (end < 0 ? argv : argv.slice(0, end)).includes(flag);
  return { json: has('--json'), quiet: has('--quiet'), verbose: has('--verbose'), events: has('--events') };
};

const fullName = (command: Command): string =>
  command.parent === null || command.parent.parent === null
    ? command.name()
    : `${fullName(command.parent)} ${command.name()}`;

/** Runs winpv and returns the exit code. All effects go through `io`. */
export const main = async (io: Io): Promise<ExitCode> => {
  const output = outputOptions(io.argv);
  let exit: ExitCode = 0;

  const bind: Bind =
    (body) =>
    async (...args) => {
      const command = args.at(-1);
      const name = command instanceof Command ? fullName(command) : 'winpv';
      exit = await runCommand(io, name, output, (context) => body(context, ...(args.slice(0, -1) as never)));
    };

  const program = new Command('winpv')
    .description('Makes, signs, proves and publishes releases of the Xen Windows PV drivers.')
    .version(io.version)
    .option('--json', 'print exactly one JSON object on stdout')
    .option('--quiet', 'print nothing on success but what --json asks for')
    .option('--verbose', 'say more about each step')
    .option('--events', 'write progress as NDJSON to stderr')
    .addHelpText('after', '\nStart here: `npm start` makes a release of two brands; `winpv init DIR` starts your own.');
  for (const make of await commandsFor(io.argv)) program.addCommand(make(bind));
  prepare(program, io, output);

  try {
    await program.parseAsync([...io.argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) return finishWithError(io, 'winpv', output, error);
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /, '');
    return finishWithError(io, 'winpv', output, usageError(message));
  }
};

const usageError = (message: string): WinpvError => {
  const [what = '', ...rest] = message.split('\n');
  const hint = [...rest, 'See `winpv --help`, or `winpv COMMAND --help`.'].join(' ').trim();
  const sentence = what === '(outputHelp)' ? 'A command is missing' : what;
  return new WinpvError('USAGE', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/\.\.$/, '.'), {
    hint,
  });
};

/** The same behaviour for every command of the tree: errors are thrown, output goes through `io`. */
const prepare = (command: Command, io: Io, output: OutputOptions): void => {
  command
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => {
        if (!output.json && !text.startsWith('error:')) io.stderr.write(text);
      },
    });
  for (const child of command.commands) prepare(child, io, output);
};
