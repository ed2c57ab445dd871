import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseSettings } from '../../branding/settings.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';

const schema = z
  .strictObject({
    name: z.string().min(1).max(5),
    drivers: z.array(z.string()).exactOptional(),
    architectures: z.array(z.enum(['x64', 'x86', 'arm64'])).exactOptional(),
    parts: z.number().int().min(1).exactOptional(),
    strict: z.boolean().exactOptional(),
    sources: z
      .record(
        z.string().regex(/^[a-z]+$/, 'has to be lower-case letters'),
        z.union([
          z.literal('stand-in'),
          z.strictObject({ tree: z.string(), prebuilt: z.string().exactOptional() }),
          z.strictObject({ template: z.string(), binaries: z.string() }),
        ]),
      )
      .exactOptional(),
  })
  .meta({ title: 'project' });

const complaintsAbout = (source: string | Uint8Array): readonly Diagnostic[] => {
  try {
    parseSettings(source, 'winpv.yaml', schema);
    return [];
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

const onlyComplaintAbout = (source: string | Uint8Array): Diagnostic => {
  const all = complaintsAbout(source);
  expect(all).toHaveLength(1);
  return all[0] ?? expect.fail('nothing was found');
};

describe('what a settings file may be written in', () => {
  test('YAML and JSON give the same value', () => {
    const yaml = 'name: acme\ndrivers: [xenbus]\nsources:\n  default: stand-in\n';
    const json = '{\n\t"name": "acme", "drivers": ["xenbus"],\n\t"sources": {"default": "stand-in"}\n}\n';
    expect(parseSettings(yaml, 'f', schema).value).toEqual(parseSettings(json, 'f', schema).value);
  });

  test('words are words, as YAML 1.2 has it: no, on and 012 are no truth values and no octal numbers', () => {
    expect(parseSettings('name: no', 'f', schema).value.name).toBe('no');
    expect(parseSettings('name: "on"', 'f', schema).value.name).toBe('on');
    expect(parseSettings('{name: x, parts: 012}', 'f', schema).value.parts).toBe(12);
  });

  test('line ends of Windows and a byte-order mark change nothing, not even positions', () => {
    const text = '\ufeffname: acme\r\nbrnads: x\r\n';
    expect(onlyComplaintAbout(text)).toMatchObject({ at: { line: 2, column: 1 }, excerpt: 'brnads: x' });
    expect(onlyComplaintAbout(new TextEncoder().encode(text))).toMatchObject({ at: { line: 2, column: 1 } });
  });

  test('an alias stands for the value of its anchor', () => {
    expect(parseSettings('name: &n acme\ndrivers: [*n, *n]', 'f', schema).value.drivers).toEqual(['acme', 'acme']);
  });
});

describe('what is no settings file', () => {
  test.each([
    ['bytes that are not UTF-8', Uint8Array.of(0x6e, 0xe9, 0xff), 'The file is not UTF-8 text.'],
    ['a key twice', 'name: a\nname: b', 'The key "name" is written twice.'],
    ['an alias without an anchor', 'name: *other', 'The alias *other has no anchor before it.'],
    ['an alias inside its own anchor', 'name: a\ndrivers: &d [*d]', 'This is nested more than 24 levels deep.'],
    ['a tag', 'name: !!js/function a', 'Unresolved tag: tag:yaml.org,2002:js/function.'],
    ['another YAML version', '%YAML 1.1\n---\nname: a', 'Settings files are YAML 1.2.'],
    ['ten thousand brackets', '['.repeat(10_000), 'This is nested more than 24 levels deep.'],
    ['a list as a key', '? [a]\n: b', 'A key has to be a plain word.'],
    ['too long a text', `name: ${'x'.repeat(140_000)}`, 'A settings file is at most 131072 bytes long.'],
  ])('%s', (_, source, message) => {
    expect(onlyComplaintAbout(source)).toMatchObject({ code: 'CONFIG_SYNTAX', message });
  });

  test('an alias bomb is stopped by the number of values, in under two seconds', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`);
    const started = performance.now();
    const found = onlyComplaintAbout(`k0: &k0 [a, a, a, a, a, a, a, a, a]\n${levels.join('\n')}`);
    expect(found.message).toBe('There are more than 50000 values here.');
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('several syntax errors are told in one go, each with its place', () => {
    const found = complaintsAbout('name: a\nname: b\ndrivers: *x\n');
    expect(found.map(({ at }) => [at?.line, at?.column])).toEqual([
      [2, 1],
      [3, 10],
    ]);
  });

  test('an empty file is a file with nothing in it', () => {
    expect(onlyComplaintAbout('# only a comment\n').message).toBe('The file has to be a mapping, not nothing.');
  });
});

describe('a key that is not known', () => {
  test('is an error at its place, with what was meant', () => {
    expect(onlyComplaintAbout('name: acme\ndirvers: [a]')).toEqual({
      code: 'CONFIG_UNKNOWN_KEY',
      severity: 'error',
      message: '"dirvers" is not a project setting.',
      at: { file: 'winpv.yaml', line: 2, column: 1 },
      excerpt: 'dirvers: [a]',
      hint: 'Did you mean `drivers`?',
    });
  });

  test('further down names the setting it stands in', () => {
    const found = onlyComplaintAbout('name: acme\nsources:\n  xenbus:\n    tree: t\n    prebiult: p\n');
    expect(found).toMatchObject({
      message: '"prebiult" is not a setting of "sources.xenbus".',
      at: { line: 5, column: 5 },
      hint: 'Did you mean `prebuilt`?',
    });
  });

  test('far from all names lists what there is', () => {
    expect(onlyComplaintAbout('name: acme\nzzz: 1').hint).toBe(
      'Known here: name, drivers, architectures, parts, strict, sources.',
    );
  });

  test('cannot be the prototype of anything', () => {
    expect(onlyComplaintAbout('name: acme\n__proto__: {polluted: yes}').code).toBe('CONFIG_UNKNOWN_KEY');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('is shown without what a terminal would act on', () => {
    expect(onlyComplaintAbout('name: acme\n"\\e[2J": 1').message).toBe('"\\u{1b}[2J" is not a project setting.');
  });
});

describe('a value of another kind', () => {
  test.each([
    ['name: 12', 1, 7, '"name" has to be text, not a number.', 'Put the value in quotes to make it text.'],
    ['name:\n  true', 2, 3, '"name" has to be text, not true or false.', 'Put the value in quotes to make it text.'],
    ['name:', 1, 6, '"name" has to be text, not nothing.', undefined],
    ['name: [a]', 1, 7, '"name" has to be text, not a list.', undefined],
    ['name: ""', 1, 7, '"name" has to be at least 1 character.', undefined],
    ['name: abcdef', 1, 7, '"name" has to be at most 5 characters.', undefined],
    ['{name: a, parts: 0}', 1, 18, '"parts" has to be at least 1.', undefined],
    ['{name: a, strict: yes}', 1, 19, '"strict" has to be true or false, not text.', undefined],
    ['{name: a, drivers: {a: b}}', 1, 20, '"drivers" has to be a list, not a mapping.', undefined],
    [
      '{name: a, drivers: [a, 2]}',
      1,
      24,
      '"drivers[1]" has to be text, not a number.',
      'Put the value in quotes to make it text.',
    ],
    [
      '{name: a, architectures: [amr64]}',
      1,
      27,
      '"architectures[0]" has to be "x64", "x86" or "arm64".',
      'Did you mean `arm64`?',
    ],
    ['{name: a, sources: {Xen: stand-in}}', 1, 21, '"sources.Xen" has to be lower-case letters.', undefined],
    [
      '{name: a, sources: {xen: 5}}',
      1,
      26,
      '"sources.xen" has to be "stand-in" or a mapping, not a number.',
      undefined,
    ],
  ])('%j: line %i, column %i', (text, line, column, message, hint) => {
    const found = onlyComplaintAbout(text);
    expect(found).toMatchObject({ code: 'CONFIG_INVALID', message, at: { file: 'winpv.yaml', line, column } });
    expect(found.hint).toBe(hint);
  });

  test('in a choice of shapes is judged by the shape that fits best', () => {
    expect(complaintsAbout('name: a\nsources:\n  xenbus: { template: x.inf, binaries: 7 }\n')).toMatchObject([
      { message: '"sources.xenbus.binaries" has to be text, not a number.', at: { line: 3, column: 40 } },
    ]);
  });
});

describe('all complaints of a file', () => {
  test('are told at once in file order, missing keys last', () => {
    const found = complaintsAbout('parts: x\nnmae: acme\nstrict: 3\n');
    expect(found.map(({ code, at }) => [code, at?.line])).toEqual([
      ['CONFIG_INVALID', 1],
      ['CONFIG_UNKNOWN_KEY', 2],
      ['CONFIG_INVALID', 3],
      ['CONFIG_MISSING', 1],
    ]);
    expect(found.at(-1)).toMatchObject({ message: '"name" is missing.', hint: 'Add `name`.' });
  });

  test('end at one hundred', () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `k${i}: 1`).join('\n');
    expect(complaintsAbout(`name: a\n${keys}`)).toHaveLength(100);
  });

  test('exit with 3', () => {
    expect(() => parseSettings('name: 1', 'f', schema)).toThrow(expect.objectContaining({ exit: 3 }));
  });

  test('do not repeat a line that may hold a secret', () => {
    const lines = [
      'password: hunter2',
      'passphrase: hunter2',
      'pin: hunter2',
      'proxy: http://me:hunter2@host/',
      'x-api-key: hunter2',
    ];
    for (const line of lines) expect(JSON.stringify(complaintsAbout(`name: a\n${line}`))).not.toContain('hunter2');
  });
});

describe('places for later checks', () => {
  const settings = parseSettings(
    'name: a\nsources:\n  xenbus:\n    tree: up\ndrivers:\n  - one\n  - two\n',
    'f',
    schema,
  );

  test('point at a value, its key, or the nearest thing above what is not there', () => {
    expect(settings.point(['sources', 'xenbus', 'tree']).at).toEqual({ file: 'f', line: 4, column: 11 });
    expect(settings.keyPoint(['sources', 'xenbus', 'tree']).at).toEqual({ file: 'f', line: 4, column: 5 });
    expect(settings.point(['drivers', 1])).toEqual({ at: { file: 'f', line: 7, column: 5 }, excerpt: '  - two' });
    expect(settings.keyPoint(['sources', 'xenbus', 'prebuilt', 'x']).at).toEqual({ file: 'f', line: 3, column: 3 });
    expect(settings.point(['architectures']).at).toEqual({ file: 'f', line: 1, column: 1 });
  });
});

describe('any text', () => {
  const piece = fc.constantFrom(
    'name',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&a ',
    '*a',
    '!!x ',
    '#',
    '|',
    '>',
    '? ',
    '---\n',
    '...',
    '%YAML 1.1',
    '\t',
    '\r\n',
    '0x1',
    'sources',
    '<<',
    '\u202e',
    '\ud800',
    '\0',
    'é',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
  );

  test('gives a value or complaints with a line and a column inside it', () => {
    fc.assert(
      fc.property(text, (source) => {
        const lines = source.split('\n');
        for (const { code, at } of complaintsAbout(source)) {
          expect(code).toMatch(/^CONFIG_/);
          expect(at?.line).toBeLessThanOrEqual(lines.length);
          expect(at?.column).toBeLessThanOrEqual((lines[(at?.line ?? 0) - 1] ?? '').length + 1);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
