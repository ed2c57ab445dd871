import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../../../core/error-codes.ts';
import { PV_RULE_CODES } from '../../../../../core/pv-rule-codes.ts';
import { FAILURE_MODES } from '../../../../../packaging/formats/inf/pv/failure-modes.ts';
import { PV_RULE_TABLE, type PvRuleRow } from '../../../../../packaging/formats/inf/pv/table.ts';
import { winpv, winpvJson } from '../../../../support/command-line.ts';
import { projectRoot } from '../../../../support/outside.ts';

const DOCUMENT = join(projectRoot, 'docs/pv-rules.md');

const INTRODUCTION = `# Rules for Xen PV drivers

\`winpv inf verify\` and \`winpv release\` look for what is known to go wrong with Xen PV drivers. A finding has a code and, in
JSON, \`failureMode\`: the row of the table of failures that it belongs to. \`winpv explain F13\` tells of a failure mode,
\`winpv explain PV_UNPLUG_RESET\` of a code.

INF: seen in one INF, by \`inf verify FILE\` too. Package: seen in a folder, by \`inf verify FOLDER\`. Brand: seen when brands are
read. A release looks at all three. "E/W" is an error, or a warning where packages that are in use are made so; a release of an
INF that is not winpv's own passes errors of single INFs on as warnings, unless the project sets \`infMode\` (docs/guide/inf.md).

This file is made from the tables in the code; \`test/packaging/formats/inf/pv/table.test.ts\` keeps it so
(\`WINPV_UPDATE_DOCS=1\` writes it).
`;

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('_', '\\_');
const LEVELS = { error: 'E', warning: 'W', both: 'E/W' } as const;

const documentRow = ({ code, failureModes, level, looksAt, checks, fix }: PvRuleRow): string =>
  `| \`${code}\` | ${failureModes.join(', ') || '-'} | ${LEVELS[level]} | ${looksAt} | ${escaped(checks)} | ${escaped(fix)} |`;

const told = new Set(PV_RULE_TABLE.flatMap(({ failureModes }) => failureModes));

const documentText = (): string =>
  [
    INTRODUCTION,
    `## Checks (${PV_RULE_TABLE.length})\n`,
    '| code | failure mode | level | seen in | what is checked | what to do |',
    '|---|---|---|---|---|---|',
    ...PV_RULE_TABLE.map(documentRow),
    `\n## Failure modes (${Object.keys(FAILURE_MODES).length})\n`,
    '| | what happens | checks |',
    '|---|---|---|',
    ...Object.entries(FAILURE_MODES).map(([mode, summary]) => {
      const codes = PV_RULE_TABLE.filter(({ failureModes }) => failureModes.includes(mode)).map(
        ({ code }) => `\`${code}\``,
      );
      return `| ${mode} | ${escaped(summary)} | ${codes.join(', ') || 'no INF or package shows it'} |`;
    }),
    '',
  ].join('\n');

/** The failure modes that the code of a folder names. */
const namedIn = (folder: string): readonly string[] =>
  readdirSync(join(projectRoot, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !/pv.(table|failure-modes)\.ts$/.test(name))
    .flatMap((name) => readFileSync(join(projectRoot, folder, name), 'utf8').match(/(?<=')F\d\d(?=')/g) ?? []);

describe('the table of rules for PV drivers', () => {
  test('has every code of its own, and failure modes that there are', () => {
    const codes = PV_RULE_TABLE.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => code.startsWith('PV_')).sort()).toEqual(Object.keys(PV_RULE_CODES).sort());
    for (const mode of told) expect(Object.keys(FAILURE_MODES)).toContain(mode);
    for (const { checks, fix } of PV_RULE_TABLE) for (const text of [checks, fix]) expect(text).toMatch(/[.]$/);
  });

  test('names exactly the failure modes that the code can tell', () => {
    const inCode = ['packaging/formats/inf', 'packaging/bundle', 'branding'].flatMap(namedIn);
    expect([...told].sort()).toEqual([...new Set(inCode)].sort());
  });

  test('agrees with docs/pv-rules.md', () => {
    if (process.env.WINPV_UPDATE_DOCS === '1') writeFileSync(DOCUMENT, documentText());
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(documentText());
  });

  test.each(Object.keys(FAILURE_MODES))('winpv explain %s', async (mode) => {
    const { stdout, exit } = await winpv(['explain', mode.toLowerCase()]);
    expect(exit).toBe(0);
    expect(stdout).toContain(`${mode}  ${FAILURE_MODES[mode]}`);
    for (const { code, fix } of PV_RULE_TABLE.filter(({ failureModes }) => failureModes.includes(mode))) {
      expect(stdout).toContain(code);
      expect(stdout).toContain(fix);
    }
  });

  test('is what explain says of a code and, in JSON, of a failure mode', async () => {
    const { stdout } = await winpv(['explain', 'PV_UNPLUG_RESET']);
    for (const mode of ['F13', 'F58']) expect(stdout).toContain(`failure mode ${mode}: ${FAILURE_MODES[mode]}`);
    const { result } = await winpvJson(['explain', 'F34']);
    expect(result).toMatchObject({ failureMode: 'F34', summary: FAILURE_MODES.F34 });
    const codes = [
      'BUNDLE_CATALOG_DATE',
      'BUNDLE_CATALOG_INCOMPLETE',
      'BUNDLE_CATALOG_MISSING',
      'BUNDLE_CATALOG_OS',
      'EMULATOR_PACKAGE_REFUSED',
    ];
    expect(result.codes).toEqual(codes.map((code) => ({ code, ...ERROR_CODES[code as keyof typeof ERROR_CODES] })));
    expect((await winpv(['explain', 'F99'])).exit).toBe(2);
  });
});
