import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskFiles } from '../../../cli/adapters/files.ts';
import { concatBytes, equalBytes, utf8 } from '../../../core/bytes.ts';

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

  test.skipIf(process.platform === 'win32')('keep the mode of the file that they replace', async () => {
    const path = join(folder, 'script.sh');
    writeFileSync(path, 'old');
    chmodSync(path, 0o750);
    await diskFiles.write(path, utf8('new'));
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o750]);
    await diskFiles.write(path, utf8('own'), { mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  describe('that are copied while they are looked at', () => {
    const source = () => join(folder, 'source.bin');
    const content = (size: number): Uint8Array => new Uint8Array(size).map((_byte, i) => (i * 7919) >>> 7);

    test.each([0, 1, 1024 * 1024, 1024 * 1024 + 1, 9_000_001])('pass whole and in order: %d bytes', async (size) => {
      const bytes = content(size);
      writeFileSync(source(), bytes);
      const file = await diskFiles.open(source());
      expect([file.size, equalBytes(file.head, bytes.subarray(0, file.head.length))]).toEqual([size, true]);
      const seen: Uint8Array[] = [];
      const target = join(folder, 'made', 'copy.bin');
      await file.copy(target, async (blocks) => {
        for await (const block of blocks) seen.push(block.slice());
        expect(existsSync(target)).toBe(false);
        return [
          { offset: 0, bytes: utf8('H') },
          { offset: size, bytes: utf8('tail') },
        ];
      });
      expect(equalBytes(concatBytes(...seen), bytes)).toBe(true);
      expect(seen.slice(0, -1).every(({ length }) => length % 4 === 0)).toBe(true);
      const expected = concatBytes(bytes, utf8('tail'));
      expected.set(utf8('H'), 0);
      const made = new Uint8Array(readFileSync(target));
      expect(equalBytes(size === 0 ? made.subarray(1) : made, size === 0 ? utf8('ail') : expected)).toBe(true);
      expect(readdirSync(join(folder, 'made'))).toEqual(['copy.bin']);
      rmSync(join(folder, 'made'), { recursive: true });
    });

    test('leave nothing behind when the changes cannot be made, folders that were made for them included', async () => {
      writeFileSync(source(), content(3_000_000));
      const before = readdirSync(folder, { recursive: true });
      for (const when of ['at once', 'in the middle', 'at the end']) {
        const file = await diskFiles.open(source());
        const failing = file.copy(join(folder, 'new', 'deep', 'copy.bin'), async (blocks) => {
          if (when === 'at once') throw new Error(when);
          for await (const _block of blocks) if (when === 'in the middle') throw new Error(when);
          throw new Error(when);
        });
        await expect(failing).rejects.toThrow(when);
        await file.close();
        expect(readdirSync(folder, { recursive: true }), when).toEqual(before);
      }
    });

    test('and become shorter meanwhile are refused, and what stood at the target stays', async () => {
      writeFileSync(source(), content(9_000_000));
      const file = await diskFiles.open(source());
      const failing = file.copy(source(), async (blocks) => {
        truncateSync(source(), 2_000_000);
        for await (const _block of blocks);
        return [];
      });
      await expect(failing).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
      await file.close();
      expect(readFileSync(source()).length).toBe(2_000_000);
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });

    test('are not begun where nothing can be written', async () => {
      writeFileSync(source(), content(10));
      mkdirSync(join(folder, 'folder', 'in the way'), { recursive: true });
      const take = async (blocks: AsyncIterable<Uint8Array>) => {
        for await (const _block of blocks);
        return [];
      };
      const below = await diskFiles.open(source());
      await expect(below.copy(join(source(), 'copy.bin'), take)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
      await below.close();
      const onto = await diskFiles.open(source());
      await expect(onto.copy(join(folder, 'folder'), take)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
      await onto.close();
      expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      await expect(diskFiles.open(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
      await expect(diskFiles.open(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    });
  });
});
