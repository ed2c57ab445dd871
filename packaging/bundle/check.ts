import { type Diagnostic, problem } from '../../core/errors.ts';
import { type BrandFacts, checkBinaries } from './check-binaries.ts';
import type { PlacedFile } from './check-files.ts';
import { checkPackageFiles } from './check-files.ts';
import { checkImports } from './check-imports.ts';
import { cataloguedSystems, checkPackageCatalogs } from './check-package-catalogs.ts';
import { checkPvPackage, type PvBrand } from './check-pv-package.ts';
import type { WindowsVersion } from './exports/table.ts';
import { type CheckedFile, type PackageInf, type PackageView, packageView } from './package-view.ts';

export type { CheckedFile } from './package-view.ts';

export interface PackageCheckRequest {
  /** Everything below the folder. */
  readonly files: readonly CheckedFile[];
  /** How findings show a path; as it is, when not given. */
  readonly shown?: (path: string) => string;
  /** Milliseconds since 1970, to tell catalogs from the future; not judged when not given. */
  readonly nowMs?: number;
}

/**
 * Whether the packages of a folder are closed: what the INFs name is there, what is there is named, binaries are for the
 * right processor and find what they import, and the catalogs cover it all. The INFs themselves are judged by
 * `verifyInf` and `checkPvInf`.
 */
export const checkPackage = ({ files, shown = (path) => path, nowMs }: PackageCheckRequest): readonly Diagnostic[] =>
  checkView(packageView(files, shown), nowMs);

/** The same for a folder that was read already. */
export const checkView = (
  view: PackageView,
  nowMs: number | undefined,
  brand?: BrandFacts & PvBrand,
): readonly Diagnostic[] => {
  if (view.infs.length === 0 && view.unreadable.length === 0) {
    return [problem('CAT_NO_INF', 'The folder holds no INF.')];
  }
  return [
    ...view.unreadable,
    ...checkPackageFiles(view),
    ...checkImports(view, (inf, placed) => declaredMinimum(view, inf, placed)),
    ...checkPvPackage(view, brand),
    ...checkBinaries(view, brand),
    ...checkPackageCatalogs(view, nowMs),
  ];
};

const compare = (a: WindowsVersion, b: WindowsVersion): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/**
 * The oldest Windows that a file is installed on: what the decorations say, or the systems of the catalog, whichever is
 * newer. Undefined when some decoration names no version and no catalog says more.
 */
const declaredMinimum = (
  view: PackageView,
  inf: PackageInf,
  placed: readonly PlacedFile[],
): WindowsVersion | undefined => {
  const perInstall = placed.map(({ install: { arch, oldest } }): WindowsVersion | undefined => {
    const systems = cataloguedSystems(view, inf, arch)
      .map(({ major, minor, builds }): WindowsVersion => [major, minor, builds[0]])
      .sort(compare);
    const candidates = [oldest, systems[0]].filter((version) => version !== undefined).sort(compare);
    return candidates.at(-1);
  });
  if (perInstall.includes(undefined)) return undefined;
  return perInstall.filter((version) => version !== undefined).sort(compare)[0];
};
