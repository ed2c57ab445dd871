import { Command } from 'commander';
import type { Bind } from '../main.ts';

export type MakeCommand = (bind: Bind) => Command;

interface Row {
  /** What `winpv --help` says of it. */
  readonly summary: string;
  readonly load: () => Promise<MakeCommand>;
}

/**
 * Every command, in the order that `winpv --help` shows. Each is loaded when it is asked for: all of them would take
 * as long as starting node does.
 */
const COMMANDS: Readonly<Record<string, Row>> = {
  init: {
    summary: 'begin a project',
    load: async () => (await import('./init.ts')).initCommand,
  },
  release: {
    summary: 'make a release: brand, catalog, sign, verify, pack',
    load: async () => (await import('./release.ts')).releaseCommand,
  },
  plan: {
    summary: 'deal a release out to several machines',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  merge: {
    summary: 'join the parts of a release',
    load: async () => (await import('./merge.ts')).mergeCommand,
  },
  sign: {
    summary: 'sign images, cabinets and catalogs',
    load: async () => (await import('./sign.ts')).signCommand,
  },
  signature: {
    summary: 'strip, extract and attach signatures',
    load: async () => (await import('./signature.ts')).signatureCommand,
  },
  verify: {
    summary: 'check every signature, from the bytes',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  check: {
    summary: 'rehearse a release in emulated guests',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  report: {
    summary: 'a release as one page',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  brand: {
    summary: 'start, list, show and check brands',
    load: async () => (await import('./brand.ts')).brandCommand,
  },
  patch: {
    summary: 'look after a patch queue',
    load: async () => (await import('./patch.ts')).patchCommand,
  },
  inf: {
    summary: 'read, judge, stamp and compare INF files',
    load: async () => (await import('./inf.ts')).infCommand,
  },
  diff: {
    summary: 'what a release has otherwise than another',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  cat: {
    summary: 'make, read and change catalogs',
    load: async () => (await import('./cat.ts')).catCommand,
  },
  cab: {
    summary: 'make and read cabinets',
    load: async () => (await import('./cab.ts')).cabCommand,
  },
  pe: {
    summary: 'read PE images; strip, extract and attach their signatures',
    load: async () => (await import('./pe.ts')).peCommand,
  },
  timestamp: {
    summary: 'add time stamps to signatures',
    load: async () => (await import('./timestamp.ts')).timestampCommand,
  },
  cert: {
    summary: 'make test certificates',
    load: async () => (await import('./cert.ts')).certCommand,
  },
  hlk: {
    summary: 'read, check and sign packages of the Hardware Lab Kit',
    load: async () => (await import('./hlk.ts')).hlkCommand,
  },
  ledger: {
    summary: 'what has been released',
    load: async () => (await import('./ledger.ts')).ledgerCommand,
  },
  submit: {
    summary: 'take a brand of a release to Partner Center',
    load: async () => (await import('./submit.ts')).submitCommand,
  },
  publish: {
    summary: 'publish a brand of a release: to a folder, onto a medium',
    load: async () => (await import('./publish.ts')).publishCommand,
  },
  status: {
    summary: 'how submissions are',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  partner: {
    summary: 'look at what a Partner Center account has',
    load: async () => (await import('./partner.ts')).partnerCommand,
  },
  fleet: {
    summary: 'who of a fleet would be offered what, and who would break',
    load: async () => (await import('./fleet.ts')).fleetCommand,
  },
  label: {
    summary: 'choose which machines Windows Update offers drivers to',
    load: async () => (await import('./label.ts')).labelCommand,
  },
  emulator: {
    summary: 'emulated services, to try submissions on',
    load: async () => (await import('./emulator.ts')).emulatorCommand,
  },
  doctor: {
    summary: 'look whether the keys of a project sign, and what else a release needs',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  schema: {
    summary: 'the JSON schema of the settings files, for editors',
    load: async () => (await import('./schema.ts')).schemaCommand,
  },
  completion: {
    summary: 'completion of the command line, for a shell',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  explain: {
    summary: 'tell what an error code means',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
};

/** The names of all commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

const whole = ({ summary, load }: Row): Promise<MakeCommand> =>
  load().then((make) => (bind) => make(bind).summary(summary));

/** Every command with all of its options, for shell completion and the reference. */
export const allCommands = (): Promise<readonly MakeCommand[]> => Promise.all(Object.values(COMMANDS).map(whole));

/** The command that a command line names, alone; all of them, but only by name, when it names none: for help, and to say what was meant. */
export const commandsFor = async (argv: readonly string[]): Promise<readonly MakeCommand[]> => {
  // No option of winpv itself takes a value, so the first argument that is no option is the command.
  const words = argv.filter((argument) => !argument.startsWith('-'));
  const name = words[0] === 'help' ? words[1] : words[0];
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (named !== undefined) return [await whole(named)];
  return Object.entries(COMMANDS).map(
    ([word, { summary }]) =>
      () =>
        new Command(word).summary(summary),
  );
};
