import { Command, CommanderError, Help } from 'commander';
import type { ExitCode } from '../core/error-codes.ts';
import { WinpvError } from '../core/errors.ts';
import { commandsFor, type MakeCommand } from './commands/index.ts';
import type { Io } from './io.ts';
import type { Context, Outcome, OutputOptions } from './outcome.ts';
import { finish, finishOutput, finishWithError, runCommand } from './run.ts';

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

/** What commander wrote and where it stopped: help, a version or a complaint. */
interface Told {
  command: Command;
  text: string;
}

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

  const program = programOf(io, bind, await commandsFor(io.argv));
  const told: Told = { command: program, text: '' };
  prepare(program, told);
  try {
    await program.parseAsync([...io.argv], { from: 'user' });
  } catch (error) {
    exit = finishParsing(io, output, told, error);
  }
  return finishOutput(io, output, exit);
};

const programOf = (io: Io, bind: Bind, commands: readonly MakeCommand[]): Command => {
  const program = new Command('winpv')
    .description('Makes, signs and verifies releases of the Xen Windows PV drivers.')
    .version(io.version, '-V, --version', 'print the version')
    .option('--json', 'print exactly one JSON object on stdout')
    .option('--quiet', 'print nothing on success but what --json asks for')
    .option('--verbose', 'say more about each step')
    .option('--events', 'write progress and findings to stderr as NDJSON: one JSON object a line')
    .addHelpText(
      'after',
      '\nStart here: `npm start`, in the folder that winpv was cloned into, makes a release of two brands.\n' +
        '`winpv COMMAND --help` tells more of a command, `winpv explain CODE` of an error.',
    )
    .hook('preAction', (_program, command) => checkValues(command));
  for (const make of commands) program.addCommand(make(bind));
  return program;
};

/** Commander ends with an error also when it printed help or the version. */
const finishParsing = (io: Io, output: OutputOptions, told: Told, error: unknown): ExitCode => {
  const command = fullName(told.command);
  if (!(error instanceof CommanderError)) return finishWithError(io, command, output, error);
  if (error.exitCode !== 0) return finishWithError(io, command, output, usageError(error.message, told.command));
  const text = told.text.replace(/\n$/, '');
  const result = error.code === 'commander.version' ? { version: text } : { help: text };
  return finish(io, command, output, { result, text: [text], textTells: 'document' });
};

const helpOf = (command: Command): string =>
  command.parent === null ? '`winpv --help`' : `\`winpv ${fullName(command)} --help\``;

const usageError = (message: string, command: Command): WinpvError => {
  const [what = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  const hint = `${suggestion} See ${helpOf(command)}.`.trim();
  const sentence = what === '(outputHelp)' ? missingCommand(command) : what;
  return new WinpvError('USAGE', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/\.\.$/, '.'), {
    hint,
  });
};

const missingCommand = (command: Command): string => {
  const names = command.commands.map((one) => one.name()).filter((name) => name !== 'help');
  const after = command.parent === null ? '' : ` after \`${fullName(command)}\``;
  return `A command is missing${after}: ${names.join(', ')}`;
};

/** The shell variable that somebody meant to give was not set: an empty value is never meant, least of all the folder we are in. */
const checkValues = (command: Command): void => {
  const refuse = (what: string): never => command.error(`error: ${what} is empty`, { code: 'winpv.emptyValue' });
  for (const option of command.options) {
    if ([command.getOptionValue(option.attributeName())].flat().includes('')) refuse(`the value of ${option.flags}`);
  }
  const [last] = command.registeredArguments.slice(-1);
  for (const [index, value] of command.args.entries()) {
    if (value === '') refuse(`the argument <${(command.registeredArguments[index] ?? last)?.name() ?? 'argument'}>`);
  }
};

const HELP: Partial<Help> = {
  showGlobalOptions: true,
  optionDescription: (option) => {
    const description = Help.prototype.optionDescription(option);
    return option.mandatory ? `${description} (required)` : description;
  },
};

/** Of a command of winpv itself its name is enough: what it takes, its own help says. */
const PROGRAM_HELP: Partial<Help> = { ...HELP, subcommandTerm: (command) => command.name() };

/** `help [command...]` of a command with commands below it. */
const helpCommand = (parent: Command): Command =>
  new Command('help')
    .summary('print the help of a command')
    .description('Prints the help of a command. Changes nothing.')
    .argument('[command...]', 'the command, for example inf show')
    .action((names: readonly string[]) => {
      let command = parent;
      for (const name of names) {
        const found = command.commands.find((one) => one.name() === name);
        // Commander knows how to complain about a name, with a suggestion.
        if (found === undefined) throw unknownCommand(command, name);
        command = found;
      }
      command.help();
    });

const unknownCommand = (command: Command, name: string): unknown => {
  try {
    command.parse([name], { from: 'user' });
  } catch (error) {
    return error;
  }
  return new TypeError(`${name} is a command after all`);
};

/** The same behaviour for every command of the tree: errors are thrown, and what commander says is kept. */
const prepare = (command: Command, told: Told): void => {
  const group = command.commands.length > 0;
  command
    .exitOverride((error) => {
      told.command = command;
      throw error;
    })
    .showHelpAfterError(false)
    .helpOption('-h, --help', 'print this help')
    .configureHelp(command.parent === null ? PROGRAM_HELP : HELP)
    .configureOutput({
      writeOut: (text) => {
        told.text += text;
      },
      writeErr: () => undefined,
    });
  if (group) command.helpCommand(false).addCommand(helpCommand(command));
  for (const child of command.commands) prepare(child, told);
};
