import type { Command, Option } from 'commander';

/** An option as a reader and a shell need it. */
export interface OptionWords {
  /** `--out <file>`, with the short form where there is one. */
  readonly flags: string;
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly required: boolean;
  /** As it is written on the command line; undefined for none. */
  readonly default: string | undefined;
}

export interface ArgumentWords {
  /** `<path...>` or `[dir]`. */
  readonly term: string;
  readonly description: string;
  readonly choices: readonly string[];
}

/** A command and all below it. */
export interface CommandWords {
  /** From the executable's name on: `winpv inf show`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly usage: string;
  readonly options: readonly OptionWords[];
  readonly arguments: readonly ArgumentWords[];
  readonly examples: readonly string[];
  readonly commands: readonly CommandWords[];
}

const optionWords = (option: Option): OptionWords => ({
  flags: option.flags,
  long: option.long ?? option.flags,
  short: option.short,
  description: option.description,
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
  required: option.mandatory,
  default: typeof option.defaultValue === 'string' ? option.defaultValue : undefined,
});

/** What `addHelpText` put below the help; commander hands it out with the whole page only. */
const examplesOf = (command: Command): readonly string[] => {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) }).outputHelp();
  const lines = parts.join('').split('\nExamples:\n')[1]?.split('\n') ?? [];
  return lines.flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
};

/** Everything that a command says of itself. */
export const commandWords = (command: Command, above = ''): CommandWords => {
  const path = `${above} ${command.name()}`.trim();
  return {
    ...{ path, name: command.name(), summary: command.summary(), description: command.description() },
    usage: command.usage(),
    options: command.options.map(optionWords),
    arguments: command.registeredArguments.map((argument) => ({
      term: argument.required
        ? `<${argument.name()}${argument.variadic ? '...' : ''}>`
        : `[${argument.name()}${argument.variadic ? '...' : ''}]`,
      description: argument.description,
      choices: argument.argChoices ?? [],
    })),
    examples: examplesOf(command),
    commands: command.commands.filter((one) => one.name() !== 'help').map((one) => commandWords(one, path)),
  };
};

/** The tree as a list, parents first. */
export const allBelow = (command: CommandWords): readonly CommandWords[] => [
  command,
  ...command.commands.flatMap(allBelow),
];
