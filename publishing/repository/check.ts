import { createHash } from 'node:crypto';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { INDEX_NAME, JOURNAL_NAME, type RepositoryIndex } from './contract.ts';
import { derivedFiles } from './derived.ts';
import { readJournal } from './journal.ts';
import { readIndex } from './publish.ts';

export interface RepositoryCheck {
  readonly index: RepositoryIndex;
  /** Files that were read and compared. */
  readonly files: number;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_DEPTH = 32;

/** Every file below a folder, by its path from there. */
const pathsBelow = async (files: Files, folder: string, prefix = '', depth = 0): Promise<readonly string[]> => {
  if (depth > MAX_DEPTH) return [`${prefix}…`];
  const entries = await files.list(files.join(folder, ...prefix.split('/').filter((part) => part !== '')));
  const found: string[] = [];
  for (const { name, kind } of entries) {
    if (kind === 'folder') found.push(...(await pathsBelow(files, folder, `${prefix}${name}/`, depth + 1)));
    else found.push(prefix + name);
  }
  return found;
};

interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const listedFiles = ({ packages, trust }: RepositoryIndex): readonly Listed[] => [
  ...packages.flatMap(({ path, files }) => files.map((file) => ({ ...file, name: `${path}/${file.name}` }))),
  ...trust,
];

const checkFile = async (
  files: Files,
  folder: string,
  { name, bytes, sha256 }: Listed,
): Promise<Diagnostic | undefined> => {
  const path = files.join(folder, ...name.split('/'));
  const at = { file: path };
  const there = await files.stat(path);
  if (there?.kind !== 'file')
    return problem('REPOSITORY_FILE_MISSING', `${name} is in the index and is not there.`, { at });
  const same =
    there.size === bytes &&
    toHex(
      createHash('sha256')
        .update(await files.read(path))
        .digest(),
    ) === sha256;
  return same ? undefined : problem('REPOSITORY_FILE_DIFFERS', `${name} is not the file that was published.`, { at });
};

/** Lists and checksums that follow from the index. */
const checkDerived = async (files: Files, folder: string, index: RepositoryIndex): Promise<readonly Diagnostic[]> => {
  const found: Diagnostic[] = [];
  for (const { name, bytes } of derivedFiles(index)) {
    const path = files.join(folder, name);
    if ((await files.stat(path)) !== undefined && equalBytes(await files.read(path), bytes)) continue;
    found.push(
      problem('REPOSITORY_FILE_DIFFERS', `${name} does not follow from the index.`, {
        at: { file: path },
        hint: 'The next publication writes it anew.',
      }),
    );
  }
  return found;
};

const checkExtra = async (files: Files, folder: string, index: RepositoryIndex): Promise<readonly Diagnostic[]> => {
  const journal = await readJournal(files, folder);
  const known = new Set([
    ...[INDEX_NAME, JOURNAL_NAME, `.${INDEX_NAME}.winpv-lock`],
    ...derivedFiles(index).map(({ name }) => name),
    ...listedFiles(index).map(({ name }) => name),
  ]);
  const pending = journal ?? [];
  const paths = (await pathsBelow(files, folder)).filter((path) => !known.has(path));
  const left = (path: string): boolean => pending.some((one) => path === one || path.startsWith(`${one}/`));
  const hint = 'The next publication takes it away.';
  return [
    ...(journal === undefined
      ? []
      : [
          problem('REPOSITORY_LEFTOVER', 'A publication stopped before its end, or runs just now.', {
            ...{ severity: 'warning', hint, at: { file: files.join(folder, JOURNAL_NAME) } },
          }),
        ]),
    ...paths
      .filter((path) => !left(path))
      .map((path) =>
        problem('REPOSITORY_FILE_EXTRA', `${path} is not in the index.`, {
          at: { file: files.join(folder, ...path.split('/')) },
        }),
      ),
  ];
};

/**
 * Compares a repository with its index: every file that is listed is there and equal, and nothing else is there.
 * @throws WinpvError FILE_NOT_FOUND when the folder is none, REPOSITORY_*, FILE_*
 */
export const checkRepository = async (files: Files, folder: string): Promise<RepositoryCheck> => {
  const index = await readIndex(files, folder);
  if (index === undefined) {
    throw new WinpvError('FILE_NOT_FOUND', `${folder} has no ${INDEX_NAME}, so it is no driver repository.`, {
      at: { file: folder },
    });
  }
  const listed = listedFiles(index);
  const found: Diagnostic[] = [];
  for (const file of listed) {
    const flaw = await checkFile(files, folder, file);
    if (flaw !== undefined) found.push(flaw);
  }
  const [derived, extra] = [await checkDerived(files, folder, index), await checkExtra(files, folder, index)];
  return { index, files: listed.length, diagnostics: [...found, ...derived, ...extra] };
};
