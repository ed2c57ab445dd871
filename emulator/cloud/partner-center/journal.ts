import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { type CloudState, ONLY, TABLE_NAMES, type TableName } from './state.ts';

/**
 * The state as a file that only grows: one JSON object a line, `{"table","id","row"}` for a row that is new or changed and
 * without `row` for one that is gone, after a first line with the version. A last line without its end was being written
 * when the process died: it never happened.
 */
export const JOURNAL_VERSION = 1;
const HEAD = `${JSON.stringify({ emulator: 'partner-center', version: JOURNAL_VERSION })}\n`;

const headSchema = z.object({ emulator: z.literal('partner-center'), version: z.int().positive() });
const lineSchema = z.strictObject({
  table: z.enum(TABLE_NAMES),
  id: z.string(),
  row: z.record(z.string(), z.unknown()).optional(),
});

/** The lines that lead from one state to the next; empty when nothing changed. */
export const journalLines = (before: CloudState | undefined, after: CloudState): string => {
  const lines = TABLE_NAMES.flatMap((table) => changesOf(table, before?.[table] ?? new Map(), after[table]));
  return `${before === undefined ? HEAD : ''}${lines.map((line) => `${line}\n`).join('')}`;
};

const changesOf = (
  table: TableName,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): readonly string[] => {
  if (before === after) return [];
  const set = [...after].filter(([id, row]) => before.get(id) !== row).map(([id, row]) => ({ table, id, row }));
  const gone = [...before.keys()].filter((id) => !after.has(id)).map((id) => ({ table, id }));
  return [...set, ...gone].map((line) => JSON.stringify(line));
};

const parseLine = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export interface ReadJournal {
  readonly state: CloudState;
  /** How many bytes of the file count; what follows is half a line. */
  readonly size: number;
}

/**
 * @param bytes the whole file
 * @throws WinpvError EMUSERVE_STATE with the line, EMUSERVE_STATE_NEWER
 */
export const readJournal = (bytes: Uint8Array, file: string): ReadJournal => {
  const end = bytes.lastIndexOf(0x0a) + 1;
  const wrong = (line: number, what: string): WinpvError =>
    new WinpvError('EMUSERVE_STATE', `This is no state of the emulated Partner Center: ${what}.`, {
      at: { file, line },
      hint: 'Name another file with --state, or remove this one to begin anew.',
    });
  const [first = '', ...lines] = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').slice(0, -1);
  const head = headSchema.safeParse(parseLine(first));
  if (!head.success) throw wrong(1, 'the first line does not say so');
  if (head.data.version > JOURNAL_VERSION) {
    throw new WinpvError('EMUSERVE_STATE_NEWER', 'The state was written by a newer winpv.', { at: { file, line: 1 } });
  }
  const tables = Object.fromEntries(TABLE_NAMES.map((table) => [table, new Map()])) as Record<
    TableName,
    Map<string, unknown>
  >;
  for (const [index, text] of lines.entries()) {
    const line = lineSchema.safeParse(parseLine(text));
    if (!line.success) throw wrong(index + 2, 'the line is no row of a table');
    const { table, id, row } = line.data;
    if (row === undefined) tables[table].delete(id);
    else tables[table].set(id, row);
  }
  if (tables.account.get(ONLY) === undefined || tables.clock.get(ONLY) === undefined) {
    throw wrong(1, 'it names no account');
  }
  return { state: tables as unknown as CloudState, size: end };
};

/** Whether a file holds nothing, or a part of the first line: a process died as it began. */
export const isBeginning = (bytes: Uint8Array): boolean =>
  bytes.length < HEAD.length && HEAD.startsWith(new TextDecoder().decode(bytes));
