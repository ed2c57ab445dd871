import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type PatchMail, parsePatchMail } from '../../../branding/patches/mail.ts';
import { parseUnifiedDiff } from '../../../branding/patches/unified.ts';
import type { WinpvError } from '../../../core/errors.ts';

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const read = (text: string): PatchMail => parsePatchMail(latin1(text), 'a.patch');
const DIFF = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-caf\u00e9=\n+th\u00e9 \n';

const hasGit = spawnSync('git', ['--version']).status === 0;

describe.skipIf(!hasGit)('a mail of git format-patch', () => {
  test('gives author, subject, message, trailers and diff', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winpv-mail-'));
    const author = { GIT_AUTHOR_NAME: 'J\u00f6rg "Joe" M\u00fcller', GIT_AUTHOR_EMAIL: 'joerg@example.org' };
    const env = {
      ...{ PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...author },
      ...{ GIT_COMMITTER_NAME: 'C', GIT_COMMITTER_EMAIL: 'c@example.org' },
    };
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, env });
    try {
      git('init', '-q');
      const message =
        'Fix the \u2026 of a very long subject line that has to be folded because it is longer than a line of a mail may be\n\n' +
        'Why: --- is not the end.\n\nMore.\n\nSigned-off-by: J\u00f6rg <joerg@example.org>\nAcked-by: Ada <ada@example.org>\n';
      writeFileSync(join(folder, 'x.inf'), 'a\r\nb\r\n');
      git('add', '.');
      git('commit', '-qm', 'base');
      writeFileSync(join(folder, 'x.inf'), 'a\r\nc \u00e9\r\n');
      git('commit', '-qam', message);
      git('format-patch', '-1', '-o', 'out', '--subject-prefix=PATCH v3', '--start-number=2');
      const [name = ''] = readdirSync(join(folder, 'out'));
      const mail = parsePatchMail(readFileSync(join(folder, 'out', name), 'latin1'), name);
      expect(mail.subject).toBe(message.split('\n')[0]);
      expect(mail.author).toEqual({ name: author.GIT_AUTHOR_NAME, address: author.GIT_AUTHOR_EMAIL });
      expect(mail.message).toContain('Why: --- is not the end.\n\nMore.');
      expect(mail.trailers).toEqual([
        { name: 'Signed-off-by', value: 'J\u00f6rg <joerg@example.org>' },
        { name: 'Acked-by', value: 'Ada <ada@example.org>' },
      ]);
      const [diff] = parseUnifiedDiff(mail.body, { file: name, firstLine: mail.bodyLine });
      expect(diff?.hunks[0]?.lines.map(({ text }) => text)).toEqual(['a\r', 'b\r', latin1('c \u00e9\r')]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a mail', () => {
  const header = (more: string) => `From: Ada <ada@example.org>\nSubject: [PATCH 1/2] [xenbus] Fix it\n${more}\n`;

  test('in quoted-printable or Base64 has the same body as in plain', () => {
    const body = `Because.\n---\n x | 2 +-\n\n${DIFF}`;
    const quoted = latin1(body)
      .replace(/[=\u0080-\u00ff]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
      .replace(/ \n/g, '=20\n')
      .replace('Because.', 'Beca=\nuse.');
    const base64 = Buffer.from(body)
      .toString('base64')
      .replace(/(.{60})/g, '$1\n');
    const plain = read(`${header('')}${body}`);
    expect(plain).toMatchObject({ subject: 'Fix it', message: 'Because.', body: latin1(body), bodyLine: 4 });
    expect(read(`${header('Content-Transfer-Encoding: quoted-printable\n')}${quoted}`).body).toBe(latin1(body));
    expect(read(`${header('content-transfer-encoding:  BASE64\n')}${base64}`).body).toBe(latin1(body));
  });

  test('has the author of its first line where another sent it', () => {
    const mail = read(`${header('')}From: Bob <bob@example.org>\n\nBecause.\n\n${DIFF}`);
    expect(mail.author).toEqual({ name: 'Bob', address: 'bob@example.org' });
    expect(mail.message).toBe('Because.');
  });

  test.each([
    ['=?UTF-8?q?J=C3=B6rg_M=C3=BC?= =?utf-8?B?bGxlcg==?= <j@e.org>', 'J\u00f6rg M\u00fcller'],
    ['=?iso-8859-1?Q?J=F6rg?= <j@e.org>', 'J\u00f6rg'],
    ['"Doe, \\"J\\" Jane" <j@e.org>', 'Doe, "J" Jane'],
    ['J\u00f6rg <j@e.org>', 'J\u00f6rg'],
    ['=?nonsense?Q?x?= <j@e.org>', 'x'],
  ])('from %s is by %s', (from, name) => {
    expect(read(`From: ${from}\nSubject: s\n\n${DIFF}`).author).toEqual({ name, address: 'j@e.org' });
  });

  test('without headers is a text and a diff, as quilt has it', () => {
    const mail = read(`Why it is needed: because.\nMore.\n\n${DIFF}`);
    expect(mail).toMatchObject({ subject: 'Why it is needed: because.', author: undefined, bodyLine: 1 });
    expect(parseUnifiedDiff(mail.body, { file: 'a', firstLine: 1 })).toHaveLength(1);
    expect(read(DIFF)).toMatchObject({ subject: '', message: '', trailers: [] });
  });

  test('keeps its lines: findings in the diff point into the file', () => {
    const mail = read(`${header('')}${DIFF}`);
    const [diff] = parseUnifiedDiff(mail.body, { file: 'a', firstLine: mail.bodyLine });
    expect(diff?.line).toBe(4);
  });

  test.each([
    [
      'two mails',
      `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001\n${header('')}${DIFF}\nFrom ${'1'.repeat(40)} Mon Sep 17 00:00:00 2001\n`,
      11,
    ],
    ['an attachment', `${header('Content-Type: multipart/mixed; boundary=x\n')}${DIFF}`, 5],
    ['an unknown encoding', `${header('Content-Transfer-Encoding: uuencode\n')}${DIFF}`, 5],
    ['what is no Base64', `${header('Content-Transfer-Encoding: base64\n')}${DIFF}`, 5],
  ])('that is %s is refused at the line', (_what, text, line) => {
    try {
      read(text);
    } catch (error) {
      const { code, at } = error as WinpvError;
      expect({ code, at }).toEqual({ code: 'PATCH_SYNTAX', at: { file: 'a.patch', line } });
      return;
    }
    expect.fail('it was accepted');
  });
});
