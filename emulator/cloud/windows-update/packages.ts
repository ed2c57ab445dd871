import { type CheckedFile, type PackageInf, packageView } from '../../../packaging/bundle/package-view.ts';
import { parseZip } from '../../../packaging/formats/zip/parse.ts';
import { type FleetPackage, fleetPackage } from '../../fleet/offers/package.ts';
import { driverModels } from '../../package/driver-models.ts';

/** A package that Partner Center signed, as Windows Update has it. */
export interface StoredPackage {
  /** GUID of its folder in the signed package. */
  readonly bundleId: string;
  readonly package: FleetPackage;
}

/** What there is to offer, by submission. */
export type StoredPackages = ReadonlyMap<string, readonly StoredPackage[]>;

export interface SignedPackage {
  readonly submissionId: string;
  /** The product's name: a label does not know brands. */
  readonly brand: string;
  readonly bytes: Uint8Array;
}

/** Buses tell which devices they list. */
const BUSES: ReadonlySet<string> = new Set(['xenbus', 'xenvif']);

const isBeside = ({ folder }: PackageInf, { path }: CheckedFile): boolean => path.startsWith(folder);

/** Reads `drivers/<guid>/…` of a signed package. @throws WinpvError ZIP_* */
export const storedPackages = ({ submissionId, brand, bytes }: SignedPackage): readonly StoredPackage[] => {
  const files = parseZip(bytes, 'the signed package').map((entry) => ({ path: entry.name, bytes: entry.bytes() }));
  const view = packageView(files, (path) => path);
  const models = driverModels(view);
  return view.infs.map((inf): StoredPackage => {
    const kind = inf.pv?.kind ?? '';
    const bus = BUSES.has(kind)
      ? view.files
          .filter((file) => isBeside(inf, file))
          .map((file) => models.ofFile(file))
          .find((model) => model?.image === kind)
      : undefined;
    const bundleId = /^drivers\/([^/]+)\//i.exec(inf.path)?.[1] ?? '';
    return { bundleId, package: fleetPackage(inf, { key: `${submissionId} ${inf.path}`, brand, bus }) };
  });
};
