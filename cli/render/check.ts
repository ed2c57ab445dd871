import { shownLine } from '../../core/spelling.ts';
import { type FindingGroup, groupFindings, whereOf } from '../../emulator/finding-groups.ts';
import { type Cell, type CheckReport, countsOf, matrixOf } from './check-report.ts';
import { renderDiagnostics } from './diagnostics.ts';
import type { Paint } from './style.ts';

const MARKS: Readonly<Record<Cell, string>> = { pass: 'ok', warn: 'warn', fail: 'FAIL', none: '-' };
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red', none: 'dim' } as const;

const COLUMN = 4;
const LINE = 110;

/** `A` to `Z`, then `AA`. */
const letter = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : `${letter(Math.floor(index / 26) - 1)}${letter(index % 26)}`;

/** Names one after the other, in lines that a terminal shows whole. */
const wrapped = (names: readonly string[], indent: string): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    const longer = line === '' ? name : `${line}, ${name}`;
    if (line !== '' && indent.length + longer.length > LINE) {
      lines.push(`${indent}${line},`);
      line = name;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, `${indent}${line}`];
};

/** `windows-10-22h2-{x86,x64}` for the two of them. */
const together = (guests: readonly string[]): readonly string[] => {
  const byStem = new Map<string, string[]>();
  for (const guest of guests) {
    const cut = guest.lastIndexOf('-');
    const own = byStem.get(guest.slice(0, cut)) ?? [];
    byStem.set(guest.slice(0, cut), [...own, guest.slice(cut + 1)]);
  }
  return [...byStem].map(([stem, arches]) => `${stem}-${arches.length > 1 ? `{${arches.join(',')}}` : arches[0]}`);
};

/** Scenario × guest: a row a scenario, a column for all guests that fare alike. */
const matrixLines = ({ runs }: CheckReport, paint: Paint): readonly string[] => {
  const { guests, scenarios, cell } = matrixOf(runs);
  const columns = new Map<string, string[]>();
  for (const guest of guests) {
    const key = scenarios.map(({ id }) => cell(id, guest)).join(' ');
    columns.set(key, [...(columns.get(key) ?? []), guest]);
  }
  const alike = [...columns.values()];
  const names = scenarios.map(({ id, runs: most }) => (most > 1 ? `${id} (${most})` : id));
  const width = Math.max(...names.map((name) => name.length));
  const rows = scenarios.map(({ id }, row) => {
    const marks = alike.map(([guest = '']) => {
      const state = cell(id, guest);
      return paint(COLOURS[state], MARKS[state].padEnd(COLUMN));
    });
    return `  ${(names[row] ?? '').padEnd(width)}  ${marks.join('  ')}`.trimEnd();
  });
  const heads = alike.map((_guests, index) => letter(index).padEnd(COLUMN)).join('  ');
  const legend = alike.flatMap((own, index) => {
    const [first = '', ...more] = wrapped(together(own), '     ');
    return [`  ${letter(index).padEnd(2)} ${first.trimStart()}`, ...more];
  });
  return [`  ${''.padEnd(width)}  ${heads}`.trimEnd(), ...rows, '', ...legend];
};

const MESSAGES = 3;

const groupLines = (group: FindingGroup, paint: Paint): readonly string[] => {
  const { severity, code, failureMode, messages, event, hint, runs } = group;
  const mode = failureMode === undefined ? '' : ` ${paint('bold', failureMode)}`;
  const said = [...messages.keys()];
  const rest = said.length - MESSAGES;
  return [
    `${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${paint('bold', code)}${mode}  ${runs} ${runs === 1 ? 'run' : 'runs'}: ${shownLine(whereOf(group))}`,
    ...said.slice(0, MESSAGES).map((message) => `  ${shownLine(message)}`),
    ...(rest > 0 ? [`  and ${rest} more like ${rest === 1 ? 'it' : 'them'}`] : []),
    ...(event === undefined ? [] : [`  event: ${shownLine(event)}`]),
    ...(hint === undefined ? [] : [`  hint: ${shownLine(hint)}`]),
  ];
};

export interface CheckTextOptions {
  readonly paint: Paint;
  /** Notes of runs too, not only errors and warnings. */
  readonly notes: 'shown' | 'hidden';
}

/** The answer for people: the matrix, what broke and by which event, and the verdict. */
export const checkLines = (report: CheckReport, { paint, notes }: CheckTextOptions): readonly string[] => {
  const { failed, runs } = countsOf(report);
  const groups = groupFindings(report.runs, notes === 'shown' ? ['error', 'warning', 'info'] : ['error', 'warning']);
  const told = renderDiagnostics(report.findings, paint);
  const verdict = paint(report.verdict === 'pass' ? 'green' : 'red', report.verdict);
  return [
    ...told,
    ...(told.length > 0 ? [''] : []),
    ...(runs === 0 ? ['No scenario says anything for these packages and guests.'] : matrixLines(report, paint)),
    ...groups.flatMap((group) => ['', ...groupLines(group, paint)]),
    '',
    ...(report.note === undefined ? [] : [report.note]),
    `${verdict}: ${runs - failed} of ${runs} runs pass.`,
  ];
};
