import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import { parseLabelFile } from '../../../publishing/labels/form.ts';
import { matchesGlob } from '../../../publishing/labels/glob.ts';
import { busEntry, busForm } from '../../support/labels.ts';

const read = (text: string) => parseLabelFile(new TextEncoder().encode(text), 'labels.yaml');
const refusal = (text: string) => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics[0];
    throw error;
  }
  return undefined;
};

describe('a file of labels', () => {
  test('is a list, or a list under `labels`, in both forms', () => {
    const labels = [busEntry(), busForm()];
    expect(read(JSON.stringify(labels)).labels).toHaveLength(2);
    expect(read(JSON.stringify({ labels })).labels).toEqual(read(JSON.stringify(labels)).labels);
  });

  test.each(['*', '**', 'PCI\\*', '*\\VEN_5853', 'PCI\\??*', 'pci', '?CI\\VEN_5853&DEV_C8E0'])(
    'never takes every id: %s',
    (pattern) => {
      expect(refusal(JSON.stringify([busEntry({ hardwareIds: [pattern] })]))?.message).toContain(
        'never takes every id',
      );
    },
  );

  test.each([
    ['nothing chosen', 'hardwareIds: []', 'CONFIG_INVALID'],
    ['no Windows', 'windows: []', 'CONFIG_INVALID'],
    ['a channel that is none', 'channel: always', 'CONFIG_INVALID'],
    ['a CHID that is none', 'chids: [abc]', 'CONFIG_INVALID'],
    ['a word that is not known', 'everything: true', 'CONFIG_UNKNOWN_KEY'],
  ])('with %s is refused where that stands', (_what, line, code) => {
    const [key = ''] = line.split(':');
    const lines = [
      'name: a',
      'brand: ev',
      'driver: xenbus',
      'hardwareIds: [PCI\\VEN_5853&DEV_C8E0]',
      'windows: [RS5]',
      'channel: optional',
    ];
    const text = [...lines.filter((one) => !one.startsWith(`${key}:`)), line].map(
      (one, index) => `${index === 0 ? '- ' : '  '}${one}`,
    );
    expect(refusal(text.join('\n'))).toMatchObject({ code, at: { file: 'labels.yaml', line: text.length } });
  });

  test('without the Windows that it is for is no choice', () => {
    expect(
      refusal('[{name: a, brand: ev, driver: xenbus, hardwareIds: [PCI\\VEN_5853], channel: optional}]')?.code,
    ).toBe('CONFIG_MISSING');
  });
});

describe('a pattern', () => {
  test('matches as the regular expression of it does', () => {
    const letter = fc.constantFrom('a', 'B', '&', '*', '?', '\\');
    const text = fc.array(letter, { maxLength: 12 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (pattern, id) => {
        const source = pattern.replace(/[\\&]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
        expect(matchesGlob(pattern, id)).toBe(new RegExp(`^${source}$`, 'i').test(id));
      }),
    );
  });

  test('takes a long id with many stars in no time, and no letter for another', () => {
    expect(matchesGlob(`${'*a'.repeat(90)}*b`, 'a'.repeat(20_000))).toBe(false);
    expect(matchesGlob('ven_k', 'ven_\u212a')).toBe(false);
  });
});
