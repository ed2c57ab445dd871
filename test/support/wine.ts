import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, test } from 'vitest';
import { hasOracle, projectRoot } from './outside.ts';

/**
 * Wine as an independent reader of what winpv writes: small Windows programs of ours (test/oracles/*.c), compiled by MinGW
 * and run in a prefix that exists for one test file only.
 */
export interface WineRun {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type WineProgram = (args: readonly string[]) => WineRun;

export interface WineProgramOptions {
  /** Import libraries, as after `-l`. */
  readonly libs: readonly string[];
}

const COMPILER = 'x86_64-w64-mingw32-gcc';
/** The first question of a file makes the prefix, which takes half a minute on a busy machine. */
const TEST_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 120_000;
/** How long the server outlives its last program when nobody ends it: a test run that is killed leaves it behind. */
const LINGER_SECONDS = 60;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

/** Why Wine cannot be asked here; undefined when it can. */
const missing = (): string | undefined => (['wine', COMPILER] as const).find((tool) => !hasOracle(tool));

/** A test that asks Wine; skipped by its name where Wine or the compiler is missing, and failed where they must be there. */
export const wineOracle = (name: string, body: () => void | Promise<void>): void => {
  const tool = missing();
  test.skipIf(tool !== undefined && !required)(`wine ${name}`, { timeout: TEST_TIMEOUT_MS }, async () => {
    if (tool !== undefined) throw new Error(`${tool} is required here and is not installed`);
    await body();
  });
};

/** A path of this machine as a Windows program in Wine names it. */
export const winePath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

let folder: string | undefined;

const environment = (prefix: string): NodeJS.ProcessEnv => ({
  ...process.env,
  WINEPREFIX: prefix,
  WINEDEBUG: '-all',
  // No offers to download a .NET runtime or a browser, no menus, no window.
  WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
  DISPLAY: '',
});

/**
 * Runs a program of Wine's. The output goes to files: services that Wine starts beside the program hold on to what it
 * inherits, and a pipe would end seconds after the program.
 */
const start = (tool: string, args: readonly string[], workshop: string): WineRun => {
  const paths = ['stdout', 'stderr'].map((name) => join(workshop, name));
  const [out = 0, err = 0] = paths.map((path) => openSync(path, 'w'));
  const env = environment(join(workshop, 'prefix'));
  const { status, error } = spawnSync(tool, args, { env, timeout: RUN_TIMEOUT_MS, stdio: ['ignore', out, err] });
  closeSync(out);
  closeSync(err);
  if (error !== undefined) throw error;
  const [stdout = '', stderr = ''] = paths.map((path) => {
    if (statSync(path).size > MAX_OUTPUT_BYTES) throw new Error(`${tool} wrote more than ${MAX_OUTPUT_BYTES} bytes`);
    return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  });
  return { exit: status, stdout, stderr };
};

/** The folder of this test file's prefix and programs. The prefix is made at the first call; its server stays until the end. */
const workshop = (): string => {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'winpv-wine-'));
    mkdirSync(join(folder, 'prefix'));
    start('wineserver', [`--persistent=${LINGER_SECONDS}`], folder);
    const boot = start('wine', ['wineboot', '--init'], folder);
    if (boot.exit !== 0) throw new Error(`wineboot: ${boot.stderr}`);
  }
  return folder;
};

/** Ends the server of this prefix alone, and removes the prefix. */
const close = (): void => {
  if (folder === undefined) return;
  start('wineserver', ['--kill'], folder);
  start('wineserver', ['--wait'], folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folder = undefined;
};

const compile = (source: string, { libs }: WineProgramOptions): string => {
  const program = join(workshop(), basename(source).replace(/\.c$/, '.exe'));
  const args = ['-O1', '-Wall', '-municode', '-o', program, source, ...libs.map((lib) => `-l${lib}`)];
  const run = spawnSync(COMPILER, args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${COMPILER}: ${run.error?.message ?? run.stderr}`);
  return program;
};

/**
 * A Windows program that runs in Wine. Call it at the top of a test file: it compiles at its first run, and all programs of
 * the file share one prefix, which is gone when the file's tests are.
 *
 * @param source path of a C file below the project, whose entry is `wmain`
 */
export const wineProgram = (source: string, options: WineProgramOptions): WineProgram => {
  let program: string | undefined;
  afterAll(close);
  return (args) => {
    program ??= compile(join(projectRoot, source), options);
    return start('wine', [program, ...args], workshop());
  };
};
