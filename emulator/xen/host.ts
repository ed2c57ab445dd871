import type { BackendKind } from './backend-kinds.ts';
import type { BlockDisks } from './block-state.ts';
import { freshStore } from './fresh-store.ts';
import type { StoreTree } from './tree.ts';

/** What the host presents to the domain, and how far the two have come. */
export interface HostState {
  readonly settings: HostSettings;
  /** xenstore from its root; the domain's own area is `/local/domain/1`. */
  readonly store: StoreTree;
  readonly unplug: UnplugState;
  /** What is on the volumes of disks that were asked for anything, and how far their rings have come. */
  readonly blocks?: BlockDisks;
}

export interface HostSettings {
  /** PCI device id of the platform function: a guest sees one of the two (spec xen-pv 1.1). */
  readonly platform: '0001' | '0002';
  /** An additional vendor function, four hex digits: `C000`. Absent or empty: none. */
  readonly vendorDevice?: string;
  readonly disks: readonly HostDisk[];
  readonly nics: readonly HostNic[];
  /** Whether `device/vkbd` exists. */
  readonly keyboard: boolean;
  readonly emulatedDisks: 'ide' | 'nvme';
  readonly emulatedNics: 'rtl8139' | 'e1000';
  /** A physical NVMe controller handed to the guest, by its PCI ids. */
  readonly passThroughNvme?: { readonly vendor: string; readonly device: string };
  /** Slot of the platform function on bus 0. */
  readonly slot: number;
  readonly unplugVersion: number;
  /** What its backends are; the newest Linux when absent. */
  readonly backends?: BackendKind;
  /** The host refuses this driver: port 0x10 answers 0xD249 after the build number. */
  readonly unplugBlocked: boolean;
}

/** What stands behind a device, and where it is not as others of its kind. */
export interface BackendSettings {
  /**
   * It does not come to be connected: `always`, or `again` once it was connected before. Absent: it is willing.
   */
  readonly refuses?: 'always' | 'again';
  /** Keys of the backend's directory as they are instead; null: not there. */
  readonly keys?: Readonly<Record<string, string | null>>;
}

export interface HostDisk extends BackendSettings {
  /** 768 is the first. */
  readonly vbd: number;
  readonly system: boolean;
  readonly cdrom?: boolean;
  /** Of 512 bytes; 32 GiB when absent. */
  readonly sectors?: number;
}

export interface HostNic extends BackendSettings {
  readonly vif: number;
  readonly mac: string;
}

/** The emulated devices' unplug ports (spec xen-pv 1.7). */
export interface UnplugState {
  /** Masks written since power on, or'ed. */
  readonly mask: number;
  readonly product?: number;
  readonly build?: number;
}

/** Settings that change while the domain is off. An empty `vendorDevice` takes the function away. */
export type HostChange = Partial<HostSettings>;

/** A machine as most are: one disk, a CD-ROM drive, one network card, all emulated at first. */
export const DEFAULT_SETTINGS: HostSettings = {
  platform: '0001',
  disks: [
    { vbd: 768, system: true },
    { vbd: 5632, system: false, cdrom: true },
  ],
  nics: [{ vif: 0, mac: '00:16:3e:00:00:01' }],
  keyboard: true,
  emulatedDisks: 'ide',
  emulatedNics: 'rtl8139',
  slot: 3,
  unplugVersion: 1,
  unplugBlocked: false,
};

/** What stays on disks, whatever becomes of the domain. */
type Kept = Pick<HostState, 'blocks'>;

const withSettings = (settings: HostSettings, { blocks }: Kept = {}): HostState => ({
  settings,
  store: freshStore(settings),
  unplug: { mask: 0 },
  ...(blocks === undefined ? {} : { blocks }),
});

export const newHost = (settings: Partial<HostSettings> = {}): HostState =>
  withSettings({ ...DEFAULT_SETTINGS, ...settings });

/** The machine is switched on: a new domain, with every emulated device back and nothing of the last guest in xenstore. */
export const poweredOn = (host: HostState): HostState => withSettings(host.settings, host);

/** With other settings; for a domain that is switched off. */
export const changeHost = (host: HostState, change: HostChange): HostState =>
  withSettings({ ...host.settings, ...change }, host);
