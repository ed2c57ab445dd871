import { createHash } from 'node:crypto';
import { equalBytes, toHex, utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { readFileTree } from '../../core/file-tree.ts';
import type { Files, Reporter } from '../../core/ports.ts';
import {
  EMPTY_INDEX,
  INDEX_NAME,
  JOURNAL_NAME,
  parseIndex,
  type RepositoryIndex,
  type StoredFile,
} from './contract.ts';
import { derivedFiles, indexFile, isDerivedName } from './derived.ts';
import { type Recovered, recover } from './journal.ts';
import { type FileContent, type NewPackage, type Publication, type PublicationPlan, planPublication } from './plan.ts';

export interface PublishPorts {
  readonly files: Files;
  readonly reporter: Reporter;
}

export interface PublishOptions {
  /** Keep so many versions of each driver, the newest; all when not given. */
  readonly keep?: number | undefined;
  /** Plan only. */
  readonly dryRun?: boolean;
}

export interface Published {
  readonly plan: PublicationPlan;
  readonly changed: boolean;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const LIMITS = { maxFiles: 65_535, maxDepth: 32, maxFileBytes: 2 ** 31 - 1, tooMany: 'FILE_TOO_LARGE' } as const;

const within = (files: Files, folder: string, path: string): string => files.join(folder, ...path.split('/'));

/** The index of a repository; undefined when there is none. @throws WinpvError REPOSITORY_*, FILE_* */
export const readIndex = async (files: Files, folder: string): Promise<RepositoryIndex | undefined> => {
  const path = files.join(folder, INDEX_NAME);
  if ((await files.stat(path)) === undefined) return undefined;
  return parseIndex(await files.read(path, { maxBytes: MAX_INDEX_BYTES }), path);
};

/** A folder becomes a repository only when it is empty. @throws WinpvError REPOSITORY_FOREIGN */
const checkEmpty = async (files: Files, folder: string): Promise<void> => {
  const there = await files.stat(folder);
  if (there === undefined) return;
  const stranger =
    there.kind === 'folder'
      ? (await files.list(folder)).find(({ name }) => !name.startsWith('.'))?.name
      : 'what is no folder';
  if (stranger === undefined) return;
  throw new WinpvError('REPOSITORY_FOREIGN', `${folder} is no driver repository, and holds ${stranger}.`, {
    at: { file: folder },
    hint: `A repository has an ${INDEX_NAME}. Name an empty folder, or one that does not exist yet. Nothing was written.`,
  });
};

const matches = (found: readonly FileContent[], wanted: readonly StoredFile[]): boolean => {
  const sums = new Map(wanted.map(({ name, sha256 }) => [name, sha256]));
  return (
    found.length === sums.size &&
    found.every(({ name, bytes }) => sums.get(name) === toHex(createHash('sha256').update(bytes).digest()))
  );
};

/** A folder that nobody tells of, at a place that is wanted: the same content is as good as written. */
const adoptable = async (files: Files, place: string, one: NewPackage): Promise<boolean> => {
  if ((await files.stat(place)) === undefined) return false;
  if (matches(await readFileTree(files, place, LIMITS), one.files)) return true;
  throw new WinpvError('REPOSITORY_FOREIGN', `${place} is there, is not in the index and holds something else.`, {
    at: { file: place },
    hint: 'winpv did not put it there. Move it away. Nothing was published.',
  });
};

/** `brand/driver/1.2.3.4/.x64.winpv-partial`, beside the folder that it becomes in one rename. */
const partialOf = (path: string): string => path.replace(/[^/]+$/, (name) => `.${name}.winpv-partial`);

/** The INF comes last: whoever looks for INFs below a folder just now finds none that is not whole. */
const infLast = ({ content, inf }: NewPackage): readonly FileContent[] => [
  ...content.filter(({ name }) => name !== inf),
  ...content.filter(({ name }) => name === inf),
];

const addPackage = async (files: Files, folder: string, one: NewPackage): Promise<void> => {
  const place = within(files, folder, one.path);
  if (await adoptable(files, place, one)) return;
  const partial = within(files, folder, partialOf(one.path));
  const whole = files.unfinished(partial);
  try {
    for (const { name, bytes } of infLast(one)) await files.write(within(files, partial, name), bytes);
    await files.rename(partial, place);
  } finally {
    whole();
  }
};

/** Writes a file where what stands there is another. */
const settle = async (files: Files, path: string, bytes: Uint8Array): Promise<boolean> => {
  const there = await files.stat(path);
  if (there?.kind === 'file' && there.size === bytes.length && equalBytes(await files.read(path), bytes)) return false;
  await files.write(path, bytes);
  return true;
};

/** Brings the files that follow from the index up to it. */
const settleDerived = async (files: Files, folder: string, index: RepositoryIndex): Promise<boolean> => {
  const derived = derivedFiles(index);
  let changed = false;
  for (const { name, bytes } of derived) changed = (await settle(files, files.join(folder, name), bytes)) || changed;
  const wanted = new Set(derived.map(({ name }) => name));
  for (const { name } of await files.list(folder)) {
    if (!isDerivedName(name) || wanted.has(name)) continue;
    await files.remove(files.join(folder, name));
    changed = true;
  }
  return changed;
};

const apply = async ({ files, reporter }: PublishPorts, folder: string, plan: PublicationPlan): Promise<void> => {
  const total = plan.add.length;
  for (const [done, one] of plan.add.entries()) {
    reporter.emit({ kind: 'progress', step: 'publish', done, total, unit: 'packages' });
    await addPackage(files, folder, one);
  }
  for (const { name, content } of plan.addTrust) await settle(files, within(files, folder, name), content);
  const { name, bytes } = indexFile(plan.index);
  await files.write(files.join(folder, name), bytes);
};

const leftover = ({ left }: Recovered): readonly Diagnostic[] =>
  left.map(({ error }) =>
    problem('REPOSITORY_LEFTOVER', `What is not in the index any more cannot be removed: ${error.message}`, {
      ...{ severity: 'warning', hint: 'The next publication tries again.' },
      ...(error.at === undefined ? {} : { at: error.at }),
    }),
  );

const publishLocked = async (
  ports: PublishPorts,
  folder: string,
  publication: Publication,
  { keep }: PublishOptions,
): Promise<Published> => {
  const { files } = ports;
  const before = await readIndex(files, folder);
  if (before === undefined) await checkEmpty(files, folder);
  const known = before ?? EMPTY_INDEX;
  const plan = planPublication(known, publication, { keep });
  stopOnErrors(plan.diagnostics);
  const old = before === undefined ? { left: [] } : await recover(files, folder, before);
  if (before === undefined) await files.write(files.join(folder, INDEX_NAME), indexFile(EMPTY_INDEX).bytes);
  const news = plan.add.length + plan.addTrust.length + plan.prune.length > 0;
  if (!news) return { plan, changed: await settleDerived(files, folder, known), diagnostics: leftover(old) };
  const added = [...plan.add.flatMap(({ path }) => [path, partialOf(path)]), ...plan.addTrust.map(({ name }) => name)];
  const paths = [...new Set([...added, ...plan.prune, ...old.left.map(({ path }) => path)])].sort();
  const journal = { formatVersion: 1, tool: 'winpv', paths };
  await files.write(files.join(folder, JOURNAL_NAME), utf8(`${JSON.stringify(journal, undefined, 2)}\n`));
  await apply(ports, folder, plan);
  await settleDerived(files, folder, plan.index);
  return { plan, changed: true, diagnostics: leftover(await recover(files, folder, plan.index)) };
};

/**
 * Publishes into a driver repository. The index is written last, and names only what is there: killed at any point, it is the
 * old one or the new one, and the next run takes away what was left. Two publishers do not meet.
 * @throws WinpvError REPOSITORY_*, OUTPUT_LOCKED, FILE_*
 */
export const publishToRepository = async (
  ports: PublishPorts,
  named: string,
  publication: Publication,
  options: PublishOptions = {},
): Promise<Published> => {
  const { files } = ports;
  const folder = await files.realPath(named);
  if (options.dryRun === true) {
    const before = await readIndex(files, folder);
    if (before === undefined) await checkEmpty(files, folder);
    const plan = planPublication(before ?? EMPTY_INDEX, publication, options);
    return { plan, changed: false, diagnostics: stopOnErrors(plan.diagnostics) };
  }
  const unlock = await files.lock(files.join(folder, INDEX_NAME));
  try {
    return await publishLocked(ports, folder, publication, options);
  } finally {
    await unlock();
  }
};
