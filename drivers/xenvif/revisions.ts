import type { BusRevision } from '../contract.ts';

const COLUMNS = ['XENBUS_CACHE', 'XENVIF_VIF', 'XENBUS_STORE', 'XENBUS_SUSPEND', 'XENBUS_UNPLUG'] as const;

/** One number a column; 0 where the row does not know the interface. */
const row = (revision: number, ...versions: readonly number[]): BusRevision => ({
  revision,
  interfaces: Object.fromEntries(
    COLUMNS.map((name, index) => [name, versions[index] ?? 0] as const).filter(([, version]) => version > 0),
  ),
});

/** The table of xenvif 8.2.1 (win-xenvif `include/revision.h` at 659c96e): it joins the numbers of two branches. */
export const REVISIONS_8_2: readonly BusRevision[] = [
  row(0x08000002, 1, 2),
  row(0x08000003, 1, 3),
  row(0x08000004, 1, 3, 2, 1),
  row(0x08000005, 1, 2, 1, 1),
  row(0x08000006, 1, 4, 2, 1),
  row(0x08000007, 1, 3, 1, 1),
  row(0x08000008, 1, 4, 1, 1),
  row(0x08000009, 1, 5, 2, 1),
  row(0x0800000a, 1, 5, 1, 1),
  row(0x0800000b, 1, 6, 2, 1),
  row(0x0800000c, 1, 7, 2, 1),
  row(0x0800000d, 1, 8, 2, 1),
];

/** The table of xenvif 9.1 since November 2025 (the same file at 14892e7; spec xen-pv 2.4). */
export const REVISIONS_9_1: readonly BusRevision[] = [
  row(0x09000001, 2, 8, 2, 1, 1),
  row(0x09000002, 2, 9, 2, 1, 1),
  row(0x09000003, 2, 10, 2, 1, 1),
  row(0x09000004, 2, 10, 2, 1, 2),
  row(0x09000005, 2, 10, 2, 1, 3),
];
