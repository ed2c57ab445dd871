import type { Clock, Exec, Files, Http, KeyMaker, Random, Timer } from '../core/ports.ts';
import type { TokenLibraries } from '../core/tokens.ts';

/** Where text goes: stdout carries the result, stderr the conversation. */
export interface TextStream {
  readonly isTerminal: boolean;
  write(text: string): void;
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
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** All of standard input, read when asked for. */
  readonly stdin: () => Promise<Uint8Array>;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyMaker: KeyMaker;
  /** Loaded when first used: external programs are rare. */
  readonly exec: () => Promise<Exec>;
  /** Loads a native library when first used. */
  readonly tokens: () => Promise<TokenLibraries>;
  readonly http: () => Promise<Http>;
  readonly timer: Timer;
  /** Monotonic milliseconds, for timings shown to people. */
  readonly elapsedMs: () => number;
}
