import type { BusRevision } from '../contract.ts';

const COLUMNS = [
  'XENBUS_SUSPEND',
  'XENBUS_SHARED_INFO',
  'XENBUS_EVTCHN',
  'XENBUS_DEBUG',
  'XENBUS_STORE',
  'XENBUS_RANGE_SET',
  'XENBUS_CACHE',
  'XENBUS_GNTTAB',
  'XENBUS_UNPLUG',
  'XENBUS_CONSOLE',
  'XENFILT_EMULATED',
] as const;

/** One number a column; 0 where the row does not know the interface. */
const row = (revision: number, ...versions: readonly number[]): BusRevision => ({
  revision,
  interfaces: Object.fromEntries(
    COLUMNS.map((name, index) => [name, versions[index] ?? 0] as const).filter(([, version]) => version > 0),
  ),
});

/** The table of xenbus 8.2.1 (win-xenbus `include/revision.h` at 6790a1d; spec xen-pv 2.3). */
export const REVISIONS_8_2: readonly BusRevision[] = [
  row(0x08000009, 1, 2, 4, 1, 1, 1, 1, 1, 1, 0, 1),
  row(0x0800000a, 1, 2, 5, 1, 1, 1, 1, 1, 1, 0, 1),
  row(0x0800000b, 1, 2, 5, 1, 2, 1, 1, 2, 1, 0, 1),
  row(0x0800000c, 1, 2, 6, 1, 2, 1, 1, 2, 1, 0, 1),
  row(0x0800000d, 1, 2, 7, 1, 2, 1, 1, 2, 1, 0, 1),
];

/** The table of xenbus 9.1 since August 2025 (the same file at 1087a8d): older rows were retired for the list's size. */
export const REVISIONS_9_1: readonly BusRevision[] = [
  row(0x09000008, 1, 3, 9, 1, 2, 1, 2, 4, 1, 1, 2),
  row(0x09000009, 1, 4, 9, 1, 2, 1, 2, 4, 1, 1, 2),
  row(0x0900000a, 1, 4, 9, 1, 2, 1, 2, 4, 2, 1, 2),
  row(0x0900000b, 1, 4, 9, 1, 2, 1, 2, 4, 3, 1, 2),
  row(0x0900000c, 1, 4, 9, 1, 2, 1, 2, 4, 3, 1, 3),
];
