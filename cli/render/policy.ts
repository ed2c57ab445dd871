import type { PolicyRow } from '../../packaging/signing/policy.ts';

/** The conditions of a row in words: those that are on. */
const CONDITIONS = {
  secureBoot: 'Secure Boot',
  testSigning: 'test signing without Secure Boot',
  hvci: 'memory integrity',
  upgraded: 'upgraded',
} as const;
type Condition = keyof typeof CONDITIONS;
const NAMES = Object.keys(CONDITIONS) as Condition[];

const answer = ({ loads, on, reason }: PolicyRow): string =>
  `${loads.padEnd(7)}  ${reason}${on === undefined ? '' : ` It depends on ${on}.`}`;

/**
 * How the conditions change the answer, shortest first: a set of conditions is said when no smaller set that was said has
 * the same answer for all that contain it.
 */
const variants = (rows: readonly PolicyRow[]): readonly { readonly when: string; readonly row: PolicyRow }[] => {
  const on = (row: PolicyRow): readonly Condition[] => NAMES.filter((name) => row[name]);
  // Under Secure Boot test signing is without effect.
  const states = rows.filter((row) => !(row.secureBoot && row.testSigning));
  const ordered = states.sort((a, b) => on(a).length - on(b).length);
  const said: { readonly conditions: readonly Condition[]; readonly row: PolicyRow }[] = [];
  for (const row of ordered) {
    const conditions = on(row);
    const implied = said.filter((entry) => entry.conditions.every((name) => row[name])).at(-1);
    if (implied?.row.loads === row.loads) continue;
    said.push({ conditions, row });
  }
  return said.map(({ conditions, row }) => ({ when: conditions.map((name) => CONDITIONS[name]).join(', '), row }));
};

/** Consecutive systems with the same answers share their lines: `10-1607 … 10-22h2`. */
interface Group {
  readonly first: string;
  readonly last: string;
  readonly arch: string;
  readonly lines: readonly (readonly [when: string, answer: string])[];
}

const groupRows = (rows: readonly PolicyRow[]): readonly Group[] => {
  const byMachine = new Map<string, PolicyRow[]>();
  for (const row of rows) {
    const key = `${row.arch} ${row.windows}`;
    byMachine.set(key, [...(byMachine.get(key) ?? []), row]);
  }
  const groups: Group[] = [];
  const archs = [...new Set(rows.map(({ arch }) => arch))];
  for (const arch of archs) {
    for (const [key, machine] of byMachine) {
      const [first] = machine;
      if (first === undefined || key !== `${arch} ${first.windows}`) continue;
      const lines = variants(machine).map(({ when, row }) => [when, answer(row)] as const);
      const before = groups.at(-1);
      const joins = before?.arch === arch && JSON.stringify(before.lines) === JSON.stringify(lines);
      if (joins) groups.pop();
      groups.push({ first: joins ? before.first : first.windows, last: first.windows, arch, lines });
    }
  }
  return groups;
};

/** The table of one file: a line for each run of systems that answer alike, then how conditions change the answer. */
export const policyLines = (path: string, rows: readonly PolicyRow[]): readonly string[] => {
  if (rows.length === 0) return [];
  const groups = groupRows(rows);
  const title = ({ arch, first, last }: Group): string => `${arch} ${first === last ? first : `${first} … ${last}`}`;
  const width = Math.max(...groups.map((group) => title(group).length));
  const body = groups.flatMap((group) =>
    group.lines.map(([when, text], i) => {
      const head = (i === 0 ? title(group) : '').padEnd(width);
      return `  ${head}  ${text}${when === '' ? '' : ` (${when})`}`;
    }),
  );
  return ['', `Which Windows loads ${path}:`, ...body];
};
