import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../core/bytes.ts';
import { WinpvError } from '../core/errors.ts';
import type { Files } from '../core/ports.ts';

/** The file that marks a folder as made by `winpv release`; only such a folder is ever cleaned. */
export const RECORD_NAME = 'release.json';

/** A file of the output, by its path below OUT, `/`-separated. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const sha256Hex = (bytes: Uint8Array): string => toHex(createHash('sha256').update(bytes).digest());

/** `SHA256SUMS` in the form that `sha256sum -c` reads: every file but itself, in ordinal path order. */
export const checksumFile = (files: readonly { readonly path: string; readonly sha256: string }[]): OutputFile => {
  const lines = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map((file) => `${file.sha256}  ${file.path}\n`);
  return { path: 'SHA256SUMS', bytes: utf8(lines.join('')) };
};

export interface OutputOptions {
  /** The folder as the user named it. */
  readonly folder: string;
  /** Replace what an earlier release left there. */
  readonly clean: boolean;
}

/** A folder beside OUT that becomes OUT in one rename when it is whole. */
export interface OutputStage {
  write(file: OutputFile): Promise<void>;
  /** Puts the stage in OUT's place. */
  commit(): Promise<void>;
  /** Throws the stage away; OUT stays as it was. Harmless after `commit`. */
  discard(): Promise<void>;
}

/**
 * Takes the lock on OUT and opens an empty stage beside it.
 * @throws WinpvError OUTPUT_NOT_EMPTY when OUT holds files and `clean` is off, or holds something winpv did not make;
 *   OUTPUT_LOCKED; FILE_*
 */
export const openOutput = async (files: Files, options: OutputOptions): Promise<OutputStage> => {
  const { folder } = options;
  await checkOutput(files, options);
  const release = await files.lock(folder);
  const stage = files.join(files.dirname(folder), `.${files.basename(folder)}.winpv-partial`);
  await files.remove(stage);
  let open = true;
  return {
    write: (file) => files.write(files.join(stage, ...file.path.split('/')), file.bytes),
    async commit() {
      await checkOutput(files, options);
      await files.remove(folder);
      await files.rename(stage, folder);
      open = false;
      await release();
    },
    async discard() {
      if (!open) return;
      open = false;
      await files.remove(stage);
      await release();
    },
  };
};

/** Refuses to write over what winpv did not make, before any work is done. */
export const checkOutput = async (files: Files, { folder, clean }: OutputOptions): Promise<void> => {
  const there = await files.stat(folder);
  if (there === undefined) return;
  const at = { file: folder };
  if (there.kind !== 'folder') throw new WinpvError('OUTPUT_NOT_EMPTY', `${folder} is not a folder.`, { at });
  const entries = await files.list(folder);
  if (entries.length === 0) return;
  const ours = entries.some((entry) => entry.kind === 'file' && entry.name === RECORD_NAME);
  if (ours && clean) return;
  throw new WinpvError('OUTPUT_NOT_EMPTY', `${folder} is not empty. Nothing was written.`, {
    at,
    hint: ours
      ? 'It holds an earlier release: --clean replaces it, --out names another folder.'
      : `It has no ${RECORD_NAME}, so winpv did not make it and will not clean it. Name another folder with --out.`,
  });
};
