import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { cdfMembers, cdfSubject, planCdf } from '../../../packaging/bundle/cdf.ts';
import { type CatalogDefinition, parseCdf } from '../../../packaging/formats/cat/cdf.ts';
import { encodeCtl, encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { attributeText, type CatalogContent, formatTag } from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { hasPageHashes } from '../../../packaging/formats/cat/show.ts';
import type { CatalogSubject } from '../../../packaging/formats/cat/subject.ts';
import { fileVectors, publishedSubject } from '../../support/catalog-vectors.ts';
import { describeCorpus } from '../../support/outside.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const definition = (text: string): CatalogDefinition => parseCdf(utf8(text), 'a.cdf');

/** `line: message` of everything that stands against a definition. */
const complaints = (text: string): readonly string[] => {
  try {
    return definition(text).warnings.map(({ at, message }) => `warning ${at?.line}: ${message}`);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    expect(error.code).toBe('CAT_CDF_INVALID');
    return error.diagnostics.map(({ at, message }) => `${at?.line}: ${message}`);
  }
};

const planned = (of: CatalogDefinition, subjects: (path: string) => CatalogSubject): CatalogContent =>
  planCdf(
    of,
    of.files.map((entry) => cdfMembers(of, entry, subjects(entry.path))),
    NOW,
  ).content;

const ofContents = (of: CatalogDefinition, contents: Readonly<Record<string, Uint8Array>>): CatalogContent => {
  const entries = new Map(of.files.map((entry) => [entry.path, entry]));
  return planned(of, (path) => {
    const [entry, bytes] = [entries.get(path), contents[path]];
    if (entry === undefined || bytes === undefined) throw new Error(path);
    return cdfSubject(of, entry, { bytes, path });
  });
};

describeCorpus("MakeCat's own catalogs, from a definition and the published hashes of the files", (corpus) => {
  const vectors = fileVectors(corpus);
  const real = (path: string) => parseCatalog(corpus.file(`signed/makecat/${path}`), path);
  /** The content with what MakeCat draws by lot or takes from the clock. */
  const dated = (made: CatalogContent, { listIdentifier, thisUpdate }: CatalogContent): string =>
    toHex(encodeCtl({ ...made, listIdentifier, thisUpdate }));

  test('jsign: the very definition file of the project gives the bytes of its catalog', () => {
    const of = parseCdf(corpus.file('signed/makecat/jsign-wineyes/wineyes.cdf'), 'wineyes.cdf');
    expect([of.name, of.version, of.files.map(({ label, path }) => [label, path])]).toEqual([
      'wineyes.cat',
      2,
      [['wineyes.exe', '../wineyes.exe']],
    ]);
    const made = planned(of, () => publishedSubject(vectors['makecat/jsign-wineyes/wineyes.exe']));
    const { content, ctl } = real('jsign-wineyes/wineyes.cat');
    expect(dated(made, content)).toBe(toHex(ctl));
    const { listIdentifier, thisUpdate } = content;
    expect(toHex(encodeUnsignedCatalog({ ...made, listIdentifier, thisUpdate }))).toBe(
      toHex(corpus.file('signed/makecat/jsign-wineyes/wineyes.cat')),
    );
  });

  test('osslsigncode: images with page hashes, a cabinet, an MSI named in base64, scripts, a catalog attribute', () => {
    const ends = ['exe', 'ex_', 'js', 'mof', 'ps1', 'psc1'];
    const of = definition(`[CatalogHeader]
Name=unsigned.cat
PublicVersion=0x0000001
CatalogVersion=2
HashAlgorithms=SHA256
PageHashes=true
EncodingType=0x00010001
CATATTR1=0x10010001:OSAttr:2:6.0
[CatalogFiles]
${ends.map((end) => `<HASH>${end}=unsigned.${end}\n<HASH>${end}ATTR1=0x10010001:File:unsigned.${end}\n`).join('')}
<HASH>msi=unsigned.msi
<HASH>msiATTR1=0x10020001:File:dW5zaWduZWQubXNp
`);
    const made = planned(of, (path) => publishedSubject(vectors[`makecat/osslsigncode-unsigned/${path}`]));
    const { content, ctl } = real('osslsigncode-unsigned/unsigned.cat');
    expect(dated(made, content)).toBe(toHex(ctl));
  });

  test('signify: version 1, a flat file', () => {
    const { content, ctl } = real('signify-catfiletest/catfiletest.cat');
    const [digest] = content.members.map(({ indirectData }) => indirectData?.digest);
    const of = definition('[CatalogHeader]\nName=c.cat\n[CatalogFiles]\n<HASH>File1=a.txt\n');
    const made = planned(of, () => ({ kind: 'flat', digest: () => digest ?? new Uint8Array() }));
    expect(dated(made, content)).toBe(toHex(ctl));
  });

  test('PageHashes=true lists those of images in version 1 too, and false of none', () => {
    const image = corpus.file('signed/pe/own/x64.sys');
    const text = (pageHashes: string) => `[CatalogHeader]
Name=a.cat
PageHashes=${pageHashes}
[CatalogFiles]
<HASH>a=a.sys
`;
    const has = (of: string) => ofContents(definition(text(of)), { 'a.sys': image }).members.some(hasPageHashes);
    expect([has('TRUE'), has('false'), has('')]).toEqual([true, false, false]);
  });

  test('ALTSIPID has an image listed by the hash of its bytes, and is refused for what the file is not', () => {
    const image = corpus.file('signed/pe/own/x64.sys');
    const of = (guid: string) =>
      definition(`[CatalogHeader]\nName=a.cat\n[CatalogFiles]\n<HASH>a=a.sys\n<HASH>aALTSIPID=${guid}\n`);
    const tags = (guid: string) => ofContents(of(guid), { 'a.sys': image }).members.map(({ tag }) => formatTag(tag));
    const { flat, authenticode } = vectors['pe/own/x64.sys'] ?? {};
    expect(tags('{de351a42-8e59-11d0-8c47-00c04fc295ee}')).toEqual([flat?.sha1]);
    expect(tags('{C689AAB8-8E78-11D0-8C47-00C04FC295EE}')).toEqual([authenticode?.sha1]);
    expect(() => tags('{C689AABA-8E78-11D0-8C47-00C04FC295EE}')).toThrowError('is a cabinet; it is an image');
  });
});

describe('a catalog definition file', () => {
  const HEADER = '[CatalogHeader]\nName=a.cat\n';

  test('lists a file without <HASH> under its label, in version 1 only', () => {
    const of = definition(`${HEADER}[CatalogFiles]\nOne file=a.txt\n`);
    const { members } = ofContents(of, { 'a.txt': utf8('text') });
    expect(members.map(({ tag }) => formatTag(tag))).toEqual(['One file']);
    expect(complaints(`${HEADER}CatalogVersion=2\nHashAlgorithms=SHA256\n[CatalogFiles]\na=a.txt\n`)).toEqual([
      '6: "a" has no <HASH>; version 2 lists files by their hashes.',
    ]);
  });

  test('takes attributes in the order of their numbers, with or without <HASH> in their names, and stores catalog attributes last first', () => {
    const of = definition(`${HEADER}CATATTR10=0x10010001:Ten:10
CATATTR2=0x00010001:Two:a:b
[CatalogFiles]
<HASH>C:\\x\\a.txt=a.txt
c:\\X\\A.txtATTR2=0x10010001:Second:2
<hash>C:\\x\\a.txtATTR1=0x10010001:First:
`);
    const { attributes, members } = ofContents(of, { 'a.txt': utf8('text') });
    expect(attributes.map((item) => [item.name, item.flags, attributeText(item)])).toEqual([
      ['Ten', 0x10010001, '10'],
      ['Two', 0x00010001, 'a:b'],
    ]);
    expect(members.flatMap((member) => member.attributes.map((item) => [item.name, attributeText(item)]))).toEqual([
      ['First', ''],
      ['Second', '2'],
    ]);
  });

  test('is read in any case and encoding, with comments, blanks and quotes', () => {
    const text =
      '; made by hand\r\n[cataloGHEADER]\r\n NAME = "ä.cat" \r\n\r\n[catalogfiles]\r\n<Hash>ä = "my files\\ä.txt"\r\n';
    const wide = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
    for (const bytes of [utf8(text), wide, new Uint8Array(Buffer.from(text, 'latin1'))]) {
      const { name, files, warnings } = parseCdf(bytes, 'a.cdf');
      expect([name, files.map(({ path }) => path), warnings]).toEqual(['ä.cat', ['my files\\ä.txt'], []]);
    }
  });

  test('lists content that two files share once, and says so where the second stands', () => {
    const of = definition(`${HEADER}[CatalogFiles]\n<HASH>a=a.txt\n<HASH>b=b.txt\n`);
    const members = of.files.map((entry) =>
      cdfMembers(of, entry, cdfSubject(of, entry, { bytes: utf8('same'), path: entry.path })),
    );
    const { content, diagnostics } = planCdf(of, members, NOW);
    expect(content.members).toHaveLength(1);
    expect(diagnostics.map(({ code, severity, at }) => [code, severity, at?.line])).toEqual([
      ['CAT_DUPLICATE', 'warning', 5],
    ]);
  });

  test('warns of a last line without an end, which MakeCat leaves out', () => {
    expect(complaints(`${HEADER}[CatalogFiles]\n<HASH>a=a.txt`)).toEqual([
      'warning 4: The last line has no line end; MakeCat leaves such a line out.',
    ]);
  });

  test.each([
    ['[CatalogHeader]\n', 'gives no Name'],
    ['[CatalogHeader]\nName=..\\a.cat\n', 'not a plain file name'],
    ['[CatalogHeader]\nName=a.cat\nName=b.cat\n', 'Name is given twice'],
    ['[CatalogHeader]\nName=a.cat\nNmae=b.cat\n', 'has no "Nmae"'],
    [`${HEADER}CatalogVersion=3\n`, 'neither 1 nor 2'],
    [`${HEADER}CatalogVersion=2\n`, 'for version 2 it is SHA256'],
    [`${HEADER}CatalogVersion=2\nHashAlgorithms=SHA1\n`, 'for version 2 it is SHA256'],
    [`${HEADER}HashAlgorithms=SHA256\n`, 'for version 1 it is SHA1, or nothing'],
    [`${HEADER}PageHashes=yes\n`, 'neither true nor false'],
    [`${HEADER}EncodingType=1\n`, 'not 0x00010001'],
    [`${HEADER}PublicVersion=new\n`, 'not a number'],
    [`${HEADER}CATATTR1=0x10010001\n`, 'type:name:value'],
    [`${HEADER}CATATTR1=10010001:a:b\n`, 'not a number like'],
    [`${HEADER}CATATTR1=0x10010002:1.2.3:b\n`, 'object identifier'],
    [`${HEADER}CATATTR1=0x10000001:a:b\n`, 'text (0x10000) or base64'],
    [`${HEADER}CATATTR1=0x10030001:a:b\n`, 'text (0x10000) or base64'],
    [`${HEADER}CATATTR1=0x30010001:a:b\n`, 'both authenticated and unauthenticated'],
    [`${HEADER}CATATTR1=0x11010001:a:b\n`, 'not known how Windows stores'],
    [`${HEADER}CATATTR1=0x90010001:a:b\n`, 'not known how Windows stores'],
    [`${HEADER}CATATTR1=0x10020001:a:b\n`, 'not base64'],
    [`${HEADER}CATATTR1=0x10010001::b\n`, 'no name'],
    [`${HEADER}[Files]\na=b\n`, '[Files] is not a section'],
    [`a=b\n${HEADER}`, 'stands before'],
    [`${HEADER}[CatalogFiles]\nkernel32.dll\n`, 'not of the form name=value'],
    [`${HEADER}[CatalogFiles]\n<HASH>a=\n`, 'names no file'],
    [`${HEADER}[CatalogFiles]\n<HASH>a=a\nA=b\n`, '"A" is given twice'],
    [`${HEADER}[CatalogFiles]\n<HASH>a=a\n<HASH>bATTR1=0x10010001:a:b\n`, 'No file has the label'],
    [`${HEADER}[CatalogFiles]\n<HASH>a=a\naALTSIPID={1}\n`, 'not the identifier of a kind'],
  ])('%j is refused: %s', (text, message) => {
    const found = complaints(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    const [line] = (found[0] ?? '').split(':');
    expect(Number(line)).toBeGreaterThan(0);
  });

  test('with many faults is told the first hundred', () => {
    expect(complaints(`${HEADER}${'x\n'.repeat(5000)}`)).toHaveLength(100);
  });

  test('of any text is read or refused by name', () => {
    const pieces = [
      '[CatalogHeader]',
      '[CatalogFiles]',
      'Name=',
      '<HASH>',
      'ATTR1',
      'ALTSIPID',
      '=',
      '0x10010001:a:',
      '\n',
      '"',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          expect(definition(parts.join('')).name).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(WinpvError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
