import type { InfDocument } from './document.ts';
import { installTarget } from './install.ts';
import type { InfModel } from './model.ts';
import type { WindowsTarget } from './target-os.ts';

/** A file of the package that some Windows installs. */
export interface PackageFile {
  /** Name at the destination: what a catalog calls `File`. */
  readonly name: string;
  /** Name in the package. */
  readonly source: string;
  /** Path from the folder of the INF, `/` between the parts. */
  readonly sourcePath: string;
  /** Those of the targets that install it. */
  readonly targets: readonly WindowsTarget[];
}

/**
 * The files that a catalog for these systems lists, the INF itself not among them (spec signing-formats 2.4): what their
 * install sections copy and SourceDisksFiles places, in the order of the INF. A file without a place is one of Windows.
 *
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const packageFiles = (
  document: InfDocument,
  model: InfModel,
  targets: readonly WindowsTarget[],
): readonly PackageFile[] => {
  const found = new Map<
    string,
    { readonly line: number; readonly file: PackageFile; readonly targets: WindowsTarget[] }
  >();
  for (const target of targets) {
    for (const { name, source, sourcePath, line } of installTarget(document, model, target).files) {
      if (sourcePath === undefined) continue;
      const key = `${name.toLowerCase()}|${sourcePath.toLowerCase()}`;
      const entry = found.get(key);
      if (entry === undefined) {
        const own = [target];
        found.set(key, { line, file: { name, source, sourcePath, targets: own }, targets: own });
      } else if (entry.targets.at(-1) !== target) {
        entry.targets.push(target);
      }
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line).map(({ file }) => file);
};
