import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskFiles } from '../../../cli/adapters/files.ts';
import { equalBytes, utf8 } from '../../../core/bytes.ts';

describe('files of this machine', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'winpv-files-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([0, 1, 4 * 1024 * 1024 - 1, 4 * 1024 * 1024, 9_000_001])(
    'are read whole, small or large: %d bytes',
    async (size) => {
      const path = join(folder, 'in.bin');
      const bytes = new Uint8Array(size).map((_byte, i) => i % 251);
      writeFileSync(path, bytes);
      const read = await diskFiles.read(path);
      expect(read.constructor).toBe(Uint8Array);
      expect(equalBytes(read, bytes)).toBe(true);
    },
  );

  test('are written from parts as from the whole, and leave nothing else behind', async () => {
    const path = join(folder, 'out', 'parts.txt');
    await diskFiles.write(path, [utf8('head '), new Uint8Array(0), utf8('body '), utf8('tail')]);
    expect(readFileSync(path, 'utf8')).toBe('head body tail');
    await diskFiles.write(path, []);
    expect(readFileSync(path, 'utf8')).toBe('');
    expect(readdirSync(join(folder, 'out'))).toEqual(['parts.txt']);
  });
});
