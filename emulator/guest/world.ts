import type { DeviceFacts, Json } from '../../drivers/behaviour.ts';
import type { VersionRange } from '../../drivers/model.ts';
import type { HostState } from '../xen/host.ts';
import type { Cause } from './events.ts';
import type { GuestSpec } from './guest.ts';
import type { RegistryKey } from './registry.ts';

/** Format of saved state; a transcript with another is refused. */
export const WORLD_VERSION = 1;

/** A guest on its host. Readonly, shared between runs, and the same after a way through JSON. */
export interface World {
  readonly version: number;
  /** Virtual milliseconds since the world began. */
  readonly timeMs: number;
  readonly guest: GuestSpec;
  readonly disk: SystemDisk;
  readonly host: HostState;
  /** Undefined while the machine is switched off. */
  readonly session?: Session;
  /** Times it was switched on or restarted. */
  readonly boots: number;
  /** What a hibernation wrote to the disk: the machine goes on with it when it is switched on. */
  readonly hibernated?: Session;
}

/** What survives a restart. */
export interface SystemDisk {
  /** HKLM. */
  readonly registry: RegistryKey;
  /** The control set of the last boot that came up, for Last Known Good. */
  readonly lastKnownGood?: RegistryKey;
  /** By path in lower case: `c:\windows\system32\drivers\xenbus.sys`. Files of Windows itself are not listed (inbox.ts knows them). */
  readonly files: Readonly<Record<string, GuestFile>>;
  readonly store: readonly StoredPackage[];
}

export interface GuestFile {
  /** As it was written. */
  readonly path: string;
  /** Key in the library's images. */
  readonly image: string;
}

/** A package in the driver store. */
export interface StoredPackage {
  /** `oem3.inf` */
  readonly published: string;
  /** Key in the library's packages. */
  readonly package: string;
}

/** What is gone when the machine is switched off. */
export interface Session {
  readonly mode: 'normal' | 'safe';
  readonly options: readonly string[];
  readonly phase: 'boot' | 'running' | 'stopped';
  readonly stop?: Stop;
  /** By instance path in upper case, in the order in which they came. */
  readonly devices: Readonly<Record<string, DeviceNode>>;
  /** Images in memory, by module in lower case (`xenbus`); the image's key, as files on disk may be newer. */
  readonly loaded: Readonly<Record<string, LoadedModule>>;
  /** User-mode services that run, lower case. */
  readonly services: readonly string[];
  /** What drivers keep in memory: `module/name`. */
  readonly memory: Readonly<Record<string, Json>>;
  /** Interfaces answered to for every device: xenfilt's. */
  readonly provides: Readonly<Record<string, VersionRange>>;
  /** Why Windows itself wants to be restarted. */
  readonly restart: readonly string[];
  /** Copies of the storage stack for the time when nothing else works; absent before they are loaded. */
  readonly dumpStacks?: DumpStacks;
}

export interface DumpStacks {
  readonly dump?: DumpStack;
  readonly hiber?: DumpStack;
}

/** Port, miniport and what they need, loaded a second time under `dump_` or `hiber_` (spec pnp-install 12). */
export interface DumpStack {
  /** Instance path of the disk that it leads to. */
  readonly device: string;
  readonly vbd: number;
  readonly target: number;
  /** Service of the disk's adapter, lower case. */
  readonly miniport: string;
  /** Names of files without the prefix, in the order of loading; the image's key where it is none of Windows' own. */
  readonly images: readonly { readonly file: string; readonly image?: string }[];
  readonly failure?: Cause;
}

/** Why a machine stopped: a bug check, or the loader's status when it never came that far. */
export interface Stop {
  /** `0x7B`, `0xC0000428` */
  readonly code: string;
  readonly reason: string;
  readonly cause: Cause;
}

export interface LoadedModule {
  readonly image: string;
  readonly service: string;
  /** False while its entry has not succeeded. */
  readonly ready: boolean;
}

export interface DeviceNode {
  readonly path: string;
  readonly parent: string | undefined;
  readonly hardwareIds: readonly string[];
  readonly compatibleIds: readonly string[];
  readonly deviceId: string;
  readonly instanceId: string;
  readonly text: string;
  readonly location: string;
  readonly rawOk: boolean;
  readonly facts: DeviceFacts;
  /** Services of its stack from the bottom up, the function driver marked; empty until it is built. */
  readonly stack: readonly StackEntry[];
  readonly state: 'found' | 'started' | 'problem';
  readonly problem?: DeviceProblem;
  /** What its driver answers to below it. */
  readonly provides?: Readonly<Record<string, VersionRange>>;
}

export interface StackEntry {
  readonly service: string;
  readonly role: 'lower-filter' | 'function' | 'upper-filter';
  readonly from: 'device' | 'class';
}

/** CM_PROB_* (spec pnp-install 11). */
export interface DeviceProblem {
  readonly code: number;
  readonly cause: Cause;
}
