import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { WinpvError } from '../../core/errors.ts';
import type { Io, TextStream } from '../io.ts';
import { pathWord } from '../render/shell.ts';
import { systemReason } from './file-errors.ts';
import { diskFiles } from './files.ts';
import { endHolding } from './held.ts';
import { systemClock, systemKeyMaker, systemRandom, systemTimer } from './machine.ts';
import { diskMarks } from './marks.ts';

const stream = (target: NodeJS.WriteStream, name: string): TextStream => {
  let failure: NodeJS.ErrnoException | undefined;
  target.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  return {
    isTerminal: target.isTTY === true,
    write: (text) => {
      if (failure === undefined) target.write(text);
    },
    flush: () =>
      new Promise((resolve, reject) => {
        // The error itself arrives after what the writer is told.
        const settle = (): void => {
          if (failure === undefined || failure.code === 'EPIPE') resolve();
          else reject(new WinpvError('FILE_UNWRITABLE', `${name} cannot be written: ${systemReason(failure)}.`));
        };
        target.write('', () => setImmediate(settle));
      }),
  };
};

const readStdin = async (): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(chunks));
};

/** The Io of this process. */
const processIo = (version: string, ended: Promise<never>): Io => ({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  packageRoot: packageRootOf(import.meta.url),
  version,
  invocation: invocationOf(process.argv[1] ?? ''),
  stdout: stream(process.stdout, 'Standard output'),
  stderr: stream(process.stderr, 'Standard error'),
  stdin: readStdin,
  ...(process.stdin.isTTY === true && process.stderr.isTTY === true
    ? { questions: async () => (await import('./terminal.ts')).terminalQuestions() }
    : {}),
  files: diskFiles,
  marks: diskMarks,
  clock: systemClock,
  random: systemRandom,
  keyMaker: systemKeyMaker,
  exec: async () => (await import('./exec.ts')).systemExec,
  tokens: async () => (await import('./pkcs11.ts')).systemTokens,
  http: async () => (await import('./http.ts')).systemHttp,
  serving: async () => (await import('./loopback-server.ts')).systemServing,
  timer: systemTimer,
  rehearsals: async () => new (await import('./rehearsal-workers.ts')).RehearsalWorkers(packageRootOf(import.meta.url)),
  ended,
  elapsedMs: () => performance.now(),
});

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;
const INTERRUPTED = 130;
/** A reader that does not read is not waited for once the process was told to end. */
const LAST_WORDS_MS = 2000;

/** Node waits for its threads when it exits; a signal during that time ends the process as the system does. */
const leave = (exit: number): never => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  process.exit(exit);
};

/**
 * From now on a signal does not end the process, but the work: what is held is given back, and then the promise rejects.
 * A second signal ends the process at once. An error that nobody caught ends the work in the same way.
 */
const untilEnded = (): Promise<never> =>
  new Promise((_resolve, reject) => {
    let begun = false;
    const end = async (reason: unknown): Promise<void> => {
      begun = true;
      await endHolding();
      reject(reason);
      setTimeout(() => leave(INTERRUPTED), LAST_WORDS_MS);
    };
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (begun) leave(INTERRUPTED);
        const message = `Stopped by ${signal}; every file is as it was, or whole.`;
        void end(new WinpvError('INTERRUPTED', message));
      });
    }
    process.on('uncaughtException', (error) => {
      if (!begun) void end(error);
    });
  });

/** Runs the command line and ends the process; what is still going on by then, nobody waits for. */
export const runProcess = async (main: (io: Io) => Promise<number>, version: string): Promise<void> => {
  // What winpv has to say it says itself: stderr may have to be NDJSON.
  process.removeAllListeners('warning');
  const ended = untilEnded();
  ended.catch(() => undefined);
  const exit = await main(processIo(version, ended));
  await endHolding();
  leave(exit);
};

/** How the script was started: by its name on the PATH, or by node. */
const invocationOf = (script: string): string => {
  const path = diskFiles.relative(process.cwd(), script);
  if (/(^|\/)node_modules\/\.bin\/winpv$/.test(path)) return 'npx winpv';
  if (/(^|\/)winpv$/.test(path)) return 'winpv';
  const up = path.startsWith('../') && path.length > script.length;
  return `node ${pathWord(up ? script : path)}`;
};

/** The package's folder, seen from the bundle in `build/` or, in tests, from `cli/adapters/`. */
const packageRootOf = (moduleUrl: string): string => {
  const bundled = /\/build\/[^/]+$/.test(moduleUrl);
  return fileURLToPath(new URL(bundled ? '..' : '../..', moduleUrl));
};
