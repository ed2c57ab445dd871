import { Command } from 'commander';
import { ERROR_CODES, type ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import { closestName, shownText } from '../../core/spelling.ts';
import type { PvRuleRow } from '../../packaging/formats/inf/pv/table.ts';
import type { Bind } from '../main.ts';
import type { Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const rows = (): readonly { readonly code: ErrorCode; readonly title: string; readonly exit: number }[] =>
  (Object.keys(ERROR_CODES) as ErrorCode[]).sort().map((code) => ({ code, ...ERROR_CODES[code] }));

const listLine = ({ code, exit, title }: ReturnType<typeof rows>[number]): string =>
  `${code}  (exit ${exit})  ${title}`;

/** The bytes that a changed file could differ in without `verify` noticing: listed with the code that speaks of them. */
const uncovered = async (): Promise<readonly string[]> => {
  const { UNCOVERED_RANGES } = await import('../../packaging/signing/uncovered.ts');
  return [
    '',
    'Bytes that no signature covers and no rule fixes:',
    ...UNCOVERED_RANGES.flatMap(({ where, why }) => [`  ${where}`, `    ${why}`]),
  ];
};

/** A row of the failure-mode table, and which codes tell of it. */
const explainFailureMode = async (mode: string, all: ReturnType<typeof rows>): Promise<Outcome> => {
  const { FAILURE_MODES } = await import('../../packaging/formats/inf/pv/failure-modes.ts');
  const { PV_RULE_TABLE } = await import('../../packaging/formats/inf/pv/table.ts');
  const { FAILURE_EVIDENCE } = await import('../../emulator/failure-evidence.ts');
  const summary = FAILURE_MODES[mode];
  if (summary === undefined) {
    const hint = `The failure modes are F01 to ${Object.keys(FAILURE_MODES).at(-1)}.`;
    throw new WinpvError('USAGE', `There is no failure mode ${mode}.`, { hint });
  }
  const checks = PV_RULE_TABLE.filter(({ failureModes }) => failureModes.includes(mode));
  const evidence = FAILURE_EVIDENCE[mode];
  const told = new Set<string>([
    ...checks.map(({ code }) => code),
    ...(evidence?.how.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []),
  ]);
  const codes = all.filter(({ code }) => told.has(code));
  const text = [
    `${mode}  ${summary}`,
    ...(evidence === undefined ? [] : [`  caught: ${evidence.caught}`, `  how: ${evidence.how}`]),
    ...checks.flatMap((check) => ['', ...checkLines(check)]),
    ...['', MORE],
  ];
  return { result: { failureMode: mode, summary, ...evidence, codes, checks }, text };
};
const MORE = 'More: docs/failure-modes.md, docs/pv-rules.md.';

const checkLines = ({ code, level, looksAt, checks, fix }: PvRuleRow): readonly string[] => [
  `${code}  (${level === 'both' ? 'error or warning' : level}, seen in the ${looksAt})`,
  `  checked: ${checks}`,
  `  fix: ${fix}`,
];

/** What is meant: a code, the number of an INF rule (1235), or the word that several codes begin with (CAB). */
const codesMeant = (wanted: string, all: ReturnType<typeof rows>): ReturnType<typeof rows> => {
  const name = wanted.trim().toUpperCase();
  const exact = all.filter(({ code }) => code === name || code === `INF_${name}`);
  return exact.length > 0 ? exact : all.filter(({ code }) => code.startsWith(`${name}_`));
};

const noSuchCode = (wanted: string, all: ReturnType<typeof rows>): WinpvError => {
  const near = closestName(
    wanted.toUpperCase(),
    all.map(({ code }) => code),
  );
  const hint = `${near === undefined ? '' : `Did you mean ${near}? `}\`winpv explain\` lists every code.`;
  return new WinpvError('USAGE', `There is no code ${shownText(wanted)}.`, { hint });
};

/** Everything that is known of one code. */
const explainCode = async (row: ReturnType<typeof rows>[number]): Promise<Outcome> => {
  const { codePages } = await import('../render/explanations/index.ts');
  const { FAILURE_MODES } = await import('../../packaging/formats/inf/pv/failure-modes.ts');
  const page = codePages().find(({ code }) => code === row.code);
  if (page === undefined) throw new TypeError(`${row.code} has no page`);
  const { area, means, advice, failureModes } = page;
  const more = [`docs/errors/${row.code}.md`, ...page.more.map((path) => `docs/${path}`)];
  const text = [
    listLine(row),
    `  means: ${means}`,
    `  do: ${advice}`,
    ...failureModes.map((mode) => `  failure mode ${mode}: ${FAILURE_MODES[mode] ?? ''}`),
    ...(row.code === 'VERIFY_UNCOVERED' ? await uncovered() : []),
    `  more: ${more.join(', ')}`,
  ];
  return { result: { codes: [{ ...row, area, means, advice, failureModes, more }] }, text };
};

const explain = async (wanted: string | undefined): Promise<Outcome> => {
  const all = rows();
  if (wanted === undefined) return { result: { codes: all }, text: all.map(listLine) };
  if (/^F\d{1,3}$/i.test(wanted)) return explainFailureMode(`F${wanted.slice(1).padStart(2, '0')}`, all);
  const codes = codesMeant(wanted, all);
  const [only, ...others] = codes;
  if (only === undefined) throw noSuchCode(wanted, all);
  return others.length > 0 ? { result: { codes }, text: codes.map(listLine) } : explainCode(only);
};

export const explainCommand = (bind: Bind): Command =>
  new Command('explain')
    .description(
      'Tells what a code means, what to do, and with which exit code it ends. Without a code, lists all. Changes nothing.',
    )
    .argument(
      '[code]',
      'for example OUTPUT_NOT_EMPTY, 1235 for an INF rule, CAB for all codes that begin so, or a failure mode of PV drivers, F01 to F60',
    )
    .addHelpText(
      'after',
      examples('winpv explain', 'winpv explain OUTPUT_NOT_EMPTY --json', 'winpv explain CAB', 'winpv explain F13'),
    )
    .action(bind((_context, code: string | undefined) => explain(code)));
