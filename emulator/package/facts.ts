import type { CalendarDate } from '../../core/date.ts';
import type { FourPartVersion } from '../../core/version.ts';
import type { RegistryData, RegistryDataType } from '../../drivers/behaviour.ts';
import type { DriverModel } from '../../drivers/model.ts';
import type { SignatureScore } from '../guest/rank.ts';

/**
 * What the emulator knows of a driver package: plain data that survives JSON, made once from the bytes (compile.ts), so that a
 * thousand runs share it. State names packages and images by their keys here.
 */
export interface PackageLibrary {
  readonly packages: Readonly<Record<string, PackageFacts>>;
  /** By key: SHA-256 of the bytes in hex, or a made-up key for releases that winpv knows without having their binaries. */
  readonly images: Readonly<Record<string, ImageFacts>>;
}

export type ImageMachine = 'x86' | 'x64' | 'arm' | 'arm64' | 'ia64' | 'other';

/** A file of a package. */
export interface ImageFacts {
  readonly key: string;
  /** As in the package. */
  readonly name: string;
  /** False for what is no PE image, `broken` for one that cannot be read. */
  readonly machine: ImageMachine | 'none' | 'broken';
  readonly imports: readonly { readonly module: string; readonly names: readonly string[] }[];
  readonly exports: readonly string[];
  /** Compiled for Windows 10 1507 and later only, and the like: what its imports from Windows demand, by module tables. */
  readonly needsWindows?: { readonly version: readonly [number, number, number]; readonly because: string };
  /** Answers of the trust policy by `policyKey`; an absent state means `yes` (no kernel image). */
  readonly loads: Readonly<Record<string, { readonly loads: 'yes' | 'no' | 'depends'; readonly reason: string }>>;
  /** Undefined for what is none of the family's images. */
  readonly model?: DriverModel;
}

/** A package as one Windows sees it. */
export interface PackageFacts {
  readonly key: string;
  /** Path of the INF as people know it: `acme/xenvbd/x64/xenvbd.inf`. */
  readonly path: string;
  /** `xenvbd.inf` */
  readonly infName: string;
  /** Base name in lower case. */
  readonly driver: string;
  readonly provider: string;
  readonly className: string;
  /** In braces, lower case. */
  readonly classGuid: string;
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
  /** Extension INFs add to a base driver; the id in braces. */
  readonly extensionId?: string;
  /** DefaultInstall only. */
  readonly primitive: boolean;
  /** Architectures that some Models section is for, as images name them. */
  readonly architectures: readonly ImageMachine[];
  /** What the Windows of each guest chooses; by `targetKey`. Undefined in a record that is not for that guest. */
  readonly targets: Readonly<Record<string, TargetFacts>>;
  /** Signature of the catalog as a guest judges it; by `signatureKey`. */
  readonly signatures: Readonly<Record<string, PackageSignature>>;
  /** File names, in lower case, that SourceDisksFiles and CopyFiles name and the package lacks. */
  readonly missing: readonly string[];
  /** The same for each `targetKey`, with those only that the Windows would copy: a folder may hold the files of one architecture. */
  readonly missingOn?: Readonly<Record<string, readonly string[]>>;
  /** SHA-256 of its files in hex: what is the same package under another key. */
  readonly content?: string;
}

/** How a package's catalog stands (spec pnp-install 4). */
export interface PackageSignature {
  readonly state: 'trusted' | 'untrusted' | 'unsigned' | 'altered' | 'not-for-this-windows';
  readonly score: SignatureScore;
  /** For people: what is wrong. */
  readonly reason: string;
}

/** What an INF does on one Windows. */
export interface TargetFacts {
  readonly models: readonly ModelFacts[];
  /** By name of the install section with its decoration, lower case. */
  readonly installs: Readonly<Record<string, InstallFacts>>;
  /** The DefaultInstall section of a primitive package; a key of `installs`. */
  readonly defaultInstall?: string;
  /** Of ClassInstall32, for a class that the guest does not know yet: HKR is the key of the class. */
  readonly classInstall?: InstallFacts;
}

export interface ModelFacts {
  readonly description: string;
  readonly manufacturer: string;
  /** Hardware id first. */
  readonly ids: readonly string[];
  /** As in the Models line. */
  readonly section: string;
  /** A key of `installs`; undefined when no such section exists. */
  readonly install: string | undefined;
  /** Ids of ExcludeID, lower case. */
  readonly excluded: readonly string[];
  readonly line: number;
}

/** What one DDInstall section and its companions do, in the order in which Windows does it (spec pnp-install 7). */
export interface InstallFacts {
  /** As written, with its decoration. */
  readonly section: string;
  /** `.NTamd64`, `.NT` or empty. */
  readonly extension: string;
  readonly featureScore?: number;
  readonly deleteFiles: readonly PlacedFile[];
  readonly renameFiles: readonly (PlacedFile & { readonly from: string })[];
  readonly copyFiles: readonly (PlacedFile & {
    /** Key of the image; undefined when the package lacks the file. */
    readonly image: string | undefined;
    readonly source: string;
    /** COPYFLG_* */
    readonly flags: number;
  })[];
  /** DelReg, AddReg, BitReg of the section itself: HKR is the software key. */
  readonly software: readonly RegistryStep[];
  /** [DDInstall] may have a DriverVer of its own, which counts instead of the package's. */
  readonly driverVer?: { readonly date: CalendarDate | undefined; readonly version: FourPartVersion | undefined };
  /** Of .HW: HKR is the hardware key, `Device Parameters` apart from what stands in the device key itself. */
  readonly hardware: readonly RegistryStep[];
  readonly coInstallers: readonly RegistryStep[];
  readonly services: readonly ServiceStep[];
  readonly interfaces: readonly {
    readonly guid: string;
    /** Its reference string; empty for none. */
    readonly reference?: string;
    readonly registry: readonly RegistryStep[];
  }[];
  /** Declarative filters, AddFilter. */
  readonly filters: readonly {
    readonly service: string;
    /** A filter with a level is where the base INF puts that level. */
    readonly position: 'upper' | 'lower' | 'by-level';
    readonly level?: string;
  }[];
  /** Hardware ids of software components, AddComponent: `SWC\VID0001&PID0002`. */
  readonly components: readonly string[];
  readonly reboot: boolean;
  /** INFs of Windows that are included. */
  readonly includes: readonly string[];
  /** Sections that the included INFs must have: those that the file has itself are part of the steps above. */
  readonly needs: readonly string[];
  /** Directives and sections that the emulator does not act on, for `emulator.unmodelled`. */
  readonly unmodelled: readonly string[];
}

export interface PlacedFile {
  readonly name: string;
  /** Directory in the guest: `%12%` resolved, `\` between the parts, upper folders as Windows has them; undefined for an unknown dirid. */
  readonly folder: string | undefined;
  readonly dirid: number | undefined;
  readonly line: number;
}

/** A line of AddReg, DelReg or BitReg. */
export interface RegistryStep {
  readonly does:
    | 'set'
    | 'set-if-missing'
    | 'set-if-present'
    | 'append'
    | 'make-key'
    | 'delete-value'
    | 'delete-key'
    | 'remove-text'
    | 'set-bits'
    | 'clear-bits';
  /** `HKR` stands for the key that the step's place gives it; from `HKLM` on for the others; other roots are unmodelled. */
  readonly root: 'HKR' | 'HKLM' | 'other';
  /** Below the root; empty for the root itself. */
  readonly key: string;
  readonly name: string;
  readonly type: RegistryDataType;
  /** For `set-bits` and `clear-bits`: the mask in two hex digits, and the index of the byte. */
  readonly data: RegistryData;
  readonly line: number;
}

export interface ServiceStep {
  readonly does: 'add' | 'delete';
  /** Empty for `AddService=,2`. */
  readonly name: string;
  /** SPSVCINST_*; 0x2 makes it the device's function driver, 0x800 starts it at once. */
  readonly flags: number;
  readonly type: number | undefined;
  readonly start: number | undefined;
  readonly errorControl: number | undefined;
  /** Path in the guest: `C:\Windows\System32\drivers\xenbus.sys`; undefined when the INF names none or an unknown folder. */
  readonly binary: string | undefined;
  readonly group: string;
  readonly displayName: string;
  readonly description?: string;
  /** The account of a program, or the name of a driver object. */
  readonly startName?: string;
  /** Services, and groups with a `+` before the name. */
  readonly dependencies: readonly string[];
  /** By directive (spec inf 10). */
  readonly bootFlags?: number;
  /** HKR is the service's key. */
  readonly registry: readonly RegistryStep[];
  /** HKR is the source's key below the event log; of a deletion, what may go with it. */
  readonly eventLog:
    | {
        /** `System` when the INF does not say. */
        readonly log?: string;
        readonly source: string;
        readonly registry: readonly RegistryStep[];
      }
    | undefined;
  readonly line: number;
}
