import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { CatalogInf, PlannedCatalog } from '../../packaging/bundle/catalog.ts';
import type { Io } from '../io.ts';
import { type NamedFile, readFolderFiles } from './named-files.ts';

/** A folder that catalogs are made for. */
export interface CatalogFolder {
  readonly dir: string;
  /** Those of the folder itself. */
  readonly infs: readonly CatalogInf[];
  /** INFs in folders below, for which no catalog is made. */
  readonly infsBelow: readonly NamedFile[];
  /** A file by its path from the folder, as Windows finds it: whatever the case. */
  readonly file: (sourcePath: string) => NamedFile | undefined;
}

const MOST_NAMED = 5;

/** As Inf2Cat, catalogs are made for the INFs of the folder itself: whoever has a tree names each folder. */
const onlyBelow = (io: Io, dir: string, below: readonly NamedFile[]): WinpvError => {
  const folders = [...new Set(below.map(({ path }) => io.files.dirname(path)))];
  const named = folders.slice(0, MOST_NAMED).map(shownText).join(', ');
  const more = folders.length > MOST_NAMED ? ` and ${folders.length - MOST_NAMED} more folders` : '';
  return new WinpvError('CAT_NO_INF', 'The folder itself holds no INF; INFs stand in folders below it.', {
    at: { file: dir },
    hint: `Make the catalogs of each: --dir for ${named}${more}.`,
  });
};

/** Files by their path in lower case. @throws WinpvError CAT_NAME_TWICE for two that are one file on Windows */
const byLowerCase = (files: readonly NamedFile[]): ReadonlyMap<string, NamedFile> => {
  const found = new Map<string, NamedFile>();
  for (const file of files) {
    const key = file.name.toLowerCase();
    const before = found.get(key);
    if (before !== undefined) {
      const message = `${shownText(before.path)} and ${shownText(file.path)} are one file for Windows.`;
      throw new WinpvError('CAT_NAME_TWICE', message, { at: { file: file.path }, hint: 'Remove one of the two.' });
    }
    found.set(key, file);
  }
  return found;
};

/** @throws WinpvError CAT_NO_INF when INFs stand below only, CAT_NAME_TWICE, INF_*, FILE_* */
export const readCatalogFolder = async (io: Io, dir: string): Promise<CatalogFolder> => {
  const { parseInf } = await import('../../packaging/formats/inf/document.ts');
  const { infModel } = await import('../../packaging/formats/inf/model.ts');
  const files = await readFolderFiles(io, dir);
  const named = byLowerCase(files);
  const all = files.filter(({ name }) => /\.inf$/i.test(name));
  const own = all.filter(({ name }) => !name.includes('/'));
  const infsBelow = all.filter(({ name }) => name.includes('/'));
  if (own.length === 0 && infsBelow.length > 0) throw onlyBelow(io, dir, infsBelow);
  const infs = own.map(({ bytes, path }) => {
    const document = parseInf(bytes, path);
    return { document, model: infModel(document) };
  });
  return { dir, infs, infsBelow, file: (sourcePath) => named.get(sourcePath.toLowerCase()) };
};

/** INFs below the folder that no INF of the folder installs: people may expect catalogs for them. */
export const uncatalogued = async (
  { infsBelow }: CatalogFolder,
  planned: readonly PlannedCatalog[],
): Promise<readonly Diagnostic[]> => {
  const { findText } = await import('../../packaging/formats/cat/model.ts');
  const members = planned.flatMap(({ content }) => content.members);
  const listed = new Set(members.flatMap(({ attributes }) => findText(attributes, 'File') ?? []));
  const message = 'No catalog was made for this INF: it stands in a folder below the one that was named.';
  return infsBelow
    .filter(({ name }) => !listed.has(name.slice(name.lastIndexOf('/') + 1).toLowerCase()))
    .map(({ path }) =>
      problem('CAT_INF_BELOW', message, {
        severity: 'warning',
        at: { file: path },
        hint: 'Call winpv cat create for its own folder.',
      }),
    );
};
