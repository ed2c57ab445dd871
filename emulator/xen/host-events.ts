import type { HostChange, HostDisk, HostNic } from './host.ts';

/** What a host does to a domain, running or not, in the words of those who run it. */
export type HostEvent =
  /**
   * The domain is suspended and goes on elsewhere, or where it was: its memory stays, xenstore and the backends are new (spec
   * xen-pv 4.3). One that is switched off is only moved.
   */
  | {
      readonly kind: 'domain.migrate';
      readonly change?: HostChange;
      /** Seconds that the domain runs again before the backends of the new host answer. */
      readonly backendsAfterSeconds?: number;
    }
  | { readonly kind: 'disk.plug'; readonly disk: HostDisk }
  /** Another size of the volume, in sectors of 512 bytes. */
  | { readonly kind: 'disk.resize'; readonly vbd: number; readonly sectors: number }
  /** The guest is asked to give the disk up; `pulled`: it is not asked. */
  | { readonly kind: 'disk.eject'; readonly vbd: number; readonly pulled?: boolean }
  | { readonly kind: 'nic.plug'; readonly nic: HostNic }
  | { readonly kind: 'nic.unplug'; readonly vif: number }
  /** The toolstack or a backend writes a node of xenstore; without a value it is removed. Paths as for `storeRead`. */
  | { readonly kind: 'store.write'; readonly path: string; readonly value?: string };
