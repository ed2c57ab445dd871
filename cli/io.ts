import type { Clock, Exec, FileMarks, Files, Http, KeyMaker, Random, Serving, Timer } from '../core/ports.ts';
import type { TokenLibraries } from '../core/tokens.ts';
import type { Rehearsals } from '../release/rehearsal/rehearsals.ts';

/** Where text goes: stdout carries the result, stderr the conversation. */
export interface TextStream {
  readonly isTerminal: boolean;
  write(text: string): void;
  /**
   * Waits until everything is written. A reader that has gone (`| head`) is no failure: it had what it wanted.
   * @throws WinpvError FILE_UNWRITABLE when something could not be written
   */
  flush(): Promise<void>;
}

/** A person at the terminal. */
export interface Questions {
  /** The answer to a question, as typed; empty at the end of input. */
  ask(question: string): Promise<string>;
  say(line: string): void;
  close(): void;
}

/** Everything a command may touch, handed in by `cli/adapters/`; tests hand in their own. */
export interface Io {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder relative paths start from. */
  readonly cwd: string;
  /** The folder of the winpv package itself: brands and INF templates stand below it. */
  readonly packageRoot: string;
  readonly version: string;
  /** How this winpv is called from `cwd`, ready for a shell: `winpv`, or `node cli/winpv.js`. */
  readonly invocation: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** All of standard input, read when asked for. */
  readonly stdin: () => Promise<Uint8Array>;
  /** Missing when nobody is at a terminal. */
  readonly questions?: () => Promise<Questions>;
  readonly files: Files;
  /** Without it, files are read to tell whether they are what they were. */
  readonly marks?: FileMarks;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyMaker: KeyMaker;
  /** Loaded when first used: external programs are rare. */
  readonly exec: () => Promise<Exec>;
  /** Loads a native library when first used. */
  readonly tokens: () => Promise<TokenLibraries>;
  readonly http: () => Promise<Http>;
  readonly serving: () => Promise<Serving>;
  readonly timer: Timer;
  /** Loads the emulator when first used. */
  readonly rehearsals: () => Promise<Rehearsals>;
  /**
   * Rejects when the process has to end before the work is done: INTERRUPTED when it was told to, or with the error that
   * nobody caught. What the process held is given back by then.
   */
  readonly ended: Promise<never>;
  /** Monotonic milliseconds, for timings shown to people. */
  readonly elapsedMs: () => number;
}
