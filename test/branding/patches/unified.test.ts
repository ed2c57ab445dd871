import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileDiff, Hunk } from '../../../branding/patches/file-diff.ts';
import { parseUnifiedDiff } from '../../../branding/patches/unified.ts';
import type { WinpvError } from '../../../core/errors.ts';

const read = (text: string): readonly FileDiff[] => parseUnifiedDiff(text, { file: 'a.patch' });

const complaint = (text: string): WinpvError => {
  try {
    read(text);
  } catch (error) {
    return error as WinpvError;
  }
  return expect.fail('the diff was accepted');
};

/** What a text becomes when hunks say the truth about it: applies by line numbers alone, and checks every line. */
const applied = (old: string, hunks: readonly Hunk[]): string => {
  const lines = old.split('\n');
  const open = lines.pop();
  if (open !== '') lines.push(open ?? '');
  const result: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const start = hunk.oldCount === 0 ? hunk.oldStart : hunk.oldStart - 1;
    while (at < start) result.push(`${lines[at++]}\n`);
    expect(result.length + 1).toBe(hunk.newCount === 0 ? hunk.newStart + 1 : hunk.newStart);
    for (const { kind, text, open: last } of hunk.lines) {
      if (kind !== 'add') expect(lines[at++]).toBe(text);
      if (kind !== 'remove') result.push(last ? text : `${text}\n`);
    }
  }
  while (at < lines.length)
    result.push(at === lines.length - 1 && open !== '' ? (lines[at++] ?? '') : `${lines[at++]}\n`);
  return result.join('');
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-git-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
const hasGit = spawnSync('git', ['--version']).status === 0;

const put = (name: string, content: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content, 'latin1');
};

/** git's own diff of two files. */
const gitDiff = (old: string, now: string, ...more: readonly string[]): string => {
  put('a/f', old);
  put('b/f', now);
  return spawnSync('git', ['diff', '--no-index', '--no-color', '--no-prefix', ...more, 'a/f', 'b/f'], {
    ...{ cwd: folder, env: ENV, encoding: 'latin1' },
  }).stdout;
};

describe.skipIf(!hasGit)('what git writes', () => {
  const line = fc.constantFrom(
    '',
    'a',
    'b',
    '[Version]',
    '-x',
    '+y',
    ' z',
    '@@ -1 +1 @@',
    'caf\u00e9',
    'x\r',
    '\\ No',
    '--- a',
    '+++ b',
  );
  const text = fc
    .tuple(fc.array(line, { maxLength: 14 }), fc.boolean())
    .map(([lines, ends]) => (lines.length === 0 ? '' : lines.join('\n') + (ends ? '\n' : '')));

  test('is read so that the old text becomes the new one, for any two texts and any context', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 3 }), (old, now, context) => {
        const diffs = read(gitDiff(old, now, `-U${context}`));
        if (old === now) expect(diffs).toEqual([]);
        else expect(applied(old, diffs[0]?.hunks ?? [])).toBe(now);
      }),
      { numRuns: 150 },
    );
  });

  test('of new, deleted, renamed and oddly named files has their names', () => {
    const repository = join(folder, 'repository');
    mkdirSync(repository);
    const git = (...args: readonly string[]): string =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        cwd: repository,
        env: ENV,
        encoding: 'latin1',
      });
    git('init', '-q');
    put('repository/old name.inf', '1\n2\n3\n4\n5\n');
    put('repository/gone', 'x\n');
    put('repository/mode.sh', '#!/bin/sh\n');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('mv', 'old name.inf', 'new name.inf');
    put('repository/new name.inf', '1\n2\n3\n4\nfive\n');
    git('rm', '-q', 'gone');
    put('repository/dir/n\u00e4w "quoted".inf', 'new\n');
    put('repository/empty', '');
    git('add', '.');
    git('update-index', '--chmod=+x', 'mode.sh');
    const [quoted, ...rest] = read(git('diff', '--cached', '-M').replaceAll('\\"', '_'));
    expect([quoted, ...rest].map((one) => [one?.from, one?.to, one?.hunks.length])).toEqual([
      [undefined, 'dir/n\u00e4w _quoted_.inf', 1],
      [undefined, 'empty', 0],
      ['gone', undefined, 1],
      ['mode.sh', 'mode.sh', 0],
      ['old name.inf', 'new name.inf', 1],
    ]);
  });
});

describe('a unified diff', () => {
  const HUNK = '@@ -1,2 +1,2 @@\n a\n-b\n+c\n';

  test('of diff or quilt is read by its two header lines, with dates or without', () => {
    for (const date of ['', '\t2026-01-01 00:00:00.000000000 +0000', '.orig\t2026-01-01'] as const) {
      const from = date.startsWith('.orig') ? 'x' : 'src/x.inf';
      const [diff] = read(`Index: x\n=====\n--- p/${from}\n+++ p/${from}${date.replace('.orig', '')}\n${HUNK}`);
      expect(diff).toMatchObject({ from, to: from, copy: false, line: 3 });
      expect(diff?.hunks[0]).toMatchObject({ oldStart: 1, oldCount: 2, newStart: 1, newCount: 2, line: 5 });
    }
    const [plain] = parseUnifiedDiff(`--- src/x.inf\n+++ src/x.inf\n${HUNK}`, { file: 'a', strip: 0 });
    expect(plain?.to).toBe('src/x.inf');
  });

  test('keeps carriage returns as part of the lines, and its own headers may have them too', () => {
    const [diff] = read(`--- a/x\r\n+++ b/x\r\n@@ -1,2 +1,2 @@\r\n a\r\n-b\r\n+c\r\n`);
    expect(diff?.to).toBe('x');
    expect(diff?.hunks[0]?.lines.map(({ text }) => text)).toEqual(['a\r', 'b\r', 'c\r']);
  });

  test('whose empty context lines lost their blank is read all the same', () => {
    const [diff] = read('--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@\n\n-b\n\n');
    expect(diff?.hunks[0]?.lines).toEqual([
      { kind: 'context', text: '' },
      { kind: 'remove', text: 'b' },
      { kind: 'context', text: '' },
    ]);
  });

  test('ends its last hunk by the counts, not at the signature of a mail', () => {
    const [diff] = read(`--- a/x\n+++ b/x\n${HUNK}-- \n2.39.5\n`);
    expect(diff?.hunks[0]?.lines).toHaveLength(3);
  });

  test.each([
    ['a path out of the tree', '--- a/../x\n+++ b/../x\n', 'PATCH_PATH_REFUSED', 1],
    ['a path out of the tree further down', '--- a/s/../../x\n+++ b/s/../../x\n', 'PATCH_PATH_REFUSED', 1],
    ['an absolute path', '--- /etc/passwd\n+++ /etc/passwd\n', 'PATCH_PATH_REFUSED', 1],
    ['an absolute path of a new file', '--- /dev/null\n+++ /etc/cron.d/x\n', 'PATCH_PATH_REFUSED', 1],
    ['an absolute path behind the part that goes', '--- a//etc/x\n+++ b//etc/x\n', 'PATCH_PATH_REFUSED', 1],
    ['a drive letter', '--- a/C:/x\n+++ b/C:/x\n', 'PATCH_PATH_REFUSED', 1],
    ['backslashes', '--- a/..\\x\n+++ b/..\\x\n', 'PATCH_PATH_REFUSED', 1],
    ['the folder of git', '--- a/.GIT/hooks/x\n+++ b/.GIT/hooks/x\n', 'PATCH_PATH_REFUSED', 1],
    ['the folder of git as Windows reads it', '--- a/.git. /x\n+++ b/.git. /x\n', 'PATCH_PATH_REFUSED', 1],
    ['the folder of git by its short name', '--- a/git~1/x\n+++ b/GIT~1/x\n', 'PATCH_PATH_REFUSED', 1],
    ['the folder of git as a Mac reads it', '--- a/.g\u200cit/x\n+++ b/.g\u200cit/x\n', 'PATCH_PATH_REFUSED', 1],
    ['a character that turns the text', '--- a/\u202einf.x\n+++ b/\u202einf.x\n', 'PATCH_PATH_REFUSED', 1],
    ['a device', '--- a/nul.inf\n+++ b/nul.inf\n', 'PATCH_PATH_REFUSED', 1],
    ['a device before a blank', '--- a/con .inf\n+++ b/con .inf\n', 'PATCH_PATH_REFUSED', 1],
    ['a device with a raised digit', '--- a/com\u00b9\n+++ b/com\u00b9\n', 'PATCH_PATH_REFUSED', 1],
    ['a quoted path out of the tree', '--- "a/\\056\\056/x"\n+++ "b/\\056\\056/x"\n', 'PATCH_PATH_REFUSED', 1],
    ['two different files', '--- a/x\n+++ b/y\n', 'PATCH_SYNTAX', 1],
  ])('that names %s is refused', (_what, header, code, line) => {
    const bytes = Buffer.from(`${header}${HUNK}`).toString('latin1');
    expect(complaint(bytes)).toMatchObject({ code, at: { file: 'a.patch', line } });
  });

  test.each([
    ['renames to an absolute path', 'diff --git a/x b/x\nrename from x\nrename to /etc/x\n'],
    ['renames out of the tree', 'diff --git a/x b/x\nsimilarity index 100%\nrename from x\nrename to ../x\n'],
    ['copies from outside the tree', 'diff --git a/x b/x\ncopy from ../x\ncopy to x\n'],
  ])('that %s is refused', (_what, text) => {
    expect(complaint(text).code).toBe('PATCH_PATH_REFUSED');
  });

  test.each([
    ['is cut in a hunk', '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b', 3],
    ['counts too few lines', '--- a/x\n+++ b/x\n@@ -1,1 +1,2 @@\n a\n-b\n+c\n', 3],
    ['has a line that is none of the three', '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n*b\n+c\n', 5],
    ['has a hunk before a file', `text\n${HUNK}`, 2],
    ['changes a binary file', 'diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\n', 3],
    ['speaks of a binary file', 'diff --git a/x b/x\nBinary files a/x and b/x differ\n', 2],
    ['makes a link', 'diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+/etc\n', 2],
    ['changes a file twice', `--- a/x\n+++ b/x\n${HUNK}--- a/X\n+++ b/X\n${HUNK}`, 7],
    ['has a line more than it counts', `--- a/x\n+++ b/x\n${HUNK}+more\n-- \n2.39.5\n`, 7],
    ['has such a line after a blank one', `--- a/x\n+++ b/x\n${HUNK}\n+more\n`, 8],
    ['has context more than it counts', `--- a/x\n+++ b/x\n${HUNK} more\n`, 7],
    ['has a hunk whose numbers are broken', '--- a/x\n+++ b/x\n@@ -1,x +1,2 @@\n a\n', 3],
    ['has a second hunk that begins with one @', `--- a/x\n+++ b/x\n${HUNK}@ -9,2 +9,2 @@\n a\n`, 7],
    ['of git’s changes nothing', 'diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n', 1],
    ['claims a huge hunk', '--- a/x\n+++ b/x\n@@ -1,999999999 +1,999999999 @@\n', 3],
  ])('that %s is refused at the line', (_what, text, line) => {
    expect(complaint(text)).toMatchObject({ code: 'PATCH_SYNTAX', at: { line } });
  });

  test('of any content is read or refused with a line of the file', () => {
    const piece = fc.constantFrom(
      ...[
        'diff --git a/x b/x\n',
        '--- a/x\n',
        '+++ b/x\n',
        '@@ -1,2 +1 @@\n',
        ' a\n',
        '-b\n',
        '+c\n',
        '\\ No newline\n',
        '\n',
        'rename from x\n',
      ],
      ...[
        'rename to y\n',
        'new file mode 100644\n',
        '"a/\\377"',
        '@@',
        '\r\n',
        'deleted file mode 100644\n',
        '/dev/null',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        try {
          read(text);
        } catch (error) {
          const { code, at } = error as WinpvError;
          expect(['PATCH_SYNTAX', 'PATCH_PATH_REFUSED']).toContain(code);
          expect(at?.line).toBeGreaterThan(0);
          expect(at?.line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
