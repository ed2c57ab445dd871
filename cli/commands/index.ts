import type { Command } from 'commander';
import type { Bind } from '../main.ts';
import { explainCommand } from './explain.ts';

/** Every command, in the order that `winpv --help` shows. */
export const COMMANDS: readonly ((bind: Bind) => Command)[] = [explainCommand];
