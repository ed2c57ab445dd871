import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/outside.ts';

/** A test as docs/coverage.md names it. */
export interface NamedTest {
  /** From the root of the project: `test/cli/cat.test.ts`. */
  readonly file: string;
  /** As its source has it, with the placeholders of a table. */
  readonly title: string;
}

export interface CoverageRow {
  readonly id: string;
  /** Which table it stands in. */
  readonly kind: 'covered' | 'not-covered' | 'out';
  readonly tests: readonly NamedTest[];
  /** Of a covered row the remarks; of another the reason. */
  readonly remarks: string;
}

export interface CoveragePage {
  readonly rows: readonly CoverageRow[];
  /** The ids that the page says there are. */
  readonly ids: readonly string[];
}

const KINDS: Readonly<Record<string, CoverageRow['kind']>> = { 'Not covered': 'not-covered', Out: 'out' };
const ROW = /^\| ([A-Z]\d+) \|(.*)\|$/;
const TEST = /`(test\/[^`]+)` › (?:``\s?(.+?)\s?``|`([^`]+)`)/g;

/** `W1–W26` stands for W1, W2 and so on. */
const range = (letter: string, first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${letter}${first + index}`);

const cellsOf = (text: string): readonly string[] =>
  text.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());

const rowOf = (id: string, text: string, kind: CoverageRow['kind']): CoverageRow => {
  const [, shown = '', last] = cellsOf(text);
  if (kind !== 'covered') return { id, kind, tests: [], remarks: shown };
  const tests = [...shown.matchAll(TEST)].map(([, file = '', quoted, plain]) => ({
    file,
    title: quoted ?? plain ?? '',
  }));
  return { id, kind, tests, remarks: last ?? '' };
};

export const parseCoverage = (text: string): CoveragePage => {
  const rows: CoverageRow[] = [];
  let kind: CoverageRow['kind'] = 'covered';
  for (const line of text.split('\n')) {
    const [, heading] = /^## (.+)$/.exec(line) ?? [];
    if (heading !== undefined) kind = KINDS[heading] ?? 'covered';
    const [, id, cells] = ROW.exec(line) ?? [];
    if (id !== undefined && cells !== undefined) rows.push(rowOf(id, cells, kind));
  }
  const [, listed = ''] = /^The rows: (.+)\.$/m.exec(text) ?? [];
  const ids = [...listed.matchAll(/([A-Z])(\d+)–[A-Z](\d+)/g)].flatMap(([, letter = '', first, last]) =>
    range(letter, Number(first), Number(last)),
  );
  return { rows, ids };
};

export const coveragePage = (): CoveragePage =>
  parseCoverage(readFileSync(join(projectRoot, 'docs', 'coverage.md'), 'utf8'));
