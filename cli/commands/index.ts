import type { Command } from 'commander';
import type { Bind } from '../main.ts';

export type MakeCommand = (bind: Bind) => Command;

/**
 * Every command, in the order that `winpv --help` shows. Each is loaded when it is asked for: all of them would take
 * as long as starting node does.
 */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  release: async () => (await import('./release.ts')).releaseCommand,
  sign: async () => (await import('./sign.ts')).signCommand,
  signature: async () => (await import('./signature.ts')).signatureCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  brand: async () => (await import('./brand.ts')).brandCommand,
  patch: async () => (await import('./patch.ts')).patchCommand,
  inf: async () => (await import('./inf.ts')).infCommand,
  cat: async () => (await import('./cat.ts')).catCommand,
  cab: async () => (await import('./cab.ts')).cabCommand,
  pe: async () => (await import('./pe.ts')).peCommand,
  timestamp: async () => (await import('./timestamp.ts')).timestampCommand,
  cert: async () => (await import('./cert.ts')).certCommand,
  hlk: async () => (await import('./hlk.ts')).hlkCommand,
  ledger: async () => (await import('./ledger.ts')).ledgerCommand,
  submit: async () => (await import('./submit.ts')).submitCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  partner: async () => (await import('./partner.ts')).partnerCommand,
  emulator: async () => (await import('./emulator.ts')).emulatorCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  schema: async () => (await import('./schema.ts')).schemaCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
};

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The command that a command line names, alone; all of them when it names none: for help, and to say what was meant. */
export const commandsFor = async (argv: readonly string[]): Promise<readonly MakeCommand[]> => {
  // No option of winpv itself takes a value, so the first argument that is no option is the command.
  const name = argv.find((argument) => !argument.startsWith('-'));
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()));
};
