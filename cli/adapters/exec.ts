import { readdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { WinpvError } from '../../core/errors.ts';
import type { Exec } from '../../core/ports.ts';
import { change, stopAtEnd } from './held.ts';

/** A program that does not end when it is asked to is ended. */
const POLITE_MS = 1000;
/** An interrupt of the terminal reaches the program and this process; ours may arrive a little later. */
const SAME_SIGNAL_MS = 100;

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** The processes that a process has started, and theirs; only itself where the system has no `/proc`. */
const treeOf = (pid: number): readonly number[] => {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').map(Number).filter(Boolean),
    );
    return [pid, ...children.flatMap(treeOf)];
  } catch {
    return [pid];
  }
};

const send = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
};

interface Running extends Promise<unknown> {
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
}

/** Asks a program and what it started to end, and ends what is left. */
const stop = async (child: Running): Promise<void> => {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const tree = treeOf(pid);
  send(tree, 'SIGTERM');
  await Promise.race([child, pause(POLITE_MS)]);
  send([...tree, ...treeOf(pid)], 'SIGKILL');
};

/** Stops the program after a time. */
const startLimit = (child: Running, timeoutMs: number | undefined) => {
  let over = false;
  if (timeoutMs !== undefined) {
    const timer = setTimeout(() => {
      over = true;
      void stop(child);
    }, timeoutMs);
    void child.then(() => clearTimeout(timer));
  }
  return { isOver: () => over };
};

/** External programs, by name on the PATH or by path; never through a shell. */
export const systemExec: Exec = {
  async run(program, args, { input, timeoutMs, cwd } = {}) {
    const child = execa(program, [...args], {
      encoding: 'buffer',
      reject: false,
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(cwd === undefined ? {} : { cwd }),
    });
    const limit = startLimit(child, timeoutMs);
    const ended = stopAtEnd(() => stop(child));
    const result = await child;
    ended();
    if (result.signal === 'SIGINT') await pause(SAME_SIGNAL_MS);
    // When this process is ending the program did not fail: nobody is told.
    await change(async () => undefined);
    if (limit.isOver()) throw new WinpvError('TOOL_FAILED', `${program} did not end within ${timeoutMs} ms.`);
    if (result.signal !== undefined) throw new WinpvError('TOOL_FAILED', `${program} was ended by ${result.signal}.`);
    if (result.exitCode === undefined) {
      throw new WinpvError('TOOL_MISSING', `${program} could not be started.`, {
        hint: `Install ${program}, or name its full path.`,
        cause: result.cause,
      });
    }
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: Buffer.from(result.stderr).toString('utf8') };
  },
};
