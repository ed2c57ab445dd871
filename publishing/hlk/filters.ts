import { WinpvError } from '../../core/errors.ts';
import { extractCab } from '../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { timeOf } from './results.ts';

/** Microsoft's filters, which turn known failures into passes for a time (spec hlk 5). */
export interface FilterSet {
  readonly file: string;
  readonly filters: readonly Filter[];
  /** When the set was made, as the cabinet dates it; undefined for a bare script. Milliseconds since 1970. */
  readonly madeMs: number | undefined;
}

export interface Filter {
  readonly number: number;
  readonly version: number;
  readonly title: string;
  /** The command line of its tests, with `%` as in SQL's LIKE. */
  readonly commandLine: string | undefined;
  readonly coversNotRun: boolean;
  /** Milliseconds since 1970; undefined when it does not end. */
  readonly expiresMs: number | undefined;
  /** `Windows v10.0 Server x64 Ge Full`; empty for every platform. */
  readonly platforms: readonly string[];
  readonly kits: readonly string[];
}

const SCRIPT = /(^|[\\/])UpdateFilters\.sql$/i;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILTERS = 100_000;

/**
 * Reads a set of filters: the cabinet that Microsoft publishes, or the script in it. The script is read, not run: only
 * its INSERT statements count.
 * @throws WinpvError CAB_*, HLK_FILTERS
 */
export const parseFilters = (bytes: Uint8Array, file: string): FilterSet => {
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== 'MSCF') return readScript(bytes, file, undefined);
  const cabinet = parseCab(bytes, file);
  const script = extractCab(cabinet).find(({ name }) => SCRIPT.test(name));
  if (script === undefined) throw refuse(file, 'The cabinet has no UpdateFilters.sql.');
  return readScript(script.bytes, file, script.date);
};

const refuse = (file: string, message: string, line?: number): WinpvError =>
  new WinpvError('HLK_FILTERS', message, { at: { file, ...(line === undefined ? {} : { line }) } });

/** A column of an INSERT: a text, a number, or something else as it stands. */
type SqlValue = string | number | { readonly other: string };

const INSERT = /\bINSERT\s+INTO\s+(Filter|FilterConstraint|TestCommandLine)\s*\(([^()]{1,2000})\)\s*VALUES\s*\(/gi;
const VALUE = /\s*(?:N?'((?:[^']|'')*)'|(-?\d{1,15})(?![\w.])|([@\w][\w.]{0,127}(?:\(\))?))\s*([,)])/y;

const readScript = (bytes: Uint8Array, file: string, madeMs: number | undefined): FilterSet => {
  if (bytes.length > MAX_BYTES) throw refuse(file, `The script has ${bytes.length} bytes; ${MAX_BYTES} is the limit.`);
  const text = decode(bytes);
  const filters: Filter[] = [];
  let commandLine: string | undefined;
  for (const { table, row, offset } of rowsOf(text, file)) {
    if (table === 'testcommandline') commandLine = textIn(row, 'commandline');
    else if (table === 'filterconstraint') constrain(filters, row);
    else {
      filters.push(filterOf(row, commandLine) ?? fail(file, text, offset));
      commandLine = undefined;
    }
    if (filters.length > MAX_FILTERS) throw refuse(file, `The script has more than ${MAX_FILTERS} filters.`);
  }
  if (filters.length > 0) return { file, filters, madeMs };
  throw refuse(file, 'The file inserts no filter.');
};

const fail = (file: string, text: string, offset: number): never => {
  throw refuse(file, 'A filter has no number, version or title.', text.slice(0, offset).split('\n').length);
};

/** The scripts are in UTF-16 or UTF-8, each with or without its mark. */
const decode = (bytes: Uint8Array): string => {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[1] === 0 && bytes[0] !== 0);
  return new TextDecoder(wide ? 'utf-16le' : 'utf-8').decode(bytes);
};

interface SqlRow {
  readonly table: string;
  readonly row: ReadonlyMap<string, SqlValue>;
  readonly offset: number;
}

function* rowsOf(text: string, file: string): Generator<SqlRow> {
  INSERT.lastIndex = 0;
  for (let match = INSERT.exec(text); match !== null; match = INSERT.exec(text)) {
    const [, table = '', list = ''] = match;
    const columns = list.split(',').map((column) => column.trim().replace(/[[\]]/g, '').toLowerCase());
    const values = valuesAt(text, INSERT.lastIndex);
    if (values?.values.length !== columns.length)
      throw refuse(file, 'An INSERT has other values than columns.', text.slice(0, match.index).split('\n').length);
    INSERT.lastIndex = values.end;
    const row = new Map(
      columns.flatMap((column, i) => {
        const value = values.values[i];
        return value === undefined ? [] : [[column, value] as const];
      }),
    );
    yield { table: table.toLowerCase(), row, offset: match.index };
  }
}

const valuesAt = (
  text: string,
  start: number,
): { readonly values: readonly SqlValue[]; readonly end: number } | undefined => {
  const values: SqlValue[] = [];
  VALUE.lastIndex = start;
  for (;;) {
    const match = VALUE.exec(text);
    if (match === null) return undefined;
    const [, quoted, number, other = '', end] = match;
    values.push(
      quoted !== undefined ? quoted.replaceAll("''", "'") : number !== undefined ? Number(number) : { other },
    );
    if (end === ')') return { values, end: VALUE.lastIndex };
  }
};

const textIn = (row: ReadonlyMap<string, SqlValue>, column: string): string | undefined => {
  const value = row.get(column);
  return typeof value === 'string' ? value : undefined;
};

const numberIn = (row: ReadonlyMap<string, SqlValue>, column: string): number | undefined => {
  const value = row.get(column);
  return typeof value === 'number' ? value : undefined;
};

const filterOf = (row: ReadonlyMap<string, SqlValue>, commandLine: string | undefined): Filter | undefined => {
  const number = numberIn(row, 'filternumber');
  const version = numberIn(row, 'version');
  const title = textIn(row, 'title');
  if (number === undefined || version === undefined || title === undefined) return undefined;
  return {
    ...{ number, version, title, commandLine, platforms: [], kits: [] },
    coversNotRun: numberIn(row, 'shouldfilternotruns') === 1,
    expiresMs: timeOf(textIn(row, 'expirationdate')),
  };
};

/** Constraints follow their filter. What is no list of platforms or kits narrows it further, in ways only the kit can tell. */
const constrain = (filters: Filter[], row: ReadonlyMap<string, SqlValue>): void => {
  const last = filters.pop();
  if (last === undefined) return;
  const query = textIn(row, 'query') ?? '';
  filters.push(numberIn(row, 'type') === 0 ? constrained(last, query) : last);
};

const constrained = (filter: Filter, query: string): Filter => {
  let value: unknown;
  try {
    value = JSON.parse(query);
  } catch {
    return filter;
  }
  const { Field: field, Values: values } = (value ?? {}) as { readonly Field?: unknown; readonly Values?: unknown };
  const texts = Array.isArray(values) ? values.filter((one): one is string => typeof one === 'string') : [];
  if (field === 'LogoOSPlatform') return { ...filter, platforms: [...filter.platforms, ...texts] };
  return field === 'KitVersion' ? { ...filter, kits: [...filter.kits, ...texts] } : filter;
};
