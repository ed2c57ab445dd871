import type { BusRevision } from '../contract.ts';

/** The table of xenvkbd 9.1 since November 2025 (win-xenvkbd `include/revision.h` at fca7c0b; spec xen-pv 2.4). */
export const REVISIONS_9_1: readonly BusRevision[] = [
  { revision: 0x09000002, interfaces: { XENHID_HID: 1, XENBUS_STORE: 2, XENBUS_SUSPEND: 1 } },
];
