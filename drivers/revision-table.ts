import type { BusRevision } from './contract.ts';

/** How the numbers of a table came about (spec xen-pv 2.2, 2.3). */
export type TableKind = 'fixed' | 'combinatorial' | 'explicit';

/** The revision table of a bus as it was compiled at a commit of its repository. */
export interface RevisionTable {
  readonly bus: 'xenbus' | 'xenvif' | 'xenvkbd';
  /** The commit that had it first, seven digits. */
  readonly commit: string;
  readonly kind: TableKind;
  /** Interfaces that its rows speak of; one that a row leaves out is none in that row. */
  readonly interfaces: readonly string[];
  /** Oldest first. */
  readonly rows: readonly BusRevision[];
}

/** `EVTCHN` as the register writes it, in full: the provider is the bus, but for a few. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  EMULATED: 'XENFILT_EMULATED',
  FILTER_UNPLUG: 'XENFILT_UNPLUG',
  VIF: 'XENVIF_VIF',
  HID: 'XENHID_HID',
};
export const interfaceName = (short: string): string => FULL_NAMES[short] ?? `XENBUS_${short}`;

/** `09000008 1 3 9 …`: the number and one version a column; 0 where the row does not know the interface. */
const row = (text: string, columns: readonly string[]): BusRevision => {
  const [number = '', ...versions] = text.split(' ');
  return {
    revision: Number.parseInt(number, 16),
    interfaces: Object.fromEntries(
      columns
        .map((column, index) => [interfaceName(column), Number(versions[index])] as const)
        .filter(([, version]) => version > 0),
    ),
  };
};

export const revisionTable = (
  bus: RevisionTable['bus'],
  commit: string,
  kind: TableKind,
  columns: string,
  rows: readonly string[],
): RevisionTable => ({
  ...{ bus, commit, kind },
  interfaces: columns.split(' ').map(interfaceName),
  rows: rows.map((text) => row(text, columns.split(' '))),
});
