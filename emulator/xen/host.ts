import type { StoreTree } from './store.ts';

/** What the host presents to the domain, and how far the two have come. */
export interface HostState {
  readonly settings: HostSettings;
  /** xenstore from its root; the domain's own area is `/local/domain/1`. */
  readonly store: StoreTree;
  readonly unplug: UnplugState;
}

export interface HostSettings {
  /** PCI device id of the platform function: a guest sees one of the two (spec xen-pv 1.1). */
  readonly platform: '0001' | '0002';
  /** An additional vendor function, four hex digits: `C000`. */
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
  /** The host refuses this driver: port 0x10 answers 0xD249 after the build number. */
  readonly unplugBlocked: boolean;
}

export interface HostDisk {
  /** 768 is the first. */
  readonly vbd: number;
  readonly system: boolean;
  readonly cdrom?: boolean;
}

export interface HostNic {
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

/** Settings that change while the domain is off. */
export type HostChange = Partial<HostSettings>;
