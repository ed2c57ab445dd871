import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { INF_RULE_CODES, type InfRuleCode } from '../../../../../core/inf-rule-codes.ts';
import type { RuleRow } from '../../../../../packaging/formats/inf/rules/contract.ts';
import { RULE_ROWS, RULE_TABLE } from '../../../../../packaging/formats/inf/rules/table.ts';
import { describeData, projectRoot } from '../../../../support/outside.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const DOCUMENT = join(projectRoot, 'docs/inf-rules.md');

const titleOf = ({ code }: RuleRow): string => INF_RULE_CODES[`INF_${code}` as InfRuleCode].title;

const levels = ({ level }: RuleRow): string =>
  (['none', 'h', 'u', 'w', 'k'] as const).map((mode) => level[mode]).join(' | ');

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('_', '\\_');

const INTRODUCTION = `# INF rules

\`winpv inf verify\` judges an INF by the rules that Microsoft documents for its own checker, under the same numbers. A finding
has the code \`INF_<number>\` and, in JSON, \`rule: <number>\`. The words are ours.

Levels: E error, W warning, - not reported. Without a mode, what is wrong in every mode is an error. Microsoft publishes levels
for modes k, u and w; those for h follow from its description of the current WHQL requirements. Where the documentation leaves
open whether something is wrong, winpv warns at most, whatever the level in the table.

This file is made from the tables in the code; \`test/packaging/formats/inf/rules/table.test.ts\` keeps it so
(\`WINPV_UPDATE_DOCS=1\` writes it).
`;

const implemented = RULE_TABLE.filter(({ notPossible }) => notPossible === undefined);
const impossible = RULE_TABLE.filter(({ notPossible }) => notPossible !== undefined);

const documentText = (): string =>
  [
    INTRODUCTION,
    `## Rules that winpv has (${implemented.length})\n`,
    '| rule | none | h | u | w | k | what is wrong | what to do |',
    '|---|---|---|---|---|---|---|---|',
    ...implemented.map((row) => `| ${row.code} | ${levels(row)} | ${escaped(titleOf(row))} | ${escaped(row.fix)} |`),
    `\n## Rules that winpv does not have (${impossible.length})\n`,
    '| rule | what is wrong | why not |',
    '|---|---|---|',
    ...impossible.map((row) => `| ${row.code} | ${escaped(titleOf(row))} | ${escaped(row.notPossible ?? '')} |`),
    '',
  ].join('\n');

describe('the table of INF rules', () => {
  test('has a row for every code, in order', () => {
    expect(RULE_TABLE.map(({ code }) => `INF_${code}`)).toEqual(Object.keys(INF_RULE_CODES));
    expect(RULE_ROWS.size).toBe(202);
  });

  test('says what to do in a sentence', () => {
    for (const { fix } of RULE_TABLE) expect(fix).toMatch(/^[A-Z].*[.}]$/);
  });

  test('agrees with docs/inf-rules.md', () => {
    if (process.env.WINPV_UPDATE_DOCS === '1') writeFileSync(DOCUMENT, documentText());
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(documentText());
  });

  test('has a test for every rule that is not said to be impossible', () => {
    const tests = readdirSync(HERE).filter((name) => name.endsWith('.test.ts') && name !== 'table.test.ts');
    const text = tests.map((name) => readFileSync(join(HERE, name), 'utf8')).join('\n');
    const tested = new Set(text.match(/\b[12]\d{3}\b/g));
    expect(implemented.filter(({ code }) => !tested.has(String(code))).map(({ code }) => code)).toEqual([]);
  });
});

interface Documented {
  readonly codes: Readonly<Record<string, { readonly k: string; readonly u: string; readonly w: string }>>;
}

describeData('the documented levels', 'infverif-codes.json', (data) => {
  test('of k, u and w are those of the table', () => {
    const { codes } = data as Documented;
    const own = RULE_TABLE.map(({ code, level: { k, u, w } }) => [String(code), { k, u, w }]);
    const documented = Object.entries(codes).map(([code, { k, u, w }]) => [code, { k, u, w }]);
    expect(own).toEqual(documented);
  });
});
