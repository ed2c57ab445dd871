import { Command } from 'commander';
import type { Bind } from '../main.ts';
import { infDiffCommand } from './inf-diff.ts';
import { infShowCommand } from './inf-show.ts';
import { infStampCommand } from './inf-stamp.ts';
import { infVerifyCommand } from './inf-verify.ts';

export const infCommand = (bind: Bind): Command => {
  const command = new Command('inf').description(
    'The INF tool: what InfVerif and StampInf do, on any system, and more.',
  );
  for (const make of [infShowCommand, infVerifyCommand, infStampCommand, infDiffCommand])
    command.addCommand(make(bind));
  return command;
};
