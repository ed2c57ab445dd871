import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../core/error-codes.ts';
import { REFUSAL_CODES, RETURNED_CODES } from '../../../core/refusal-codes.ts';
import { REFUSAL_RULES, REUSED_RULES } from '../../../publishing/refusals/table.ts';
import { RETURNED_RULES } from '../../../publishing/returned/contract.ts';
import { projectRoot } from '../../support/outside.ts';

const DOCUMENT = join(projectRoot, 'docs/guide/refusals.md');

const INTRODUCTION = `# What Partner Center refuses, and what comes back

\`winpv submit\` asks these rules before it uploads anything, with \`--dry-run\` too: an error ends it with exit 5 (4 for a fault of a
package's form), and nothing is sent. After a commit nothing can be replaced, and a refusal by the service takes hours. The rules
come from Microsoft's pages, named by their place in windows-driver-docs, or from what others met.

\`--destination\` says where the drivers are to go. \`windows-update\` is everybody, the default for WHQL; \`test-audience\` is the test
ring of Windows Update, the default for attestation, which reaches nobody else since March 2023; \`signature\` is nowhere: the
rules of Windows Update become warnings or go away. XenProject binds the functions 0001 and 0002 only, which every Xen guest
has, and so is refused for Windows Update; a brand with a \`vendorDeviceId\` is not.

\`--cert FILE\` names the certificates of the account: a package that another one signed is refused. Whether a certificate is
an EV one, and registered, only the service knows. Towards the emulator, stand-ins and test signatures are taken.

A package of the lab kit does not show its drivers: those of the release stand for them, before the upload and when the signed
package comes back.

This file is made from the tables in the code; \`test/publishing/refusals/guide.test.ts\` keeps it so (\`WINPV_UPDATE_DOCS=1\`
writes it).
`;

const RETURNED = `
## What comes back

The signed package is compared with what was sent before it is put into \`OUT/<brand>-<arch>-signed/\`. With an error nothing is put
there (exit 5), and it stays in \`OUT/.winpv/…-returned.zip\` for Microsoft. Packages are matched by their INFs, for the service
names the folders.
`;

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('_', '\\_');
const LEVELS = { error: 'E', warning: 'W', both: 'E/W' } as const;
const codes = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(', ');

const documentText = (): string =>
  [
    INTRODUCTION,
    `## Before an upload (${REFUSAL_RULES.length})\n`,
    '| rule | for | level | what is checked | what to do | source |',
    '|---|---|---|---|---|---|',
    ...REFUSAL_RULES.map(
      ({ id, programme, level, checks, fix, source }) =>
        `| \`${id}\` | ${programme} | ${LEVELS[level]} | ${escaped(checks)} | ${escaped(fix)} | ${escaped(source)} |`,
    ),
    '\nRules that winpv has elsewhere are asked as well:\n',
    '| findings | for | level | what is checked | source |',
    '|---|---|---|---|---|',
    ...REUSED_RULES.map(
      ({ ids, programme, level, checks, source }) =>
        `| ${codes(ids)} | ${programme} | ${LEVELS[level]} | ${escaped(checks)} | ${escaped(source)} |`,
    ),
    RETURNED,
    '| rule | level | what is checked | source |',
    '|---|---|---|---|',
    ...RETURNED_RULES.map(
      ({ id, level, checks, source }) => `| \`${id}\` | ${LEVELS[level]} | ${escaped(checks)} | ${escaped(source)} |`,
    ),
    '',
  ].join('\n');

/** The codes that the code and its tests name. */
const named = (folder: string, pattern: RegExp, skip: RegExp): ReadonlySet<string> =>
  new Set(
    readdirSync(join(projectRoot, folder), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.ts') && !skip.test(name))
      .flatMap((name) => readFileSync(join(projectRoot, folder, name), 'utf8').match(pattern) ?? []),
  );

describe('the tables of refusals', () => {
  test('have a row for each code, which the code reports and a test expects', () => {
    const rules = REFUSAL_RULES.map(({ id }) => id);
    expect([...rules].sort()).toEqual(Object.keys(REFUSAL_CODES).sort());
    const reported = named('publishing/refusals', /REFUSAL_[A-Z0-9_]+(?=')/g, /table\.ts$/);
    expect([...rules].sort()).toEqual([...reported].sort());
    const expected = named('test/publishing/refusals', /REFUSAL_[A-Z0-9_]+/g, /guide\.test/);
    expect(rules.filter((id) => !expected.has(id))).toEqual([]);
  });

  test('and so has what comes back', () => {
    const rules = RETURNED_RULES.map(({ id }) => id);
    expect([...rules].sort()).toEqual(Object.keys(RETURNED_CODES).sort());
    const reported = named('publishing/returned', /RETURNED_[A-Z0-9_]+(?=')/g, /contract\.ts$/);
    expect([...rules].sort()).toEqual([...reported].sort());
    const expected = named('test/publishing/returned', /RETURNED_[A-Z0-9_]+/g, /^$/);
    expect(rules.filter((id) => !expected.has(id))).toEqual([]);
  });

  test('end with exit 5, and name codes that there are', () => {
    for (const { id } of [...REFUSAL_RULES, ...RETURNED_RULES]) expect(ERROR_CODES[id].exit).toBe(5);
    const all = Object.keys(ERROR_CODES);
    for (const id of REUSED_RULES.flatMap(({ ids }) => ids)) {
      expect(all.some((code) => (id.endsWith('*') ? code.startsWith(id.slice(0, -1)) : code === id))).toBe(true);
    }
  });

  test('agree with docs/guide/refusals.md', () => {
    if (process.env.WINPV_UPDATE_DOCS === '1') writeFileSync(DOCUMENT, documentText());
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(documentText());
  });
});
