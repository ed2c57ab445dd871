import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES, commandsFor } from '../../cli/commands/index.ts';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';

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
    expect(JSON.parse(after.stdout).result).toEqual({ codes: [{ code: 'USAGE', ...ERROR_CODES.USAGE }] });
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
    const table = ['error-codes.ts', 'inf-rule-codes.ts', 'pv-rule-codes.ts']
      .map((name) => readFileSync(join(projectRoot, 'core', name), 'utf8'))
      .join('\n');
    const codes = [...table.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)].map((match) => match[1]);
    expect(codes.length).toBe(new Set(codes).size);
    expect(codes.length).toBe(Object.keys(ERROR_CODES).length);
  });
});
