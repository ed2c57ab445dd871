import type { LoadedBrand } from '../../branding/load.ts';
import { type PatchQueue, parseQueue, SERIES } from '../../branding/patches/queue.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { readFileTree, type TreeLimits } from '../../core/file-tree.ts';
import type { Files } from '../../core/ports.ts';
import { closestName } from '../../core/spelling.ts';
import type { BrandInput } from '../plan.ts';
import type { Project } from './project.ts';

const LIMITS: TreeLimits = {
  maxFiles: 4096,
  maxDepth: 4,
  maxFileBytes: 8 * 1024 * 1024,
  tooMany: 'SOURCE_TOO_MANY_FILES',
};

export interface BrandQueue {
  readonly queue: PatchQueue;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** @throws WinpvError PATCH_*, CONFIG_*, FILE_* with every complaint about the queue */
export const readQueue = async (files: Files, folder: string): Promise<BrandQueue> =>
  parseQueue(folder, await readFileTree(files, folder, LIMITS));

/**
 * The queue of a brand: the folder that the brand names, else the one of its id in the project's `patches`; undefined
 * when it has none. A folder that is named has to be there.
 */
export const brandQueue = async (
  files: Files,
  project: Pick<Project, 'patches' | 'settings'>,
  { brand, keyPoint, file }: LoadedBrand,
): Promise<BrandQueue | undefined> => {
  if (brand.patches !== undefined) {
    const folder = files.isAbsolute(brand.patches) ? brand.patches : files.join(files.dirname(file), brand.patches);
    if ((await files.stat(folder))?.kind === 'folder') return readQueue(files, folder);
    throw new WinpvError('CONFIG_INVALID', `There is no folder ${folder} for the patches of "${brand.id}".`, {
      ...keyPoint(['patches']),
    });
  }
  if (project.patches === undefined) return undefined;
  const folder = files.join(project.patches, brand.id);
  return (await files.stat(folder))?.kind === 'folder' ? readQueue(files, folder) : undefined;
};

/** A queue beside the others whose name is nearly that of a brand without one: nobody would miss its patches. */
const misnamed = async (
  files: Files,
  folder: string,
  brands: readonly { readonly id: string; readonly found: boolean }[],
): Promise<readonly Diagnostic[]> => {
  const without = brands.filter(({ found }) => !found).map(({ id }) => id);
  const strange = (await files.list(folder)).filter(
    ({ kind, name }) => kind === 'folder' && !brands.some(({ id }) => id === name),
  );
  const found: Diagnostic[] = [];
  for (const { name } of strange) {
    const meant = closestName(name, without);
    const path = files.join(folder, name);
    if (meant === undefined || (await files.stat(files.join(path, SERIES))) === undefined) continue;
    const message = `${name} has patches and is no brand of this project; "${meant}" has none.`;
    found.push(problem('PATCH_SERIES', message, { severity: 'warning', at: { file: path } }));
  }
  return found;
};

/** The brands with their queues. @throws WinpvError with every complaint about every queue */
export const withQueues = async (
  files: Files,
  project: Pick<Project, 'patches' | 'settings'>,
  brands: readonly BrandInput[],
): Promise<{ readonly brands: readonly BrandInput[]; readonly diagnostics: readonly Diagnostic[] }> => {
  if (project.patches !== undefined && (await files.stat(project.patches))?.kind !== 'folder') {
    throw new WinpvError('CONFIG_INVALID', `There is no folder ${project.patches} for patch queues.`, {
      ...project.settings.point(['patches']),
    });
  }
  const queues = await Promise.all(brands.map(({ loaded }) => brandQueue(files, project, loaded)));
  const ids = brands.map(({ loaded }, index) => ({ id: loaded.brand.id, found: queues[index] !== undefined }));
  const strange = project.patches === undefined ? [] : await misnamed(files, project.patches, ids);
  return {
    brands: brands.map((brand, index) => {
      const queue = queues[index]?.queue;
      return queue === undefined ? brand : { ...brand, queue };
    }),
    diagnostics: [...queues.flatMap((one) => one?.diagnostics ?? []), ...strange],
  };
};
