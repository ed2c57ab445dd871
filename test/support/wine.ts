import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
const RUN_TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

/** Why Wine cannot be asked here; undefined when it can. */
const missing = (): string | undefined => (['wine', COMPILER] as const).find((tool) => !hasOracle(tool));

/** A test that asks Wine; skipped by its name where Wine or the compiler is missing, and failed where they must be there. */
export const wineOracle = (name: string, body: () => void | Promise<void>): void => {
  const tool = missing();
  test.skipIf(tool !== undefined && !required)(`wine ${name}`, async () => {
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

const start = (tool: string, args: readonly string[], env: NodeJS.ProcessEnv): SpawnSyncReturns<string> =>
  spawnSync(tool, args, { env, encoding: 'utf8', timeout: RUN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES });

/** The folder of this test file's prefix and programs; the prefix is made at the first call. */
const workshop = (): { readonly folder: string; readonly prefix: string } => {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'winpv-wine-'));
    const prefix = join(folder, 'prefix');
    mkdirSync(prefix);
    const boot = start('wine', ['wineboot', '--init'], environment(prefix));
    if (boot.status !== 0) throw new Error(`wineboot: ${boot.error?.message ?? boot.stderr}`);
  }
  return { folder, prefix: join(folder, 'prefix') };
};

/** Ends the server of this prefix alone, and removes the prefix. */
const close = (): void => {
  if (folder === undefined) return;
  const prefix = join(folder, 'prefix');
  start('wineserver', ['--kill'], environment(prefix));
  start('wineserver', ['--wait'], environment(prefix));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folder = undefined;
};

const compile = (source: string, { libs }: WineProgramOptions): string => {
  const { folder: target } = workshop();
  const program = join(target, basename(source).replace(/\.c$/, '.exe'));
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
    const { status, stdout, stderr, error } = start('wine', [program, ...args], environment(workshop().prefix));
    if (error !== undefined) throw error;
    return { exit: status, stdout: stdout.replaceAll('\r\n', '\n'), stderr };
  };
};
