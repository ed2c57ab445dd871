import { createHash } from 'node:crypto';
import { dateToEpochMs } from '../../../core/date.ts';
import { formatVersion } from '../../../core/version.ts';
import { windowsTargets } from '../../../packaging/bundle/catalog-scope.ts';
import { type InfDevice, selectModels } from '../../../packaging/formats/inf/model.ts';
import { catalogOsOf } from '../../../publishing/partner-center/os-codes.ts';
import type { DriverMetadata } from '../../../publishing/partner-center/other-contract.ts';
import type { DriverFolder } from './drivers.ts';
import { type FolderInf, infsOf } from './inspect.ts';

/** The driver metadata of a package: which ids of which INF can be offered to which Windows. */

type Bundle = DriverMetadata['BundleInfoMap'][string];
type Inf = Bundle['InfInfoMap'][string];

const devicesFor = ({ model }: FolderInf, code: string): readonly InfDevice[] => {
  const os = catalogOsOf(code);
  if (os === undefined) return [];
  const chosen = windowsTargets(os, model).flatMap((target) => selectModels(model, target));
  return [...new Set(chosen.flatMap(({ devices }) => devices))];
};

const idsFor = (inf: FolderInf, code: string): Inf['OSPnPInfoMap'][string] =>
  Object.fromEntries(
    devicesFor(inf, code).flatMap((device) =>
      device.ids.map((id) => [
        id.toLowerCase(),
        { Manufacturer: device.manufacturer, DeviceDescription: device.description, FeatureScore: 255 },
      ]),
    ),
  );

const guidFrom = (words: string): string => {
  const hex = createHash('sha256').update(words).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
};

const describeInf = (inf: FolderInf, codes: readonly string[]): Inf => {
  const { version } = inf.model;
  const { date, version: numbers, text } = version.driverVer ?? { date: undefined, version: undefined, text: '' };
  const rows = codes.map((code) => [code, idsFor(inf, code)] as const).filter(([, ids]) => Object.keys(ids).length > 0);
  return {
    DriverPackageFamilyId: guidFrom(`family ${version.provider} ${inf.name}`),
    InfClass: version.class,
    DriverVersion: numbers === undefined ? text : formatVersion(numbers),
    DriverDate: date === undefined ? null : new Date(dateToEpochMs(date)).toISOString(),
    ExtensionId: version.extensionId === '' ? null : version.extensionId,
    Provider: version.provider,
    ClassGuid: version.classGuid === '' ? null : version.classGuid,
    InstallationComputerHardwareIds: [],
    OSPnPInfoMap: Object.fromEntries(rows),
  };
};

/** @param bundleIdOf the GUID of a driver's folder, as in the signed package */
export const describeDrivers = (
  folders: readonly DriverFolder[],
  codes: readonly string[],
  bundleIdOf: (folder: string) => string,
): DriverMetadata => ({
  BundleInfoMap: Object.fromEntries(
    folders.map((folder): [string, Bundle] => [
      bundleIdOf(folder.name),
      {
        Locales: ['en-us'],
        InfInfoMap: Object.fromEntries(infsOf(folder).map((inf) => [inf.name, describeInf(inf, codes)])),
      },
    ]),
  ),
});

/** A fault: each INF's lists lack their last id. */
export const withoutLastIds = ({ BundleInfoMap }: DriverMetadata): DriverMetadata => {
  const shorter = (rows: Inf['OSPnPInfoMap']): Inf['OSPnPInfoMap'] =>
    Object.fromEntries(
      Object.entries(rows).map(([os, ids]) => [os, Object.fromEntries(Object.entries(ids).slice(0, -1))]),
    );
  const bundles = Object.entries(BundleInfoMap).map(([id, bundle]): [string, Bundle] => {
    const infs = Object.entries(bundle.InfInfoMap).map(([name, inf]): [string, Inf] => [
      name,
      { ...inf, OSPnPInfoMap: shorter(inf.OSPnPInfoMap) },
    ]);
    return [id, { ...bundle, InfInfoMap: Object.fromEntries(infs) }];
  });
  return { BundleInfoMap: Object.fromEntries(bundles) };
};
