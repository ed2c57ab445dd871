import { Command } from 'commander';
import { allCommands } from './commands/index.ts';
import { type CommandWords, commandWords } from './render/command-tree.ts';

/** What every command says of itself, without running any. */
export const wholeTree = async (): Promise<CommandWords> => {
  const program = new Command('winpv');
  for (const make of await allCommands()) program.addCommand(make(() => async () => undefined));
  return commandWords(program);
};
