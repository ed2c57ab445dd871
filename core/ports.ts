/** The outside world as the rest of winpv sees it. `cli/adapters/` implements these; nothing else touches the machine. */
import type { FileChange } from './file-change.ts';

export interface FileEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes; 0 for folders. */
  readonly size: number;
}

/** A file that was opened for reading. Its size and its beginning stay as they were then. */
export interface SourceFile {
  readonly size: number;
  /** The first block; all of a file that is shorter. */
  readonly head: Uint8Array;
  /**
   * Copies the file, with changes that follow from its content, as `write` would: whole, or nothing is left behind.
   * @param change takes all that is copied, block after block, the head first; each is gone when the next is asked for, and
   *   its length is a multiple of 4 but for the last. What it throws is thrown. The file is closed by then.
   */
  copy(path: string, change: (blocks: AsyncIterable<Uint8Array>) => Promise<readonly FileChange[]>): Promise<void>;
  /** All of the file, block after block, the head first; each is gone when the next is asked for. */
  blocks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Files and folders. Paths are as the user gave them or built with `join`. Errors are FILE_* with the path. */
export interface Files {
  /** @throws WinpvError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE (above `maxBytes`, default 2 GiB - 1) */
  read(path: string, options?: { readonly maxBytes?: number }): Promise<Uint8Array>;
  /**
   * Writes the file whole: a temporary name in the same folder, then a rename. Makes missing folders.
   * @param content the bytes, or parts of them that belong one after the other; each is gone when the next is asked for
   */
  write(
    path: string,
    content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: { readonly mode?: number },
  ): Promise<void>;
  /** Opens a file too large to be held in memory. @throws as `read` */
  open(path: string, options?: { readonly maxBytes?: number }): Promise<SourceFile>;
  /** Entries in ordinal name order; FILE_NOT_FOUND when the folder does not exist. */
  list(folder: string): Promise<readonly FileEntry[]>;
  /** What stands at the path, links followed; undefined when nothing does. */
  stat(path: string): Promise<FileEntry | undefined>;
  /** Removes a file or a folder with all below it; nothing happens when it does not exist. */
  remove(path: string): Promise<void>;
  /** Renames within one file system; the target must not exist. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Puts the folder `from` in the place of `to`, and removes what stood there. Until the new one stands, the old one does:
   * it is moved `aside` for that moment, and comes back when the new one cannot be put there.
   */
  replace(folders: { readonly from: string; readonly to: string; readonly aside: string }): Promise<void>;
  /**
   * Says that a file or folder, there or not yet, is this run's own and not whole: when the run is interrupted it is
   * removed, with all below it. The returned function takes that back, when it is whole or gone.
   */
  unfinished(path: string): () => void;
  /** Takes an exclusive lock on a folder (a lock file); the returned function gives it back. OUTPUT_LOCKED when taken. */
  lock(folder: string): Promise<() => Promise<void>>;
  /** The absolute path with links followed, as far as it exists. */
  realPath(path: string): Promise<string>;
  /** How `to` is reached from the folder `from`, `/` between the parts. */
  relative(from: string, to: string): string;
  join(...parts: readonly string[]): string;
  dirname(path: string): string;
  basename(path: string): string;
  isAbsolute(path: string): boolean;
}

/** What a system notes of a file whenever somebody changes it. */
export interface FileMark {
  /** Size, times of change, and which file it is: a file with the same text is taken to be what it was. */
  readonly text: string;
  /** The later of its times of change, in milliseconds since 1970. */
  readonly changedMs: number;
}

/** Looks at many files without reading one. */
export interface FileMarks {
  /** Of a file, links followed; undefined when there is none. */
  mark(path: string): FileMark | undefined;
  /** Of every file below a folder, by `/`-separated path; undefined when something there is neither file nor folder. */
  marksBelow(folder: string): Promise<ReadonlyMap<string, FileMark> | undefined>;
}

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export interface Timer {
  wait(ms: number): Promise<void>;
}

export interface Random {
  bytes(length: number): Uint8Array;
}

/** Makes private keys: randomness, so a port. */
export interface KeyMaker {
  /** @returns the key as PKCS#8 DER */
  rsa(modulusBits: number): Promise<Uint8Array>;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** External programs. TOOL_MISSING when the program is not there; a non-zero exit is a result, not an error. */
export interface Exec {
  run(
    program: string,
    args: readonly string[],
    options?: { readonly input?: Uint8Array; readonly timeoutMs?: number; readonly cwd?: string },
  ): Promise<ExecResult>;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly maxBytes?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Throws REMOTE_UNREACHABLE, REMOTE_TIMEOUT (`timeoutMs` covers everything up to the last byte) and REMOTE_TOO_LARGE
 * (above `maxBytes`) when no answer arrives. Any status is an answer, and so is a redirection: none is followed.
 */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** A request that a server of this machine was sent. */
export interface ServedRequest {
  readonly method: string;
  /** Whole, with the host that the caller named. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface ServedAnswer extends HttpResponse {
  /** The connection breaks after so many bytes of the body; with 0 before any answer. */
  readonly cutAfter?: number | undefined;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  readonly maxBodyBytes: (head: Pick<ServedRequest, 'method' | 'url'>) => number;
  readonly handle: (request: ServedRequest) => Promise<ServedAnswer>;
  /** What `handle` threw; the caller got status 500. */
  readonly failed: (error: unknown) => void;
}

/** HTTP for callers on this machine. @throws WinpvError EMUSERVE_NOT_LOOPBACK, EMUSERVE_PORT */
export interface LoopbackServer {
  listen(options: ServerOptions): Promise<{ readonly url: string; close(): Promise<void> }>;
}

/** A file that only grows. @throws WinpvError FILE_UNWRITABLE; then it is as it was */
export interface AppendLog {
  append(text: string): Promise<void>;
}

/** What a server needs of the machine. */
export interface Serving {
  readonly server: LoopbackServer;
  /** Opens or makes a log; of what stands there only so many bytes stay. */
  openLog(path: string, keepBytes: number): Promise<AppendLog>;
}

export type ReportEvent =
  | { readonly kind: 'step.started'; readonly step: string }
  | { readonly kind: 'step.finished'; readonly step: string; readonly elapsedMs: number }
  | {
      readonly kind: 'progress';
      readonly step: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly kind: 'note'; readonly message: string };

/** Work emits events; renderers turn them into text. Library code never prints. */
export interface Reporter {
  emit(event: ReportEvent): void;
}
