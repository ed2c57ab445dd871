import { ARCHITECTURES, type Architecture } from '../../core/architecture.ts';
import { WinpvError } from '../../core/errors.ts';
import { readFileTree, type TreeFile, type TreeLimits } from '../../core/file-tree.ts';
import type { Files } from '../../core/ports.ts';

/** Where a driver comes from, as winpv.yaml says it; paths are resolved. */
export type SourceSettings = SourcePlace & {
  /** File names that are left where they are: they lie in the source and belong to no package. Case does not matter. */
  readonly ignore?: readonly string[];
};

type SourcePlace =
  /** Small valid images that winpv makes itself, with winpv's own INF template. */
  | { readonly kind: 'stand-in' }
  /** An INF template and a folder `binaries/<x64|x86|arm64>/<file>`; without a template, winpv's own. */
  | { readonly kind: 'template'; readonly template?: string; readonly binaries: string }
  /** A build tree `tree/<x64|x86|arm64>/` that holds a finished INF beside its binaries. */
  | { readonly kind: 'tree'; readonly tree: string };

/** A file of a source; its name is the one below the architecture's folder. */
export type SourceFile = TreeFile;

/** What was read from a source. */
export interface DriverSource {
  readonly driver: string;
  readonly kind: SourceSettings['kind'];
  /** The INF template of a `template` source that has its own. */
  readonly template?: SourceFile;
  /** Files by architecture; none for stand-ins. Ordinal name order. */
  readonly files: ReadonlyMap<Architecture, readonly SourceFile[]>;
}

const MAX_FILE_BYTES = 512 * 1024 * 1024;
const LIMITS: TreeLimits = {
  maxFiles: 4096,
  maxDepth: 4,
  maxFileBytes: MAX_FILE_BYTES,
  tooMany: 'SOURCE_TOO_MANY_FILES',
};

const readArchitectures = async (
  files: Files,
  { folder, ignore = [] }: { readonly folder: string; readonly ignore?: readonly string[] | undefined },
  wanted: readonly Architecture[],
): Promise<ReadonlyMap<Architecture, readonly SourceFile[]>> => {
  const result = new Map<Architecture, readonly SourceFile[]>();
  const there = new Set(
    (await files.list(folder)).filter((entry) => entry.kind === 'folder').map((entry) => entry.name),
  );
  for (const architecture of wanted) {
    if (!there.has(architecture)) continue;
    const tree = await readFileTree(files, files.join(folder, architecture), LIMITS);
    const ignored = ignore.map((name) => name.toLowerCase());
    const isIgnored = ({ path }: TreeFile): boolean => ignored.includes(files.basename(path).toLowerCase());
    result.set(
      architecture,
      tree.filter((file) => !isIgnored(file)),
    );
  }
  if (result.size === 0) {
    const known = ARCHITECTURES.join(', ');
    throw new WinpvError('SOURCE_LAYOUT', `${folder} has no folder for ${wanted.join(' or ')}.`, {
      at: { file: folder },
      hint: `Files stand below one folder an architecture: ${known}.`,
    });
  }
  return result;
};

/**
 * Reads all that a release needs of one driver's source.
 * @throws WinpvError FILE_*, SOURCE_LAYOUT, SOURCE_TOO_MANY_FILES
 */
export const readSource = async (
  files: Files,
  driver: string,
  settings: SourceSettings,
  architectures: readonly Architecture[],
): Promise<DriverSource> => {
  const { ignore } = settings;
  switch (settings.kind) {
    case 'stand-in':
      return { driver, kind: 'stand-in', files: new Map() };
    case 'tree':
      return {
        driver,
        kind: 'tree',
        files: await readArchitectures(files, { folder: settings.tree, ignore }, architectures),
      };
    case 'template': {
      const read = await readArchitectures(files, { folder: settings.binaries, ignore }, architectures);
      if (settings.template === undefined) return { driver, kind: 'template', files: read };
      const bytes = await files.read(settings.template, { maxBytes: MAX_FILE_BYTES });
      const template = { name: files.basename(settings.template), path: settings.template, bytes };
      return { driver, kind: 'template', template, files: read };
    }
  }
};
