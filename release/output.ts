import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../core/bytes.ts';
import { WinpvError } from '../core/errors.ts';
import type { Files } from '../core/ports.ts';
import { SUMS_SIGNATURE } from './making/statement-names.ts';
import { checkNothingPending } from './reading/pending-submissions.ts';

/** The file that marks a folder as made by `winpv release`; only such a folder is ever cleaned. */
/** The release as one page. */
export const PAGE_NAME = 'report.html';
export const RECORD_NAME = 'release.json';
export const SUMS_NAME = 'SHA256SUMS';

/** Beside OUT, what is on its way to it, and what was there before: `.<OUT>.<suffix>`. */
export const OUTPUT_SUFFIXES = ['winpv-partial', 'winpv-old'] as const;

/** A file of the output, by its path below OUT, `/`-separated. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const sha256Hex = (bytes: Uint8Array): string => toHex(createHash('sha256').update(bytes).digest());

/** `SHA256SUMS` in the form that `sha256sum -c` reads: every file but itself, in ordinal path order. */
export const checksumFile = (files: readonly { readonly path: string; readonly sha256: string }[]): OutputFile => {
  const lines = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => `${file.sha256}  ${file.path}\n`);
  return { path: SUMS_NAME, bytes: utf8(lines.join('')) };
};

export interface OutputOptions {
  /** The folder as the user named it. */
  readonly folder: string;
  /** Replace what an earlier release left there. */
  readonly clean: boolean;
  /** Leave what a killed run had written beside OUT; `sweep` takes away what is not wanted of it. */
  readonly resume?: boolean | undefined;
}

/** A folder beside OUT that becomes OUT in one rename when it is whole. */
export interface OutputStage {
  /** The folder beside OUT. */
  readonly place: string;
  /** Removes everything from the stage but these paths. */
  sweep(keep: ReadonlySet<string>): Promise<void>;
  write(file: OutputFile): Promise<void>;
  /** Puts the stage in OUT's place. */
  commit(): Promise<void>;
  /** Throws the stage away; OUT stays as it was. Harmless after `commit`. */
  discard(): Promise<void>;
}

/**
 * Takes the lock on OUT and opens an empty stage beside it. OUT is never removed before its successor stands in its place:
 * the old one is moved aside, the stage moves in, and only then the old one goes. What a killed run left is put right.
 * @throws WinpvError OUTPUT_NOT_EMPTY when OUT holds files and `clean` is off, or holds something winpv did not make;
 *   OUTPUT_SUBMISSION_PENDING; OUTPUT_LOCKED; FILE_*
 */
export const openOutput = async (files: Files, options: OutputOptions): Promise<OutputStage> => {
  // A link to a folder stays a link: what it leads to is replaced.
  const folder = await files.realPath(options.folder);
  const beside = (suffix: string): string => files.join(files.dirname(folder), `.${files.basename(folder)}.${suffix}`);
  const release = await files.lock(folder);
  const [stage, old] = [beside(OUTPUT_SUFFIXES[0]), beside(OUTPUT_SUFFIXES[1])];
  let open = true;
  const whole = files.unfinished(stage);
  try {
    if ((await files.stat(folder)) === undefined && (await files.stat(old)) !== undefined)
      await files.rename(old, folder);
    await files.remove(old);
    if (options.resume !== true) await files.remove(stage);
    await checkOutput(files, options);
  } catch (error) {
    whole();
    await release();
    throw error;
  }
  return {
    place: stage,
    async sweep(keep) {
      if ((await files.stat(stage)) === undefined) return;
      const strays = (await pathsBelow(files, stage)).filter((path) => !keep.has(path));
      for (const path of strays) await files.remove(files.join(stage, ...path.split('/')));
    },
    write: (file) => files.write(files.join(stage, ...file.path.split('/')), file.bytes),
    async commit() {
      await checkOutput(files, options);
      await files.replace({ from: stage, to: folder, aside: old });
      open = false;
      whole();
      await release();
    },
    async discard() {
      if (!open) return;
      open = false;
      await files.remove(stage);
      whole();
      await release();
    },
  };
};

const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** Whether the bytes are a record that winpv wrote, by its content and not by its name. */
const isRecord = (bytes: Uint8Array): boolean => {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8').decode(bytes));
    if (typeof value !== 'object' || value === null || !('tool' in value) || !('brands' in value)) return false;
    const { tool } = value;
    return typeof tool === 'object' && tool !== null && 'name' in tool && tool.name === 'winpv';
  } catch {
    return false;
  }
};

/** Paths below a folder; links and devices count as files. */
const pathsBelow = async (files: Files, folder: string, prefix = '', depth = 0): Promise<readonly string[]> => {
  const entries = await files.list(files.join(folder, ...prefix.split('/').filter((part) => part !== '')));
  const found = await Promise.all(
    entries.map(({ name, kind }) =>
      kind === 'folder' && depth < 16 ? pathsBelow(files, folder, `${prefix}${name}/`, depth + 1) : [prefix + name],
    ),
  );
  return found.flat();
};

/** What stands in OUT that no release of winpv's put there; undefined when all of it is an earlier release. */
const strangerIn = async (files: Files, folder: string): Promise<string | undefined> => {
  const read = (name: string) => files.read(files.join(folder, name), { maxBytes: MAX_RECORD_BYTES });
  const names = (await files.list(folder)).filter(({ kind }) => kind === 'file').map(({ name }) => name);
  if (!names.includes(RECORD_NAME) || !names.includes(SUMS_NAME)) return names[0] ?? 'a folder';
  if (!isRecord(await read(RECORD_NAME))) return RECORD_NAME;
  const sums = new TextDecoder('utf-8').decode(await read(SUMS_NAME));
  const made = new Set(sums.split('\n').map((line) => line.slice(66)));
  const paths = await pathsBelow(files, folder);
  const isOwn = (path: string): boolean => path === SUMS_NAME || path === SUMS_SIGNATURE || path.startsWith('.winpv/');
  return paths.find((path) => !made.has(path) && !isOwn(path));
};

/** Refuses to write over what winpv did not make, before any work is done. */
export const checkOutput = async (files: Files, { folder, clean }: OutputOptions): Promise<void> => {
  const there = await files.stat(folder);
  if (there === undefined) return;
  const at = { file: folder };
  if (there.kind !== 'folder') throw new WinpvError('OUTPUT_NOT_EMPTY', `${folder} is not a folder.`, { at });
  if ((await files.list(folder)).length === 0) return;
  if (clean) await checkNothingPending(files, folder);
  const stranger = await strangerIn(files, folder);
  if (stranger === undefined && clean) return;
  throw new WinpvError('OUTPUT_NOT_EMPTY', `${folder} is not empty. Nothing was written.`, {
    at,
    hint:
      stranger === undefined
        ? 'It holds an earlier release: --clean replaces it, --out names another folder.'
        : `It holds ${stranger}, which winpv did not make and will not remove. Name another folder with --out.`,
  });
};

export interface Precious {
  /** What it is, for the message: "the project". */
  readonly what: string;
  readonly path: string;
  /** An output inside it would become part of the next release's input. */
  readonly mayHoldOutput: boolean;
}

const isWithin = (inner: string, outer: string): boolean =>
  inner === outer ||
  (inner.startsWith(outer) && /^[\\/]/.test(inner.slice(/[\\/]$/.test(outer) ? outer.length - 1 : outer.length)));

/** An output that is, or holds, what a release is made from would destroy it. @throws WinpvError OUTPUT_OVER_INPUT */
export const checkOutputPlace = async (files: Files, folder: string, inputs: readonly Precious[]): Promise<void> => {
  const out = await files.realPath(folder);
  for (const { what, path, mayHoldOutput } of inputs) {
    const input = await files.realPath(path);
    if (!isWithin(input, out) && (mayHoldOutput || !isWithin(out, input))) continue;
    throw new WinpvError('OUTPUT_OVER_INPUT', `${folder} is, holds or lies inside ${what} (${path}).`, {
      at: { file: folder },
      hint: 'Name another folder with --out.',
    });
  }
};
