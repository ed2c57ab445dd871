import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { encodeOpc } from '../../../../packaging/formats/opc/encode.ts';
import {
  partNamed,
  relationshipsOf,
  relationshipsPartOf,
  sourceOfRelationships,
} from '../../../../packaging/formats/opc/model.ts';
import { partNameFlaw, resolveTarget } from '../../../../packaging/formats/opc/names.ts';
import { parseOpc } from '../../../../packaging/formats/opc/parse.ts';
import { transformRelationships } from '../../../../packaging/formats/opc/relationship-transform.ts';
import { encodeZip } from '../../../../packaging/formats/zip/encode.ts';

const NOW = Date.UTC(2026, 0, 1);
const TYPES = (inside: string): string =>
  `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${inside}</Types>`;
const RELS = (inside: string): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${inside}</Relationships>`;
const XML = '<Default Extension="XML" ContentType="text/xml"/>';

const zip = (files: Readonly<Record<string, string>>) =>
  encodeZip(
    Object.entries(files).map(([name, text]) => ({ name, bytes: utf8(text) })),
    { modified: NOW },
  );
const refusal = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const bytes = await zip(files);
  try {
    parseOpc(bytes, 'a.hlkx');
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'read';
};

describe('an OPC package', () => {
  test('has parts with types, by override before extension, and relationships by their source', async () => {
    const bytes = await zip({
      '[Content_Types].xml': TYPES(`${XML}<Override PartName="/A/b.XML" ContentType="application/b"/>`),
      '_rels/.rels': RELS('<Relationship Id="r" Type="urn:t" Target="a/B.xml"/>'),
      'a/b.xml': '<b/>',
      'a/c.xml': '<c/>',
      'a/_rels/b.xml.rels': RELS(
        '<Relationship Id="x" Type="urn:t" Target="../a/c.xml"/><Relationship Id="y" Type="urn:t" Target="http://example.com/" TargetMode="External"/>',
      ),
    });
    const opc = parseOpc(bytes, 'a.hlkx');
    expect(partNamed(opc, '/a/B.xml')?.contentType).toBe('application/b');
    expect(partNamed(opc, '/a/c.xml')?.contentType).toBe('text/xml');
    expect(relationshipsOf(opc, '/')[0]?.part).toBe('/a/b.xml');
    expect(relationshipsOf(opc, '/a/B.XML').map(({ part }) => part)).toEqual(['/a/c.xml', undefined]);
  });
  test('is what was written', async () => {
    const part = { name: '/a/b.bin', contentType: 'application/octet', bytes: Uint8Array.of(1, 2) };
    const link = { id: 'r', type: 'urn:<t>', target: '/a/b.bin', mode: 'Internal' as const };
    const opc = parseOpc(await encodeOpc({ parts: [part], relationships: new Map([['/', [link]]]) }, NOW), 'a');
    expect(opc.parts.map(({ name }) => name)).toEqual(['/_rels/.rels', '/a/b.bin']);
    expect(relationshipsOf(opc, '/')).toEqual([{ ...link, part: '/a/b.bin' }]);
  });
  test.each([
    ['no list of types', { 'a.xml': '<a/>' }, 'OPC_NOT_A_PACKAGE'],
    ['a list of types with a DTD', { '[Content_Types].xml': '<!DOCTYPE x [<!ENTITY a "b">]><Types/>' }, 'XML_DOCTYPE'],
    ['a list of types that is none', { '[Content_Types].xml': '<Types/>' }, 'OPC_CONTENT_TYPE'],
    ['a part without a type', { '[Content_Types].xml': TYPES(''), 'a.xml': '<a/>' }, 'OPC_CONTENT_TYPE'],
    [
      'an extension twice',
      { '[Content_Types].xml': TYPES(`${XML}<Default Extension="xml" ContentType="a/b"/>`) },
      'OPC_CONTENT_TYPE',
    ],
    [
      'relationships of another type',
      {
        '[Content_Types].xml': TYPES('<Override PartName="/_rels/.rels" ContentType="text/xml"/>'),
        '_rels/.rels': RELS(''),
      },
      'OPC_CONTENT_TYPE',
    ],
    [
      'relationships of no part',
      { '[Content_Types].xml': TYPES(XML), '_rels/a.xml.rels': RELS('') },
      'OPC_RELATIONSHIP',
    ],
    [
      'a relationship to no part',
      { '[Content_Types].xml': TYPES(XML), '_rels/.rels': RELS('<Relationship Id="r" Type="t" Target="a.xml"/>') },
      'OPC_RELATIONSHIP',
    ],
    [
      'a relationship that leads out',
      {
        '[Content_Types].xml': TYPES(XML),
        '_rels/.rels': RELS('<Relationship Id="r" Type="t" Target="../a.xml"/>'),
        'a.xml': '<a/>',
      },
      'OPC_RELATIONSHIP',
    ],
    [
      'an id twice',
      {
        '[Content_Types].xml': TYPES(XML),
        '_rels/.rels': RELS(
          '<Relationship Id="r" Type="t" Target="a.xml"/><Relationship Id="r" Type="t" Target="a.xml"/>',
        ),
        'a.xml': '<a/>',
      },
      'OPC_RELATIONSHIP',
    ],
    ['a name with escaped slashes', { '[Content_Types].xml': TYPES(XML), 'a%2Fb.xml': '<a/>' }, 'OPC_PART_NAME'],
  ])('is refused with %s', async (_what, files, code) => {
    expect(await refusal(files as Record<string, string>)).toBe(code);
  });
  test('that is no ZIP is refused as that', () => {
    expect(() => parseOpc(utf8('MSCF, but not really a ZIP archive at all'), 'a.hlkx')).toThrow(
      expect.objectContaining({ code: 'ZIP_NOT_A_ZIP' }),
    );
  });
});

describe('part names', () => {
  test.each([
    ['/', 'a.xml', '/a.xml'],
    ['/a/b.xml', '../c.xml', '/c.xml'],
    ['/a/b.xml', '/c/./d.xml', '/c/d.xml'],
    ['/a/b.xml', '../../c.xml', undefined],
    ['/', 'http://example.com/a.xml', undefined],
    ['/', '//example.com/a.xml', undefined],
    ['/', 'a.xml#part', undefined],
    ['/', 'a\\b.xml', undefined],
  ])('from %s, %s is %s', (source, target, part) => {
    expect(resolveTarget(source, target)).toBe(part);
  });
  test('say where the relationships of a part are, and back', () => {
    for (const name of ['/', '/a.xml', '/a/b.c.xml'])
      expect(sourceOfRelationships(relationshipsPartOf(name))).toBe(name);
    expect(sourceOfRelationships('/a/_rels/.rels')).toBeUndefined();
  });
  test.each(['a', '/', '/a//b', '/a.', '/%41', '/a b'])('cannot be %s', (name) => {
    expect(partNameFlaw(name)).toBeDefined();
  });
});

test('the relationships transform sorts by id, selects, and writes the default mode out (ECMA-376-2, 13.2.4.24)', () => {
  const link = (id: string, type: string) => ({
    id,
    type,
    target: `/${id}&`,
    mode: 'Internal' as const,
    part: undefined,
  });
  const selection = { ids: new Set(['B']), types: new Set(['t']) };
  const xml = transformRelationships([link('b', 't'), link('a', 'u'), link('B', 'u'), link('A', 't')], selection);
  expect(Buffer.from(xml).toString('utf8')).toBe(
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
      ['A', 'B', 'b']
        .map(
          (id) =>
            `<Relationship Id="${id}" Target="/${id}&amp;" TargetMode="Internal" Type="${id === 'B' ? 'u' : 't'}"></Relationship>`,
        )
        .join('') +
      '</Relationships>',
  );
});
