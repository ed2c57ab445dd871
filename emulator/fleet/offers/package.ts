import type { CalendarDate } from '../../../core/date.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import type { PackageInf } from '../../../packaging/bundle/package-view.ts';
import { lineOf, sectionOf } from '../../../packaging/formats/inf/document.ts';
import { parseDriverVer, resolveInstallSection, selectModels } from '../../../packaging/formats/inf/model.ts';
import type { InfArch, WindowsTarget } from '../../../packaging/formats/inf/target-os.ts';
import type { MachineArch, MachineType, MachineWindows } from '../machines/windows-release.ts';

/** A line of a Models section, as far as offers depend on it. */
export interface PackageEntry {
  /** Hardware id first; lower case. */
  readonly ids: readonly string[];
  /** 0 to 255; undefined when the install section sets none. */
  readonly featureScore: number | undefined;
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
}

/** What machines are compared with a package by. */
export interface FleetPackage {
  /** In the library of the rehearsals. */
  readonly key: string;
  readonly brand: string;
  /** `xenbus` */
  readonly driver: string;
  /** `xenbus.inf`, as written. */
  readonly infName: string;
  readonly provider: string;
  readonly version: FourPartVersion | undefined;
  readonly date: CalendarDate | undefined;
  /** What a bus does; undefined for packages that are none. */
  readonly bus: DriverModel | undefined;
  /** What its INF has for a Windows; empty when it is not for it. */
  entriesFor(windows: MachineWindows, arch: MachineArch, type: MachineType): readonly PackageEntry[];
}

const INF_ARCH: Readonly<Record<MachineArch, InfArch>> = { x86: 'x86', x64: 'amd64', arm64: 'arm64' };
const PRODUCT_TYPE: Readonly<Record<MachineType, 1 | 2 | 3>> = { workstation: 1, dc: 2, server: 3 };

/** `FeatureScore=FE`: hex digits, with or without `0x` (spec inf, DDInstall). */
const featureScoreOf = (text: string | undefined): number | undefined => {
  const match = /^(?:0x)?([0-9a-f]{1,2})$/i.exec(text?.trim() ?? '');
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16);
};

const entriesOf = ({ document, model }: PackageInf, target: WindowsTarget): readonly PackageEntry[] =>
  selectModels(model, target).flatMap(({ devices }) =>
    devices.map(({ ids, installSection }) => {
      const name = installSection === '' ? undefined : resolveInstallSection(document, installSection, target.arch);
      const section = name === undefined ? undefined : sectionOf(document, name);
      // A section may have a DriverVer of its own.
      const own = lineOf(section, 'DriverVer');
      const { date, version } = own === undefined ? (model.version.driverVer ?? {}) : parseDriverVer(own.fields);
      return {
        ids: ids.map((id) => id.toLowerCase()),
        featureScore: featureScoreOf(lineOf(section, 'FeatureScore')?.fields[0]),
        ...{ date, version },
      };
    }),
  );

export interface PackageNames {
  readonly key: string;
  readonly brand: string;
  readonly bus: DriverModel | undefined;
}

/** A package of a release, asked once for each Windows. */
export const fleetPackage = (inf: PackageInf, names: PackageNames): FleetPackage => {
  const { model } = inf;
  const infName = inf.path.slice(inf.path.lastIndexOf('/') + 1);
  const known = new Map<string, readonly PackageEntry[]>();
  return {
    ...names,
    infName,
    driver: infName.replace(/\.inf$/i, '').toLowerCase(),
    provider: model.version.provider,
    ...{ version: model.version.driverVer?.version, date: model.version.driverVer?.date },
    entriesFor: ({ major, minor, build }, arch, type) => {
      const key = `${major}.${minor}.${build} ${arch} ${type}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const entries = entriesOf(inf, { arch: INF_ARCH[arch], major, minor, build, productType: PRODUCT_TYPE[type] });
      known.set(key, entries);
      return entries;
    },
  };
};
