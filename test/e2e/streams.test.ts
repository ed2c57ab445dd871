import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileExecutable, executable } from '../support/executable.ts';
import { lacks, projectRoot } from '../support/outside.ts';

beforeAll(compileExecutable);

/** Runs a line of shell in which `winpv` is the executable. */
const shell = (line: string, env: Readonly<Record<string, string>> = {}) => {
  const script = `winpv() { '${process.execPath}' '${executable}' "$@"; }\n${line}`;
  return spawnSync('bash', ['-c', script], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...env },
  });
};

describe.skipIf(process.platform === 'win32' || lacks('bash', 'head'))('the streams of the executable', () => {
  test.each([
    'winpv explain | head -1',
    'winpv explain --json | head -c 1',
    'winpv help | true',
    'winpv --version | true',
  ])('a reader that has gone is no failure and no noise: `%s`', (line) => {
    const { stderr, stdout } = shell(`${line}; echo "\${PIPESTATUS[0]}"`);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/0$/);
  });

  test('a check that failed stays failed when the reader has gone', () => {
    const { stdout } = shell(`winpv explain NOPE --json | true; echo "\${PIPESTATUS[0]}"`);
    expect(stdout.trim()).toBe('2');
  });

  test.each(['explain', 'explain --json', '--version', 'help', '--help --json'])(
    'a full disk behind stdout is exit 8 and told on stderr, without a stack: `winpv %s`',
    (line) => {
      if (!existsSync('/dev/full')) return;
      const { status, stderr } = shell(`winpv ${line} > /dev/full`);
      expect(status).toBe(8);
      expect(stderr).toContain('FILE_UNWRITABLE');
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );

  test('a full disk behind stderr changes neither the exit code nor stdout', () => {
    if (!existsSync('/dev/full')) return;
    expect(shell('winpv explain NOPE 2> /dev/full').status).toBe(2);
    expect(shell('winpv explain USAGE 2> /dev/full')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('USAGE'),
    });
  });

  test('closed streams make no noise', () => {
    expect(shell('winpv explain >&-')).toMatchObject({ status: 0, stderr: '' });
    expect(shell('winpv explain NOPE 2>&-')).toMatchObject({ status: 2, stdout: '' });
    expect(shell('winpv explain USAGE <&-').status).toBe(0);
  });

  test('an answer larger than a pipe holds arrives whole, however slow the reader is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winpv-streams-'));
    try {
      const lines = Array.from({ length: 5000 }, (_, i) => `HKR,,Value${i},,"text ${i}"`);
      const inf = join(folder, 'long.inf');
      writeFileSync(inf, `[Version]\nSignature="$Windows NT$"\n[Long]\n${lines.join('\n')}\n`);
      const { stdout } = shell(`winpv inf show '${inf}' --json | (sleep 1; cat)`);
      expect(stdout.length).toBeGreaterThan(200_000);
      expect(JSON.parse(stdout).result.sections.at(-1).lines.length).toBe(lines.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('bytes that are no UTF-8 and very long arguments are ordinary errors', () => {
    expect(shell(String.raw`winpv inf show $'\xff\xfe.inf'`)).toMatchObject({ status: 8, stdout: '' });
    const long = shell(`winpv inf show "$(head -c 100000 /dev/zero | tr '\\0' a)"`);
    expect(long.status).toBe(8);
    expect(long.stderr.length).toBeLessThan(3000);
    expect(shell(`winpv "$(head -c 100000 /dev/zero | tr '\\0' a)"`).status).toBe(2);
  });

  test('colour is for terminals only, whatever FORCE_COLOR says', () => {
    const run = shell('winpv explain NOPE', { FORCE_COLOR: '3' });
    expect(run.stderr).not.toContain('\u001b');
    expect(shell('winpv help', { FORCE_COLOR: '3' }).stdout).not.toContain('\u001b');
  });
});
