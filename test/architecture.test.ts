import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from './support/outside.ts';

/** The house, from left to right: a folder imports only from itself and from folders to its left. */
const HOUSE = ['core', 'drivers', 'branding', 'packaging', 'publishing', 'emulator', 'release', 'cli'] as const;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g;

const sources = (folder: string): readonly Source[] =>
  readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const path = relative(projectRoot, join(entry.parentPath, entry.name)).split(sep).join('/');
      const text = readFileSync(join(projectRoot, path), 'utf8');
      return { path, text, imports: [...text.matchAll(IMPORT)].map((match) => match[1] ?? '') };
    });

const all = HOUSE.flatMap(sources);

const houseFolderOf = (source: Source, specifier: string): string => {
  const target = resolve(projectRoot, source.path, '..', specifier);
  return relative(projectRoot, target).split(sep)[0] ?? '';
};

describe('the house', () => {
  test('has sources to judge', () => {
    expect(all.length).toBeGreaterThan(5);
    expect(all.flatMap((source) => source.imports).length).toBeGreaterThan(5);
  });

  test('imports go left only', () => {
    const wrong = all.flatMap((source) =>
      source.imports
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => {
          const from = HOUSE.indexOf(source.path.split('/')[0] as (typeof HOUSE)[number]);
          const to = HOUSE.indexOf(houseFolderOf(source, specifier) as (typeof HOUSE)[number]);
          return to < 0 || to > from;
        })
        .map((specifier) => `${source.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('only cli/adapters touches files, network, processes, the clock or randomness', () => {
    const modules =
      /^(node:)?(fs|net|tls|dgram|dns|http2?|https|child_process|cluster|worker_threads|process|readline|tty|os|perf_hooks)(\/|$)/;
    const calls: readonly (readonly [RegExp, string])[] = [
      [/\bprocess\s*[.[]/, 'process'],
      [/\bDate\.now\s*\(/, 'Date.now()'],
      [/\bnew Date\(\s*\)/, 'new Date()'],
      [/\bperformance\s*\./, 'performance'],
      [/\bMath\.random\b/, 'Math.random'],
      [/import[^;]*\b(random\w+|getRandomValues|generateKey\w*)\b[^;]*from 'node:crypto'/, 'randomness'],
      [/\bimport (\* as \w+|\w+) from 'node:crypto'/, 'the whole of node:crypto'],
      [
        /\b(globalThis|webcrypto|crypto)\.(crypto|subtle|getRandomValues|randomUUID|random\w+|generateKey\w*)/,
        'randomness',
      ],
      [/\bfetch\s*\(/, 'fetch'],
      [/\b(setTimeout|setInterval)\s*\(/, 'timers'],
      [/\bconsole\s*\./, 'console'],
    ];
    const wrong = all
      .filter((source) => !source.path.startsWith('cli/adapters/'))
      .flatMap((source) => {
        const code = source.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
        return [
          ...source.imports.filter((specifier) => modules.test(specifier) || specifier === 'execa'),
          ...calls.filter(([pattern]) => pattern.test(code)).map(([, name]) => name),
        ].map((what) => `${source.path} uses ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  test('archiver, xml2js, execa, node-forge and yaml are each imported by one file', () => {
    for (const library of ['archiver', 'xml2js', 'execa', 'node-forge', 'yaml']) {
      const users = all.filter((source) => source.imports.includes(library)).map((source) => source.path);
      expect(users.length, `${library}: ${users.join(', ')}`).toBeLessThanOrEqual(1);
    }
  });

  test('no default exports, and no reach into a library of another folder by bare path', () => {
    const wrong = all.filter((source) => /^export default\b/m.test(source.text)).map((source) => source.path);
    expect(wrong).toEqual([]);
  });
});
