import type { Command } from 'commander';
import type { Bind } from '../main.ts';
import { brandCommand } from './brand.ts';
import { cabCommand } from './cab.ts';
import { catCommand } from './cat.ts';
import { certCommand } from './cert.ts';
import { explainCommand } from './explain.ts';
import { infCommand } from './inf.ts';
import { peCommand } from './pe.ts';
import { releaseCommand } from './release.ts';
import { schemaCommand } from './schema.ts';
import { signCommand } from './sign.ts';
import { timestampCommand } from './timestamp.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order that `winpv --help` shows. */
export const COMMANDS: readonly ((bind: Bind) => Command)[] = [
  releaseCommand,
  signCommand,
  verifyCommand,
  brandCommand,
  infCommand,
  catCommand,
  cabCommand,
  peCommand,
  timestampCommand,
  certCommand,
  schemaCommand,
  explainCommand,
];
