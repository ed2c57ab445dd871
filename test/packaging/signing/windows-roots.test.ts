import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseSignedData, signedDataOf } from '../../../packaging/formats/cms/parse.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { issuedBy, publicKeyOf } from '../../../packaging/formats/x509/signature.ts';
import { MICROSOFT_2011, WINDOWS_ROOTS } from '../../../packaging/signing/windows-roots.ts';
import { type Corpus, describeCorpus } from '../../support/outside.ts';

const embedded = (corpus: Corpus): readonly Certificate[] =>
  readdirSync(corpus.path('signed'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.cat') && !path.startsWith('tampered'))
    .flatMap((path) => {
      const { certificates } = parseSignedData(signedDataOf(parseDer(corpus.file(`signed/${path}`), { file: path })));
      return [...certificates];
    });

describe('the keys of the roots of Windows', () => {
  test('are RSA with 4096 bits, the one of 1997 with 2048', () => {
    const keys = [...WINDOWS_ROOTS, MICROSOFT_2011].map((root) => [root.file, publicKeyOf(root)?.bits]);
    expect(keys).toEqual([
      ['Microsoft Root Certificate Authority 2010', 4096],
      ['Microsoft Root Certificate Authority', 4096],
      ['Microsoft Code Verification Root', 4096],
      ['Microsoft Root Authority', 2048],
      ['Microsoft Root Certificate Authority 2011', 4096],
    ]);
  });
});

describeCorpus('in real catalogs the keys of the roots of Windows', (corpus) => {
  test('verify every certificate that names such a root as its issuer', () => {
    const issued = new Map<string, number>();
    for (const certificate of embedded(corpus)) {
      const root = WINDOWS_ROOTS.find(({ subject }) => subject === certificate.issuerText);
      if (root === undefined) continue;
      expect(issuedBy(certificate, root), certificate.subjectText).toBe(true);
      issued.set(root.file, (issued.get(root.file) ?? 0) + 1);
    }
    // No catalog at hand ends in the root of 1997; Wine has its certificate (test/oracles/win-trust.test.ts).
    const used = WINDOWS_ROOTS.map(({ file }) => file).filter((file) => file !== 'Microsoft Root Authority');
    expect([...issued.keys()].sort()).toEqual(used.sort());
  });

  test('verify nothing that another authority issued', () => {
    const strangers = embedded(corpus).filter(({ issuerText }) => !issuerText.includes('Microsoft'));
    expect(strangers.length).toBeGreaterThan(5);
    expect(strangers.some((certificate) => WINDOWS_ROOTS.some((root) => issuedBy(certificate, root)))).toBe(false);
  });
});
