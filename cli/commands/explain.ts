import { Command } from 'commander';
import { ERROR_CODES, type ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
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

const explain = async (wanted: string | undefined): Promise<Outcome> => {
  const all = rows();
  const codes = wanted === undefined ? all : all.filter((row) => row.code === wanted.toUpperCase());
  if (codes.length === 0) {
    throw new WinpvError('USAGE', `There is no code ${wanted}.`, { hint: '`winpv explain` lists every code.' });
  }
  const text = codes.map((row) => `${row.code}  (exit ${row.exit})  ${row.title}`);
  const more = codes.length === 1 && codes[0]?.code === 'VERIFY_UNCOVERED' ? await uncovered() : [];
  return { result: { codes }, text: [...text, ...more] };
};

export const explainCommand = (bind: Bind): Command =>
  new Command('explain')
    .summary('tell what an error code means')
    .description(
      'Tells what a code means and with which exit code it ends. Without a code, lists all. Changes nothing.',
    )
    .argument('[code]', 'for example INF_TOKEN_UNRESOLVED')
    .addHelpText('after', examples('winpv explain', 'winpv explain OUTPUT_NOT_EMPTY --json'))
    .action(bind((_context, code: string | undefined) => explain(code)));
