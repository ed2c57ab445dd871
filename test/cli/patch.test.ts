import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');
const INF = '[Version]\nSignature="$Windows NT$"\nClass=System\n\n[Files]\na.sys\nb.sys\n';
const CRLF = INF.replaceAll('\n', '\r\n');
const CODE = 'int main(void)\n{\n  return 0;\n}\n';
const DIFF = `--- a/src/x.inf\n+++ b/src/x.inf\n@@ -5,3 +5,4 @@\n [Files]\n a.sys\n b.sys\n+caf\u00e9.sys\n`;
const MAIL = `From: =?UTF-8?q?J=C3=B6rg?= <joerg@example.org>\nDate: Fri, 2 Jan 2026 03:04:05 +0100\nSubject: [PATCH] Ship the \u00e9 file\n\nIt was forgotten.\n\nSigned-off-by: J\u00f6rg <joerg@example.org>\n---\n${DIFF}`;
const EDITS =
  'subject: Say that it is a network driver\nedits:\n  - { file: src/x.inf, section: Version, set: Class, to: Net }\n';

const meta = (name: string, base: string, more = '') =>
  `# ${name} is dear to us\n${name}:\n  reason: because ${name}\n  base: { ref: v1, files: { src/x.inf: ${base} } }\n  drivers: [xenvbd]\n` +
  `  kind: inf\n  upstream: { state: submitted, link: "https://example.org/1" }\n  organisation: Acme\n${more}`;

const QUEUE = {
  'q/series': 'one.patch\ntwo.yaml\n',
  'q/series.yaml': meta('one.patch', sha256(INF)) + meta('two.yaml', sha256(INF), '  author: Ada <ada@example.org>\n'),
  'q/one.patch': MAIL,
  'q/two.yaml': EDITS,
};
const TREE = { 'tree/src/x.inf': INF, 'tree/src/main.c': CODE };
const WANTED = INF.replace('Class=System', 'Class=Net').replace('b.sys\n', 'b.sys\ncaf\u00e9.sys\n');

const start = async (files: Readonly<Record<string, string>> = {}) => {
  project = await makeProject({ ...QUEUE, ...TREE, ...files });
  return project;
};

const run = (what: string, ...more: readonly string[]) =>
  winpvJson(['patch', what, '--patches', project?.path('q') ?? '', ...more]);
const onTree = (what: string, ...more: readonly string[]) => run(what, '--tree', project?.path('tree') ?? '', ...more);
const treeFile = (name = 'src/x.inf'): string => readFileSync(project?.path('tree', name) ?? '', 'utf8');

const hasGit = spawnSync('git', ['--version']).status === 0;
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
    cwd: project?.path('tree'),
    env: { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
    encoding: 'utf8',
  });

describe('winpv patch list', () => {
  test('tells of each patch why it is carried, who wrote it and where it stands', async () => {
    await start();
    const { result } = await run('list');
    const [{ folder, patches }] = result.queues;
    expect(folder).toBe(project?.path('q'));
    expect(patches).toMatchObject([
      {
        ...{
          name: 'one.patch',
          subject: 'Ship the \u00e9 file',
          form: 'diff',
          author: 'J\u00f6rg <joerg@example.org>',
        },
        ...{ signedOffBy: ['J\u00f6rg <joerg@example.org>'], upstream: { state: 'submitted' }, files: ['src/x.inf'] },
      },
      { name: 'two.yaml', form: 'edits', author: 'Ada <ada@example.org>', organisation: 'Acme', expires: null },
    ]);
    const text = await winpv(['patch', 'list', '--patches', project?.folder ?? '', '--by', 'organisation']);
    expect(text.stdout).toMatch(/^Acme: 2 patches\n {2}one\.patch: Ship/);
  });
});

describe('winpv patch check', () => {
  test('says that each patch applies, where, and changes nothing', async () => {
    await start();
    const answer = await onTree('check');
    expect(answer.exit).toBe(0);
    expect(answer.result.patches).toMatchObject([
      { name: 'one.patch', state: 'applies', files: [{ path: 'src/x.inf', before: sha256(INF), lines: [[8, 8]] }] },
      { name: 'two.yaml', state: 'applies', files: [{ lines: [[3, 3]], after: sha256(WANTED) }] },
    ]);
    expect(treeFile()).toBe(INF);
  });

  test('calls a patch droppable that is in the tree', async () => {
    await start({ 'tree/src/x.inf': WANTED });
    const answer = await onTree('check');
    expect(answer.exit).toBe(0);
    expect(answer.result.patches.map(({ state }: { state: string }) => state)).toEqual(['droppable', 'droppable']);
  });

  test('shows what does not fit in three versions side by side, with exit 5', async () => {
    await start({ 'tree/src/x.inf': INF.replace('a.sys', 'other.sys') });
    const answer = await onTree('check');
    expect(answer).toMatchObject({ exit: 5, error: { code: 'PATCH_QUEUE_STALE' } });
    expect(answer.result.patches[0]).toMatchObject({
      state: 'conflict',
      conflicts: [
        {
          path: 'src/x.inf',
          foundLine: 5,
          expected: ['[Files]', 'a.sys', 'b.sys'],
          found: ['[Files]', 'other.sys', 'b.sys'],
        },
      ],
    });
    const text = await winpv([
      'patch',
      'check',
      '--patches',
      project?.path('q') ?? '',
      '--tree',
      project?.path('tree') ?? '',
    ]);
    expect(text.stdout).toMatch(/! a\.sys +\| other\.sys +\| a\.sys/);
  });

  test('shows long lines whole, and line ends where nothing else differs', async () => {
    const long = `b.sys${' '.repeat(60)};`;
    const tree = INF.replace('b.sys\n', `${long} here\n`);
    const patch = (text: string) => ({ 'q/one.patch': text, 'tree/src/x.inf': tree });
    await start(patch(DIFF.replace(' b.sys', ` ${long} there`)));
    const shown = async () => {
      const [queue, folder] = [project?.path('q') ?? '', project?.path('tree') ?? ''];
      return (await winpv(['patch', 'check', '--patches', queue, '--tree', folder])).stdout;
    };
    expect(await shown()).toMatch(/\n {6} *; there *\| *; here *\| *; there\n/);
    project?.dispose();
    await start({ 'q/one.patch': DIFF.replaceAll('\n', '\r\n'), 'tree/src/x.inf': CRLF.replace('a.sys\r', 'a.sys') });
    expect(await shown()).toMatch(/! a\.sys\u240d +\| a\.sys +\| a\.sys\u240d/);
  });

  test('says that a patch fits another file than it was made against', async () => {
    await start({ 'tree/src/x.inf': `${INF}\n; more\n` });
    const answer = await onTree('check');
    expect(answer.exit).toBe(5);
    expect(answer.result.patches.map(({ state }: { state: string }) => state)).toEqual([
      'base-differs',
      'base-differs',
    ]);
  });
});

describe('winpv patch apply', () => {
  test('writes what changes and nothing else; again, there is nothing to do', async () => {
    await start();
    expect((await onTree('apply', '--dry-run')).result.written).toEqual([]);
    expect(treeFile()).toBe(INF);
    expect((await onTree('apply')).result).toMatchObject({ written: ['src/x.inf'] });
    expect(treeFile()).toBe(WANTED);
    expect(treeFile('src/main.c')).toBe(CODE);
    expect((await onTree('apply')).result.written).toEqual([]);
  });

  test('writes nothing when one patch does not fit', async () => {
    await start({ 'q/two.yaml': EDITS.replace('set: Class', 'set: Klass') });
    const answer = await onTree('apply');
    expect(answer).toMatchObject({ exit: 4, error: { code: 'PATCH_EDIT_CONFLICT' } });
    expect(treeFile()).toBe(INF);
  });

  test('follows no link out of the tree', async () => {
    await start({ 'outside/x.inf': INF });
    mkdirSync(project?.path('linked') ?? '');
    symlinkSync(project?.path('outside') ?? '', project?.path('linked', 'src') ?? '');
    const answer = await run('apply', '--tree', project?.path('linked') ?? '');
    expect(answer).toMatchObject({ exit: 3, error: { code: 'PATCH_PATH_REFUSED' } });
    expect(readFileSync(project?.path('outside/x.inf') ?? '', 'utf8')).toBe(INF);
  });

  test.skipIf(!hasGit)('asks git in a checkout, and runs no hook of it', async () => {
    await start({ 'q/series': 'one.patch\n', 'q/series.yaml': meta('one.patch', sha256(INF)) });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'base');
    project?.write('tree/.git/hooks/applypatch-msg', '#!/bin/sh\ntouch hooked\n');
    const answer = await onTree('apply');
    expect(answer.result).toMatchObject({ checkedByGit: true, written: ['src/x.inf'] });
    expect(git('diff', '--stat')).toContain('1 insertion');
    expect(filesBelow(project?.path('tree') ?? '')).not.toContain('hooked');
  });
});

const commit = (): void => {
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'base');
};

/** A queue of one diff on a tree of one file. */
const oneDiff = (diff: string, base: string, option = '', more = ''): Readonly<Record<string, string>> => ({
  'q/series': `one.patch${option}\n`,
  'q/series.yaml': meta('one.patch', sha256(base), more),
  ...{ 'q/one.patch': diff, 'tree/src/x.inf': base },
});

const BARE = DIFF.replaceAll(/(?<=^(?:---|\+\+\+) )[ab]\//gm, '');
const ASCII = DIFF.replace('\u00e9', 'e');

describe.skipIf(!hasGit)('a checkout of git’s', () => {
  test.each([
    ['without the usual prefixes', oneDiff(BARE, INF, ' -p0'), WANTED.replace('Net', 'System')],
    ['with LF, and files with CR LF', oneDiff(ASCII, CRLF), `${CRLF}cafe.sys\r\n`],
    ['with CR LF, and files with LF', oneDiff(ASCII.replaceAll('\n', '\r\n'), INF), `${INF}cafe.sys\n`],
    ['beside typed edits', {}, WANTED],
  ])('takes patches %s', async (_what, files, wanted) => {
    await start(files);
    commit();
    expect((await onTree('apply')).result).toMatchObject({ checkedByGit: true, written: ['src/x.inf'] });
    expect(treeFile()).toBe(wanted);
  });
});

describe('winpv patch refresh', () => {
  test('notes the bases of a tree that moved on, writes diffs anew, and keeps every other word', async () => {
    const moved = `; one\n; two\n${INF}; more\n`;
    await start({ 'tree/src/x.inf': moved });
    const answer = await onTree('refresh', '--ref', 'v2');
    expect(answer.error).toBeUndefined();
    expect(answer.result.rewritten).toEqual(['one.patch']);
    const patch = readFileSync(project?.path('q/one.patch') ?? '', 'utf8');
    expect(patch.slice(0, patch.indexOf('---\n'))).toBe(MAIL.slice(0, MAIL.indexOf('---\n')));
    expect(patch).toContain('@@ -7,4 +7,5 @@');
    const text = readFileSync(project?.path('q/series.yaml') ?? '', 'utf8');
    expect(text).toContain('# two.yaml is dear to us');
    expect(text).toContain('reason: because one.patch');
    expect((await onTree('check')).exit).toBe(0);
    expect((await run('list')).result.queues[0].patches[0].base.ref).toBe('v2');
  });
});

describe('a patch made anew', () => {
  const ADDS = `${ASCII}diff --git "a/na me \\303\\251.txt" "b/na me \\303\\251.txt"\nnew file mode 100644\n--- /dev/null\n+++ "b/na me \\303\\251.txt"\n@@ -0,0 +1 @@\n+hello\n`;
  const MOVES = `diff --git a/src/x.inf b/inf/x.inf\nrename from src/x.inf\nrename to inf/x.inf\n${ASCII.replace('b/src', 'b/inf')}`;

  test.each([
    ['keeps to its option in the series', BARE, ' -p0'],
    ['keeps names outside ASCII', ADDS, ''],
    ['keeps a rename', MOVES, ''],
  ])('%s', async (_what, diff, option) => {
    await start({ ...oneDiff(diff, INF, option), 'tree/src/x.inf': `; moved\n${INF}` });
    const names = async () => (await run('list')).result.queues[0].patches[0].files;
    const before = await names();
    expect((await onTree('refresh')).result.rewritten).toEqual(['one.patch']);
    expect(await names()).toEqual(before);
    expect((await onTree('check')).result.patches).toMatchObject([{ state: 'applies' }]);
    expect((await onTree('refresh')).result.rewritten).toEqual([]);
  });

  test.skipIf(!hasGit).each([
    [
      'whose lines end in CR LF',
      ASCII.replaceAll(/(?<=^[ +].*)\n/gm, '\r\n'),
      CRLF,
      'src/x.inf',
      `${CRLF}cafe.sys\r\n`,
    ],
    ['with a name outside ASCII', ADDS, INF, 'na me \u00e9.txt', 'hello\n'],
    ['that moves a file', MOVES, INF, 'inf/x.inf', `${INF}cafe.sys\n`],
    [
      'with a line that is too long for a mail',
      ASCII.replace('cafe', 'x'.repeat(2000)),
      INF,
      'src/x.inf',
      `${INF}${'x'.repeat(2000)}.sys\n`,
    ],
  ])('for a mail, %s, is what git am makes', async (_what, diff, base, name, wanted) => {
    await start(oneDiff(diff, base, '', '  author: Ada <ada@example.org>\n'));
    commit();
    const { result } = await onTree('export', '--out', project?.path('mails') ?? '');
    git('am', '-q', project?.path('mails', result.files[0]) ?? '');
    expect(treeFile(name)).toBe(wanted);
    expect(git('status', '--porcelain')).toBe('');
    if (diff === MOVES)
      expect(git('show', '-M', '--name-status', '--format=')).toMatch(/^R\d+\tsrc\/x\.inf\tinf\/x\.inf/);
  });

  test.skipIf(!hasGit)('for a mail keeps its author, whatever the message begins with', async () => {
    await start(
      oneDiff(
        `From: Ada <ada@example.org>\nSubject: [PATCH] One\n\nFrom: a certain point on it fails\n---\n${DIFF}`,
        INF,
      ),
    );
    commit();
    const { result } = await onTree('export', '--out', project?.path('mails') ?? '');
    git('am', '-q', project?.path('mails', result.files[0]) ?? '');
    expect(git('log', '-1', '--format=%an|%s|%b').trim()).toBe('Ada|One|From: a certain point on it fails');
  });
});

describe('winpv patch export', () => {
  test.skipIf(!hasGit)('writes mails that git am makes the same commits of', async () => {
    await start();
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'base');
    const out = project?.path('mails') ?? '';
    const answer = await onTree('export', '--out', out, '--prefix', 'PATCH v2');
    expect(answer.error).toBeUndefined();
    expect(answer.result.files).toEqual(['0001-Ship-the-e-file.patch', '0002-Say-that-it-is-a-network-driver.patch']);
    expect(answer.diagnostics).toEqual([
      expect.objectContaining({ code: 'PATCH_NOT_READY', severity: 'warning', message: 'two.yaml is not signed off.' }),
    ]);
    git('am', '-q', ...answer.result.files.map((name: string) => `${out}/${name}`));
    expect(treeFile()).toBe(WANTED);
    expect(git('log', '-2', '--format=%an <%ae>|%s|%ad', '--date=iso-strict').trim().split('\n')).toEqual([
      expect.stringMatching(/^Ada <ada@example\.org>\|Say that it is a network driver\|/),
      'J\u00f6rg <joerg@example.org>|Ship the \u00e9 file|2026-01-02T03:04:05+01:00',
    ]);
    expect(git('log', '-1', '--skip=1', '--format=%b').trim()).toBe(
      'It was forgotten.\n\nSigned-off-by: J\u00f6rg <joerg@example.org>',
    );
    expect(git('log', '-1', '--format=%b').trim()).toBe('because two.yaml');
    git('reset', '-q', '--hard', 'HEAD~2');
    const again = await onTree('export', '--out', out);
    expect(again).toMatchObject({ exit: 8, error: { code: 'OUTPUT_NOT_EMPTY' } });
  });

  test('refuses a patch that nobody wrote', async () => {
    await start({ 'q/one.patch': DIFF });
    const answer = await onTree('export', '--out', project?.path('mails') ?? '');
    expect(answer).toMatchObject({ exit: 3, error: { code: 'PATCH_NOT_READY', at: { line: 2 } } });
    expect(filesBelow(project?.path('mails') ?? '')).toEqual([]);
  });
});
