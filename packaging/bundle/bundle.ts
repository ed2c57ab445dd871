import type { Architecture } from '../../core/architecture.ts';
import type { FourPartVersion } from '../../core/version.ts';

/** How far a bundle has come. A function says in its type which stage it takes, so a wrong order does not compile. */
export type Stage = 'built' | 'branded' | 'catalogued' | 'signed';

/** An `extra` lies in the package because the brand says so; no INF names it, and no catalog covers it. */
export type FileRole = 'inf' | 'binary' | 'extra' | 'catalog' | 'symbols';

export interface ShippedFile {
  /** The name in the package folder, as shipped. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly role: FileRole;
  /** Made by winpv in place of a driver build; never to be published. */
  readonly standIn: boolean;
  /** Where the signed file is from that took the built one's place; it ships as it is. */
  readonly prebuilt?: string;
}

/** One driver package of one architecture: an INF, what it installs, and its catalog. */
export interface DriverPackage {
  readonly driver: string;
  readonly architecture: Architecture;
  readonly version: FourPartVersion;
  readonly infName: string;
  /** Inf2Cat's names of the Windows versions that the catalog is for. */
  readonly windows: readonly string[];
  /** INF first, then binaries in the INF's order, then extras, then the catalog. */
  readonly files: readonly ShippedFile[];
  /** Symbol files of the shipped binaries; they go to the submission cabinet only. */
  readonly symbols: readonly ShippedFile[];
}

/** The driver packages of one brand's release, at a stage. */
export interface Bundle<S extends Stage> {
  readonly stage: S;
  readonly brandId: string;
  readonly packages: readonly DriverPackage[];
}

/** `xenbus/x64`: where the package stands below the brand's folder. */
export const packageFolder = (pack: Pick<DriverPackage, 'driver' | 'architecture'>): string =>
  `${pack.driver}/${pack.architecture}`;

export const infOf = (pack: DriverPackage): ShippedFile => {
  const inf = pack.files.find((file) => file.role === 'inf');
  if (inf === undefined) throw new TypeError(`the package ${packageFolder(pack)} has no INF`);
  return inf;
};

/** Same packages, other files. */
export const mapPackages = <To extends Stage>(
  bundle: Bundle<Stage>,
  stage: To,
  change: (pack: DriverPackage) => DriverPackage,
): Bundle<To> => ({ stage, brandId: bundle.brandId, packages: bundle.packages.map(change) });
