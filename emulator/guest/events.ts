import type { DriverFailure, DriverNote, RegistryData, RegistryDataType } from '../../drivers/behaviour.ts';
import type { DumpFailure } from '../../drivers/dump.ts';
import type { HostChange } from '../xen/host.ts';
import type { HostEvent } from '../xen/host-events.ts';
import type { DumpEvent, DumpOutput } from './dump-events.ts';
import type { IoEvent, IoOutput } from './io-events.ts';

/** What happens to a guest from outside, in the words of those who do it. */
export type GuestEvent =
  | {
      readonly kind: 'power.on';
      readonly mode?: 'normal' | 'safe' | 'last-known-good';
      readonly options?: readonly string[];
    }
  | { readonly kind: 'power.off' }
  /** Off and on; session data goes. */
  | { readonly kind: 'restart'; readonly mode?: 'normal' | 'safe' }
  /** Time passes: the restart monitor and other services act. */
  | { readonly kind: 'time'; readonly ms: number }
  /** `pnputil /add-driver`: into the driver store only. */
  | { readonly kind: 'package.stage'; readonly package: string }
  /** `pnputil /add-driver /install`: staged, and installed wherever it is the better one. */
  | { readonly kind: 'package.install'; readonly package: string }
  /** A setup program that forces its package on every device that matches. */
  | { readonly kind: 'package.force'; readonly package: string }
  /** `pnputil /delete-driver /uninstall /force` */
  | { readonly kind: 'package.delete'; readonly published: string }
  /** Device Manager: the device's key goes, and its driver when asked for. */
  | { readonly kind: 'device.uninstall'; readonly path: string; readonly deletePackage?: boolean }
  | { readonly kind: 'device.disable'; readonly path: string }
  /** Roll back driver: the package that was installed before. */
  | { readonly kind: 'device.rollback'; readonly path: string }
  | { readonly kind: 'device.rescan' }
  | {
      readonly kind: 'registry.set';
      readonly key: string;
      readonly name: string;
      readonly type: RegistryDataType;
      readonly data: RegistryData;
    }
  | { readonly kind: 'registry.delete'; readonly key: string; readonly name?: string }
  | { readonly kind: 'file.delete'; readonly path: string }
  | { readonly kind: 'file.write'; readonly path: string; readonly image: string }
  | { readonly kind: 'service.stop'; readonly service: string }
  /** sysprep /generalize: devices are forgotten, drivers stay staged. */
  | { readonly kind: 'sysprep' }
  /** The machine is moved to another host, or the host's settings change; takes effect when it is off. */
  | { readonly kind: 'host'; readonly change: HostChange }
  | HostEvent
  | DumpEvent
  | IoEvent
  /** A user gives a network card a static address; it stays with the connection that the card has then. */
  | { readonly kind: 'nic.address'; readonly vif: number; readonly address: string }
  /** Switches of the firmware and the boot entry. */
  | { readonly kind: 'guest'; readonly secureBoot?: boolean; readonly testSigning?: boolean; readonly hvci?: boolean };

/** Why something is as it is, so that a finding can name the first link of the chain. */
export type Cause =
  | { readonly kind: 'none' }
  /** No package of the store matches: `nearest` is an id of one that is close, for people and for the failure mode. */
  | {
      readonly kind: 'no-driver';
      readonly device: string;
      readonly wanted: readonly string[];
      readonly nearest: readonly string[];
    }
  | { readonly kind: 'service-missing'; readonly service: string; readonly role: string; readonly device: string }
  | { readonly kind: 'service-disabled'; readonly service: string; readonly by: 'start' | 'override' }
  /** Something of a device's stack is no boot-start driver, and the machine needs the device to boot. */
  | {
      readonly kind: 'starts-later';
      readonly service: string;
      readonly role: string;
      readonly device: string;
      readonly by: 'start' | 'override';
    }
  | { readonly kind: 'file-missing'; readonly path: string; readonly service: string }
  | {
      readonly kind: 'import-missing';
      readonly image: string;
      readonly module: string;
      readonly names: readonly string[];
    }
  | { readonly kind: 'wrong-machine'; readonly image: string; readonly machine: string }
  | { readonly kind: 'needs-windows'; readonly image: string; readonly because: string }
  | { readonly kind: 'signature'; readonly image: string; readonly reason: string }
  | { readonly kind: 'driver'; readonly service: string; readonly device: string; readonly failure: DriverFailure }
  | { readonly kind: 'install-section-missing'; readonly package: string; readonly section: string }
  | { readonly kind: 'include'; readonly package: string; readonly name: string }
  | { readonly kind: 'restart-pending'; readonly device: string; readonly because: string }
  | { readonly kind: 'disk-gone'; readonly emulated: string; readonly pv: string; readonly because: Cause }
  /** The machine's memory does not get to the disk. */
  | { readonly kind: 'dump'; readonly failure: DumpFailure }
  | { readonly kind: 'deliberate'; readonly by: string; readonly reason: string }
  | { readonly kind: 'text'; readonly text: string };

/** What happened, in order: the transcript of a run. */
export type GuestOutput =
  | { readonly kind: 'boot.started'; readonly boot: number; readonly mode: 'normal' | 'safe' }
  | { readonly kind: 'boot.running'; readonly boot: number }
  | {
      readonly kind: 'boot.stopped';
      readonly boot: number;
      readonly code: string;
      readonly reason: string;
      readonly cause: Cause;
    }
  | { readonly kind: 'package.staged'; readonly package: string; readonly published: string }
  | {
      readonly kind: 'package.refused';
      readonly package: string;
      readonly reason: string;
      readonly because: 'signature' | 'altered' | 'not-for-this-windows' | 'missing-file' | 'invalid';
    }
  | { readonly kind: 'package.deleted'; readonly published: string }
  | { readonly kind: 'device.arrived'; readonly device: string; readonly known: boolean }
  | { readonly kind: 'device.gone'; readonly device: string }
  | {
      readonly kind: 'device.bound';
      readonly device: string;
      readonly package: string;
      readonly id: string;
      readonly rank: string;
      readonly section: string;
      readonly instead?: string;
    }
  /** A package matches and another is kept. */
  | {
      readonly kind: 'device.outranked';
      readonly device: string;
      readonly package: string;
      readonly rank: string;
      readonly by: string;
      readonly byRank: string;
      readonly tie: boolean;
    }
  /** A co-installer of the package forbids it: what the device had before stays. */
  | {
      readonly kind: 'device.refused';
      readonly device: string;
      readonly package: string;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: 'device.started'; readonly device: string; readonly service: string | undefined }
  | { readonly kind: 'device.problem'; readonly device: string; readonly code: number; readonly cause: Cause }
  | { readonly kind: 'module.loaded'; readonly module: string; readonly image: string }
  | { readonly kind: 'module.failed'; readonly module: string; readonly cause: Cause }
  | { readonly kind: 'service.started'; readonly service: string }
  | { readonly kind: 'service.failed'; readonly service: string; readonly cause: Cause }
  | { readonly kind: 'restart.wanted'; readonly by: string; readonly because: string }
  | { readonly kind: 'restart.automatic'; readonly by: string }
  /** Requests on a disk were given up: its backend did not answer for longer than Windows waits. */
  | {
      readonly kind: 'disk.timed-out';
      readonly device: string;
      readonly seconds: number;
      readonly timeoutSeconds: number;
    }
  | DumpOutput
  | IoOutput
  | { readonly kind: 'driver.note'; readonly note: DriverNote }
  | { readonly kind: 'emulator.unmodelled'; readonly what: string };
