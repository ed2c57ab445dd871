import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { Catalog } from '../formats/cat/model.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { type DecoratedInstall, decoratedInstalls } from '../formats/inf/decorated-installs.ts';
import { type InfDocument, parseInf } from '../formats/inf/document.ts';
import { type InfModel, infModel, installSections, resolveInstallSection } from '../formats/inf/model.ts';
import { type PvFacts, pvFacts } from '../formats/inf/pv/facts.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';

/** A file below the folder that is checked; `/` between the parts of its path. */
export interface CheckedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** An INF of the folder and what it installs. */
export interface PackageInf {
  readonly path: string;
  /** Folder of the INF with a `/` at its end; empty for the top one. */
  readonly folder: string;
  readonly document: InfDocument;
  readonly model: InfModel;
  readonly installs: readonly DecoratedInstall[];
  /** Undefined for an INF that is not of the Xen PV family. */
  readonly pv: PvFacts | undefined;
}

/** A folder of packages, read once for all checks. */
export interface PackageView {
  readonly files: readonly CheckedFile[];
  /** By path in lower case. */
  readonly byPath: ReadonlyMap<string, CheckedFile>;
  readonly infs: readonly PackageInf[];
  /** INFs that cannot be read. */
  readonly unreadable: readonly Diagnostic[];
  /** How findings show a path. */
  readonly shown: (path: string) => string;
  /** The file as an image; undefined when it is none. @throws WinpvError PE_* for a damaged one */
  readonly imageOf: (file: CheckedFile) => PeImage | undefined;
  /** @throws WinpvError CAT_* or DER_* when it cannot be read */
  readonly catalogOf: (file: CheckedFile) => Catalog;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** ClassInstall32 installs files as well, whatever device is installed. */
const classInstalls = (document: InfDocument, installs: readonly DecoratedInstall[]): readonly DecoratedInstall[] => {
  const arches = new Map(installs.map((install) => [install.arch, install]));
  return [...arches].flatMap(([arch, first]) => {
    const name = resolveInstallSection(document, 'ClassInstall32', arch);
    return name === undefined ? [] : [{ ...first, ...installSections(document, [name], arch) }];
  });
};

const readInf = ({ path, bytes }: CheckedFile, shown: PackageView['shown']): PackageInf => {
  const document = parseInf(bytes, shown(path));
  const model = infModel(document);
  const installs = decoratedInstalls(document, model);
  return {
    path,
    folder: folderOf(path),
    document,
    model,
    installs: [...installs, ...classInstalls(document, installs)],
    pv: pvFacts(document, model),
  };
};

/** Reads each file once. */
const once = <T>(read: (file: CheckedFile) => T): ((file: CheckedFile) => T) => {
  const known = new Map<CheckedFile, T>();
  return (file) => {
    const before = known.get(file);
    if (before !== undefined) return before;
    const value = read(file);
    known.set(file, value);
    return value;
  };
};

/** Reads what a folder holds. */
export const packageView = (files: readonly CheckedFile[], shown: PackageView['shown']): PackageView => {
  const infs: PackageInf[] = [];
  const unreadable: Diagnostic[] = [];
  for (const file of files.filter(({ path }) => /\.inf$/i.test(path))) {
    try {
      infs.push(readInf(file, shown));
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      unreadable.push(...error.diagnostics);
    }
  }
  const imageOf = once(({ path, bytes }) => (isPe(bytes) ? parsePe(bytes, shown(path)) : undefined));
  const catalogOf = once(({ path, bytes }) => parseCatalog(bytes, shown(path)));
  const byPath = new Map(files.map((file) => [file.path.toLowerCase(), file]));
  return { files, byPath, infs, unreadable, shown, imageOf, catalogOf };
};

/** The file that an INF takes from its folder. */
export const sourceFile = (view: PackageView, { folder }: PackageInf, sourcePath: string): CheckedFile | undefined =>
  view.byPath.get(`${folder}${sourcePath}`.toLowerCase());
