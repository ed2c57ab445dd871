import fc from 'fast-check';
import { expect, test } from 'vitest';
import { winpv } from '../support/command-line.ts';
import { fuzzRuns, fuzzTimeout, mutated } from '../support/fuzz.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { describeCorpus } from '../support/outside.ts';
import { filesBelow } from '../support/project.ts';

/** A command over a file of a few kilobytes takes milliseconds; a hundred times that is a hang. */
const MOST_MS = 3000;
/** The samples are small: nothing that is read from them or written of them comes near. */
const MOST_OUTPUT = 16 * 1024 * 1024;
const SMALL = 200_000;
/** Done, usage, damaged, check failed, this machine: never a bug of winpv. */
const EXITS = [0, 2, 4, 5, 8];

const CDF = Buffer.from(
  '[CatalogHeader]\r\nName=x.cat\r\nCatalogVersion=2\r\nHashAlgorithms=SHA256\r\nPageHashes=true\r\nCATATTR1=0x10010001:OSAttr:2:6.0\r\n' +
    '[CatalogFiles]\r\n<HASH>a=a.cab\r\n<HASH>aATTR1=0x10010001:File:a\r\n<HASH>b=a.sys\r\n',
);

describeCorpus('a command given a damaged file', (corpus) => {
  const samples = (pattern: RegExp): readonly Uint8Array[] =>
    filesBelow(corpus.path('signed'))
      .filter((path) => pattern.test(path))
      .map((path) => corpus.file(`signed/${path}`))
      .filter((bytes) => bytes.length <= SMALL);
  const images = samples(/^pe\/own\/.*\.(?:sys|exe|dll)$/);
  const cabinets = samples(/^cab\/.*\.cab$/);
  const catalogs = samples(/\.cat$/);
  const infs = samples(/\.inf$/i);
  const [image = new Uint8Array(), cabinet = new Uint8Array(), catalog = new Uint8Array()] = [
    images[0],
    cabinets[0],
    catalogs[0],
  ];

  test('has samples of every kind', () => {
    expect([images, cabinets, catalogs, infs].every((list) => list.length >= 3)).toBe(true);
  });

  const holds = async (
    args: readonly string[],
    content: Readonly<Record<string, Uint8Array>>,
    writes: RegExp,
  ): Promise<void> => {
    const files = memoryFiles(content);
    const start = performance.now();
    const { exit, stdout } = await winpv(args, { files });
    expect(performance.now() - start).toBeLessThan(MOST_MS);
    expect(EXITS, stdout.slice(0, 500)).toContain(exit);
    expect(stdout.length).toBeLessThan(MOST_OUTPUT);
    let bytes = 0;
    for (const [path, { length }] of files.written) {
      expect(path).toMatch(writes);
      bytes += length;
    }
    expect(bytes).toBeLessThan(MOST_OUTPUT * 4);
    if (exit !== 0) expect(files.written.size).toBe(0);
  };

  const commands: readonly (readonly [string, readonly Uint8Array[], readonly string[], RegExp, number])[] = [
    ['a.cat', catalogs, ['cat', 'show', 'a.cat', '--json'], /^$/, 120],
    ['a.cat', catalogs, ['cat', 'show', 'a.cat', '--verbose'], /^$/, 120],
    ['a.cat', catalogs, ['cat', 'add', 'a.cat', 'ok.sys', 'ok.cab', '--json'], /^a\.cat$/, 80],
    ['a.cat', catalogs, ['cat', 'remove', 'a.cat', 'ok.cab', 'viofs.inf', '--json'], /^a\.cat$/, 80],
    ['a.sys', images, ['cat', 'add', 'ok.cat', 'a.sys', '--page-hashes', '--json'], /^ok\.cat$/, 80],
    ['a.sys', images, ['pe', 'show', 'a.sys', '--json'], /^$/, 120],
    ['a.cab', cabinets, ['cab', 'list', 'a.cab', '--json'], /^$/, 120],
    ['a.cab', cabinets, ['cab', 'extract', 'a.cab', '--out', 'out', '--json'], /^out\/./, 120],
    ['a.cab', cabinets, ['cat', 'create', '--cdf', 'a.cdf', '--json'], /^x\.cat$/, 80],
    ['a.sys', images, ['cat', 'create', '--cdf', 'a.cdf', '--json'], /^x\.cat$/, 80],
    ['a.cdf', [CDF], ['cat', 'create', '--cdf', 'a.cdf', '--out', 'o', '--json'], /^o\/[^/\\]+$/, 150],
    [
      'd/a.inf',
      infs,
      ['cat', 'create', '--dir', 'd', '--os', '7_X64,10_X86,10_X64', '--json'],
      /^d\/[^/\\]+\.cat$/i,
      80,
    ],
  ];

  test.each(commands)(
    '%s, case %#',
    async (name, list, args, writes, runs) => {
      const good = {
        'ok.sys': image,
        'ok.cab': cabinet,
        'ok.cat': catalog,
        'a.sys': image,
        'a.cab': cabinet,
        'a.cdf': CDF,
      };
      await fc.assert(
        fc.asyncProperty(mutated(list), async (bytes) => {
          await holds(args, { ...good, [name]: bytes }, writes);
        }),
        { numRuns: fuzzRuns(runs) },
      );
    },
    fuzzTimeout(30_000),
  );
});
