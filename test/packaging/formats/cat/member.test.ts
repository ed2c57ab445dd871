import { expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { encodeCtl } from '../../../../packaging/formats/cat/encode.ts';
import { membersOf } from '../../../../packaging/formats/cat/member.ts';
import {
  type CatalogMember,
  type NameValue,
  NameValueFlag,
  tagHash,
  textAttribute,
} from '../../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../../packaging/formats/cat/parse.ts';
import type { CatalogSubject } from '../../../../packaging/formats/cat/subject.ts';
import { fileVectors, publishedSubject } from '../../../support/catalog-vectors.ts';
import { describeCorpus } from '../../../support/outside.ts';

describeCorpus('members as MakeCat writes them', (corpus) => {
  const vectors = fileVectors(corpus);
  const folder = 'makecat/osslsigncode-unsigned';
  const file = (name: string): CatalogSubject => publishedSubject(vectors[`${folder}/${name}`]);

  test('a PE with page hashes, a cabinet, an MSI and texts: the same trust list from the hashes alone', () => {
    const real = parseCatalog(corpus.file(`signed/${folder}/unsigned.cat`), 'unsigned.cat');
    // The CDF gives the MSI's name in base64, which is stored decoded and without a NUL.
    const base64Name: NameValue = {
      name: 'File',
      flags: 0x1000_0000 | NameValueFlag.nameIsText | NameValueFlag.dataIsBase64,
      value: new TextEncoder().encode('unsigned.msi'),
    };
    const members: CatalogMember[] = [
      ...['exe', 'ex_', 'js', 'mof', 'ps1', 'psc1'].map((end) => ({
        name: `unsigned.${end}`,
        attribute: textAttribute('File', `unsigned.${end}`),
      })),
      { name: 'unsigned.msi', attribute: base64Name },
    ].flatMap(({ name, attribute }) =>
      membersOf(file(name), {
        version: 2,
        attributes: [attribute],
        pageHashes: 'listed',
        compat: 'bare',
      }),
    );
    expect(toHex(encodeCtl({ ...real.content, members }))).toBe(toHex(real.ctl));
  });

  test('a PE without page hashes: both members of wineyes.exe', () => {
    const real = parseCatalog(corpus.file('signed/makecat/jsign-wineyes/wineyes.cat'), 'wineyes.cat');
    const members = membersOf(publishedSubject(vectors['makecat/jsign-wineyes/wineyes.exe']), {
      version: 2,
      attributes: [],
    });
    expect(toHex(encodeCtl({ ...real.content, members }))).toBe(toHex(real.ctl));
  });

  test('version 1 has one member, with the hash as upper-case text', () => {
    const real = parseCatalog(corpus.file('signed/makecat/signify-catfiletest/catfiletest.cat'), 'catfiletest.cat');
    const digest = tagHash(real.content.members[0]?.tag ?? new Uint8Array(0))?.digest ?? new Uint8Array(0);
    const members = membersOf({ kind: 'flat', digest: () => digest }, { version: 1, attributes: [], link: 'empty' });
    const obsolete = membersOf(
      { kind: 'flat', digest: () => digest },
      { version: 1, attributes: [], link: 'obsolete' },
    );
    const encodings = [members, obsolete].map((list) => toHex(encodeCtl({ ...real.content, members: list })));
    expect(encodings).toContain(toHex(real.ctl));
  });
});
