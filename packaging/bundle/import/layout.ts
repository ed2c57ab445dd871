import { ARCHITECTURES, type Architecture } from '../../../core/architecture.ts';
import { WinpvError } from '../../../core/errors.ts';

/** What build systems call the folder of an architecture (spec xen-pv 7.2; Visual Studio's platforms; Inf2Cat's names). */
const FOLDERS: Readonly<Record<string, Architecture>> = {
  x64: 'x64',
  amd64: 'x64',
  x86_64: 'x64',
  x86: 'x86',
  win32: 'x86',
  i386: 'x86',
  arm64: 'arm64',
  aarch64: 'arm64',
};

export interface LayoutRequest {
  readonly path: string;
  readonly names: readonly string[];
  readonly driver: string;
  /** Names of files of which one shows that a folder is the driver's package. */
  readonly marks: readonly string[];
  readonly wanted: readonly Architecture[];
}

/** Where a driver's package stands: the folder, with a `/` at its end (empty for the top). */
export interface PackagePlace {
  readonly architecture: Architecture;
  readonly folder: string;
}

const foldersOf = (folder: string): readonly string[] => folder.toLowerCase().split('/').slice(0, -1);

/** The innermost folder that is called as an architecture. */
export const architectureOf = (folder: string): Architecture | undefined => {
  const name = foldersOf(folder).findLast((part) => Object.hasOwn(FOLDERS, part));
  return name === undefined ? undefined : FOLDERS[name];
};

export const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1);

const baseOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

/** Up to the folder that is called as an architecture, that one included. */
const upToArchitecture = (folder: string): string => {
  const parts = folder.split('/').slice(0, -1);
  const index = parts.findLastIndex((part) => Object.hasOwn(FOLDERS, part.toLowerCase()));
  return `${parts.slice(0, index + 1).join('/')}/`;
};

/** Folders that hold a mark of the driver; for want of one, every folder of an architecture. */
const candidates = ({ names, marks, driver }: LayoutRequest): ReadonlySet<string> => {
  const inArchitecture = names.filter((name) => architectureOf(folderOf(name)) !== undefined);
  for (const mark of marks) {
    const marked = inArchitecture.filter((name) => baseOf(name) === mark.toLowerCase()).map(folderOf);
    if (marked.length > 0) return new Set(marked);
  }
  const all = [...new Set(inArchitecture.map((name) => upToArchitecture(folderOf(name))))];
  const own = all.filter((folder) => foldersOf(folder).includes(driver));
  return new Set(own.length > 0 ? own : all);
};

/** Of several folders: those below one called as the driver, then those that a build calls the package. */
const narrowed = (folders: readonly string[], driver: string): readonly string[] => {
  let left = folders;
  for (const part of [driver, 'package']) {
    const within = left.filter((folder) => foldersOf(folder).includes(part));
    if (left.length > 1 && within.length > 0) left = within;
  }
  return left;
};

const SHOWN = 6;

const some = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : `${names.slice(0, SHOWN).join(', ')}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''}`;

const notFound = ({ path, names, driver, marks, wanted }: LayoutRequest): WinpvError => {
  const places = wanted.flatMap((architecture) => marks.slice(0, 1).map((mark) => `${driver}/${architecture}/${mark}`));
  const found = [...new Set(names.map((name) => folderOf(name) || name))];
  return new WinpvError(
    'SOURCE_LAYOUT',
    `${path} has no ${driver} for ${wanted.join(' or ')}. Looked for ${places.join(', ')}, below any folder; found ${some(found)}.`,
    {
      at: { file: path },
      hint: `A build tree is DRIVER/ARCHITECTURE/files or ARCHITECTURE/files; architectures are ${ARCHITECTURES.join(', ')}.`,
    },
  );
};

/**
 * Finds a driver's package folders wherever they begin: upstream's build tree and tarballs (`xenbus/x64/…`), XCP-ng's
 * (`xenbus/x64/Release/…`, `x64/Release/xenbus/…`), or just `x64/…`.
 * @throws WinpvError SOURCE_LAYOUT when there is none, SOURCE_AMBIGUOUS when it could be one or another
 */
export const locatePackages = (request: LayoutRequest): readonly PackagePlace[] => {
  const { path, driver, wanted } = request;
  const all = [...candidates(request)];
  const places = wanted.flatMap((architecture): readonly PackagePlace[] => {
    const folders = narrowed(
      all.filter((folder) => architectureOf(folder) === architecture),
      driver,
    );
    const [folder] = folders;
    if (folder === undefined) return [];
    if (folders.length > 1) {
      throw new WinpvError(
        'SOURCE_AMBIGUOUS',
        `${path} has ${driver} for ${architecture} in several folders: ${some([...folders].sort())}.`,
        { at: { file: path }, hint: 'Name the folder that is meant, or pack an archive with one build.' },
      );
    }
    return [{ architecture, folder }];
  });
  if (places.length === 0) throw notFound(request);
  return places;
};
