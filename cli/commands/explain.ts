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

/** What a check for PV drivers looks at, for its code. */
const pvChecks = async (code: ErrorCode): Promise<readonly string[]> => {
  const { PV_RULE_TABLE } = await import('../../packaging/formats/inf/pv/table.ts');
  return PV_RULE_TABLE.filter((check) => check.code === code).flatMap(({ failureModes, checks, fix }) => [
    ...(failureModes.length === 0 ? [] : [`  failure mode: ${failureModes.join(', ')}`]),
    `  checked: ${checks}`,
    `  fix: ${fix}`,
  ]);
};

/** What a finding of a rehearsal says, and which failure modes it is told of. */
const emulated = async (code: ErrorCode): Promise<readonly string[]> => {
  const { FINDING_TEXTS } = await import('../../emulator/finding-texts.ts');
  const { FAILURE_EVIDENCE } = await import('../../emulator/failure-evidence.ts');
  const text = FINDING_TEXTS[code];
  if (text === undefined) return [];
  const modes = Object.keys(FAILURE_EVIDENCE).filter((mode) => FAILURE_EVIDENCE[mode]?.how.includes(code));
  return [
    `  means: ${text.means}`,
    `  do: ${text.advice}`,
    ...(modes.length === 0 ? [] : [`  failure modes: ${modes.join(', ')} (winpv explain ${modes[0]})`]),
  ];
};

const explain = async (wanted: string | undefined): Promise<Outcome> => {
  const all = rows();
  if (wanted !== undefined && /^F\d{1,3}$/i.test(wanted)) {
    return explainFailureMode(`F${wanted.slice(1).padStart(2, '0')}`, all);
  }
  const codes = wanted === undefined ? all : all.filter((row) => row.code === wanted.trim().toUpperCase());
  if (codes.length === 0) {
    const near = closestName(
      (wanted ?? '').toUpperCase(),
      all.map(({ code }) => code),
    );
    const hint = `${near === undefined ? '' : `Did you mean ${near}? `}\`winpv explain\` lists every code.`;
    throw new WinpvError('USAGE', `There is no code ${shownText(wanted ?? '')}.`, { hint });
  }
  const text = codes.map((row) => `${row.code}  (exit ${row.exit})  ${row.title}`);
  const [only, ...others] = codes;
  if (only === undefined || others.length > 0) return { result: { codes }, text };
  const more =
    only.code === 'VERIFY_UNCOVERED'
      ? await uncovered()
      : [...(await pvChecks(only.code)), ...(await emulated(only.code))];
  return { result: { codes }, text: [...text, ...more] };
};

export const explainCommand = (bind: Bind): Command =>
  new Command('explain')
    .description(
      'Tells what a code means and with which exit code it ends. Without a code, lists all. Changes nothing.',
    )
    .argument('[code]', 'for example OUTPUT_NOT_EMPTY, or a failure mode of PV drivers, F01 to F60')
    .addHelpText('after', examples('winpv explain', 'winpv explain OUTPUT_NOT_EMPTY --json', 'winpv explain F13'))
    .action(bind((_context, code: string | undefined) => explain(code)));
