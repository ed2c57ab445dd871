import { WinpvError } from '../../../core/errors.ts';
import { type InfDocument, type InfSection, sectionOf } from './document.ts';
import { type InfModel, type InstallTarget, installSections, resolveInstallSection } from './model.ts';
import { chooseTargetOs, type InfArch, parseTargetOs } from './target-os.ts';

/** An install section for one decoration of [Manufacturer], and what it does. */
export interface DecoratedInstall extends InstallTarget {
  /** Decoration as written, for example `NTamd64.10.0...25398`; empty for none. */
  readonly os: string;
  readonly arch: InfArch;
  /** The oldest Windows that the decoration allows; undefined when it names no version. */
  readonly oldest: readonly [major: number, minor: number, build: number] | undefined;
  /** The DDInstall or DefaultInstall section as written. */
  readonly section: InfSection;
  /** Whether Windows 11 24H2, whose rules are those of submissions, chooses it. */
  readonly current: boolean;
}

/** An undecorated section is for x86; one whose architecture is yet to be filled in counts as amd64. */
const archOf = (os: string): InfArch => (os === '' ? 'x86' : (parseTargetOs(os).arch ?? 'amd64'));

const oldestOf = (os: string): DecoratedInstall['oldest'] => {
  const { major, minor = 0, build = 0 } = parseTargetOs(os);
  return major === undefined ? undefined : [major, minor, build];
};

const CURRENT_WINDOWS = { major: 10, minor: 0, build: 26100, productType: 1 } as const;

/** Whether Windows 11 24H2 takes this decoration on one of the lines that have it. */
const isCurrent = (model: InfModel, os: string, arch: InfArch): boolean =>
  model.manufacturers.some(({ targets }) => {
    const chosen = chooseTargetOs(targets, { arch, ...CURRENT_WINDOWS });
    return chosen !== undefined && chosen !== 'none' && chosen.text.toLowerCase() === os.toLowerCase();
  });

/** Many sections may name one list, so what they do in total is limited. */
const MAX_EFFECTS = 2_000_000;

/** Reads each section once for each architecture. */
const installReader = (document: InfDocument): ((section: InfSection, arch: InfArch) => InstallTarget) => {
  const known = new Map<string, InstallTarget>();
  let effects = 0;
  return (section, arch) => {
    const key = `${arch} ${section.name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const install = installSections(document, [section.name], arch);
    effects += 1 + install.files.length + install.registry.length;
    for (const { registry } of install.services) effects += 1 + registry.length;
    if (effects > MAX_EFFECTS) {
      throw new WinpvError('INF_TOO_LARGE', 'The install sections do more in total than winpv reads.', {
        at: { file: document.file, line: section.headers[0] ?? 1 },
      });
    }
    known.set(key, install);
    return install;
  };
};

/**
 * Every install section that some Windows uses, once for each decoration that leads to it; DefaultInstall sections when
 * the INF has no [Manufacturer].
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const decoratedInstalls = (document: InfDocument, model: InfModel): readonly DecoratedInstall[] => {
  const found = new Map<string, DecoratedInstall>();
  const read = installReader(document);
  const add = (os: string, name: string | undefined, current: boolean): void => {
    const section = name === undefined ? undefined : sectionOf(document, name);
    const key = `${os} ${name}`.toLowerCase();
    if (section === undefined || found.has(key)) return;
    const arch = archOf(os);
    found.set(key, { ...read(section, arch), os, arch, oldest: oldestOf(os), section, current });
  };
  const seen = new Set<string>();
  for (const { os, installSection } of model.devices) {
    const key = `${os} ${installSection}`.toLowerCase();
    if (installSection === '' || seen.has(key)) continue;
    seen.add(key);
    const arch = archOf(os);
    add(os, resolveInstallSection(document, installSection, arch), isCurrent(model, os, arch));
  }
  if (model.manufacturers.length === 0) {
    for (const name of model.defaultInstallSections) {
      const os = name.includes('.') ? name.slice(name.indexOf('.') + 1) : '';
      add(os, name, archOf(os) !== 'x86');
    }
  }
  return [...found.values()];
};
