import { type InfDocument, sectionOf } from '../document.ts';
import { type InfDevice, type InfManufacturer, type InfModel, resolveInstallSection } from '../model.ts';
import { type InfArch, parseTargetOs, type TargetOs } from '../target-os.ts';
import type { BuildNumbers, RuleOptions, RuleTarget, TargetInstall } from './contract.ts';
import { groupBy, isLater } from './line-facts.ts';

const ARCH_OF_NAME = /\.nt(x86|ia64|amd64|arm64|arm)$/i;

const oldestOf = ({ major, minor, build }: TargetOs): BuildNumbers => [major ?? 0, minor ?? 0, build ?? 0];

/** Undecorated sections are for x86. */
const targetOs = (text: string): TargetOs =>
  text === '' ? { text: 'NTx86', valid: true, arch: 'x86' } : parseTargetOs(text);

/** A decoration that any Windows of its version and architecture follows. */
const isGeneral = ({ valid, productType, suiteMask }: TargetOs): boolean =>
  valid && productType === undefined && suiteMask === undefined;

/** For each decoration of a line of [Manufacturer], in lower case, the Windows that the next newer one begins with. */
const successors = ({
  targets,
}: InfManufacturer): readonly (readonly [os: string, until: BuildNumbers | undefined])[] => {
  const byArch = groupBy(targets.length === 0 ? [targetOs('')] : targets, ({ arch }) => arch ?? 'x86');
  return [...byArch.values()].flatMap((all) => {
    const starts = all
      .filter(isGeneral)
      .map(oldestOf)
      .sort((a, b) => (isLater(a, b) ? 1 : isLater(b, a) ? -1 : 0));
    return all
      .filter(({ valid }) => valid)
      .map((os): readonly [string, BuildNumbers | undefined] => [
        os.text.toLowerCase(),
        nextAfter(starts, oldestOf(os)),
      ]);
  });
};

/** The first of some versions, in order, that is later than one. */
const nextAfter = (starts: readonly BuildNumbers[], own: BuildNumbers): BuildNumbers | undefined => {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const start = starts[middle];
    if (start !== undefined && isLater(start, own)) high = middle;
    else low = middle + 1;
  }
  return starts[low];
};

/** Up to which Windows each decoration is used: by the line of [Manufacturer] that uses it longest. */
const lifetimes = ({ manufacturers }: InfModel): ReadonlyMap<string, BuildNumbers | undefined> => {
  const ends = new Map<string, BuildNumbers | undefined>();
  for (const [os, until] of manufacturers.flatMap(successors)) {
    const known = ends.get(os);
    const longer = until === undefined || (known !== undefined && isLater(until, known));
    if (!ends.has(os) || longer) ends.set(os, until);
  }
  return ends;
};

/** The install sections that the devices of a target name, each with the decoration that the architecture chooses. */
const targetInstalls = (document: InfDocument, devices: readonly InfDevice[], arch: InfArch): TargetInstall[] => {
  const byBase = new Map<string, InfDevice[]>();
  for (const device of devices) {
    const key = device.installSection.toLowerCase();
    const own = byBase.get(key);
    if (own === undefined) byBase.set(key, [device]);
    else own.push(device);
  }
  return [...byBase.values()].map((own) => {
    const base = own[0]?.installSection ?? '';
    const name = base === '' ? undefined : resolveInstallSection(document, base, arch);
    return { base, section: name === undefined ? undefined : sectionOf(document, name), devices: own };
  });
};

const modelTargets = (document: InfDocument, model: InfModel): readonly RuleTarget[] => {
  const ends = lifetimes(model);
  const devices = new Map<string, InfDevice[]>();
  for (const device of model.devices) {
    const key = device.os.toLowerCase();
    const own = devices.get(key);
    if (own === undefined) devices.set(key, [device]);
    else own.push(device);
  }
  return [...devices.values()].flatMap((own): RuleTarget[] => {
    const os = targetOs(own[0]?.os ?? '');
    if (!os.valid) return [];
    const arch = os.arch ?? 'x86';
    const until = ends.get(os.text.toLowerCase());
    return [{ os: os.text, arch, oldest: oldestOf(os), until, installs: targetInstalls(document, own, arch) }];
  });
};

const defaultTargets = (document: InfDocument, model: InfModel): readonly RuleTarget[] =>
  model.defaultInstallSections.map((name) => {
    const arch = (ARCH_OF_NAME.exec(name)?.[1]?.toLowerCase() ?? 'x86') as InfArch;
    const section = sectionOf(document, name);
    return {
      os: `NT${arch}`,
      arch,
      oldest: [0, 0, 0],
      until: undefined,
      installs: [{ base: 'DefaultInstall', section, devices: [] }],
    };
  });

/** Whether the options leave a target in: mode h ignores what is for newer Windows than its rules. */
const isAskedFor = ({ os, oldest }: RuleTarget, { osver, mode, ruleBuild }: RuleOptions): boolean => {
  if (osver !== undefined && os.toLowerCase() !== osver.toLowerCase()) return false;
  return mode !== 'h' || ruleBuild === undefined || !isLater(oldest, [10, 0, ruleBuild]);
};

/** The Windows versions that an INF is judged for. */
export const ruleTargets = (document: InfDocument, model: InfModel, options: RuleOptions): readonly RuleTarget[] =>
  [...modelTargets(document, model), ...defaultTargets(document, model)].filter((target) =>
    isAskedFor(target, options),
  );
