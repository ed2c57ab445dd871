import { describe, expect, test } from 'vitest';
import { expiredPatches, parseQueue, type QueueFile } from '../../../branding/patches/queue.ts';
import { appliesTo } from '../../../branding/patches/series-meta.ts';
import type { Diagnostic, WinpvError } from '../../../core/errors.ts';

const HASH = 'ab'.repeat(32);
const diffOf = (path: string): string => `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n`;
const metaOf = (name: string, more = '', path = 'src/x.inf'): string =>
  `"${name}":\n  reason: it is needed\n  base: { ref: 9.1.0, files: { ${path}: ${HASH} } }\n  drivers: [xenvbd]\n` +
  `  kind: inf\n  upstream: { state: submitted, link: "https://example.org/1" }\n${more}`;

const files = (content: Readonly<Record<string, string>>): readonly QueueFile[] =>
  Object.entries(content).map(([name, text]) => ({ name, path: `q/${name}`, bytes: Buffer.from(text) }));

const GOOD = {
  series: '# ours\nfix one.patch\nedits.yaml # typed\n\nplain.diff -p0\n',
  'series.yaml': `${metaOf('fix one.patch')}${metaOf('edits.yaml', '  organisation: Acme\n')}${metaOf('plain.diff', '', 'a/src/x.inf')}`,
  'fix one.patch': `From: Ada <ada@example.org>\nSubject: [PATCH] Fix one\n\nWhy.\n\nSigned-off-by: Ada <a@b.c>\n---\n${diffOf('src/x.inf')}`,
  'edits.yaml': 'subject: Two\nedits:\n  - { file: src/x.inf, section: Version, set: Class, to: System }\n',
  'plain.diff': diffOf('src/x.inf').replace('b/src', 'a/src'),
};

const queueOf = (content: Readonly<Record<string, string | undefined>>) =>
  parseQueue(
    'q',
    files(
      Object.fromEntries(Object.entries(content).filter(([, text]) => text !== undefined)) as Record<string, string>,
    ),
  );

const refused = (change: Readonly<Record<string, string | undefined>>): readonly Diagnostic[] => {
  try {
    queueOf({ ...GOOD, ...change });
  } catch (error) {
    return (error as WinpvError).diagnostics;
  }
  return expect.fail('the queue was accepted');
};

describe('a queue', () => {
  test('is its patches in the order of the series, with what is said of them', () => {
    const { queue, diagnostics } = queueOf(GOOD);
    expect(diagnostics).toEqual([]);
    expect(queue.patches.map(({ name, subject, paths }) => [name, subject, paths])).toEqual([
      ['fix one.patch', 'Fix one', ['src/x.inf']],
      ['edits.yaml', 'Two', ['src/x.inf']],
      ['plain.diff', 'plain.diff', ['a/src/x.inf']],
    ]);
    const [first, second] = queue.patches;
    expect(first?.content).toMatchObject({ kind: 'diff', mail: { trailers: [{ name: 'Signed-off-by' }] } });
    expect(first?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(second?.content).toEqual({
      kind: 'edits',
      edits: [
        {
          edit: { file: 'src/x.inf', section: 'Version', set: 'Class', to: 'System' },
          point: expect.objectContaining({ at: { file: 'q/edits.yaml', line: 3, column: 5 } }),
        },
      ],
    });
    expect(second?.meta.organisation).toBe('Acme');
  });

  test('warns of a patch file that the series leaves out', () => {
    const { diagnostics } = queueOf({ ...GOOD, 'old.patch': diffOf('src/x.inf'), 'README.md': '' });
    expect(diagnostics).toEqual([
      expect.objectContaining({ code: 'PATCH_SERIES', severity: 'warning', at: { file: 'q/old.patch' } }),
    ]);
  });

  test.each([
    ['names a file that is not there', { 'fix one.patch': undefined }, 'PATCH_SERIES', { file: 'q/series', line: 2 }],
    ['names a file twice', { series: `${GOOD.series}Edits.yaml\n` }, 'PATCH_SERIES', { file: 'q/series', line: 6 }],
    [
      'names a file outside',
      { series: `../x.patch\n${GOOD.series}` },
      'PATCH_PATH_REFUSED',
      { file: 'q/series', line: 1 },
    ],
    ['has an option that is not known', { series: 'x.patch -p2\n' }, 'PATCH_SERIES', { file: 'q/series', line: 1 }],
    ['is missing', { series: undefined }, 'PATCH_SERIES', { file: 'q' }],
    [
      'has a patch that nothing is said of',
      { 'series.yaml': metaOf('edits.yaml') },
      'PATCH_SERIES',
      { file: 'q/series', line: 2 },
    ],
    ['has a patch of nothing', { 'fix one.patch': 'only words\n' }, 'PATCH_SYNTAX', { file: 'q/fix one.patch' }],
    [
      'has a patch that leads out of the tree',
      { 'fix one.patch': diffOf('../x') },
      'PATCH_PATH_REFUSED',
      { file: 'q/fix one.patch', line: 1 },
    ],
    [
      'has edits that lead out of the tree',
      { 'edits.yaml': GOOD['edits.yaml'].replace('src/x.inf', '/etc/x') },
      'PATCH_PATH_REFUSED',
      { file: 'q/edits.yaml', line: 3, column: 13 },
    ],
    [
      'is for a driver that there is not',
      { 'series.yaml': GOOD['series.yaml'].replace('drivers: [xenvbd]', 'drivers: [xenvdb]') },
      'PATCH_SERIES',
      { file: 'q/series.yaml' },
    ],
  ])('that %s is refused at the place', (_what, change, code, at) => {
    expect(refused(change)).toContainEqual(expect.objectContaining({ code, at: expect.objectContaining(at) }));
  });

  test('says at once everything that is wrong with it', () => {
    const found = refused({ series: `nothing.patch\n${GOOD.series}`, 'edits.yaml': 'edits: []\n' });
    expect(found.map(({ code }) => code)).toEqual(expect.arrayContaining(['PATCH_SERIES', 'CONFIG_INVALID']));
  });
});

describe('a patch that only adds files', () => {
  const ADDED = 'diff --git a/n.txt b/n.txt\nnew file mode 100644\n--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1 @@\n+x\n';
  const adding = (files: string) => ({
    ...{ series: 'add.patch\n', 'add.patch': ADDED, 'fix one.patch': undefined, 'edits.yaml': undefined },
    ...{ 'plain.diff': undefined, 'series.yaml': metaOf('add.patch').replace(/files: \{[^}]*\}/, `files: {${files}}`) },
  });

  test('has no base', () => {
    expect(queueOf({ ...GOOD, ...adding('') }).queue.patches[0]?.paths).toEqual(['n.txt']);
  });

  test('cannot have the hash of one', () => {
    const found = refused(adding(` n.txt: ${'a'.repeat(64)} `));
    expect(found).toEqual([
      expect.objectContaining({ code: 'PATCH_SERIES', message: expect.stringMatching(/makes n\.txt/) }),
    ]);
  });
});

describe('what series.yaml says', () => {
  const withMeta = (text: string) => ({
    series: 'fix one.patch\n',
    'series.yaml': text,
    'edits.yaml': undefined,
    'plain.diff': undefined,
  });
  const meta = metaOf('fix one.patch');

  test.each([
    ['without a reason', meta.replace('  reason: it is needed\n', ''), 'CONFIG_MISSING', 1],
    ['with a kind that is none of the six', meta.replace('kind: inf', 'kind: info'), 'CONFIG_INVALID', 5],
    ['with a state that is not known', meta.replace('submitted', 'merged'), 'CONFIG_INVALID', 6],
    ['accepted without where', meta.replace('submitted', 'accepted'), 'CONFIG_MISSING', 6],
    ['with a day that is not in the calendar', `${meta}  expires: "2026-02-30"\n`, 'CONFIG_INVALID', 7],
    ['with more fuzz than three lines', `${meta}  fuzz: 4\n`, 'CONFIG_INVALID', 7],
    ['with a key that is not known', `${meta}  reviewer: me\n`, 'CONFIG_UNKNOWN_KEY', 7],
    ['with a base outside the tree', meta.replace('src/x.inf', '../x.inf'), 'PATCH_PATH_REFUSED', 3],
    ['with a reason that a shell would act on', meta.replace('it is needed', '"$(id)"'), 'BRAND_TEXT_REFUSED', 2],
    ['with a base that leaves out a changed file', meta.replace('src/x.inf', 'src/y.inf'), 'PATCH_SERIES', 1],
    ['of a patch that the series has not', `${meta}${metaOf('other.patch')}`, 'PATCH_SERIES', 7],
  ])('%s is refused at its line', (_what, text, code, line) => {
    const found = refused(withMeta(text));
    expect(found).toContainEqual(
      expect.objectContaining({ code, at: expect.objectContaining({ file: 'q/series.yaml', line }) }),
    );
  });

  test('names drivers and the beginnings of versions', () => {
    const { queue } = queueOf({ ...GOOD, ...withMeta(`${meta}  versions: ["9.1", "8.2.1"]\n`) });
    const about = queue.patches[0]?.meta ?? expect.fail('no patch');
    expect(appliesTo(about, 'xenvbd', [9, 1, 7, 7])).toBe(true);
    expect(appliesTo(about, 'xenvbd', [8, 2, 1, 0])).toBe(true);
    expect(appliesTo(about, 'xenvbd', [8, 2, 10, 0])).toBe(false);
    expect(appliesTo(about, 'xenvbd', [9, 10, 0, 0])).toBe(false);
    expect(appliesTo(about, 'xenbus', [9, 1, 0, 0])).toBe(false);
  });

  test('has a last day, after which somebody has to look again', () => {
    const { queue } = queueOf({ ...GOOD, ...withMeta(`${meta}  expires: 2026-05-04\n`) });
    expect(expiredPatches(queue, { year: 2026, month: 5, day: 4 })).toEqual([]);
    expect(expiredPatches(queue, { year: 2026, month: 5, day: 5 })).toEqual([
      expect.objectContaining({ code: 'PATCH_EXPIRED', severity: 'error', at: expect.objectContaining({ line: 1 }) }),
    ]);
  });
});
