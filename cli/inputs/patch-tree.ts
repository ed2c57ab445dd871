import type { Patch, PatchQueue } from '../../branding/patches/queue.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { FourPartVersion } from '../../core/version.ts';
import type { PatchOutcome, QueueResult } from '../../packaging/bundle/patches/apply-queue.ts';
import type { Io } from '../io.ts';

export interface QueueOptions {
  readonly patches: string;
}

export interface TreeOptions extends QueueOptions {
  readonly tree: string;
  readonly driver?: string;
  readonly driverVersion?: string;
}

export interface FoundQueue {
  readonly queue: PatchQueue;
  readonly diagnostics: readonly Diagnostic[];
}

/** A queue's folder, or the folder with a queue for each brand. */
export const findQueues = async (io: Io, folder: string): Promise<readonly FoundQueue[]> => {
  const { readQueue } = await import('../../release/project/load-queue.ts');
  const { SERIES } = await import('../../branding/patches/queue.ts');
  const { files } = io;
  if ((await files.stat(files.join(folder, SERIES))) !== undefined) return [await readQueue(files, folder)];
  const below = (await files.list(folder)).filter(({ kind }) => kind === 'folder');
  const found: FoundQueue[] = [];
  for (const { name } of below) {
    const path = files.join(folder, name);
    if ((await files.stat(files.join(path, SERIES))) !== undefined) found.push(await readQueue(files, path));
  }
  if (found.length > 0) return found;
  throw new WinpvError('PATCH_SERIES', `${folder} has no queue: no file \`${SERIES}\`, and no folder with one.`, {
    at: { file: folder },
    hint: 'Name the folder of a queue with --patches.',
  });
};

const oneQueue = async (io: Io, folder: string): Promise<FoundQueue> => {
  const [queue, ...others] = await findQueues(io, folder);
  if (queue !== undefined && others.length === 0) return queue;
  const hint = `For example --patches ${queue?.queue.folder}.`;
  throw new WinpvError('USAGE', `${folder} has ${others.length + 1} queues; name one of them.`, { hint });
};

const MAX_TREE_FILE = 64 * 1024 * 1024;

/** The path of a tree's file, as long as no link on the way leads out of the tree. */
const placeInTree = async (io: Io, tree: string, path: string): Promise<string> => {
  const { files } = io;
  const place = files.join(tree, ...path.split('/'));
  const inside = files.relative(await files.realPath(tree), await files.realPath(place));
  if (inside !== '..' && !inside.startsWith('../') && !files.isAbsolute(inside)) return place;
  throw new WinpvError('PATCH_PATH_REFUSED', `${path} leads out of the tree by a link.`, { at: { file: place } });
};

/** The files that the patches speak of, as far as the tree has them. */
const readTree = async (io: Io, tree: string, patches: readonly Patch[]): Promise<ReadonlyMap<string, Uint8Array>> => {
  const found = new Map<string, Uint8Array>();
  if ((await io.files.stat(tree))?.kind !== 'folder') {
    throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${tree}.`, { at: { file: tree } });
  }
  for (const path of new Set(patches.flatMap(({ paths }) => paths))) {
    const place = await placeInTree(io, tree, path);
    if ((await io.files.stat(place))?.kind === 'file') {
      found.set(path, await io.files.read(place, { maxBytes: MAX_TREE_FILE }));
    }
  }
  return found;
};

const versionOf = async (text: string | undefined): Promise<FourPartVersion | undefined> => {
  const { parseVersion } = await import('../../core/version.ts');
  if (text === undefined) return undefined;
  const version = parseVersion(text);
  if (version !== undefined) return version;
  throw new WinpvError('USAGE', `"${text}" is not a version.`, { hint: 'Four numbers, for example 9.1.0.0.' });
};

export interface Looked extends FoundQueue {
  readonly before: ReadonlyMap<string, Uint8Array>;
  readonly result: QueueResult;
}

/** Applies a queue to a tree in memory. */
export const look = async (io: Io, { patches, tree, driver, driverVersion }: TreeOptions): Promise<Looked> => {
  const { applyQueue } = await import('../../packaging/bundle/patches/apply-queue.ts');
  const found = await oneQueue(io, patches);
  const before = await readTree(io, tree, found.queue.patches);
  const version = await versionOf(driverVersion);
  return { ...found, before, result: applyQueue(found.queue, { driver, version, files: before, whole: true }) };
};

/** git does what it is told and nothing that a checkout says: no hooks, no monitor, no conversion of line ends. */
const GIT = ['-c', 'core.hooksPath=', '-c', 'core.fsmonitor=false', '-c', 'core.autocrlf=false'];

/** Writes the files; what cannot be written takes back what was. */
export const writeTree = async (
  io: Io,
  tree: string,
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
): Promise<readonly string[]> => {
  const { equalBytes } = await import('../../core/bytes.ts');
  const put = async (path: string, bytes: Uint8Array | undefined): Promise<void> => {
    const place = await placeInTree(io, tree, path);
    if (bytes === undefined) await io.files.remove(place);
    else await io.files.write(place, bytes);
  };
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    return old === undefined || now === undefined ? old !== now : !equalBytes(old, now);
  });
  const written: string[] = [];
  try {
    for (const path of changed) {
      written.push(path);
      await put(path, after.get(path));
    }
  } catch (error) {
    for (const path of written) await put(path, before.get(path));
    throw error;
  }
  return changed;
};

/** Whether git itself would apply the patches; only asked in a checkout of git's, and where there is git. */
export const gitAgrees = async (io: Io, tree: string, outcomes: readonly PatchOutcome[]): Promise<boolean> => {
  if ((await io.files.stat(io.files.join(tree, '.git'))) === undefined) return false;
  const { gitQuestion } = await import('../../packaging/bundle/patches/written-diff.ts');
  const exec = await io.exec();
  const applied = outcomes.filter(({ state }) => state === 'applied');
  const [first] = applied;
  if (first === undefined) return false;
  const input = Buffer.from(applied.map(gitQuestion).join(''), 'latin1');
  const args = [...GIT, 'apply', '--check', '--whitespace=nowarn', '-'];
  try {
    const { exitCode, stderr } = await exec.run('git', args, { input, cwd: tree, timeoutMs: 60_000 });
    if (exitCode === 0) return true;
    throw new WinpvError('PATCH_CONFLICT', `git does not apply the queue: ${stderr.split('\n')[0]}`, {
      at: { file: first.patch.file },
    });
  } catch (error) {
    if (error instanceof WinpvError && error.code === 'TOOL_MISSING') return false;
    throw error;
  }
};
