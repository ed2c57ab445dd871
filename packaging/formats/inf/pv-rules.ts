import type { Diagnostic } from '../../../core/errors.ts';
import type { InfDocument } from './document.ts';
import type { InfModel } from './model.ts';
import { checkBinding } from './pv/binding.ts';
import { checkDeviceSecurity } from './pv/device-security.ts';
import { pvFacts } from './pv/facts.ts';
import { checkFiles } from './pv/files.ts';
import { checkFilters } from './pv/filters.ts';
import { checkImage } from './pv/image.ts';
import { checkProgramme, checkUnstamped } from './pv/programme.ts';
import { checkFunctionDriver, checkNetworkService, checkSpelling } from './pv/spelling.ts';
import { checkUnplug } from './pv/unplug.ts';

export interface PvRuleOptions {
  /** The INF is to be stamped yet: `$ARCH$` and a DriverVer of 1900 are no findings. */
  readonly stampinf?: boolean;
}

/**
 * winpv's own rules for drivers of the Xen PV family (spec xen-pv section 8): each finding names its row of the
 * failure-mode table. An INF of anything else has no findings.
 *
 * What cannot be told from one INF is left to the package (bundle/check.ts) and to the rehearsal.
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const checkPvInf = (
  document: InfDocument,
  model: InfModel,
  options: PvRuleOptions = {},
): readonly Diagnostic[] => {
  const facts = pvFacts(document, model);
  if (facts === undefined) return [];
  const unfinished = checkUnstamped(facts, options.stampinf ?? false);
  // What a template says otherwise is not what will be installed.
  if (unfinished.some(({ message }) => message.includes('@'))) return unfinished;
  const misspelt = [checkSpelling, checkFunctionDriver, checkNetworkService]
    .map((check) => check(facts))
    .find(({ length }) => length > 0);
  // What a misspelt line does not do would be told again as what is missing.
  if (misspelt !== undefined) return [...unfinished, ...misspelt];
  const found = [
    ...unfinished,
    ...checkBinding(facts),
    ...checkUnplug(facts),
    ...checkFilters(facts),
    ...checkFiles(facts),
    ...checkImage(facts),
    ...checkProgramme(facts),
    ...checkDeviceSecurity(facts),
  ];
  return found.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0));
};
