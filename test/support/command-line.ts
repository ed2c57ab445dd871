import { isAbsolute, join } from 'node:path';
import { diskFiles } from '../../cli/adapters/files.ts';
import { systemKeyMaker, systemRandom, systemTimer } from '../../cli/adapters/machine.ts';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { Exec, Files, Http, KeyMaker } from '../../core/ports.ts';
import { projectRoot } from './outside.ts';
import { rehearsalsHere } from './rehearsals.ts';

export interface CommandRun {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970; the tests' "today" unless said otherwise. */
  readonly now?: number;
  readonly files?: Files;
  readonly stdin?: Uint8Array;
  readonly keyMaker?: KeyMaker;
  readonly invocation?: string;
  readonly ended?: Promise<never>;
  /** Who answers questions; nobody when not given. */
  readonly questions?: NonNullable<Io['questions']>;
  /** The network; the system's when not given. */
  readonly http?: Http;
  /** External programs; the system's when not given. */
  readonly exec?: Exec;
}

export const TEST_NOW = Date.UTC(2026, 5, 15, 12);

const ioFor = (
  argv: readonly string[],
  options: CommandOptions,
  write: (to: 'out' | 'err', text: string) => void,
): Io => ({
  argv,
  env: options.env ?? {},
  cwd: options.cwd ?? projectRoot,
  packageRoot: projectRoot,
  version: '0.0.0-test',
  invocation: options.invocation ?? 'winpv',
  stdout: { isTerminal: false, write: (text) => write('out', text), flush: async () => undefined },
  stderr: { isTerminal: false, write: (text) => write('err', text), flush: async () => undefined },
  stdin: async () => options.stdin ?? new Uint8Array(),
  ...(options.questions === undefined ? {} : { questions: options.questions }),
  files: options.files ?? diskFiles,
  clock: { now: () => options.now ?? TEST_NOW },
  random: systemRandom,
  keyMaker: options.keyMaker ?? systemKeyMaker,
  exec: async () => options.exec ?? (await import('../../cli/adapters/exec.ts')).systemExec,
  tokens: async () => (await import('../../cli/adapters/pkcs11.ts')).systemTokens,
  http: async () => options.http ?? (await import('../../cli/adapters/http.ts')).systemHttp,
  serving: async () => (await import('../../cli/adapters/loopback-server.ts')).systemServing,
  timer: systemTimer,
  rehearsals: async () => rehearsalsHere({ files: options.files ?? diskFiles, packageRoot: projectRoot }),
  ended: options.ended ?? new Promise(() => undefined),
  elapsedMs: () => 0,
});

/** Runs winpv in this process, with captured output. */
export const winpv = async (argv: readonly string[], options: CommandOptions = {}): Promise<CommandRun> => {
  const text = { out: '', err: '' };
  const exit = await main(
    ioFor(argv, options, (to, added) => {
      text[to] += added;
    }),
  );
  return { exit, stdout: text.out, stderr: text.err };
};

export interface JsonAnswer {
  readonly exit: number;
  readonly ok: boolean;
  readonly command: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the result by its documented shape
  readonly result: any;
  readonly error?: Diagnostic;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs winpv with `--json` and reads the one object on stdout. */
export const winpvJson = async (argv: readonly string[], options: CommandOptions = {}): Promise<JsonAnswer> => {
  const run = await winpv([...argv, '--json'], options);
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== 1)
    throw new Error(`expected one line on stdout, got ${lines.length}: ${run.stdout}\n${run.stderr}`);
  return { exit: run.exit, ...(JSON.parse(lines[0] ?? '') as Omit<JsonAnswer, 'exit'>) };
};

/** A path inside a temporary folder of the test. */
export const inside = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));
