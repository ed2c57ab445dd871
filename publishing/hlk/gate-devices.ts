import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { parseOsCode } from '../partner-center/os-codes.ts';
import { deviceStem, stemsOf } from './devices.ts';
import { type Evidence, type EvidenceRequest, evidenceOf, requiredSystems } from './evidence.ts';
import type { ReleasePackage } from './release-facts.ts';

/** Whether the devices that were tested are of this brand, and every driver of the release was among them. */
export const checkDevices = (request: EvidenceRequest): readonly Diagnostic[] => {
  const evidence = evidenceOf(request.packages);
  return [...checkTargets(request), ...request.release.packages.flatMap((one) => checkDriver(one, evidence, request))];
};

const checkTargets = ({ packages, release }: EvidenceRequest): readonly Diagnostic[] => {
  const own = stemsOf(release.packages.flatMap(({ hardwareIds }) => hardwareIds));
  return packages.flatMap(({ file, info }) => {
    const keys = info.projects.flatMap(({ instances }) =>
      instances.flatMap(({ targets }) => targets.map(({ key }) => key)),
    );
    const foreign = [...new Set(keys)].filter((key) => !own.has(deviceStem(key) ?? ''));
    const none =
      keys.length === 0 ? [problem('HLK_NO_EVIDENCE', 'The package has no tested device.', { at: { file } })] : [];
    return [
      ...none,
      ...foreign.map((key) =>
        problem('HLK_TARGET_FOREIGN', `${shownText(key)} is no device of ${release.brand}.`, {
          at: { file },
          hint: 'The ids of a brand have its vendor prefix, or its own PCI device.',
        }),
      ),
    ];
  });
};

/** A package that no device names (xendisk, xencrsh on their own) is tested with the one that ships it. */
const checkDriver = (
  { driver, architecture, hardwareIds, windows }: ReleasePackage,
  evidence: readonly Evidence[],
  request: EvidenceRequest,
): readonly Diagnostic[] => {
  const stems = stemsOf(hardwareIds.filter((id) => !/^SWC\\/i.test(id)));
  if (stems.size === 0) return [];
  const passing = evidence.filter(
    ({ code, instance }) =>
      (parseOsCode(code)?.arch ?? architecture) === architecture &&
      instance.targets.some(({ key }) => stems.has(deviceStem(key) ?? '')),
  );
  const own = new Set(windows);
  const missing = requiredSystems(request)
    .filter(({ name }) => request.signatures.length > 0 || own.has(name))
    .filter(({ name }) => (parseOsCode(name)?.arch ?? architecture) === architecture)
    // A Windows without any evidence is told once, not for each driver.
    .filter(({ accepts }) => evidence.some(({ code }) => accepts(code)) && !passing.some(({ code }) => accepts(code)));
  if (missing.length === 0) return [];
  const [only] = request.packages;
  return [
    problem(
      'HLK_DRIVER_NOT_TESTED',
      `${driver} (${architecture}) was not tested on ${missing.map(({ name }) => name).join(', ')}.`,
      {
        ...(request.packages.length === 1 && only !== undefined ? { at: { file: only.file } } : {}),
        hint: `No tested device is one of ${[...stems].slice(0, 4).join(', ')}.`,
      },
    ),
  ];
};
