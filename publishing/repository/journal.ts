import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { archiveNameFlaw } from '../../packaging/formats/archive-names.ts';
import { JOURNAL_NAME, type RepositoryIndex } from './contract.ts';

const MAX_BYTES = 64 * 1024 * 1024;

const journal = z.strictObject({
  formatVersion: z.literal(1),
  tool: z.literal('winpv'),
  paths: z.array(z.string().refine((path) => archiveNameFlaw(path) === undefined && !path.includes('\\'))),
});

/** What a publication that did not end was about; undefined when none is under way. @throws WinpvError REPOSITORY_BROKEN */
export const readJournal = async (files: Files, folder: string): Promise<readonly string[] | undefined> => {
  const path = files.join(folder, JOURNAL_NAME);
  if ((await files.stat(path)) === undefined) return undefined;
  try {
    return journal.parse(JSON.parse(new TextDecoder().decode(await files.read(path, { maxBytes: MAX_BYTES })))).paths;
  } catch (cause) {
    if (cause instanceof WinpvError) throw cause;
    throw new WinpvError('REPOSITORY_BROKEN', 'The note of a publication that stopped cannot be read.', {
      at: { file: path },
      hint: 'Look with `winpv publish --check`, remove what is not in the index, then remove this file.',
      cause,
    });
  }
};

const listedIn = ({ packages, trust }: RepositoryIndex): ReadonlySet<string> =>
  new Set([...packages.map(({ path }) => path), ...trust.map(({ name }) => name)].map((path) => path.toLowerCase()));

/** Takes away folders on the way to what went, up to the repository, where nothing is left in them. */
const removeEmpty = async (files: Files, folder: string, path: string): Promise<void> => {
  const parts = path.split('/').slice(0, -1);
  for (let depth = parts.length; depth > 0; depth -= 1) {
    const place = files.join(folder, ...parts.slice(0, depth));
    if ((await files.stat(place))?.kind !== 'folder' || (await files.list(place)).length > 0) return;
    await files.remove(place);
  }
};

/** A package goes with its INF first, so that nobody finds a half of it. */
const removePackage = async (files: Files, place: string): Promise<void> => {
  const there = await files.stat(place);
  if (there === undefined) return;
  if (there.kind === 'folder') {
    for (const { name } of await files.list(place)) {
      if (/\.inf$/i.test(name)) await files.remove(files.join(place, name));
    }
  }
  await files.remove(place);
};

export interface Recovered {
  /** What could not be removed, with its reason; it stays in the journal. */
  readonly left: readonly { readonly path: string; readonly error: WinpvError }[];
}

/**
 * Takes away what a publication left that did not end: what its journal names and the index does not. The journal goes when
 * nothing is left; what cannot be removed (a part of a share that is read-only) stops nobody.
 * @throws WinpvError REPOSITORY_BROKEN, FILE_* for the journal itself
 */
export const recover = async (files: Files, folder: string, index: RepositoryIndex): Promise<Recovered> => {
  const paths = await readJournal(files, folder);
  if (paths === undefined) return { left: [] };
  const listed = listedIn(index);
  const left: Recovered['left'][number][] = [];
  for (const path of paths) {
    if (listed.has(path.toLowerCase())) continue;
    try {
      await removePackage(files, files.join(folder, ...path.split('/')));
      await removeEmpty(files, folder, path);
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      left.push({ path, error });
    }
  }
  if (left.length === 0) await files.remove(files.join(folder, JOURNAL_NAME));
  return { left };
};
