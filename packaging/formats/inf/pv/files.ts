import type { Diagnostic } from '../../../../core/errors.ts';
import { formatVersion } from '../../../../core/version.ts';
import { type InstalledPlace, installedBinary, isCopied, nameFaults, programStem } from '../installed-names.ts';
import type { InfService, InstalledFile } from '../model.ts';
import { type PvFacts, type PvInstall, type PvKind, pvProblem } from './facts.ts';

export const binaryOf = (service: InfService): InstalledPlace | undefined => installedBinary(service.binary);

/** The files of the package: their names on the target, and what is linked to what (spec xen-pv 3.2, 6). */
export const checkFiles = (facts: PvFacts): readonly Diagnostic[] => {
  const found = new Map<string, Diagnostic>();
  for (const install of facts.installs) {
    for (const diagnostic of [
      ...checkNames(facts, install),
      ...checkVersions(facts, install),
      ...checkLinked(facts, install),
    ]) {
      found.set(`${diagnostic.code} ${diagnostic.at?.line} ${diagnostic.message}`, diagnostic);
    }
  }
  return [...found.values()];
};

/** Filters say more about their services themselves (F19, F38). */
const FILTER_SERVICES = /^(xenfilt|xendisk)$/i;

/** F35 */
const checkNames = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] =>
  nameFaults(facts.document, install)
    .filter(({ service }) => service === undefined || !FILTER_SERVICES.test(service))
    .map(({ what, place, line, token }) =>
      pvProblem(facts, 'PV_FILE_NAMES', `${what} is ${place.name}, but the INF copies no file to that name there.`, {
        line,
        token,
        failureMode: 'F35',
        hint: 'Use the same file name and folder in CopyFiles, ServiceBinary, event sources and parameters.',
      }),
    );

const SYSTEM32 = 11;
const VERSIONED = /_(\d+)_(\d+)_(\d+)_(\d+)\.(?:exe|dll)$/i;

/** F36: the programs of two versions stand side by side, so that an upgrade finds no file in use. */
const checkVersions = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  // Of names that disagree nobody knows which is meant.
  const disputed = new Set(nameFaults(facts.document, install).map(({ place }) => programStem(place.name)));
  return install.files
    .filter(({ name, dirid }) => dirid === SYSTEM32 && /\.(exe|dll)$/i.test(name) && !disputed.has(programStem(name)))
    .flatMap((file) => {
      const fault = versionFault(facts, file);
      if (fault === undefined) return [];
      return pvProblem(facts, 'PV_FILE_VERSION', `${file.name} ${fault}.`, {
        line: file.line,
        severity: 'warning',
        failureMode: 'F36',
        hint: 'Put the four numbers of DriverVer into the name: the file of an older package may be in use and stays behind.',
      });
    });
};

const versionFault = ({ model }: PvFacts, { name }: InstalledFile): string | undefined => {
  const parts = VERSIONED.exec(name)?.slice(1).map(Number);
  if (parts === undefined) return 'goes to System32 without a version in its name';
  const version = model.version.driverVer?.version;
  if (version === undefined || version.every((part, i) => part === parts[i])) return undefined;
  return `has another version in its name than DriverVer, ${formatVersion(version)}`;
};

/** What the driver is linked to: without it, the loader refuses the driver. */
const LINKED: Partial<Readonly<Record<PvKind, { readonly file: string; readonly failureMode: string }>>> = {
  xenbus: { file: 'xen.sys', failureMode: 'F24' },
  xenvbd: { file: 'xencrsh.sys', failureMode: 'F37' },
};

/** F37, and F24 for the bus. */
const checkLinked = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const linked = LINKED[facts.kind];
  if (linked === undefined) return [];
  const { file, failureMode } = linked;
  const driver = `${facts.kind}.sys`;
  if (!isCopied(install, { name: driver, dirid: 12 }) || isCopied(install, { name: file, dirid: 12 })) return [];
  const line = install.files.find(({ name }) => name.toLowerCase() === driver)?.line;
  const message = `The INF copies ${driver}, but not ${file}, which it is linked to.`;
  return [pvProblem(facts, 'PV_FILE_MISSING', message, { line, failureMode, hint: `Copy ${file} beside it.` })];
};
