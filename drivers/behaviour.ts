import type { DriverModel, VersionRange } from './model.ts';
import type { ControlResult, DiskControl, RingRequest, SendSrb, Srb, SrbResult } from './storage.ts';

/** Data that survives JSON: what an emulated machine is made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Data of a registry value: text, a number for REG_DWORD, a list for REG_MULTI_SZ, lower-case hex digits for bytes. */
export type RegistryData = string | number | readonly string[] | null;

export type RegistryDataType =
  | 'REG_SZ'
  | 'REG_EXPAND_SZ'
  | 'REG_MULTI_SZ'
  | 'REG_DWORD'
  | 'REG_QWORD'
  | 'REG_BINARY'
  | 'REG_NONE'
  | `REG_TYPE_${number}`;

/** What a device is beside its ids, told by the bus that lists it; what the machine's user would miss. */
export type DeviceFacts =
  | { readonly kind: 'root' }
  | { readonly kind: 'pci-root' }
  | { readonly kind: 'pci'; readonly vendor: string; readonly device: string; readonly slot: number }
  | { readonly kind: 'ide-channel'; readonly channel: number }
  | { readonly kind: 'controller'; readonly of: 'ide' | 'nvme' | 'pv' }
  /** `vbd` is the number of the block device behind it in xenstore: 768 is the first disk. */
  | { readonly kind: 'disk'; readonly vbd: number; readonly path: 'emulated' | 'pv' | 'pass-through' }
  | { readonly kind: 'cdrom'; readonly vbd: number }
  | { readonly kind: 'nic'; readonly vif: number; readonly path: 'emulated' | 'pv' }
  /** A device that a Xen bus lists: `VBD`, `NET`. */
  | { readonly kind: 'xen-class'; readonly name: string }
  | { readonly kind: 'other' };

/** A device as its bus lists it. */
export interface ChildDevice {
  /** `XENBUS\VEN_XP&DEV_VBD`; with `\` and the instance id it is the instance path. */
  readonly deviceId: string;
  readonly instanceId: string;
  /** Most specific first. */
  readonly hardwareIds: readonly string[];
  readonly compatibleIds: readonly string[];
  /** The device text that its bus reports. */
  readonly text: string;
  readonly location: string;
  /** Works without a function driver. */
  readonly rawOk: boolean;
  readonly facts: DeviceFacts;
}

/** A device of the running machine. */
export interface DeviceView extends ChildDevice {
  /** `PCI\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\3&267A616A&0&18` */
  readonly path: string;
  readonly parent: string | undefined;
  readonly started: boolean;
  /** Service of its function driver, when it has one. */
  readonly service: string | undefined;
}

/** Why a driver does not do what it was asked to. The kinds decide which failure mode a finding stands for. */
export type DriverFailure =
  /** The bus does not answer to the version that the driver asks for (F05). */
  | {
      readonly kind: 'interface';
      readonly name: string;
      readonly wanted: number;
      readonly range: VersionRange | undefined;
    }
  /** Not the version of the module that it was built with: inert until a restart (F24). */
  | { readonly kind: 'module'; readonly module: string; readonly wanted: string; readonly found: string }
  /** The backend does not come to where the device needs it. */
  | { readonly kind: 'backend'; readonly frontend: string; readonly reason: string }
  /** The backend says what no disk is (F42). */
  | { readonly kind: 'backend-keys'; readonly frontend: string; readonly reason: string }
  /** The device starts after a restart only: STATUS_PNP_REBOOT_REQUIRED, problem 14. */
  | { readonly kind: 'restart'; readonly reason: string }
  /** `waits`: the next start mends it, and Windows is not told so. */
  | { readonly kind: 'other'; readonly reason: string; readonly waits?: true };

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly failure: DriverFailure };
export const OK: Outcome = { ok: true };

/** An image in memory. */
export interface LoadedDriver {
  /** Name of its service, or of the file without its extension for a module that is no service: `xen`. */
  readonly service: string;
  /** `Services\<service>` below CurrentControlSet, from HKLM. */
  readonly key: string;
  readonly model: DriverModel;
}

/**
 * The machine as a driver sees it. Keys of the registry are named from HKLM (`SYSTEM\CurrentControlSet\Services\XEN`), names
 * compare without case. It is the cursor of one transition over readonly state: what is written is there for the next read.
 */
export interface Machine {
  readonly safeMode: boolean;
  /** The start options of the boot entry, as written: `XEN:BOOT_EMULATED=TRUE`. */
  readonly bootOptions: readonly string[];
  /** Whether the system is past the phase in which only boot-start drivers run. */
  readonly phase: 'boot' | 'running';

  value(key: string, name: string): RegistryData | undefined;
  /** Names of the values of a key, as written. */
  valueNames(key: string): readonly string[];
  /** Names of the subkeys, as written. */
  keyNames(key: string): readonly string[];
  hasKey(key: string): boolean;
  setValue(key: string, name: string, type: RegistryDataType, data: RegistryData): void;
  /** A key that is gone when the machine is switched off. */
  makeVolatileKey(key: string): void;
  deleteValue(key: string, name: string): void;
  /** With all below it. */
  deleteKey(key: string): void;

  readPort(port: number, bits: 8 | 16 | 32): number;
  writePort(port: number, bits: 8 | 16 | 32, value: number): void;

  /** xenstore, relative to the domain's own area when the path does not start with `/`. */
  storeRead(path: string): string | undefined;
  storeList(path: string): readonly string[];
  storeWrite(path: string, value: string): void;
  storeRemove(path: string): void;

  /** Puts a request on the ring of a block device and waits for the response; undefined: nobody serves the ring. */
  askBackend(request: RingRequest): Uint8Array | undefined;

  /** Every device that is there now, in the order in which they came. */
  devices(): readonly DeviceView[];
  /** The module as it is in memory; undefined when it is not. */
  loaded(module: string): LoadedDriver | undefined;
  /** Says that a device's driver answers to these interfaces for what is below it; without a device, for all. */
  provide(device: DeviceView | undefined, interfaces: Readonly<Record<string, VersionRange>>): void;
  /** What a device gets when it asks for an interface from above its own driver. */
  provided(device: DeviceView, name: string): VersionRange | undefined;
  /** Whether Windows lets a device go that is asked back (IRP_MN_QUERY_REMOVE_DEVICE). */
  mayRemove(device: DeviceView): boolean;
  /** Asks the bus above for its list of devices again. */
  invalidate(device: DeviceView): void;

  /** What a module keeps in memory: gone when the machine is switched off. */
  recall(module: string, name: string): Json | undefined;
  remember(module: string, name: string, value: Json): void;

  /** Says something worth telling: `unplug` with its mask, `inert` with the reason. */
  note(event: DriverNote): void;
  /** Stops the machine on purpose; with a failure of a driver: because it did what no processor can. */
  stop(code: number, reason: string, by?: { readonly service: string; readonly failure: DriverFailure }): void;
}

/** Events that drivers add to the transcript. */
export type DriverNote =
  | { readonly kind: 'xen.unplug'; readonly mask: number; readonly disks: boolean; readonly nics: boolean }
  | { readonly kind: 'xen.unplug-vetoed'; readonly type: 'DISKS' | 'NICS' }
  | { readonly kind: 'xen.blocked'; readonly reason: string }
  | { readonly kind: 'xen.inert'; readonly module: string; readonly reason: string }
  | { readonly kind: 'xen.active'; readonly device: string; readonly active: boolean; readonly because: string }
  | { readonly kind: 'xen.reboot-requested'; readonly by: string; readonly because: string }
  | { readonly kind: 'xen.target-hidden'; readonly target: number; readonly vbd: number; readonly because: string }
  | { readonly kind: 'xen.id-list'; readonly device: string; readonly bytes: number }
  | { readonly kind: 'xen.connected'; readonly device: string; readonly path: string }
  | {
      readonly kind: 'xen.not-connected';
      readonly device: string;
      readonly reason: string;
      /** What the backend says of its disk is the reason (F42). */
      readonly keys?: boolean;
    }
  /** A device was given back to the host, or taken by it. */
  | { readonly kind: 'xen.ejected'; readonly device: string; readonly asked: boolean }
  /** The guest does not give a device up. */
  | { readonly kind: 'xen.eject-refused'; readonly device: string; readonly because: string }
  /** Another size, in the backend's sectors. */
  | { readonly kind: 'xen.resized'; readonly device: string; readonly sectors: string }
  /** The machine goes on after a suspension, and everything it had from its host is new. */
  | { readonly kind: 'xen.resumed'; readonly mask: number }
  /** The disk that the crash dump library means to write to; `guessed`: none was marked. */
  | {
      readonly kind: 'xen.dump-target';
      readonly mode: 'dump' | 'hiber';
      readonly target: number;
      readonly device: string;
      readonly guessed: boolean;
    }
  /** The crash dump library is connected, by a ring under a grant of its own. */
  | {
      readonly kind: 'xen.dump-connected';
      readonly device: string;
      readonly ring: number;
      readonly flush: 'flush' | 'barrier' | 'none';
    }
  /** The monitor asks the user; without an answer it restarts after so many seconds, or never. */
  | { readonly kind: 'xen.restart-prompt'; readonly by: string; readonly afterSeconds: number | undefined }
  /** The monitor restarts by itself: the `count`th time of `limit` in a row. */
  | {
      readonly kind: 'xen.restart-automatic';
      readonly by: string;
      readonly afterSeconds: number;
      readonly count: number;
      readonly limit: number;
      readonly whileInstalling: boolean;
    }
  /** The monitor makes a storage driver a boot driver again. */
  | { readonly kind: 'xen.start-override-removed'; readonly service: string }
  /** What happens cannot be told from what is known of the two builds: it is taken to go well. */
  | { readonly kind: 'xen.undecided'; readonly module: string; readonly device: string; readonly reason: string }
  | { readonly kind: 'xen.warning'; readonly module: string; readonly message: string };

/** What a disk is used for beside files. */
export interface DiskUsage {
  readonly vbd: number;
  readonly of: 'paging' | 'hibernation' | 'dump';
  readonly on: boolean;
}

/** What an image does in the guest. Each function sees the machine as it is and changes it through the cursor only. */
export interface DriverBehaviour {
  /** The image, lower case, without extension: `xenbus`. */
  readonly image: string;
  /** DriverEntry; DllInitialize of an export driver. */
  readonly load?: (driver: LoadedDriver, machine: Machine) => Outcome;
  /** AddDevice, as function driver or as filter of the device. */
  readonly add?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => Outcome;
  /** IRP_MN_START_DEVICE. */
  readonly start?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => Outcome;
  /** Bus relations of a started device. */
  readonly children?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => readonly ChildDevice[];
  /** What a filter leaves of the list that the driver below it makes. */
  readonly filterChildren?: (
    driver: LoadedDriver,
    device: DeviceView,
    children: readonly ChildDevice[],
    machine: Machine,
  ) => readonly ChildDevice[];
  /** After a suspension: xenstore, event channels and grants are new (spec xen-pv 4.3). */
  readonly resume?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => void;
  /** Something in xenstore was changed by the host: what a driver watches may have been. */
  readonly watch?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => void;
  /** IRP_MN_DEVICE_USAGE_NOTIFICATION on a disk of the adapter: a file of this kind is on it, or no more. */
  readonly usage?: (driver: LoadedDriver, device: DeviceView, usage: DiskUsage, machine: Machine) => void;
  /** A SCSI request for a disk of the adapter, as its port hands it on. */
  readonly scsi?: (driver: LoadedDriver, srb: Srb, machine: Machine) => SrbResult;
  /** A device control for a disk below the adapter that it filters; undefined: it is passed on. */
  readonly control?: (
    driver: LoadedDriver,
    control: DiskControl,
    machine: Machine,
    send: SendSrb,
  ) => ControlResult | undefined;
  /** Orderly removal of the device while the machine runs. */
  readonly remove?: (driver: LoadedDriver, device: DeviceView, machine: Machine) => void;
  /** A user-mode service, each time the machine comes to rest. */
  readonly run?: (driver: LoadedDriver, machine: Machine) => Outcome;
}
