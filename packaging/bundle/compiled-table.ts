import type { BusState } from '../../drivers/revision-register.ts';
import { interfaceName, type RevisionTable } from '../../drivers/revision-table.ts';
import type { PeImage } from '../formats/pe/model.ts';

/** A row of a revision table as it is compiled in. */
export interface CompiledRow {
  readonly revision: number;
  /** In the order of the columns of its bus. */
  readonly versions: readonly number[];
}

export type TableBus = RevisionTable['bus'];

/** How a table of a bus is compiled: the number, then a ULONG for each column. */
interface Form {
  readonly columns: readonly string[];
  /** Most columns of a row that may be 0, for an interface that the row does not know. */
  readonly mostZeros: number;
  /** Fewest rows that are a table and not numbers that happen to look like one. */
  readonly fewestRows: number;
}

const form = (names: string, mostZeros: number, fewestRows: number): Form => ({
  columns: names.split(' ').map(interfaceName),
  mostZeros,
  fewestRows,
});

/**
 * Spec xen-pv 2.3, 2.4; `src/<bus>/pdo.c` of each bus, the longest form first. The first column is the interface that
 * every row has. A row of xenbus is ten words or more and is known alone; the short ones of the others need company.
 */
const FORMS: Readonly<Record<TableBus, readonly Form[]>> = {
  xenbus: [
    form('SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB UNPLUG CONSOLE EMULATED', 2, 1),
    form('SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB UNPLUG EMULATED', 2, 1),
    form('SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB EMULATED', 2, 1),
  ],
  xenvif: [form('CACHE VIF STORE SUSPEND UNPLUG', 3, 2), form('CACHE VIF STORE SUSPEND', 2, 2)],
  xenvkbd: [form('HID STORE SUSPEND', 2, 2)],
};

/** The table that is compiled into a bus. */
export interface CompiledTable {
  readonly bus: TableBus;
  readonly rows: readonly CompiledRow[];
}

const BUSES: readonly TableBus[] = ['xenbus', 'xenvif', 'xenvkbd'];

/** The bus that a driver is; undefined for one that is none. */
export const tableBusOf = (driver: string): TableBus | undefined => BUSES.find((bus) => bus === driver);

const MAX_VERSION = 31;
/** `0x08000008`: the major version of the build, two zero bytes, and a count. */
const isRevision = (word: number): boolean => (word & 0xffff00) === 0 && word >>> 24 >= 8 && word >>> 24 <= 15;

const rowAt = (view: DataView, offset: number, { columns, mostZeros }: Form): CompiledRow | undefined => {
  if (offset + 4 * (columns.length + 1) > view.byteLength) return undefined;
  const revision = view.getUint32(offset, true);
  if (!isRevision(revision)) return undefined;
  const versions = columns.map((_, i) => view.getUint32(offset + 4 * (i + 1), true));
  if (versions.some((version) => version > MAX_VERSION) || (versions[0] ?? 0) < 1) return undefined;
  return versions.filter((version) => version === 0).length <= mostZeros ? { revision, versions } : undefined;
};

const rowsFrom = (view: DataView, start: number, shape: Form): readonly CompiledRow[] => {
  const rows: CompiledRow[] = [];
  for (let offset = start; ; offset += 4 * (shape.columns.length + 1)) {
    const row = rowAt(view, offset, shape);
    if (row === undefined) return rows;
    rows.push(row);
  }
};

/**
 * The revision table in the driver of a bus, read from its data; undefined when it does not show. Linear in the size of
 * the image: tables are aligned to four bytes, and few words look like a revision.
 */
export const compiledTable = ({ bytes, sections }: PeImage, bus: TableBus): readonly CompiledRow[] | undefined => {
  for (const { rawOffset, rawSize } of sections) {
    const size = Math.max(0, Math.min(rawSize, bytes.length - rawOffset));
    if (rawOffset % 4 !== 0 || size < 4) continue;
    const data = bytes.subarray(rawOffset, rawOffset + size);
    const view = new DataView(data.buffer, data.byteOffset, size);
    const found = tableIn(data, view, FORMS[bus]);
    if (found !== undefined) return found;
  }
  return undefined;
};

const tableIn = (data: Uint8Array, view: DataView, forms: readonly Form[]): readonly CompiledRow[] | undefined => {
  for (let offset = 0; offset + 4 <= data.length; offset += 4) {
    if (data[offset + 1] !== 0 || data[offset + 2] !== 0 || !isRevision(view.getUint32(offset, true))) continue;
    for (const shape of forms) {
      const rows = rowsFrom(view, offset, shape);
      if (rows.length >= shape.fewestRows) return rows;
    }
  }
  return undefined;
};

/** What a bus may be, once its table is known: the states that have it, or else all of them with it. */
export const withTable = (states: readonly BusState[], compiledIn: CompiledTable | undefined): readonly BusState[] => {
  if (compiledIn === undefined) return states;
  const { bus, rows: compiled } = compiledIn;
  // Which row stands first is the builder's choice.
  const numbersOf = (rows: readonly { readonly revision: number }[]): string =>
    rows
      .map(({ revision }) => revision)
      .sort((a, b) => a - b)
      .join();
  const numbers = numbersOf(compiled);
  const same = states.filter(({ table }) => numbersOf(table.rows) === numbers);
  if (same.length > 0) return same;
  const interfaces = FORMS[bus].find(({ columns }) => columns.length === compiled[0]?.versions.length)?.columns ?? [];
  const rows = compiled.map(({ revision, versions }) => ({
    revision,
    interfaces: Object.fromEntries(
      interfaces.map((name, index) => [name, versions[index] ?? 0] as const).filter(([, version]) => version > 0),
    ),
  }));
  const table: RevisionTable = { bus, commit: '', kind: 'explicit', interfaces, rows };
  // No known release has such a bus: what it answers to does not show.
  if (states.length === 0) return [{ table, provides: new Map(), line: '', commits: [] }];
  return states.map((state) => ({ ...state, table: { ...state.table, ...table } }));
};
