import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { encodeCtl } from '../../../../packaging/formats/cat/encode.ts';
import { parseCatalog } from '../../../../packaging/formats/cat/parse.ts';
import { describeCorpus } from '../../../support/outside.ts';

describeCorpus('decoding and encoding the trust list of every real catalog', (corpus) => {
  const root = corpus.path('signed');
  const catalogs = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.cat') && !name.startsWith('tampered/'))
    .sort();
  const vectors = JSON.parse(readFileSync(corpus.path('signed/vectors.json'), 'utf8')) as Record<
    string,
    { ctlContentSha256: string }
  >;

  test('covers all 25 of the corpus', () => {
    expect(catalogs.length).toBe(25);
  });

  test.each(catalogs)('%s gives the same bytes', (name) => {
    const catalog = parseCatalog(corpus.file(`signed/${name}`), name);
    expect(toHex(encodeCtl(catalog.content))).toBe(toHex(catalog.ctl));
    expect(createHash('sha256').update(catalog.ctlValue).digest('hex')).toBe(vectors[name]?.ctlContentSha256);
    expect(catalog.findings).toEqual([]);
    expect(catalog.content.members.flatMap((member) => member.otherAttributes)).toEqual([]);
    expect(catalog.content.otherExtensions).toEqual([]);
  });
});
