import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseBrand } from '../../branding/load.ts';
import { checkBrands, checkDriverNames } from '../../branding/rules.ts';
import { diskFiles } from '../../cli/adapters/files.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { parseProject } from '../../release/project/project.ts';
import { settingsSchemaJson } from '../../release/project/schema.ts';
import { projectRoot } from '../support/outside.ts';

/** The parts of a JSON schema that name keys and values. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
}

/** A setting that is switched off: the lines it would be, and where. */
interface Alternative {
  readonly line: number;
  readonly lines: readonly string[];
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const keyOf = (line: string): string => /^\s*([\w-]+):/.exec(line)?.[1] ?? '';

/** `#key` begins one; `#  …` goes on with it, or begins one below a key; `# word` is an explanation. */
const alternativesOf = (lines: readonly string[]): readonly Alternative[] => {
  const found: { line: number; lines: string[] }[] = [];
  for (const [line, text] of lines.entries()) {
    if (!/^#( {2,}\S|[^\s#])/.test(text)) continue;
    const bare = text.slice(1);
    const last = found.at(-1);
    const goesOn =
      last !== undefined && last.line + last.lines.length === line && indentOf(bare) > indentOf(last.lines[0] ?? '');
    if (goesOn) last.lines.push(bare);
    else found.push({ line, lines: [bare] });
  }
  return found;
};

/** The line after the setting that begins at `from`: what is deeper, empty or an explanation belongs to it. */
const endOf = (lines: readonly string[], from: number): number => {
  const indent = indentOf(lines[from] ?? '');
  const next = lines.findIndex(
    (text, index) => index > from && text.trim() !== '' && !text.trim().startsWith('#') && indentOf(text) <= indent,
  );
  return next === -1 ? lines.length : next;
};

/** The file with one alternative on, in the place of the setting of that name that is on. */
const switchOn = (lines: readonly string[], alternative: Alternative): string => {
  const [first = ''] = alternative.lines;
  const indent = indentOf(first);
  const parent = lines.findLastIndex(
    (text, index) =>
      index < alternative.line && text.trim() !== '' && !text.trim().startsWith('#') && indentOf(text) < indent,
  );
  const end = parent === -1 ? lines.length : endOf(lines, parent);
  const on = lines.findIndex(
    (text, index) => index > parent && index < end && indentOf(text) === indent && keyOf(text) === keyOf(first),
  );
  const without = on === -1 ? lines : lines.map((text, index) => (index >= on && index < endOf(lines, on) ? '' : text));
  const there = without.with(alternative.line, alternative.lines.join('\n'));
  return there.join('\n');
};

const join1 = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** Every key that a schema knows, `*` for names that are the user's. */
const keysOf = (schema: Schema, path = ''): readonly string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, below]) => [
    join1(path, key),
    ...keysOf(below, join1(path, key)),
  ]),
  ...(typeof schema.additionalProperties === 'object' ? keysOf(schema.additionalProperties, join1(path, '*')) : []),
  ...(schema.items === undefined ? [] : keysOf(schema.items, path)),
  ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((one) => keysOf(one, path)),
];

/** Every word that a schema wants one of. */
const wordsOf = (schema: Schema): readonly string[] => [
  ...(schema.enum ?? []).filter((word) => typeof word === 'string'),
  ...Object.values(schema.properties ?? {}).flatMap(wordsOf),
  ...(typeof schema.additionalProperties === 'object' ? wordsOf(schema.additionalProperties) : []),
  ...(schema.items === undefined ? [] : wordsOf(schema.items)),
  ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap(wordsOf),
];

/** The keys that a value uses, spelled as {@link keysOf} does. */
const usedIn = (value: unknown, schema: Schema, path = ''): readonly string[] => {
  const branches = [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  if (Array.isArray(value)) return value.flatMap((one) => branches.flatMap(({ items }) => usedBelow(one, items, path)));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    branches.flatMap(({ properties, additionalProperties }) => {
      const known = properties?.[key];
      if (known !== undefined) return [join1(path, key), ...usedIn(below, known, join1(path, key))];
      if (typeof additionalProperties !== 'object') return [];
      return usedIn(below, additionalProperties, join1(path, '*'));
    }),
  );
};
const usedBelow = (value: unknown, schema: Schema | undefined, path: string): readonly string[] =>
  schema === undefined ? [] : usedIn(value, schema, path);

const definitions = settingsSchemaJson().$defs as Readonly<Record<'project' | 'brand', Schema>>;
const textOf = (name: string): string => readFileSync(join(projectRoot, 'docs', 'reference', name), 'utf8');

/** What each loader took from the text, as it is written there. */
const loadProject = async (text: string): Promise<object> =>
  (await parseProject(new TextEncoder().encode(text), 'winpv.yaml', { files: diskFiles, folder: '/project' })).settings
    .value;
const loadBrand = async (text: string): Promise<object> => {
  const loaded = parseBrand(text, 'brand.yaml');
  const names = DRIVERS.map(({ name }) => name);
  expect([...checkBrands([loaded]), ...checkDriverNames(loaded, names)]).toEqual([]);
  const { id, vendorName, vendorPrefix, productName } = loaded.brand;
  return { id, vendorName, vendorPrefix, productName };
};

describe.each([
  ['winpv.yaml', definitions.project, loadProject],
  ['brand.yaml', definitions.brand, loadBrand],
] as const)('docs/reference/%s', (name, schema, load) => {
  const text = textOf(name);
  const lines = text.split('\n');
  const alternatives = alternativesOf(lines);
  const versions = [text, ...alternatives.map((alternative) => switchOn(lines, alternative))];

  test('is valid as it stands', async () => {
    expect(parse(text)).toMatchObject(await load(text));
  });

  test.each(alternatives.map((one) => [one.line + 1, one.lines[0] ?? '', one] as const))(
    'is valid with the setting of line %i switched on: %s',
    async (_line, _first, alternative) => {
      const changed = switchOn(lines, alternative);
      expect(parse(changed), 'what is switched on counts').not.toEqual(parse(text));
      expect(parse(changed)).toMatchObject(await load(changed));
    },
  );

  test('has every key of the schema', () => {
    const known = new Set(keysOf(schema));
    const used = new Set(versions.flatMap((version) => usedIn(parse(version), schema)));
    expect(known.size).toBeGreaterThan(20);
    expect([...known].filter((key) => !used.has(key))).toEqual([]);
  });

  test('speaks of every word that a key can be', () => {
    const words = new Set(text.split(/[^\w-]+/));
    const drivers = new Set(DRIVERS.map((driver) => driver.name));
    const missing = wordsOf(schema).filter((word) => !drivers.has(word) && !words.has(word));
    expect(missing).toEqual([]);
  });
});

describe('how the examples are read', () => {
  const lines = ['a: 1', '# Words.', '#a: 2', 'b:', '  c: 3', '  # Words.', '#  c: 4', '#  d: 5', '#e:', '#  f: 6'];

  test('each setting that is off is found, with what belongs to it', () => {
    expect(alternativesOf(lines).map((one) => one.lines)).toEqual([['a: 2'], ['  c: 4'], ['  d: 5'], ['e:', '  f: 6']]);
  });

  test('switched on it takes the place of the one that is on, in its own block', () => {
    const read = alternativesOf(lines).map((one) => parse(switchOn(lines, one)));
    expect(read).toEqual([
      { a: 2, b: { c: 3 } },
      { a: 1, b: { c: 4 } },
      { a: 1, b: { c: 3, d: 5 } },
      { a: 1, b: { c: 3 }, e: { f: 6 } },
    ]);
  });
});
