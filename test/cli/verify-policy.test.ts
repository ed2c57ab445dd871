import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policyLines } from '../../cli/render/policy.ts';
import type { PolicyRow } from '../../packaging/signing/policy.ts';
import { WINDOWS_NAMES } from '../../packaging/signing/policy.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { describeCorpus, withTempFolder } from '../support/outside.ts';
import { signedPackage, standIn } from '../support/signed-package.ts';

const withDriver = <T>(body: (path: string) => Promise<T>): Promise<T> =>
  withTempFolder((folder) => {
    writeFileSync(join(folder, 'demo.sys'), standIn());
    return body(join(folder, 'demo.sys'));
  });

const ROW_KEYS = ['arch', 'hvci', 'loads', 'reason', 'secureBoot', 'source', 'testSigning', 'upgraded', 'windows'];

describe('winpv verify --policy', () => {
  test('gives a row for every state of every Windows, in the shape of the contract', async () => {
    await withDriver(async (path) => {
      const { result, exit } = await winpvJson(['verify', path, '--policy', 'all']);
      const [file] = result.files;
      expect(exit).toBe(5);
      expect([...new Set(file.policies.map((row: PolicyRow) => row.windows))]).toEqual(WINDOWS_NAMES);
      const { on: _on, ...row } = file.policies[0];
      expect(Object.keys(row).sort()).toEqual(ROW_KEYS);
      const states = file.policies.map(({ loads: _l, reason: _r, source: _s, on: _o, ...state }: PolicyRow) =>
        JSON.stringify(state),
      );
      expect(new Set(states).size).toBe(states.length);
    });
  });

  test('is asked for some systems by name, separated by spaces or commas, before or after the path', async () => {
    await withDriver(async (path) => {
      const asked = [
        ['verify', path, '--policy', '8.1', '11-24h2'],
        ['verify', '--policy', '8.1', '11-24h2', path],
        ['verify', '--policy', '8.1,11-24H2', path],
        ['verify', '--policy', '8.1', '--policy', '11-24h2', path],
      ];
      for (const argv of asked) {
        const { result } = await winpvJson(argv);
        const names = new Set(result.files[0].policies.map((row: PolicyRow) => row.windows));
        expect([...names], argv.join(' ')).toEqual(['8.1', '11-24h2']);
      }
    });
  });

  test('is not given unless asked for, and the result shows nothing that only the table needs', async () => {
    await withTempFolder(async (folder) => {
      const { files, root } = await signedPackage();
      for (const { path, bytes } of files) writeFileSync(join(folder, path.replaceAll('/', '-')), bytes);
      writeFileSync(join(folder, 'root.cer'), root);
      const { result } = await winpvJson(['verify', folder, '--ca', join(folder, 'root.cer')]);
      const text = JSON.stringify(result);
      expect(result.files.every((file: { policies: unknown[] }) => file.policies.length === 0)).toBe(true);
      expect(text).not.toMatch(/authorityPaths|osVersions|"image"|"scope"/);
    });
  });

  test.each([
    ['a misspelt system', ['--policy', '10-22h3'], '10-22h2'],
    ['something else', ['--policy', 'Solaris'], 'all'],
  ])('refuses %s with exit 2', async (_what, options, hint) => {
    await withDriver(async (path) => {
      const run = await winpvJson(['verify', path, ...options]);
      expect(run.exit).toBe(2);
      expect(run.error?.hint).toContain(hint);
    });
  });

  test('without a path is refused with exit 2', async () => {
    expect((await winpvJson(['verify'])).exit).toBe(2);
    expect((await winpvJson(['verify', '--policy', 'all'])).exit).toBe(2);
  });

  test('leaves the verdict and the exit code as they are', async () => {
    await withTempFolder(async (folder) => {
      const { files, root } = await signedPackage();
      const driver = files.find(({ path }) => path === 'x64/demo.sys');
      writeFileSync(join(folder, 'demo.sys'), driver?.bytes ?? new Uint8Array(0));
      writeFileSync(join(folder, 'root.cer'), root);
      const run = await winpvJson([
        'verify',
        join(folder, 'demo.sys'),
        '--ca',
        join(folder, 'root.cer'),
        '--policy',
        '11-24h2',
      ]);
      expect(run).toMatchObject({ exit: 0, result: { verdict: 'valid' } });
      const rows: readonly PolicyRow[] = run.result.files[0].policies;
      const x64 = rows.filter(({ arch, hvci, upgraded }) => arch === 'x64' && !hvci && !upgraded);
      expect(x64.map(({ secureBoot, testSigning, loads }) => [secureBoot, testSigning, loads])).toEqual([
        [false, false, 'no'],
        [false, true, 'yes'],
        [true, false, 'no'],
        [true, true, 'no'],
      ]);
    });
  });
});

describe('the table for people', () => {
  const row = (windows: string, changes: Partial<PolicyRow> = {}): PolicyRow => ({
    windows,
    arch: 'x64',
    secureBoot: false,
    testSigning: false,
    hvci: false,
    upgraded: false,
    loads: 'no',
    reason: 'It is unsigned.',
    source: 'here',
    ...changes,
  });

  test('joins systems with the same answers, and names a condition only where it changes the answer', () => {
    const tested = { loads: 'yes', reason: 'Any will do.' } as const;
    const rows = ['8', '8.1'].flatMap((windows) => [
      row(windows),
      row(windows, { hvci: true }),
      row(windows, { testSigning: true, ...tested }),
      row(windows, { testSigning: true, hvci: true, ...tested }),
      row(windows, { secureBoot: true, testSigning: true }),
    ]);
    expect(policyLines('demo.sys', [...rows, row('10-1507', { loads: 'depends', on: 'luck' })])).toEqual([
      '',
      'Which Windows loads demo.sys:',
      '  x64 8 … 8.1  no       It is unsigned.',
      '               yes      Any will do. (test signing without Secure Boot)',
      '  x64 10-1507  depends  It is unsigned. It depends on luck.',
    ]);
  });

  test('is not there for a file without rows', () => {
    expect(policyLines('demo.inf', [])).toEqual([]);
  });
});

describeCorpus('winpv verify --policy on real catalogs', (corpus) => {
  test('fits a screen', async () => {
    const path = corpus.path('signed/microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat');
    // The catalog was time-stamped in August 2026.
    const { stdout } = await winpv(['verify', path, '--policy', 'all'], { now: Date.UTC(2026, 10, 24) });
    const table = stdout.slice(stdout.indexOf('Which Windows'));
    expect(table).toContain('Microsoft has signed it after attestation.');
    expect(table.trim().split('\n').length).toBeLessThan(25);
  });
});
