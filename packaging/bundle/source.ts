import type { Architecture } from '../../core/architecture.ts';
import { type SourcePosition, WinpvError } from '../../core/errors.ts';
import { readFileTree, type TreeFile, type TreeLimits } from '../../core/file-tree.ts';
import type { Files } from '../../core/ports.ts';
import { isAddress } from './import/address.ts';
import { locatePackages } from './import/layout.ts';
import type { OpenSource } from './import/open-source.ts';
import { type Prebuilt, readPrebuilt } from './import/prebuilt.ts';
import { sourceRevision } from './import/revision.ts';
import type { SourceTree } from './import/source-tree.ts';

/** Where a driver comes from, as winpv.yaml says it; paths are resolved, addresses are as written. */
export type SourceSettings = SourcePlace & {
  /** File names that are left where they are: they lie in the source and belong to no package. Case does not matter. */
  readonly ignore?: readonly string[];
  /** What the archive has to be, lower-case hex; always there for an address. */
  readonly sha256?: string;
  /** Where the project names the tree or the binaries. */
  readonly at?: SourcePosition;
  /** A folder or an archive of signed files, taken where they are what was built. */
  readonly prebuilt?: string;
};

type SourcePlace =
  /** Small valid images that winpv makes itself, with winpv's own INF template. */
  | { readonly kind: 'stand-in' }
  /** An INF template and a folder or archive of binaries; without a template, winpv's own. */
  | { readonly kind: 'template'; readonly template?: string; readonly binaries: string }
  /** A build tree, in a folder or an archive, that holds a finished INF beside its binaries. */
  | { readonly kind: 'tree'; readonly tree: string };

/** A file of a source; its name is the one below the package's folder. */
export type SourceFile = TreeFile;

/** What was read from a source. */
export interface DriverSource {
  readonly driver: string;
  readonly kind: SourceSettings['kind'];
  /** The INF template of a `template` source that has its own. */
  readonly template?: SourceFile;
  /** Files by architecture; none for stand-ins. Ordinal name order. */
  readonly files: ReadonlyMap<Architecture, readonly SourceFile[]>;
  /** The archive that the files are from. */
  readonly archive?: SourceArchive;
  /** The commit that each was built from, where the source says. */
  readonly revisions?: ReadonlyMap<Architecture, string>;
  readonly prebuilt?: Prebuilt;
}

/** An archive by its path or address. */
export interface SourceArchive {
  readonly path: string;
  readonly sha256: string;
}

/** What reading a source takes from outside. */
export interface SourcePorts {
  readonly files: Files;
  readonly open: OpenSource;
}

export interface SourceRequest {
  readonly driver: string;
  readonly settings: SourceSettings;
  readonly architectures: readonly Architecture[];
  /** Names of the driver's binaries: they show which folder of a source is its package. */
  readonly binaries: readonly string[];
}

const MAX_FILE_BYTES = 512 * 1024 * 1024;
const LIMITS: TreeLimits = {
  maxFiles: 4096,
  maxDepth: 4,
  maxFileBytes: MAX_FILE_BYTES,
  tooMany: 'SOURCE_TOO_MANY_FILES',
};

type ReadFiles = Pick<DriverSource, 'files' | 'archive' | 'revisions'>;

/** The architectures whose folders, by just that name, hold files: the layout that needs no search. */
const plainFolders = async (
  files: Files,
  folder: string,
  wanted: readonly Architecture[],
): Promise<readonly Architecture[]> => {
  const names = (await files.list(folder)).filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const there = wanted.filter((architecture) => names.includes(architecture));
  const entries = await Promise.all(there.map((architecture) => files.list(files.join(folder, architecture))));
  return there.filter((_, index) => entries[index]?.some(({ kind }) => kind !== 'folder'));
};

const notIgnored = (ignore: readonly string[] = []) => {
  const names = ignore.map((name) => name.toLowerCase());
  return ({ name }: Pick<SourceFile, 'name'>): boolean =>
    !names.includes(name.slice(name.lastIndexOf('/') + 1).toLowerCase());
};

/** The files that may name the commit, beside and above a folder of an architecture. */
const plainRevision = async (files: Files, folder: string, architecture: Architecture): Promise<string | undefined> => {
  const namesIn = async (path: string, prefix: string): Promise<readonly string[]> =>
    (await files.list(path)).filter(({ kind }) => kind === 'file').map(({ name }) => prefix + name);
  const pathOf = (name: string): string => files.join(folder, ...name.split('/'));
  const names = [
    ...(await namesIn(folder, '')),
    ...(await namesIn(files.join(folder, architecture), `${architecture}/`)),
  ];
  const read = (name: string): Promise<Uint8Array> => files.read(pathOf(name), { maxBytes: MAX_FILE_BYTES });
  return sourceRevision({ path: folder, names, pathOf, read }, `${architecture}/`);
};

const definedOnly = <T>(values: ReadonlyMap<Architecture, T | undefined>): ReadonlyMap<Architecture, T> =>
  new Map([...values].flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));

const readPlain = async (
  files: Files,
  folder: string,
  { settings, architectures }: SourceRequest,
): Promise<ReadFiles> => {
  const result = new Map<Architecture, readonly SourceFile[]>();
  const revisions = new Map<Architecture, string | undefined>();
  for (const architecture of architectures) {
    const tree = await readFileTree(files, files.join(folder, architecture), LIMITS);
    result.set(architecture, tree.filter(notIgnored(settings.ignore)));
    revisions.set(architecture, await plainRevision(files, folder, architecture));
  }
  return { files: result, revisions: definedOnly(revisions) };
};

const readLocated = async (
  tree: SourceTree,
  { driver, settings, architectures: wanted, binaries }: SourceRequest,
): Promise<ReadFiles> => {
  const { path, names } = tree;
  const own = [`${driver}.sys`, ...binaries];
  const marks = settings.kind === 'tree' ? [`${driver}.inf`, ...own] : own;
  const result = new Map<Architecture, readonly SourceFile[]>();
  const revisions = new Map<Architecture, string | undefined>();
  for (const { architecture, folder } of locatePackages({ path, names, driver, marks, wanted })) {
    const inside = names
      .filter((name) => name.startsWith(folder))
      .map((name) => ({ full: name, name: name.slice(folder.length) }))
      .filter(notIgnored(settings.ignore));
    if (inside.length > LIMITS.maxFiles) {
      throw new WinpvError('SOURCE_TOO_MANY_FILES', `${folder} holds more than ${LIMITS.maxFiles} files.`, {
        at: { file: path },
      });
    }
    const read: SourceFile[] = [];
    for (const { full, name } of inside) read.push({ name, path: tree.pathOf(full), bytes: await tree.read(full) });
    result.set(architecture, read);
    revisions.set(architecture, await sourceRevision(tree, folder));
  }
  const { sha256 } = tree;
  return {
    files: result,
    revisions: definedOnly(revisions),
    ...(sha256 === undefined ? {} : { archive: { path, sha256 } }),
  };
};

const readFiles = async ({ files, open }: SourcePorts, place: string, request: SourceRequest): Promise<ReadFiles> => {
  const { sha256, at } = request.settings;
  const isFolder = !isAddress(place) && (await files.stat(place))?.kind !== 'file';
  if (isFolder && sha256 === undefined) {
    const { architectures } = request;
    const plain = await plainFolders(files, place, architectures);
    if (plain.length > 0) return readPlain(files, place, { ...request, architectures: plain });
  }
  return readLocated(await open({ place, sha256, at }), request);
};

/**
 * Reads all that a release needs of one driver's source.
 * @throws WinpvError FILE_*, SOURCE_*, TAR_*, GZIP_*, ZIP_*
 */
export const readSource = async (ports: SourcePorts, request: SourceRequest): Promise<DriverSource> => {
  const { driver, settings, architectures } = request;
  const { kind } = settings;
  if (kind === 'stand-in') return { driver, kind, files: new Map() };
  const read = await readFiles(ports, kind === 'tree' ? settings.tree : settings.binaries, request);
  const prebuilt =
    settings.prebuilt === undefined
      ? {}
      : { prebuilt: await readPrebuilt(await ports.open({ place: settings.prebuilt }), { driver, architectures }) };
  if (kind === 'tree' || settings.template === undefined) return { driver, kind, ...read, ...prebuilt };
  const path = settings.template;
  const bytes = await ports.files.read(path, { maxBytes: MAX_FILE_BYTES });
  return { driver, kind, template: { name: ports.files.basename(path), path, bytes }, ...read, ...prebuilt };
};
