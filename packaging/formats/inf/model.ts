import { type CalendarDate, checkedDate } from '../../../core/date.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { type InfDocument, type InfLine, lineOf, sectionOf } from './document.ts';
import { parseInfNumber } from './numbers.ts';
import { parseTargetOs, type TargetOs } from './target-os.ts';

export {
  type InfService,
  type InstalledFile,
  type InstallTarget,
  installSections,
  installTarget,
  resolveInstallSection,
  targetSections,
} from './install.ts';
export { type PackageFile, packageFiles } from './package-files.ts';
export type { RegistryScope, RegistryType, RegistryValue, RegistryWrite } from './registry.ts';
export { type ModelsChoice, selectModels } from './select-models.ts';
export type { InfArch, TargetOs, WindowsTarget } from './target-os.ts';

export interface InfDriverVer {
  /** Undefined when missing or no day of the calendar: ranked as the oldest. */
  readonly date: CalendarDate | undefined;
  /** Missing parts are 0; undefined when missing, not a version, or 0.0.0.0. */
  readonly version: FourPartVersion | undefined;
  /** As written. */
  readonly text: string;
}

/** File names of catalogs by the platform they are for. */
export interface InfCatalogFiles {
  readonly default?: string;
  readonly nt?: string;
  readonly x86?: string;
  readonly amd64?: string;
  readonly arm?: string;
  readonly arm64?: string;
  readonly ia64?: string;
}

/** [Version]. An entry that is missing is the empty text. */
export interface InfVersion {
  readonly signature: string;
  readonly class: string;
  readonly classGuid: string;
  readonly provider: string;
  readonly driverVer?: InfDriverVer;
  readonly catalogFiles: InfCatalogFiles;
  readonly pnpLockdown: boolean;
  readonly extensionId: string;
  /** Every entry by its key as first written; values joined with commas. */
  readonly entries: Readonly<Record<string, string>>;
}

export interface InfManufacturer {
  readonly name: string;
  /** Name of its Models section, undecorated. */
  readonly modelsName: string;
  readonly targets: readonly TargetOs[];
  readonly line: number;
}

export interface InfDevice {
  /** Models section as written. */
  readonly section: string;
  readonly description: string;
  readonly manufacturer: string;
  /** Line of the [Manufacturer] entry that leads here. */
  readonly manufacturerLine: number;
  /** Undecorated name of its install section. */
  readonly installSection: string;
  /** Empty when the line has compatible ids only. */
  readonly hardwareId: string;
  /** The hardware id, if any, then the compatible ids. */
  readonly ids: readonly string[];
  /** Decoration of the Models section as [Manufacturer] writes it; empty for the undecorated one. */
  readonly os: string;
  readonly line: number;
}

/** What an INF says, for all systems. */
export interface InfModel {
  readonly version: InfVersion;
  readonly manufacturers: readonly InfManufacturer[];
  /** In the order of the [Manufacturer] lines, of the decorations on each, and of the lines of each Models section. */
  readonly devices: readonly InfDevice[];
  /** A primitive driver: `DefaultInstall` for an architecture, and no [Manufacturer] (spec inf.md section 11). */
  readonly primitive: boolean;
  /** Names of the `DefaultInstall` sections with any decoration, as written. */
  readonly defaultInstallSections: readonly string[];
}

const MAX_VERSION_PART = 0xffff;
/** Many lines of [Manufacturer] may name one Models section, so the file's size does not bound the devices. */
const MAX_DEVICES = 500_000;

/** Reads `mm/dd/yyyy[,w.x.y.z]` (spec inf.md section 12); a dash may stand for the slash. */
export const parseDriverVer = (fields: readonly string[]): InfDriverVer => {
  const [dateText = '', versionText = ''] = fields;
  const date = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(dateText);
  const [month = 0, day = 0, year = 0] = (date ?? []).slice(1).map(Number);
  const parts = /^\d{1,5}(\.\d{1,5}){0,3}$/.test(versionText) ? versionText.split('.').map(Number) : [];
  const valid = parts.some((part) => part > 0) && parts.every((part) => part <= MAX_VERSION_PART);
  const [w = 0, x = 0, y = 0, z = 0] = parts;
  return {
    date: date === null ? undefined : checkedDate(year, month, day),
    version: valid ? [w, x, y, z] : undefined,
    text: fields.join(','),
  };
};

const CATALOG_KEYS = [
  ['default', 'CatalogFile'],
  ['nt', 'CatalogFile.nt'],
  ['x86', 'CatalogFile.ntx86'],
  ['amd64', 'CatalogFile.ntamd64'],
  ['arm', 'CatalogFile.ntarm'],
  ['arm64', 'CatalogFile.ntarm64'],
  ['ia64', 'CatalogFile.ntia64'],
] as const satisfies readonly (readonly [keyof InfCatalogFiles, string])[];

const versionOf = (document: InfDocument): InfVersion => {
  const section = sectionOf(document, 'Version');
  const value = (key: string): string => lineOf(section, key)?.fields[0] ?? '';
  const catalogs = CATALOG_KEYS.flatMap(([platform, key]) => {
    const name = value(key);
    return name === '' ? [] : [[platform, name] as const];
  });
  const entries = new Map<string, readonly [string, string]>();
  for (const { key, fields } of section?.lines ?? []) {
    if (key !== null && !entries.has(key.toLowerCase())) entries.set(key.toLowerCase(), [key, fields.join(',')]);
  }
  const driverVer = lineOf(section, 'DriverVer');
  return {
    signature: value('Signature'),
    class: value('Class'),
    classGuid: value('ClassGuid'),
    provider: value('Provider'),
    ...(driverVer === undefined ? {} : { driverVer: parseDriverVer(driverVer.fields) }),
    catalogFiles: Object.fromEntries(catalogs),
    pnpLockdown: parseInfNumber(value('PnpLockdown')) === 1,
    extensionId: value('ExtensionId'),
    entries: Object.fromEntries(entries.values()),
  };
};

const manufacturerOf = ({ key, fields, line }: InfLine): InfManufacturer => {
  const [modelsName = '', ...targets] = fields;
  return { name: key ?? modelsName, modelsName, targets: targets.map(parseTargetOs), line };
};

const devicesOf = (document: InfDocument, manufacturer: InfManufacturer): readonly InfDevice[] => {
  const { name, modelsName } = manufacturer;
  const decorations = new Map(
    ['', ...manufacturer.targets.map(({ text }) => text)].map((os) => [os.toLowerCase(), os]),
  );
  return [...decorations.values()].flatMap((os) => {
    const section = sectionOf(document, os === '' ? modelsName : `${modelsName}.${os}`);
    return (section?.lines ?? []).map(({ key, fields, line }): InfDevice => {
      const [installSection = '', hardwareId = ''] = fields;
      return {
        section: section?.name ?? '',
        description: key ?? '',
        manufacturer: name,
        manufacturerLine: manufacturer.line,
        installSection,
        hardwareId,
        ids: fields.slice(1).filter((id) => id !== ''),
        os,
        line,
      };
    });
  });
};

/** A line that repeats another one adds nothing. */
const allDevices = (document: InfDocument, manufacturers: readonly InfManufacturer[]): readonly InfDevice[] => {
  const devices: InfDevice[] = [];
  const seen = new Set<string>();
  for (const manufacturer of manufacturers) {
    const { name, modelsName, targets } = manufacturer;
    const key = JSON.stringify([name, modelsName, ...targets.map(({ text }) => text)]).toLowerCase();
    if (seen.has(key)) continue;
    seen.add(key);
    for (const device of devicesOf(document, manufacturer)) devices.push(device);
    if (devices.length <= MAX_DEVICES) continue;
    throw new WinpvError('INF_TOO_LARGE', 'The [Manufacturer] lines name more devices than winpv reads.', {
      at: { file: document.file, line: manufacturer.line },
    });
  }
  return devices;
};

/** What a document says: the version, who makes what, and which devices it is for (spec inf.md sections 4, 7, 11). @throws WinpvError INF_TOO_LARGE */
export const infModel = (document: InfDocument): InfModel => {
  const manufacturers = (sectionOf(document, 'Manufacturer')?.lines ?? []).map(manufacturerOf);
  const defaultInstallSections = document.sections
    .map(({ name }) => name)
    .filter((name) => /^defaultinstall(\.nt(x86|ia64|amd64|arm64|arm)?)?$/i.test(name));
  return {
    version: versionOf(document),
    manufacturers,
    devices: allDevices(document, manufacturers),
    primitive:
      sectionOf(document, 'Manufacturer') === undefined &&
      defaultInstallSections.some((name) => /\.nt(x86|ia64|amd64|arm64|arm)$/i.test(name)),
    defaultInstallSections,
  };
};
