import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { FAILURE_EVIDENCE } from '../../emulator/failure-evidence.ts';
import { FINDING_TEXTS } from '../../emulator/finding-texts.ts';
import { FAILURE_MODES } from '../../packaging/formats/inf/pv/failure-modes.ts';
import { winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';

describe('what a rehearsal tells', () => {
  test('every code of it says what it means and what to do', () => {
    const codes = Object.keys(ERROR_CODES).filter((code) => code.startsWith('EMULATOR_'));
    expect(Object.keys(FINDING_TEXTS).sort()).toEqual(codes.sort());
    for (const { means, advice } of Object.values(FINDING_TEXTS))
      expect([means, advice].join()).toMatch(/\w.*\.,\w.*\.$/);
  });

  test('where each failure mode is seen agrees with docs/failure-modes.md', () => {
    const document = readFileSync(join(projectRoot, 'docs/failure-modes.md'), 'utf8');
    const rows = [...document.matchAll(/^\| (F\d\d) \| .*? \| (.*?) \| (.*) \|$/gm)].map(
      ([, mode = '', caught, how]) => [mode, { caught, how: how?.replaceAll('`', '') }],
    );
    expect(Object.fromEntries(rows)).toEqual(FAILURE_EVIDENCE);
    expect(Object.keys(FAILURE_EVIDENCE)).toEqual(Object.keys(FAILURE_MODES));
  });

  test('every code that a failure mode names is one of winpv', () => {
    for (const { how } of Object.values(FAILURE_EVIDENCE))
      for (const [code] of how.matchAll(/\b(?:EMULATOR|PV|BUNDLE|BRAND|VERIFY|SIGN)(?:_[A-Z]+)+\b/g))
        expect(Object.hasOwn(ERROR_CODES, code), code).toBe(true);
  });

  test('winpv explain has both', async () => {
    const { result } = await winpvJson(['explain', 'F18']);
    expect(result).toMatchObject({ failureMode: 'F18', caught: 'emulated', how: expect.stringContaining('nvme') });
  });
});
