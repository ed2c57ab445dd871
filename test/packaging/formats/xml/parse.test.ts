import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { parseXml } from '../../../../packaging/formats/xml/parse.ts';
import { attributeOf, childElements, textOf } from '../../../../packaging/formats/xml/tree.ts';

const read = (text: string) => parseXml(utf8(text), 'a.xml');
const refusal = (text: string | Uint8Array): WinpvError => {
  try {
    parseXml(typeof text === 'string' ? utf8(text) : text, 'a.xml');
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
};

describe('an XML document', () => {
  test('keeps the order of different elements, and says where each stands', () => {
    const { root } = read('<?xml version="1.0" encoding="utf-8"?>\r\n<a>\r\n  <b/>x<c k=\'1\n2\'/>\n <b/></a>');
    expect(childElements(root).map(({ local, line, column }) => [local, line, column])).toEqual([
      ['b', 3, 3],
      ['c', 3, 8],
      ['b', 5, 2],
    ]);
    expect(attributeOf(childElements(root)[1] ?? root, 'k')).toBe('1 2');
  });
  test('resolves the five entities and characters, and nothing else', () => {
    expect(textOf(read('<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;<![CDATA[&amp;]]></a>').root)).toBe(
      '<>&\'"A\u{1f600}&amp;',
    );
  });
  test.each(['utf16le', 'big-endian'])('is read in UTF-16 with its mark: %s', (order) => {
    const bytes = Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><ä/>', 'utf16le');
    expect(parseXml(order === 'utf16le' ? bytes : bytes.swap16(), 'a.xml').root.local).toBe('ä');
  });
  test.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'XML_DOCTYPE'],
    ['a document type that is elsewhere', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'XML_DOCTYPE'],
    ['an entity of its own', '<a>&x;</a>', 'XML_ENTITY'],
    ['an entity named like a property of objects', '<a>&constructor;</a>', 'XML_ENTITY'],
    ['a bare ampersand', '<a>a & b</a>', 'XML_SYNTAX'],
    ['a character that XML does not have', '<a>&#0;</a>', 'XML_SYNTAX'],
    ['half of a surrogate pair', '<a>&#xD800;</a>', 'XML_SYNTAX'],
    ['elements that cross', '<a><b></a></b>', 'XML_SYNTAX'],
    ['an element that stays open', '<a><b>', 'XML_SYNTAX'],
    ['two roots', '<a/><b/>', 'XML_SYNTAX'],
    ['text after the root', '<a/>x', 'XML_SYNTAX'],
    ['nothing', '', 'XML_SYNTAX'],
    ['an attribute twice', '<a b="1" b="2"/>', 'XML_SYNTAX'],
    ['an attribute twice by its namespace', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>', 'XML_SYNTAX'],
    ['attributes without a blank between', '<a b="1"c="2"/>', 'XML_SYNTAX'],
    ['a prefix that is not declared', '<p:a/>', 'XML_NAMESPACE'],
    ['another encoding', '<?xml version="1.0" encoding="windows-1252"?><a/>', 'XML_ENCODING'],
    ['bytes that are no UTF-8', Uint8Array.of(0x3c, 0x61, 0x3e, 0xff), 'XML_ENCODING'],
    ['a thousand levels', '<a>'.repeat(1000), 'XML_TOO_LARGE'],
    ['HTML', '<!DOCTYPE html><html><br></html>', 'XML_DOCTYPE'],
  ] as const)('is refused with %s', (_what, text, code) => {
    expect(refusal(text).code).toBe(code);
  });
  test('that is cut anywhere is refused, with the place', () => {
    const whole = '<?xml version="1.0"?><a xmlns="u" b="&lt;"><!-- c --><?d e?><![CDATA[f]]>g</a>';
    for (let length = 0; length < whole.length; length += 1) {
      expect(refusal(whole.slice(0, length)).at?.file).toBe('a.xml');
    }
  });
  test('of any text is read or refused by name', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '&',
      ';',
      '"',
      "'",
      '=',
      '!',
      '-',
      '[',
      ']',
      '?',
      'a',
      'xmlns',
      ':',
      ' ',
      '#',
      '\n',
      '<!--',
      '-->',
    );
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 40 }), (text) => {
        try {
          parseXml(utf8(text), 'a.xml');
        } catch (error) {
          expect(error).toBeInstanceOf(WinpvError);
        }
      }),
      { numRuns: 2000 },
    );
  });
  test('of many megabytes is read in linear time', () => {
    const xml = `<a>${'<b c="d">text &amp; more</b>\n'.repeat(100_000)}</a>`;
    const { root } = read(xml);
    expect(childElements(root)).toHaveLength(100_000);
    expect(childElements(root).at(-1)?.line).toBe(100_000);
  });
});
