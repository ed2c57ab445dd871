import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { parseZip } from '../../../packaging/formats/zip/parse.ts';
import { signOpc } from '../../../packaging/signing/opc-sign.ts';
import { checkEvidence } from '../../../publishing/hlk/gate.ts';
import { readHlkPackage } from '../../../publishing/hlk/package.ts';
import { noise } from '../../packaging/formats/cab/samples.ts';
import { evidence, HLK_NOW, hlkBytes, hlkSigner, signedHlk } from '../../support/hlk-sample.ts';
import { type OddZip, oddZip } from '../../support/odd-zip.ts';

type File = { readonly name: string; readonly bytes: Uint8Array };
let signed: readonly File[];
let unsigned: readonly File[];
const filesOf = (bytes: Uint8Array): readonly File[] =>
  parseZip(bytes, 'a.hlkx').map((entry) => ({ name: entry.name, bytes: entry.bytes() }));
beforeAll(async () => {
  signed = filesOf(await signedHlk());
  unsigned = filesOf(await hlkBytes());
});

const read = (files: readonly File[], how: OddZip = {}) => readHlkPackage(oddZip(files, how), 'a.hlkx', HLK_NOW);
const errors = (files: readonly File[], how: OddZip = {}): readonly string[] =>
  checkEvidence(evidence([read(files, how)])).flatMap(({ severity, code }) => (severity === 'error' ? [code] : []));
const edited = (files: readonly File[], name: RegExp, edit: (text: string) => string): readonly File[] =>
  files.map((file) =>
    name.test(file.name) ? { ...file, bytes: utf8(edit(Buffer.from(file.bytes).toString('utf8'))) } : file,
  );

/** A package with a further part of the kit, as newer ones have it, with its content type. */
const withTelemetry = (files: readonly File[]): readonly File[] => [
  ...edited(files, /Content_Types/, (text) =>
    text.replace('</Types>', '<Default Extension="txt" ContentType="text/plain"/></Types>'),
  ),
  { name: 'hck/telemetry/run.txt', bytes: utf8('seconds 12') },
];

describe('a package that another writer made', () => {
  test.each<[string, OddZip]>([
    ['without packing', { stored: true }],
    ['with sizes after the data', { descriptors: true }],
    ['with room in its headers', { room: true, descriptors: true }],
    ['with a comment', { comment: 'HLK' }],
  ])('%s is evidence as any other', (_what, how) => {
    expect(errors(signed, how)).toEqual([]);
    expect(read(signed, how).signature.verdict).toBe('valid');
  });

  test('with its entries in another order is', () => {
    expect(errors([...signed].reverse())).toEqual([]);
    expect(errors([...signed].sort((a, b) => (a.name < b.name ? 1 : -1)))).toEqual([]);
  });

  test('with its relationships in another order is, signed too: the order is not signed', () => {
    const turned = edited(signed, /^_rels\/\.rels$/, (text) => {
      const rows = text.match(/<Relationship .*?\/>/g) ?? [];
      return text.replace(rows.join(''), [...rows].reverse().join('\n  '));
    });
    expect(turned).not.toEqual(signed);
    expect(errors(turned)).toEqual([]);
  });

  test('with folders of their own and leftovers of an edit is', () => {
    const more = [
      { name: 'hck/', bytes: new Uint8Array() },
      { name: '[trash]/0000.dat', bytes: utf8('old') },
    ];
    expect(errors([...more, ...signed])).toEqual([]);
  });

  test('with a part more than usual is; one that came after the signature is not covered', async () => {
    const bytes = oddZip(withTelemetry(unsigned), { descriptors: true });
    const after = await signOpc(bytes, 'a.hlkx', { signer: await hlkSigner(), signedAtMs: HLK_NOW });
    expect(errors(filesOf(after))).toEqual([]);
    expect(errors(withTelemetry(signed))).toContain('OPC_NOT_COVERED');
  });

  test('with the kit’s misspelt relationship type is', () => {
    const misspelt = edited(unsigned, /^_rels\/\.rels$/, (text) =>
      text.replaceAll('/schemas/windows', '/shcemas/windows'),
    );
    expect(read(misspelt).data).toHaveLength(2);
  });

  test('in UTF-16, or with a mark before the XML, is', () => {
    const marked = edited(unsigned, /\.xml$|\.rels$/, (text) => `\ufeff${text}`);
    expect(read(marked).info.projects).toHaveLength(1);
    const wide = unsigned.map((file) =>
      file.name.endsWith('PackageInfo.xml')
        ? {
            ...file,
            bytes: new Uint8Array(
              Buffer.from(`\ufeff${Buffer.from(file.bytes).toString('utf8').replace('utf-8', 'utf-16')}`, 'utf16le'),
            ),
          }
        : file,
    );
    expect(read(wide).info.projects).toHaveLength(1);
  });

  test('in the form for more than 4 GiB is read and refused, until it is signed again', async () => {
    const large = oddZip(unsigned, { zip64: true, descriptors: true });
    expect(readHlkPackage(large, 'a.hlkx', HLK_NOW).info.kitVersion).toBe('10.1.26100.1742');
    expect(errors(signed, { zip64: true })).toEqual(['OPC_ZIP64']);
    const again = await signOpc(large, 'a.hlkx', { signer: await hlkSigner(), signedAtMs: HLK_NOW });
    expect(errors(filesOf(again))).toEqual([]);
    expect(readHlkPackage(again, 'a.hlkx', HLK_NOW).diagnostics).toEqual([]);
  });

  test('is signed without packing its parts again', async () => {
    const bytes = oddZip(unsigned, { stored: true });
    const again = await signOpc(bytes, 'a.hlkx', { signer: await hlkSigner(), signedAtMs: HLK_NOW });
    const kept = parseZip(again, 'a').filter(({ name }) => name.startsWith('hck/data/'));
    expect(kept).toHaveLength(3);
    for (const { packed } of kept) expect(packed.method).toBe('stored');
  });

  test('that promises more than it can be is refused before it is unpacked', () => {
    const bytes = oddZip([...unsigned, { name: 'hck/data/bomb', bytes: noise(400_000) }]);
    const name = Buffer.from(bytes).lastIndexOf('hck/data/bomb');
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(name - 46 + 24, 390_000_000, true);
    expect(() => readHlkPackage(bytes, 'a.hlkx', HLK_NOW)).toThrow(expect.objectContaining({ code: 'ZIP_TOO_LARGE' }));
  });

  test.each([
    ['PackageInfo.xml', 17 * 1024 * 1024, 'XML_TOO_LARGE'],
    ['_rels/.rels', 9 * 1024 * 1024, 'XML_TOO_LARGE'],
  ])('whose %s is as large as no such list is refused', (name, size, code) => {
    const swollen = edited(unsigned, new RegExp(`${name}$`), (text) => text + ' '.repeat(size));
    expect(() => read(swollen)).toThrow(expect.objectContaining({ code }));
  });

  test.each<[string, RegExp, (text: string) => string, string]>([
    [
      'an entity in its summary',
      /PackageInfo/,
      (text) => text.replace('<Package', '<!DOCTYPE a [<!ENTITY x "y">]><Package'),
      'XML_DOCTYPE',
    ],
    [
      'an outside entity in its summary',
      /PackageInfo/,
      (text) => text.replace('<Package', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><Package'),
      'XML_DOCTYPE',
    ],
    [
      'an entity that nothing defines',
      /PackageInfo/,
      (text) => text.replace('Name="acme"', 'Name="&xxe;"'),
      'XML_ENTITY',
    ],
    [
      'a DTD in its relationships',
      /^_rels\/\.rels$/,
      (text) => text.replace('<Relationships', '<!DOCTYPE a><Relationships'),
      'XML_DOCTYPE',
    ],
    [
      'a summary outside of the package',
      /^_rels\/\.rels$/,
      (text) => text.replace('/hck/data/PackageInfo.xml', '../../../etc/passwd'),
      'OPC_RELATIONSHIP',
    ],
    [
      'a summary on a server',
      /^_rels\/\.rels$/,
      (text) => text.replace('"/hck/data/PackageInfo.xml"', '"http://example.com/a.xml" TargetMode="External"'),
      'HLK_NOT_A_PACKAGE',
    ],
  ])('with %s is refused', (_what, name, edit, code) => {
    expect(() => read(edited(unsigned, name, edit))).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['../escape.xml', 'ZIP_NAME_UNSAFE'],
    ['/etc/passwd', 'ZIP_NAME_UNSAFE'],
    ['hck\\data\\x.xml', 'ZIP_NAME_UNSAFE'],
    ['C:/x.xml', 'ZIP_NAME_UNSAFE'],
    ['HCK/data/PACKAGEINFO.XML', 'ZIP_NAME_TWICE'],
  ])('with an entry called %j is refused', (name, code) => {
    const more = [...unsigned, { name, bytes: utf8('<x/>') }];
    expect(() => read(more)).toThrow(expect.objectContaining({ code }));
  });
});
