import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { COMMAND_NAMES, commandsFor } from '../../cli/commands/index.ts';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';

const endedBy = (error: Error): Promise<never> => {
  const ended = Promise.reject(error);
  ended.catch(() => undefined);
  return ended;
};
/** A disk that does not answer. */
const neverRead: Files = {
  ...diskFiles,
  stat: () => new Promise(() => undefined),
  read: () => new Promise(() => undefined),
};

describe('the command line', () => {
  test('answers --version with the version alone on stdout', async () => {
    expect(await winpv(['--version'])).toEqual({ exit: 0, stdout: '0.0.0-test\n', stderr: '' });
  });

  test('an unknown command is a usage error: exit 2, nothing on stdout, a suggestion on stderr', async () => {
    const run = await winpv(['explian']);
    expect(run.exit).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('error USAGE');
    expect(run.stderr).toContain("Unknown command 'explian'");
    expect(run.stderr).toContain('Did you mean explain?');
  });

  test('each command is loaded alone under the name that the command line has for it', async () => {
    for (const name of COMMAND_NAMES) {
      const [make, ...others] = await commandsFor(['--json', name, '--help']);
      expect(others).toEqual([]);
      expect(make?.(() => async () => undefined).name()).toBe(name);
    }
    expect(await commandsFor(['--help'])).toHaveLength(COMMAND_NAMES.length);
    expect(await commandsFor(['constructor'])).toHaveLength(COMMAND_NAMES.length);
  });

  test('with --json a usage error is still exactly one object on stdout, and stderr is silent', async () => {
    const run = await winpv(['explain', '--frobnicate', '--json']);
    expect(run.exit).toBe(2);
    expect(run.stderr).toBe('');
    const answer = JSON.parse(run.stdout);
    expect(Object.keys(answer)).toEqual(['ok', 'command', 'error', 'diagnostics']);
    expect(answer).toMatchObject({ ok: false, error: { code: 'USAGE', severity: 'error' } });
    expect(answer.diagnostics[0]).toEqual(answer.error);
  });

  test('--json may stand anywhere', async () => {
    const before = await winpv(['--json', 'explain', 'USAGE']);
    const after = await winpv(['explain', 'USAGE', '--json']);
    expect(before).toEqual(after);
    expect(JSON.parse(after.stdout).result).toMatchObject({ codes: [{ code: 'USAGE', ...ERROR_CODES.USAGE }] });
  });

  test.each([
    ['--help', 'winpv'],
    ['help', 'winpv'],
    ['release --help', 'release'],
    ['help release', 'release'],
    ['help inf show', 'inf show'],
    ['inf help show', 'inf show'],
    ['inf --help', 'inf'],
    ['inf show -h', 'inf show'],
  ])('`winpv %s` prints help; with --json it is in one object that names %s', async (line, command) => {
    const text = await winpv(line.split(' '));
    expect(text).toMatchObject({ exit: 0, stderr: '' });
    expect(text.stdout).toMatch(new RegExp(`^Usage: (winpv )?${command} `));
    const { exit, stdout, stderr } = await winpv(['--json', ...line.split(' ')]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').length).toBe(1);
    const help = text.stdout.replace(/\n$/, '');
    expect(JSON.parse(stdout)).toEqual({ ok: true, command, result: { help }, diagnostics: [] });
  });

  test.each(['--version', '-V', 'release --version'])(
    '`winpv %s --json` has the version in one object',
    async (line) => {
      const answer = await winpvJson(line.split(' '));
      expect(answer).toMatchObject({ exit: 0, ok: true, result: { version: '0.0.0-test' }, diagnostics: [] });
    },
  );

  test.each([
    ['help nope', "Unknown command 'nope'", 'winpv --help'],
    ['help inf shwo', "Unknown command 'shwo'", 'Did you mean show? See `winpv inf --help`'],
    ['inf shwo', "Unknown command 'shwo'", 'Did you mean show? See `winpv inf --help`'],
    ['inf', 'A command is missing after `inf`: show,', 'winpv inf --help'],
    ['release --frob', "Unknown option '--frob'", 'winpv release --help'],
    ['-- --help', "Unknown command '--help'", 'winpv --help'],
    ['explain -- --json', 'There is no code --json', 'winpv explain'],
  ])('`winpv %s` is a usage error with its own hint', async (line, message, hint) => {
    const run = await winpv(line.split(' '));
    expect(run).toMatchObject({ exit: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr).toContain(hint);
  });

  test.each(['', '--json', 'inf --json', 'inf shwo --json', 'release --frob --json', 'release --out'])(
    '`winpv %s --events` writes nothing but NDJSON to stderr',
    async (line) => {
      const run = await winpv([...line.split(' ').filter((word) => word !== ''), '--events']);
      expect(run.exit).toBe(2);
      const lines = run.stderr.trimEnd().split('\n');
      for (const one of lines) expect(typeof JSON.parse(one).type, one).toBe('string');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'diagnostic', code: 'USAGE', severity: 'error' });
      if (!line.includes('--json')) expect(run.stdout).toBe('');
    },
  );

  test.each([
    [['release', '--out', ''], '--out <folder>'],
    [['release', '--out='], '--out <folder>'],
    [['release', '-C', ''], '-C, --project <folder>'],
    [['release', '--brand', 'xenproject', '--brand', ''], '--brand <id>'],
    [['cab', 'extract', 'a.cab', '--out', ''], '--out <folder>'],
    [['sign', 'a.sys', '--page-hashes', ''], '--page-hashes'],
    [['verify', ''], '<path>'],
    [['sign', 'a.sys', 'b.sys', ''], '<path>'],
    [['cab', 'create', '', 'a'], '<cab>'],
    [['inf', 'diff', 'a.inf', ''], '<to>'],
  ])('an empty value is a usage error that names it: %j', async (argv, name) => {
    const { exit, error } = await winpvJson(argv);
    expect(exit).toBe(2);
    expect(error).toMatchObject({ code: 'USAGE' });
    expect(error?.message).toContain(name);
  });

  test('when the process is to end, the command ends with what was said', async () => {
    expect(
      await winpv(['inf', 'show', 'x.inf'], {
        files: neverRead,
        ended: endedBy(new WinpvError('INTERRUPTED', 'Stopped.')),
      }),
    ).toEqual({
      exit: 130,
      stdout: '',
      stderr: 'error INTERRUPTED  Stopped.\n',
    });
  });

  test('an error of ours that nobody caught is exit 1, without a stack unless --verbose asks for it', async () => {
    const options = { files: neverRead, ended: endedBy(new TypeError('x is undefined')) };
    const run = await winpv(['inf', 'show', 'x.inf'], options);
    expect(run.exit).toBe(1);
    expect(run.stderr).toContain('x is undefined');
    expect(run.stderr).not.toContain(' at ');
    expect((await winpv(['inf', 'show', 'x.inf', '--verbose'], options)).stderr).toContain(' at ');
  });

  test('--quiet prints nothing on success, and every error', async () => {
    expect(await winpv(['explain', 'USAGE', '--quiet'])).toEqual({ exit: 0, stdout: '', stderr: '' });
    const run = await winpv(['explain', 'NOPE', '--quiet']);
    expect({ ...run, stderr: run.stderr.split('\n')[0] }).toEqual({ exit: 2, stdout: '', stderr: 'error USAGE' });
    expect(JSON.parse((await winpv(['explain', 'USAGE', '--quiet', '--json'])).stdout)).toMatchObject({ ok: true });
  });

  test('explain lists every code of the table once', async () => {
    const { result } = await winpvJson(['explain']);
    expect(result.codes.map((row: { code: string }) => row.code)).toEqual(Object.keys(ERROR_CODES).sort());
  });
});

describe('error codes', () => {
  test('are permanent names: upper case, words joined by underscores, a title that is a phrase', () => {
    for (const [code, row] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
      expect(row.title, code).toMatch(/^[A-Z[$].{10,}[^.]$/);
    }
  });

  test('stand in the table once: no section overrides a row of another', () => {
    const table = readdirSync(join(projectRoot, 'core'))
      .filter((name) => name.endsWith('-codes.ts'))
      .map((name) => readFileSync(join(projectRoot, 'core', name), 'utf8'))
      .join('\n');
    const codes = [...table.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)].map((match) => match[1]);
    expect(codes.length).toBe(new Set(codes).size);
    expect(codes.length).toBe(Object.keys(ERROR_CODES).length);
  });
});
