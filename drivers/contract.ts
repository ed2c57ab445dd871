import type { Architecture } from '../core/architecture.ts';
import type { VendorIdentity } from './ids.ts';

/** What a driver is, as data. Nothing here knows a brand: brand values arrive as `@TOKENS@` or as arguments. */
export interface DriverDefinition {
  /** Name of the INF, of the catalog and of the package: `xenbus`. */
  readonly name: string;
  /** One line for people: what the driver does. */
  readonly summary: string;
  /** The fixed words after the product name (spec xen-pv 3.1). A protocol: old co-installers compare them. */
  readonly title: { readonly package: string; readonly device: string };
  /** Setup class of the INF, as Windows spells it, and its GUID in braces. */
  readonly className: string;
  readonly classGuid: string;
  /** The bus driver whose child this driver drives; undefined for the root of the tree and for primitive packages. */
  readonly parent?: string;
  /** The class part of the child's id: `VBD`. */
  readonly deviceClass?: string;
  /** The package that carries this driver's files in a normal release: `xenvbd` for `xendisk`. */
  readonly partOf?: string;
  /** Newest first; the first one is what a release uses unless asked otherwise. */
  readonly generations: readonly [DriverGeneration, ...DriverGeneration[]];
}

/** One generation of a driver's package: what changes when upstream changes its INF. */
export interface DriverGeneration {
  /** The upstream line it follows: `9.1`, `8.2`. */
  readonly name: string;
  /** The INF template, from the root of the winpv package, `/`-separated. */
  readonly template: string;
  /** A device package matches ids; a primitive one installs files and services without a device (spec inf 11). */
  readonly kind: 'device' | 'primitive';
  /** The ids of the INF: the hardware id of the first Models line first. Empty for a primitive package. */
  readonly hardwareIds: (vendor: VendorIdentity) => readonly string[];
  readonly files: readonly DriverFile[];
  readonly services: readonly DriverService[];
  /** Inf2Cat's names of the Windows versions that the catalog claims by default; an absent architecture is not offered. */
  readonly windows: Readonly<Partial<Record<Architecture, readonly string[]>>>;
  /** For a bus: what it lists for each child class. */
  readonly bus?: DriverBus;
}

export interface DriverBus {
  /** The enumerator in its children's ids: `XENBUS`. */
  readonly enumerator: string;
  /** Its revision table, oldest first: each row is one id of every child. */
  readonly revisions: readonly BusRevision[];
  /** Child classes it makes devices for: `VBD`. */
  readonly classes: readonly string[];
  /** The id that ends every child's list: `XENCLASS`. */
  readonly lastId: string;
}

/** A row of a revision table: the number children bind, and the interface versions that it stands for. */
export interface BusRevision {
  /** `0x0900000b` */
  readonly revision: number;
  /** By interface: `XENBUS_STORE: 2`. An interface that the row does not know is absent. */
  readonly interfaces: Readonly<Record<string, number>>;
}

/** 11 is System32, 12 is System32\drivers (spec inf 5). */
export type DirectoryId = 11 | 12;

export type DriverFileKind = 'driver' | 'export-driver' | 'program' | 'library';

export interface DriverFile {
  /** The name in the package and in SourceDisksFiles. */
  readonly name: string;
  readonly kind: DriverFileKind;
  readonly dirid: DirectoryId;
  /** The name on the target, with tokens where it carries the version: `xenbus_monitor_@MAJOR_VERSION@_….exe`. */
  readonly installedName: string;
  readonly standIn: StandInFacts;
}

/** What a stand-in shares with the real binary, so that checks on imports and strings have something true to look at. */
export interface StandInFacts {
  readonly imports: readonly ModuleImports[];
  readonly exports: readonly string[];
  /** Texts that the real binary carries, with tokens; one that names an empty token is left out. */
  readonly strings: readonly string[];
}

export interface ModuleImports {
  readonly module: string;
  readonly names: readonly string[];
}

export interface DriverService {
  readonly name: string;
  /** `DriverFile.name` of its binary. */
  readonly file: string;
  readonly type: 'kernel' | 'own-process';
  readonly start: 'boot' | 'demand' | 'auto';
  readonly group?: string;
  /** The service that drives the device, a filter, or something that only comes with the package. */
  readonly role: 'function' | 'filter' | 'companion';
}
