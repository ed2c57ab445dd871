import type { CatalogOs } from '../formats/cat/os.ts';
import type { InfDocument } from '../formats/inf/document.ts';
import {
  type InfArch,
  type InfModel,
  type PackageFile,
  packageFiles,
  targetSections,
  type WindowsTarget,
} from '../formats/inf/model.ts';

/** An INF of the folder that catalogs are made for. */
export interface CatalogInf {
  readonly document: InfDocument;
  readonly model: InfModel;
}

/** A file that the INF installs, and the operating systems of the list that install it. */
export interface ScopedFile {
  readonly file: PackageFile;
  readonly oses: ReadonlySet<CatalogOs>;
}

/**
 * The Windows versions that an OS of the list stands for, as far as this INF tells them apart: the first and last build
 * of the release and every build in between that a decoration names.
 */
export const windowsTargets = (os: CatalogOs, model: InfModel): readonly WindowsTarget[] => {
  const { arch, major, minor, productType } = os;
  const [first, last] = os.builds;
  const builds = new Set([first, last]);
  for (const { targets } of model.manufacturers) {
    for (const { build } of targets) if (build !== undefined && build > first && build < last) builds.add(build);
  }
  return [...builds].sort((a, b) => a - b).map((build) => ({ arch, major, minor, build, productType }));
};

/** Whether some Windows that the OS stands for reaches an install section of the INF. */
export const reachesInf = (os: CatalogOs, { document, model }: CatalogInf): boolean =>
  windowsTargets(os, model).some((target) => targetSections(document, model, target).length > 0);

/** The files of the package that these systems install, in the order of the INF (spec signing-formats 2.4). */
export const scopedFiles = ({ document, model }: CatalogInf, oses: readonly CatalogOs[]): readonly ScopedFile[] => {
  const osOfTarget = new Map(oses.flatMap((os) => windowsTargets(os, model).map((target) => [target, os] as const)));
  return packageFiles(document, model, [...osOfTarget.keys()]).map((file) => ({
    file,
    oses: new Set(file.targets.flatMap((target) => osOfTarget.get(target) ?? [])),
  }));
};

/** The catalog of an INF for an architecture: `CatalogFile.nt<arch>`, `CatalogFile.nt`, `CatalogFile` (spec 2.3). */
export const catalogNameFor = ({ model }: CatalogInf, arch: InfArch): string | undefined => {
  const { catalogFiles } = model.version;
  return catalogFiles[arch] ?? catalogFiles.nt ?? catalogFiles.default;
};

/** The last part of a path, whichever slashes it has. */
export const fileNameOf = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
