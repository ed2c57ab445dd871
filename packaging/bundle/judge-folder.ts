import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { checkPvInf } from '../formats/inf/pv-rules.ts';
import { checkView } from './check.ts';
import type { PackageInf, PackageView } from './package-view.ts';

/** Failure modes that are the form of their time in packages with co-installers (spec xen-pv 3.2, G2 to G5). */
const OF_THEIR_TIME: ReadonlySet<string> = new Set(['F31', 'F32', 'F33', 'F43']);

const pvFindings = ({ document, model, pv }: PackageInf): readonly Diagnostic[] => {
  try {
    const found = checkPvInf(document, model);
    if (pv?.coInstallers !== true) return found;
    return found.map((finding) =>
      finding.severity === 'error' && OF_THEIR_TIME.has(finding.failureMode ?? '')
        ? { ...finding, severity: 'warning' }
        : finding,
    );
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

/**
 * What can be told of finished packages without running them: closure, catalogs, binaries, and the failure modes of PV drivers
 * that an INF shows. Forms that Microsoft does not sign any more are warnings in packages of the time when it did.
 */
export const judgeFolder = (view: PackageView, nowMs: number): readonly Diagnostic[] => [
  ...beforeCatalogs(view, checkView(view, nowMs)),
  ...view.infs.flatMap(pvFindings),
];

/** Where no package has its catalog, they are yet to be made, which is no fault of a package. */
const beforeCatalogs = ({ files }: PackageView, found: readonly Diagnostic[]): readonly Diagnostic[] => {
  if (files.some(({ path }) => /\.cat$/i.test(path))) return found;
  return found.map((finding): Diagnostic => {
    if (finding.code !== 'BUNDLE_CATALOG_MISSING') return finding;
    const { failureMode: _mode, ...rest } = finding;
    return { ...rest, severity: 'info' };
  });
};
