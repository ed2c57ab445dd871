import type { BusState } from '../../drivers/revision-register.ts';
import { interfaceName } from '../../drivers/revision-table.ts';
import type { PeImage } from '../formats/pe/model.ts';

/** A row of a revision table as it is compiled in. */
export interface CompiledRow {
  readonly revision: number;
  /** In the order of the columns: suspend, shared info, event channel, debug, store, range set, cache, grant table … */
  readonly versions: readonly number[];
}

/**
 * Versions that a row of xenbus has: nine when tables became explicit, then unplug, then console (spec xen-pv 2.3;
 * win-xenbus `src/xenbus/pdo.c`, XENBUS_PDO_REVISION: the number, then a ULONG for each).
 */
const COLUMNS: readonly (readonly string[])[] = [
  'SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB UNPLUG CONSOLE EMULATED',
  'SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB UNPLUG EMULATED',
  'SUSPEND SHARED_INFO EVTCHN DEBUG STORE RANGE_SET CACHE GNTTAB EMULATED',
].map((names) => names.split(' ').map(interfaceName));

const MAX_VERSION = 31;
/** `0x08000008`: the major version of the build, two zero bytes, and a count. */
const isRevision = (word: number): boolean => (word & 0xffff00) === 0 && word >>> 24 >= 8 && word >>> 24 <= 15;

const rowAt = (view: DataView, offset: number, columns: number): CompiledRow | undefined => {
  if (offset + 4 * (columns + 1) > view.byteLength) return undefined;
  const revision = view.getUint32(offset, true);
  if (!isRevision(revision)) return undefined;
  const versions = Array.from({ length: columns }, (_, i) => view.getUint32(offset + 4 * (i + 1), true));
  // The interface of suspending is in every row; what a row does not know is 0.
  if (versions.some((version) => version > MAX_VERSION) || (versions[0] ?? 0) < 1) return undefined;
  return versions.filter((version) => version > 0).length >= columns - 2 ? { revision, versions } : undefined;
};

const rowsFrom = (view: DataView, start: number, columns: number): readonly CompiledRow[] => {
  const rows: CompiledRow[] = [];
  for (let offset = start; ; offset += 4 * (columns + 1)) {
    const row = rowAt(view, offset, columns);
    if (row === undefined) return rows;
    rows.push(row);
  }
};

/** One row may be anything; two in a row, of twelve words that fit, are a table. */
const FEWEST_ROWS = 2;

/**
 * The revision table of a xenbus.sys, read from its data; undefined when it does not show. Linear in the size of the
 * image: tables are aligned to four bytes, and few words look like a revision.
 */
export const compiledTable = ({ bytes, sections }: PeImage): readonly CompiledRow[] | undefined => {
  for (const { rawOffset, rawSize } of sections) {
    const size = Math.max(0, Math.min(rawSize, bytes.length - rawOffset));
    if (rawOffset % 4 !== 0 || size < 4) continue;
    const data = bytes.subarray(rawOffset, rawOffset + size);
    const view = new DataView(data.buffer, data.byteOffset, size);
    const found = tableIn(data, view);
    if (found !== undefined) return found;
  }
  return undefined;
};

const tableIn = (data: Uint8Array, view: DataView): readonly CompiledRow[] | undefined => {
  for (let offset = 0; offset + 4 <= data.length; offset += 4) {
    if (data[offset + 1] !== 0 || data[offset + 2] !== 0 || !isRevision(view.getUint32(offset, true))) continue;
    for (const columns of COLUMNS) {
      const rows = rowsFrom(view, offset, columns.length);
      if (rows.length >= FEWEST_ROWS) return rows;
    }
  }
  return undefined;
};

/** What a bus may be, once its table is known: the states that have it, or else all of them with it. */
export const withTable = (
  states: readonly BusState[],
  compiled: readonly CompiledRow[] | undefined,
): readonly BusState[] => {
  if (compiled === undefined) return states;
  const numbers = compiled.map(({ revision }) => revision).join();
  const same = states.filter(({ table }) => table.rows.map(({ revision }) => revision).join() === numbers);
  if (same.length > 0) return same;
  const interfaces = COLUMNS.find((names) => names.length === compiled[0]?.versions.length) ?? [];
  const rows = compiled.map(({ revision, versions }) => ({
    revision,
    interfaces: Object.fromEntries(
      interfaces.map((name, index) => [name, versions[index] ?? 0] as const).filter(([, version]) => version > 0),
    ),
  }));
  return states.map((state) => ({ ...state, table: { ...state.table, interfaces, rows } }));
};
