import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { systemTimer } from '../../cli/adapters/machine.ts';
import { projectTestKeys } from '../../release/making/keys.ts';
import { filesBelow } from '../support/project.ts';
import { newKey } from '../support/test-keys.ts';

/** Small keys: what is tested is where they stand. */
const keyMaker = { rsa: async () => newKey('RSA 2048') };
const ports = { files: diskFiles, keyMaker, timer: systemTimer };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-keys-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = ['root', 'signer', 'tsa'].flatMap((role) => [`${role}-key.pem`, `${role}.cer`, `${role}.pem`]).sort();

describe('the test keys of a project', () => {
  test('are made once, for their owner only, hidden from git, and read again', async () => {
    const first = await projectTestKeys(ports, folder, 'x');
    expect(first.diagnostics.map(({ code }) => code)).toEqual(['KEYS_MADE']);
    expect(filesBelow(join(folder, '.winpv', 'keys'))).toEqual(NAMES);
    expect(statSync(join(folder, '.winpv', 'keys', 'root-key.pem')).mode & 0o077).toBe(0);
    expect(readFileSync(join(folder, '.winpv', '.gitignore'), 'utf8')).toBe('*\n!ledger.jsonl\n!ledger.seal\n');
    const again = await projectTestKeys(ports, folder, 'x');
    expect(again.diagnostics).toEqual([]);
    expect(again.hierarchy.signer.certificate).toEqual(first.hierarchy.signer.certificate);
  });

  test('are made once also when several releases ask at the same time', async () => {
    const all = await Promise.all([1, 2, 3].map(() => projectTestKeys(ports, folder, 'x')));
    expect(all.flatMap(({ diagnostics }) => diagnostics)).toHaveLength(1);
    expect(new Set(all.map(({ hierarchy }) => Buffer.from(hierarchy.root.certificate).toString('hex'))).size).toBe(1);
  });

  test('are made anew after a run that was killed while it made them', async () => {
    mkdirSync(join(folder, '.winpv', 'keys.partial'), { recursive: true });
    writeFileSync(join(folder, '.winpv', 'keys.partial', 'root-key.pem'), 'half');
    await projectTestKeys(ports, folder, 'x');
    expect(filesBelow(join(folder, '.winpv'))).toEqual(['.gitignore', ...NAMES.map((name) => `keys/${name}`)]);
  });

  test('of which one is lost are not made anew behind the back of machines that trust them', async () => {
    await projectTestKeys(ports, folder, 'x');
    rmSync(join(folder, '.winpv', 'keys', 'tsa-key.pem'));
    await expect(projectTestKeys(ports, folder, 'x')).rejects.toMatchObject({ code: 'KEYS_INCOMPLETE' });
  });

  test('are only read when they are there: no lock, nothing written', async () => {
    await projectTestKeys(ports, folder, 'x');
    const files = {
      ...diskFiles,
      lock: () => Promise.reject(new Error('locked')),
      write: () => Promise.reject(new Error('written')),
    };
    chmodSync(join(folder, '.winpv'), 0o500);
    expect((await projectTestKeys({ ...ports, files }, folder, 'x')).diagnostics).toEqual([]);
    chmodSync(join(folder, '.winpv'), 0o700);
  });
});
