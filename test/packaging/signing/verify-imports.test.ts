import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../support/outside.ts';

/** Files that write, sign or plan: a verifier that shares code with them would share their mistakes. */
const WRITERS =
  /\/(encode(-\w+)?|attach|stand-ins?(-\w+)?|sign(er|-bundle)?|identity|forge|edit|assemble|test-hierarchy|timestamp|member|catalog)\.ts$/;
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)'(\.[^']+)'/g;

const importsOf = (path: string): readonly string[] =>
  [...readFileSync(join(projectRoot, path), 'utf8').matchAll(IMPORT)].map((match) =>
    relative(projectRoot, join(projectRoot, dirname(path), match[1] ?? '')),
  );

/** Every file that is reached, with one way to it. */
const reachedFrom = (start: string): ReadonlyMap<string, readonly string[]> => {
  const ways = new Map<string, readonly string[]>([[start, [start]]]);
  for (const [path, way] of ways) {
    for (const next of importsOf(path)) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return ways;
};

const VERIFIERS = [
  ...readdirSync(join(projectRoot, 'packaging/signing'))
    .filter((name) =>
      /^(verify|check-|chain|verdict|content-check|strength|package-demands|uncovered|authority-path|name-|policy|windows-|known-roots)/.test(
        name,
      ),
    )
    .map((name) => `packaging/signing/${name}`),
  ...['cms', 'x509', 'authenticode'].map((format) => `packaging/formats/${format}/parse.ts`),
];

describe('a verifier is independent of what writes', () => {
  test('all verifying modules are looked at', () => {
    expect(VERIFIERS).toContain('packaging/signing/verify-package.ts');
    expect(VERIFIERS.length).toBeGreaterThan(12);
  });

  test.each(VERIFIERS)('%s reaches no module that writes, signs or plans', (start) => {
    const ways = [...reachedFrom(start)].filter(([path]) => WRITERS.test(path)).map(([, way]) => way.join(' → '));
    expect(ways).toEqual([]);
  });

  test('the walk sees a writer where there is one', () => {
    const reached = [...reachedFrom('packaging/signing/sign.ts').keys()].filter((path) => WRITERS.test(path));
    expect(reached).toContain('packaging/formats/cms/encode.ts');
    expect(reached).toContain('packaging/formats/der/encode.ts');
  });
});
