import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type InfDocument, parseInf, parseInfText } from '../../packaging/formats/inf/document.ts';
import { infModel, selectModels, targetSections } from '../../packaging/formats/inf/model.ts';
import { registryWrites } from '../../packaging/formats/inf/registry.ts';
import { describeCorpus, hasOracle } from '../support/outside.ts';
import { setupInf } from '../support/setup-inf.ts';
import {
  type Check,
  choiceCheck,
  classChecks,
  judge,
  registryCheck,
  sectionChecks,
  sourceChecks,
  TARGET,
  type Verdicts,
} from '../support/setup-inf-checks.ts';
import { wineOracle } from '../support/wine.ts';

const program = setupInf();
const folder = mkdtempSync(join(tmpdir(), 'winpv-setupapi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeCorpus('the INFs of the corpus', (corpus) => {
  const names = readdirSync(corpus.path(''), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.inf$/i.test(name))
    .sort();
  let verdicts: Verdicts | undefined;

  const checksOf = (name: string): readonly Check[] => {
    const document = parseInf(corpus.file(name), name);
    const model = infModel(document);
    const bases = selectModels(model, TARGET).flatMap(({ devices }) =>
      devices.map(({ installSection }) => installSection),
    );
    const path = corpus.path(name);
    return [
      ...[...new Set(bases)].map((base) => choiceCheck(document, path, name, base)),
      ...sourceChecks(document, path, name),
      ...classChecks(document, path, name),
      ...targetSections(document, model, TARGET).flatMap((section) => sectionChecks(document, path, name, section)),
    ];
  };

  beforeAll(async () => {
    if (hasOracle('wine') && hasOracle('x86_64-w64-mingw32-gcc'))
      verdicts = await judge(program, folder, names.flatMap(checksOf));
  }, 300_000);

  wineOracle('choose the same install sections', () => {
    expect(verdicts?.lines.section).toBeGreaterThan(70);
    expect(verdicts?.different.section).toEqual([]);
  });

  wineOracle('place the same source files on the same disks', () => {
    expect(verdicts?.lines.source).toBeGreaterThan(600);
    expect(verdicts?.different.source).toEqual([]);
  });

  /** Wine's file queue knows [SourceDisksFiles] only without a decoration: for two INFs it misses the folders. */
  wineOracle('copy the same files, from where and to where', () => {
    expect(verdicts?.lines.copy).toBeGreaterThan(200);
    const targets = (lines: readonly string[]): readonly string[] => lines.map((line) => line.split(' -> ')[1] ?? '');
    const different = verdicts?.different.copy ?? [];
    expect(different.map(({ where }) => where)).toEqual([
      'inf/btrfs__btrfs.inf [DefaultInstall.NTamd64]',
      'signed/inf2cat-v1/arduino_gemma/arduino_gemma.inf [LIBUSB_WIN32_DEV.NTAMD64]',
    ]);
    for (const { onlyOurs, onlyTheirs } of different) expect(targets(onlyOurs)).toEqual(targets(onlyTheirs));
  });

  wineOracle('write the same registry values, byte for byte', () => {
    expect(verdicts?.lines.registry).toBeGreaterThan(1700);
    expect(verdicts?.different.registry).toEqual([]);
  });

  wineOracle('make the same services', () => {
    expect(verdicts?.lines.service).toBeGreaterThan(100);
    expect(verdicts?.different.service).toEqual([]);
  });
});

describe('generated INFs', () => {
  const inf = (name: string, text: string): readonly [document: InfDocument, path: string] => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return [parseInfText({ text, encoding: 'ansi' }, name), path];
  };

  wineOracle('choose the section for the architecture, then for NT, then the plain one', async () => {
    const text = `[Version]
Signature=$Chicago$
[I]
[I.NT]
[I.ntAMD64]
[J]
[J.NT]
[J.NTx86]
[K]
[K.NTarm64]
`;
    const [document, path] = inf('choice.inf', text);
    const { different } = await judge(
      program,
      folder,
      ['I', 'J', 'K'].map((base) => choiceCheck(document, path, 'choice.inf', base)),
    );
    expect(different.section).toEqual([]);
  });

  const texts = ['text', '"a b"', '1', '%12%\\x.sys', '%who%', '"%%SystemRoot%%"'];
  const numbers = ['1', '0x10', '-1', '0', '4294967295', '0xffffffff', '%one%'];
  const bytes = ['7f', '00', 'FF', 'a', '1'];
  const all = (flags: readonly string[], values: fc.Arbitrary<string[]>) => fc.tuple(fc.constantFrom(...flags), values);
  const some = (values: readonly string[], minLength: number, maxLength: number) =>
    fc.array(fc.constantFrom(...values), { minLength, maxLength });
  const data = fc.oneof(
    all(['', '0', '0x0', '0x2', '0x00020000', '0x00020002', '0x20'], some(['', ...texts], 0, 3)),
    all(['0x00010000', '0x00010002'], some(texts, 1, 4)),
    all(['0x00010001', '65537', '0x00010003'], fc.oneof(some(numbers, 1, 1), some(bytes, 4, 4))),
    all(['1', '0x3', '0x00020001', '0x00120001'], some(bytes, 1, 5)),
    all(['0x10', '0x2000', '0x4', '0x8004'], some(texts, 0, 1)),
  );
  const line = fc
    .tuple(
      fc.constantFrom('HKR', 'HKLM', 'hkr', 'HKCU', 'HKU', 'HKCR'),
      fc.constantFrom('Key', 'Key\\Below', 'KEY', '%who%', 'Other'),
      fc.constantFrom('', 'a', 'b', '"c d"', 'A'),
      data,
    )
    .map(([root, key, name, [flag, values]]) => [root, key, name, flag, ...values].join(','));

  wineOracle('write the same registry values', async () => {
    const sections = fc.sample(fc.array(line, { minLength: 1, maxLength: 6 }), { numRuns: 400, seed: 4 });
    const bodies = sections.map((lines, index) => `[I${index}]\nAddReg=R${index}\n[R${index}]\n${lines.join('\n')}\n`);
    const [document, path] = inf(
      'registry.inf',
      `[Version]\nSignature=$Chicago$\n[Strings]\nwho=Xen\none=1\n${bodies.join('')}`,
    );
    const checks = sections.map((lines, index) =>
      registryCheck(path, lines.join(' / '), `I${index}`, registryWrites(document, `R${index}`, 'software')),
    );
    const { different } = await judge(program, folder, checks);
    expect(different.registry).toEqual([]);
  });

  /** Each kind of value that Wine's installer writes otherwise, and what both make of it. */
  const OTHERWISE: readonly (readonly [line: string, ours: string, theirs: string, why: string])[] = [
    [
      '0x00010001',
      '4 00000000',
      '4 ',
      'a number that is missing: winpv reads an empty field, which is 0 (inf.md 2.12)',
    ],
    [
      '0x00010001,010',
      '4 0a000000',
      '4 08000000',
      'octal, which Windows does not read in flags (inf.md 2.12, not measured)',
    ],
    ['0x00010000,a,,b', '7 610000000000620000000000', '7 610000000000', 'an empty string ends the list for Wine'],
    ['1,0x0a,0AB', '3 0aab', '3 00ab', 'Wine does not read the 0x of a byte; Windows does (measured)'],
    ['0x000B0001,5', '11 0500000000000000', '11 05', 'Wine does not know QWORD (inf.md 9)'],
  ];
  wineOracle('write some values otherwise, for reasons', async () => {
    const bodies = OTHERWISE.map(([text], index) => `[I${index}]\nAddReg=R${index}\n[R${index}]\nHKR,K,v,${text}\n`);
    const [document, path] = inf('otherwise.inf', `[Version]\nSignature=$Chicago$\n${bodies.join('')}`);
    const checks = OTHERWISE.map(([, , , why], index) =>
      registryCheck(path, why, `I${index}`, registryWrites(document, `R${index}`, 'software')),
    );
    const { different } = await judge(program, folder, checks);
    const found = different.registry.map(({ onlyOurs, onlyTheirs }) => [...onlyOurs, ...onlyTheirs]);
    expect(found).toEqual(OTHERWISE.map(([, ours, theirs]) => [ours, theirs].map((value) => `hkr\\k | v = ${value}`)));
  });
});
