import type { Architecture } from '../../../core/architecture.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { TreeFile } from '../../../core/file-tree.ts';
import { isPe, parsePe } from '../../formats/pe/parse.ts';
import { architectureOf, folderOf, locatePackages } from './layout.ts';
import type { SourceTree } from './source-tree.ts';

/** Signed files of one driver, as another signer gave them back. */
export interface Prebuilt {
  /** The folder or archive. */
  readonly path: string;
  /** Of the archive. */
  readonly sha256?: string;
  readonly files: ReadonlyMap<Architecture, readonly TreeFile[]>;
}

interface PrebuiltRequest {
  readonly driver: string;
  readonly architectures: readonly Architecture[];
}

const lowerBase = (name: string): string => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

/** Partner Center gives back `drivers/xenbus/…`, without the architecture: the driver's own image tells it. */
const byImage = async (
  tree: SourceTree,
  { driver, architectures }: PrebuiltRequest,
): Promise<ReadonlyMap<Architecture, string>> => {
  const found = new Map<Architecture, string>();
  const images = tree.names.filter((name) => lowerBase(name) === `${driver}.sys`);
  for (const name of images.filter((one) => architectureOf(folderOf(one)) === undefined)) {
    const bytes = await tree.read(name);
    const machine = isPe(bytes) ? parsePe(bytes, tree.pathOf(name)).machine : undefined;
    const architecture = architectures.find((one) => one === machine);
    if (architecture === undefined) continue;
    if (found.has(architecture)) {
      throw new WinpvError('SOURCE_AMBIGUOUS', `${tree.path} has ${driver} for ${architecture} in several folders.`, {
        at: { file: tree.path },
      });
    }
    found.set(architecture, folderOf(name));
  }
  return found;
};

const placesIn = async (tree: SourceTree, request: PrebuiltRequest): Promise<ReadonlyMap<Architecture, string>> => {
  const { driver, architectures } = request;
  const told = await byImage(tree, request);
  const wanted = architectures.filter((architecture) => !told.has(architecture));
  const hasFolders = tree.names.some((name) => architectureOf(folderOf(name)) !== undefined);
  if (wanted.length === 0 || (told.size > 0 && !hasFolders)) return told;
  const marks = ['sys', 'inf', 'cat'].map((ending) => `${driver}.${ending}`);
  const places = locatePackages({ path: tree.path, names: tree.names, driver, marks, wanted });
  return new Map([...told, ...places.map(({ architecture, folder }) => [architecture, folder] as const)]);
};

/**
 * Reads the signed files of a driver for each architecture.
 * @throws WinpvError SOURCE_LAYOUT, SOURCE_AMBIGUOUS; PREBUILT_MISSING when an architecture of the release has none
 */
export const readPrebuilt = async (tree: SourceTree, request: PrebuiltRequest): Promise<Prebuilt> => {
  const places = await placesIn(tree, request);
  const files = new Map<Architecture, readonly TreeFile[]>();
  for (const architecture of request.architectures) {
    const folder = places.get(architecture);
    if (folder === undefined) {
      throw new WinpvError('PREBUILT_MISSING', `${tree.path} has no ${request.driver} for ${architecture}.`, {
        at: { file: tree.path },
        hint: 'Narrow `architectures`, or take `prebuilt` out until all are signed.',
      });
    }
    const inside = tree.names.filter((name) => name.startsWith(folder));
    const read: TreeFile[] = [];
    for (const name of inside) {
      read.push({ name: name.slice(folder.length), path: tree.pathOf(name), bytes: await tree.read(name) });
    }
    files.set(architecture, read);
  }
  const { path, sha256 } = tree;
  return { path, files, ...(sha256 === undefined ? {} : { sha256 }) };
};
