import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { canonicalXml } from '../../../../packaging/formats/xml/canonical.ts';
import { parseXml } from '../../../../packaging/formats/xml/parse.ts';
import { elementsBelow } from '../../../../packaging/formats/xml/tree.ts';
import { oracle, withTempFolder } from '../../../support/outside.ts';

const canonical = (xml: string): string =>
  Buffer.from(canonicalXml(parseXml(utf8(xml), 'a.xml').root, { comments: 'kept' })).toString('utf8');

const below = (xml: string, local: string): string => {
  const { root } = parseXml(utf8(xml), 'a.xml');
  const found = [...elementsBelow(root)].find((element) => element.local === local);
  return Buffer.from(canonicalXml(found ?? root)).toString('utf8');
};

describe('canonical XML', () => {
  test('closes empty elements, quotes with double quotes, and sorts attributes by namespace, then name', () => {
    expect(canonical(`<e xmlns:b="urn:1" xmlns:a="urn:2" z='1' b:k="2" a:k="3" A=''/>`)).toBe(
      '<e xmlns:a="urn:2" xmlns:b="urn:1" A="" z="1" b:k="2" a:k="3"></e>',
    );
  });
  test('keeps text as it is, with references resolved, and escapes what would be lost', () => {
    expect(canonical('<e a="&#9;&#10;&#13;&quot;&lt;">&#13;x<![CDATA[<&>]]>&amp;&#x41;</e>')).toBe(
      '<e a="&#x9;&#xA;&#xD;&quot;&lt;">&#xD;x&lt;&amp;&gt;&amp;A</e>',
    );
  });
  test('writes a declaration only where it says something new', () => {
    expect(canonical('<a xmlns="urn:1"><b xmlns="urn:1"><c xmlns=""><d xmlns=""/></c></b></a>')).toBe(
      '<a xmlns="urn:1"><b><c xmlns=""><d></d></c></b></a>',
    );
  });
  test('of a part of a document, takes along the namespaces and xml: attributes that apply to it', () => {
    const xml =
      '<a xmlns="urn:1" xmlns:p="urn:2" xml:lang="de" xml:space="default" k="no"><b xml:lang="en" x="1"><c/></b></a>';
    expect(below(xml, 'b')).toBe(
      '<b xmlns="urn:1" xmlns:p="urn:2" x="1" xml:lang="en" xml:space="default"><c></c></b>',
    );
  });
  test('drops comments unless they are asked for', () => {
    expect(below('<a><!-- no --><?do it?></a>', 'a')).toBe('<a><?do it?></a>');
  });

  const word = fc.constantFrom('a', 'b', 'Z', 'é', '\u{10000}', '_1');
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '\t', '&amp;', '&#13;', '&gt;', 'ü', '\u{1f600}'),
    maxLength: 8,
  });
  const attributes = fc.uniqueArray(fc.tuple(word, text), { selector: ([name]) => name, maxLength: 4 });
  const spaces = fc.uniqueArray(fc.tuple(fc.constantFrom('', 'p', 'q'), fc.constantFrom('urn:1', 'urn:2')), {
    selector: ([prefix]) => prefix,
    maxLength: 3,
  });
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(word, attributes, spaces, fc.array(fc.oneof({ depthSize: 'small' }, text, tie('tree')), { maxLength: 4 }))
      .map(([name, list, declared, children]) => {
        const own = list.map(([key, value]) => ` ${key}="${value}"`).join('');
        const names = declared
          .map(([prefix, value]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${value}"`)
          .join('');
        return `<${name}${own}${names}>${children.join('')}</${name}>`;
      }),
  }));

  test('of its own output is the same', () => {
    fc.assert(
      fc.property(tree, (xml) => {
        const once = canonical(xml);
        expect(canonical(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });
  oracle('xmllint', 'writes the same', async (run) => {
    await withTempFolder((folder) => {
      const path = join(folder, 'a.xml');
      fc.assert(
        fc.property(tree, (xml) => {
          writeFileSync(path, xml);
          expect(run('--c14n', path).stdout.toString('utf8')).toBe(canonical(xml));
        }),
        { numRuns: 60 },
      );
    });
  });
});
