import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeSpec, projectRoot } from '../support/outside.ts';
import { coveragePage, parseCoverage } from './coverage-page.ts';
import { type Ran, unshown } from './coverage-reporter.ts';
import { namedBy, testTitles } from './coverage-titles.ts';

const { rows, ids } = coveragePage();
const inOrder = (list: readonly string[]): readonly string[] => [...list].sort();
const named = rows.flatMap(({ id, tests }) => tests.map((one) => ({ id, ...one })));

describe('docs/coverage.md', () => {
  test('has every row that it says there is, each once', () => {
    expect(ids.length).toBe(179);
    expect(inOrder(rows.map(({ id }) => id))).toEqual(inOrder(ids));
  });

  test('names a test for each covered row, and a reason for each other', () => {
    expect(rows.filter(({ kind, tests }) => kind === 'covered' && tests.length === 0)).toEqual([]);
    expect(rows.filter(({ kind, remarks }) => kind !== 'covered' && remarks.length < 10)).toEqual([]);
  });

  test('names tests that are in their files', () => {
    const titles = new Map<string, readonly string[]>();
    const inFile = (file: string): readonly string[] => {
      const path = join(projectRoot, file);
      const known = titles.get(file) ?? (existsSync(path) ? testTitles(readFileSync(path, 'utf8')) : []);
      titles.set(file, known);
      return known;
    };
    expect(named.length).toBeGreaterThan(200);
    expect(named.filter(({ file, title }) => !inFile(file).includes(title))).toEqual([]);
  });
});

describeSpec('the list of features of other tools', 'peers.md', (text) => {
  const listed = [...text.matchAll(/^\| ([A-Z]\d+) \|.*\|([^|]*)\|$/gm)].map(([, id = '', ours = '']) => ({
    id,
    ours,
  }));

  test('has the rows that docs/coverage.md says there are', () => {
    expect(inOrder(listed.map(({ id }) => id))).toEqual(inOrder(ids));
  });

  test('leaves out no row that docs/coverage.md leaves out and that must be covered or exceeded', () => {
    const out = new Set(rows.filter(({ kind }) => kind === 'out').map(({ id }) => id));
    expect(listed.filter(({ id, ours }) => out.has(id) && /\b[CX]\b/.test(ours))).toEqual([]);
  });
});

describe('the page as it is read', () => {
  test('has tests with backticks and bars in their titles, and reasons', () => {
    const { rows: read, ids: said } = parseCoverage(
      'The rows: W1–W2.\n## A\n| W1 | a | `test/a.test.ts` › `x \\| y`<br>`test/b.test.ts` › `` `z` `` | Partly: b |\n## Out\n| W2 | c | d |',
    );
    expect(said).toEqual(['W1', 'W2']);
    expect(read).toEqual([
      {
        id: 'W1',
        kind: 'covered',
        tests: [
          { file: 'test/a.test.ts', title: 'x | y' },
          { file: 'test/b.test.ts', title: '`z`' },
        ],
        remarks: 'Partly: b',
      },
      { id: 'W2', kind: 'out', tests: [], remarks: 'd' },
    ]);
  });
});

describe('titles of tests in a source', () => {
  test.each([
    ['a test and its group', "describe('a', () => { test('b', () => {}); });", ['a', 'b']],
    [
      'tables, with types or without',
      "test.each<[string, () => void]>([['x', f]])('%s is', f); it.each([1])('n', f);",
      ['%s is', 'n'],
    ],
    [
      'conditions',
      `test.skipIf(!there)(\`\${name}, always\`, f); describe.skipIf(a || lacks('b'))('c', f);`,
      [`\${name}, always`, 'c'],
    ],
    [
      'oracles, with their program',
      "oracle('openssl', 'reads', f); oracle(tool, 'writes', f); inChromium('opens', f);",
      ['openssl', 'reads', 'writes', 'opens'],
    ],
    [
      'nothing in comments, strings and patterns',
      "// test('a', f)\n/* test('b', f) */ const s = \"test('c', f)\"; s.match(/test('d', f)/); x.test('e');",
      [],
    ],
    ['quotes that are escaped', "test('it\\'s \"so\"', f)", ['it\'s "so"']],
    [
      'templates inside templates',
      `test(\`a \${b ? \`c \${d}\` : "}"} e\`, f); test("f", f)`,
      [`a \${b ? \`c \${d}\` : "}"} e`, 'f'],
    ],
  ])('has %s', (_what, source, titles) => {
    expect(testTitles(source)).toEqual(titles);
  });

  test.each([
    ['a', 'a', true],
    ['a', 'openssl a', true],
    ['a', 'ab', false],
    [`%s is $name of \${x}`, 'one is two of three', true],
    ['%s is no', 'one is yes', false],
    ['a (b) [c]', 'a (b) [c]', true],
    ['a.b', 'axb', false],
  ])('%j names a test that ran as %j: %j', (title, name, is) => {
    expect(namedBy(title, name)).toBe(is);
  });
});

describe('a run that is held against the page', () => {
  const row = {
    id: 'W1',
    kind: 'covered',
    tests: [{ file: 'test/a.test.ts', title: '%s works' }],
    remarks: '',
  } as const;
  const ran = (state: Ran['state'], name: string, ...groups: readonly string[]): Ran => ({
    names: [name, ...groups],
    fullName: [...groups, name].join(' > '),
    state,
  });
  const told = (whole: boolean, ...all: readonly Ran[]): readonly string[] =>
    unshown([row], new Map(all.length === 0 ? [] : [['test/a.test.ts', all]]), whole);

  test('shows a test of which all cases passed, and a group of which all tests did', () => {
    expect(told(true, ran('passed', 'one works'), ran('passed', 'two works'), ran('failed', 'other'))).toEqual([]);
    expect(told(true, ran('passed', 'a', 'all of it works'))).toEqual([]);
  });

  test('does not show one of which a case failed, was skipped or is gone', () => {
    expect(told(true, ran('passed', 'one works'), ran('failed', 'two works'))).toEqual([
      '  W1  test/a.test.ts › %s works: failed',
    ]);
    expect(told(true, ran('passed', 'one works'), ran('skipped', 'two works'))[0]).toContain('two works');
    expect(told(true, ran('skipped', 'a', 'all of it works'))).toHaveLength(1);
    expect(told(false, ran('passed', 'other'))).toEqual(['  W1  test/a.test.ts › %s works: did not run']);
  });

  test('need not have every file, unless it is of all', () => {
    expect(told(false)).toEqual([]);
    expect(told(true)).toHaveLength(1);
  });

  test('may skip what says that it needs something', () => {
    expect(told(true, ran('skipped', 'it works', 'a token of SoftHSM2 needs softhsm2-util'))).toEqual([]);
    expect(told(true, ran('skipped', 'needs the corpus of real files', 'real files'))).toEqual([]);
    expect(told(true, ran('skipped', 'what needs time works'))).toHaveLength(1);
  });
});
