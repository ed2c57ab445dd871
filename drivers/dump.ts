import type { DriverNote, LoadedDriver } from './behaviour.ts';

/** Which copy of the storage stack works: the one under `dump_`, or the one under `hiber_` (spec pnp-install 12). */
export type DumpMode = 'dump' | 'hiber';

/**
 * The machine as code of the dump stack has it: one processor, nothing that waits, no registry, no devices and no interfaces of a
 * bus; what is left is what a hypercall gives (spec xen-pv 6, pnp-install 12).
 */
export interface DumpMachine {
  storeRead(path: string): string | undefined;
  storeList(path: string): readonly string[];
  storeWrite(path: string, value: string): void;
  storeRemove(path: string): void;
  /** Whether a page of the guest is memory: not one that was given back to the host. */
  isMemory(page: number): boolean;
  note(event: DriverNote): void;
}

/** Why a dump, or the image of a hibernation, is not written. The kinds decide which failure mode a finding stands for. */
export type DumpFailure =
  /** The disk has a target number that the library does not know (F52). */
  | { readonly kind: 'target'; readonly target: number; readonly limit: number }
  /** Pages that are handed to the backend under grants that another device still holds (F52). */
  | { readonly kind: 'grants'; readonly references: readonly number[]; readonly holders: readonly string[] }
  /** The backend stays in a state; a poll without an end, or an end with an error (F52). */
  | {
      readonly kind: 'backend';
      readonly frontend: string;
      readonly state: string | undefined;
      readonly wanted: string;
      readonly waits: 'for ever' | 'no longer';
    }
  /** Keys of the running system's connection stay, and the backend looks for its rings elsewhere (F37: another build). */
  | {
      readonly kind: 'queues';
      readonly frontend: string;
      readonly queues: string;
      readonly waits: 'for ever' | 'no longer';
    }
  /** A page that was given back to the host is handed to the backend (F53). */
  | { readonly kind: 'page'; readonly page: number }
  /** More pages of one transfer are gone than the library has pages to put in their place (F53). */
  | { readonly kind: 'buffers'; readonly pages: number; readonly buffers: number }
  /** There is no such disk for the library. */
  | { readonly kind: 'disk'; readonly frontend: string; readonly reason: string }
  /** The backend answers with an error, or the disk is not as long as that. */
  | { readonly kind: 'io'; readonly sector: number; readonly reason: string };

/** What the miniport of a dump stack tells its port when it is initialised; data, so that it survives JSON. */
export interface DumpAdapter {
  /** `dump_xenvbd`, `dump_stornvme`: who writes. */
  readonly miniport: string;
  readonly vbd: number;
  /** Number under which the port asks for the disk. */
  readonly target: number;
  /** Targets below this are sent to the miniport. */
  readonly targets: number;
  readonly sectorSize: number;
  readonly sectors: number;
  readonly pagesPerTransfer: number;
  readonly pv?: PvConnection;
}

/** The connection that xencrsh makes for itself. */
export interface PvConnection {
  readonly frontend: string;
  readonly backend: string;
  /** Grant of the page with the ring. */
  readonly ring: number;
  /** Grants that are left, the next one first. */
  readonly free: readonly number[];
  readonly flush: 'flush' | 'barrier' | 'none';
}

/** One request on the ring of the library's own (spec xen-pv 4.4, 6). */
export interface DumpRequest {
  readonly operation: 'read' | 'write' | 'flush' | 'barrier';
  /** The low 16 bits of the device's number. */
  readonly handle: number;
  /** In sectors of the backend's sector-size. */
  readonly sector: number;
  readonly segments: readonly {
    readonly reference: number;
    /** First and last sector in the page. */
    readonly first: number;
    readonly last: number;
  }[];
}

/** What the port asks its miniport for: pages that lie one after the other on the disk. */
export interface DumpTransfer {
  readonly write: boolean;
  readonly sector: number;
  readonly pages: number;
  /** Those of them that are no memory any more, by their place in the transfer. */
  readonly lost: readonly number[];
}

export type DumpOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: DumpFailure };

/** What a miniport of the family does in the dump stack. */
export interface DumpBehaviour {
  /** The image whose copy is the miniport: `xenvbd`. */
  readonly miniport: string;
  /** Finding the adapter, to the point where the disk can be used; called at high level. */
  readonly find: (
    driver: LoadedDriver,
    request: { readonly mode: DumpMode; readonly target: number },
    machine: DumpMachine,
  ) => DumpOutcome<DumpAdapter>;
  /** What goes on the ring for a transfer, and the adapter once all of it has come back. */
  readonly transfer: (
    driver: LoadedDriver,
    adapter: DumpAdapter,
    transfer: DumpTransfer,
  ) => DumpOutcome<{ readonly requests: readonly DumpRequest[]; readonly adapter: DumpAdapter }>;
  /** What is sent when all is written. */
  readonly finish: (adapter: DumpAdapter) => readonly DumpRequest[];
}
