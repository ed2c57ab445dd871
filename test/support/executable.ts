import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './outside.ts';

const SOURCES = ['core', 'drivers', 'branding', 'packaging', 'publishing', 'emulator', 'release', 'cli'];

const newestSourceMs = (): number =>
  Math.max(
    ...SOURCES.map((folder) => join(projectRoot, folder))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) =>
        (readdirSync(folder, { recursive: true }) as string[])
          .filter((name) => name.endsWith('.ts'))
          .map((name) => statSync(join(folder, name)).mtimeMs),
      ),
  );

/** The executable runs compiled code: compiles it when a source is newer. */
export const compileExecutable = (): void => {
  const compiled = join(projectRoot, 'build', 'main.js');
  if (existsSync(compiled) && statSync(compiled).mtimeMs >= newestSourceMs()) return;
  // What is there stays: tests that run at the same time may be using it.
  const args = ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.mjs', '--logLevel', 'warn'];
  spawnSync(process.execPath, args, { cwd: projectRoot });
};

export const executable = join(projectRoot, 'cli', 'winpv.js');

export interface Ended {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until something holds; fails when the process ends before. */
  until(condition: () => boolean): Promise<void>;
}

/** Starts winpv in a process of its own. */
export const startWinpv = (
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Started => {
  const child = spawn(process.execPath, [executable, ...argv], {
    cwd: options.cwd ?? projectRoot,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  let running = true;
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (exit, signal) => {
      running = false;
      resolve({ exit, signal, ...text });
    });
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (!running) throw new Error(`winpv ended too early: ${text.stdout}${text.stderr}`);
      await new Promise((resolve) => {
        setTimeout(resolve, 1);
      });
    }
  };
  return { child, ended, until };
};
