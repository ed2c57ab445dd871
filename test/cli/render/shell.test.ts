import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pathWord, shellWord } from '../../../cli/render/shell.ts';

describe('a word for a shell', () => {
  test.each([
    ['dist/quickstart', 'dist/quickstart'],
    ['my release', '"my release"'],
    ['a&b', '"a&b"'],
    ['cost$', "'cost$'"],
    ["it's $5", "'it'\\''s $5'"],
    ['C:\\out', "'C:\\out'"],
    ['', '""'],
  ])('%j is written %s', (text, written) => {
    expect(shellWord(text)).toBe(written);
  });

  test('a path that begins with a hyphen does not look like an option', () => {
    expect(pathWord('-out')).toBe('./-out');
  });

  test.skipIf(process.platform === 'win32')('means to sh what it was', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
          { minLength: 1 },
        ),
        (texts) => {
          const line = `printf '%s\\0' ${texts.map(shellWord).join(' ')}`;
          const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
          expect(stdout).toBe(texts.map((text) => `${text}\0`).join(''));
        },
      ),
      { numRuns: 50 },
    );
  });
});
