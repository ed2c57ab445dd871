import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { Io, TextStream } from '../io.ts';
import { diskFiles } from './files.ts';
import { systemClock, systemKeyMaker, systemRandom, systemTimer } from './machine.ts';

const stream = (target: NodeJS.WriteStream): TextStream => ({
  isTerminal: target.isTTY === true,
  write: (text) => {
    target.write(text);
  },
});

const readStdin = async (): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(chunks));
};

/** The Io of this process. */
export const processIo = (version: string): Io => ({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  packageRoot: packageRootOf(import.meta.url),
  version,
  stdout: stream(process.stdout),
  stderr: stream(process.stderr),
  stdin: readStdin,
  files: diskFiles,
  clock: systemClock,
  random: systemRandom,
  keyMaker: systemKeyMaker,
  exec: async () => (await import('./exec.ts')).systemExec,
  tokens: async () => (await import('./pkcs11.ts')).systemTokens,
  http: async () => (await import('./http.ts')).systemHttp,
  timer: systemTimer,
  elapsedMs: () => performance.now(),
});

/** Runs the command line and leaves the exit code with the process, so that streams are flushed first. */
export const runProcess = async (main: (io: Io) => Promise<number>, version: string): Promise<void> => {
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  process.exitCode = await main(processIo(version));
};

const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
};

/** The package's folder, seen from `build/cli/adapters/` or, in tests, from `cli/adapters/`. */
const packageRootOf = (moduleUrl: string): string => {
  const inBuild = /\/build\/cli\/adapters\/[^/]+$/.test(moduleUrl);
  return fileURLToPath(new URL(inBuild ? '../../..' : '../..', moduleUrl));
};
