import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { readFileTree, type TreeLimits } from '../../core/file-tree.ts';

const LIMITS: TreeLimits = { maxFiles: 100, maxDepth: 8, maxFileBytes: 1000, tooMany: 'FILE_TOO_LARGE' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-tree-'));
  mkdirSync(join(folder, 'd/sub'), { recursive: true });
  writeFileSync(join(folder, 'd/sub/a.txt'), 'a');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = () => readFileTree(diskFiles, join(folder, 'd'), LIMITS);

describe('a folder with links', () => {
  test('is read through links that lead elsewhere', async () => {
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/b.txt'), 'b');
    symlinkSync(join(folder, 'other'), join(folder, 'd/link'));
    expect((await read()).map(({ name }) => name)).toEqual(['link/b.txt', 'sub/a.txt']);
  });

  test.each([
    ['.', 'd/again'],
    ['..', 'd/sub/up'],
    ['../..', 'd/sub/up'],
  ])('is refused when one leads to a folder that it stands in: %s', async (target, link) => {
    symlinkSync(target, join(folder, link));
    // Two of them would double the folders with each level.
    symlinkSync(target, join(folder, `${link}-too`));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test('is refused when links multiply its folders without end in sight', async () => {
    for (let i = 0; i < 7; i += 1) {
      mkdirSync(join(folder, `level${i}`));
      for (const name of ['x', 'y', 'z']) symlinkSync(join(folder, `level${i + 1}`), join(folder, `level${i}`, name));
    }
    mkdirSync(join(folder, 'level7'));
    symlinkSync(join(folder, 'level0'), join(folder, 'd/many'));
    await expect(read()).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});
