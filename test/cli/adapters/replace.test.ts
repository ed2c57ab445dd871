import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../../cli/adapters/files.ts';

let folder = '';
const path = (name: string): string => join(folder, name);
const folders = () => ({ from: path('new'), to: path('out'), aside: path('old') });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-replace-'));
  for (const name of ['new', 'out']) {
    mkdirSync(path(name));
    writeFileSync(join(path(name), 'file'), name);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('replacing a folder', () => {
  test('puts the new one in the place of the old one and leaves nothing beside it', async () => {
    await diskFiles.replace(folders());
    expect(readFileSync(path('out/file'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('needs no old one', async () => {
    rmSync(path('out'), { recursive: true });
    await diskFiles.replace(folders());
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('brings the old one back when the new one cannot be put there', async () => {
    rmSync(path('new'), { recursive: true });
    await expect(diskFiles.replace(folders())).rejects.toMatchObject({ exit: 8 });
    expect(readFileSync(path('out/file'), 'utf8')).toBe('out');
    expect(existsSync(path('old'))).toBe(false);
  });
});
