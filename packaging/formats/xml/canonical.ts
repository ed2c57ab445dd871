import { utf8 } from '../../../core/bytes.ts';
import type { XmlAttribute, XmlElement, XmlNode } from './tree.ts';

export interface CanonicalOptions {
  readonly comments?: 'kept' | 'dropped';
}

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** By Unicode code points, which is not the order of UTF-16 units (Canonical XML 1.0, 2.2). */
export const compareCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const escapedText = (text: string): string =>
  text.replace(/[&<>\r]/g, (one) => (one === '&' ? '&amp;' : one === '<' ? '&lt;' : one === '>' ? '&gt;' : '&#xD;'));

const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};
/** An attribute's value as Canonical XML writes it, which any XML reader takes. */
export const escapedAttribute = (value: string): string =>
  value.replace(/[&<"\t\n\r]/g, (one) => ATTRIBUTE_ESCAPES[one] ?? one);

/**
 * Canonical XML 1.0 (http://www.w3.org/TR/2001/REC-xml-c14n-20010315) of an element with all below it, in UTF-8. Of an
 * element that has ancestors, namespaces that are in scope and `xml:` attributes that apply to it are written on it
 * (2.4, document subsets).
 */
export const canonicalXml = (element: XmlElement, { comments = 'dropped' }: CanonicalOptions = {}): Uint8Array => {
  const out: string[] = [];
  writeElement(out, element, { rendered: new Map(), inherited: inheritedXml(element), comments });
  return utf8(out.join(''));
};

interface WriteContext {
  /** Declarations that the output has around this element; the default namespace is absent when it is none. */
  readonly rendered: ReadonlyMap<string, string>;
  readonly inherited: readonly XmlAttribute[];
  readonly comments: 'kept' | 'dropped';
}

const isXml = ({ namespace }: XmlAttribute): boolean => namespace === XML_NAMESPACE;

/** The nearest `xml:` attributes of the ancestors, for the element that comes first in the output. */
const inheritedXml = (element: XmlElement): readonly XmlAttribute[] => {
  const found = new Map<string, XmlAttribute>();
  for (let above = element.parent; above !== undefined; above = above.parent) {
    for (const one of above.attributes) if (isXml(one) && !found.has(one.local)) found.set(one.local, one);
  }
  const own = new Set(element.attributes.filter(isXml).map(({ local }) => local));
  return [...found.values()].filter(({ local }) => !own.has(local));
};

const qualified = ({ prefix, local }: Pick<XmlElement, 'prefix' | 'local'>): string =>
  prefix === '' ? local : `${prefix}:${local}`;

const writeElement = (out: string[], element: XmlElement, context: WriteContext): void => {
  const { rendered, inherited, comments } = context;
  const name = qualified(element);
  out.push('<', name);
  for (const [prefix, value] of declarationsOf(element, rendered))
    out.push(prefix === '' ? ' xmlns="' : ` xmlns:${prefix}="`, escapedAttribute(value), '"');
  const attributes = inherited.length === 0 ? element.attributes : [...element.attributes, ...inherited];
  for (const attribute of sorted(attributes))
    out.push(' ', qualified(attribute), '="', escapedAttribute(attribute.value), '"');
  out.push('>');
  const below = { rendered: element.inScope, inherited: [], comments };
  for (const child of element.children) writeNode(out, child, below);
  out.push('</', name, '>');
};

/** What differs from the declarations around it, by prefix; the default namespace first. */
const declarationsOf = (
  { inScope }: XmlElement,
  rendered: ReadonlyMap<string, string>,
): readonly (readonly [string, string])[] => {
  if (inScope === rendered) return [];
  const news = [...inScope].filter(([prefix, name]) => rendered.get(prefix) !== name);
  if (rendered.has('') && !inScope.has('')) news.push(['', '']);
  return news.sort(([a], [b]) => compareCodePoints(a, b));
};

const sorted = (attributes: readonly XmlAttribute[]): readonly XmlAttribute[] =>
  attributes.length < 2
    ? attributes
    : [...attributes].sort(
        (a, b) => compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.local, b.local),
      );

const writeNode = (out: string[], node: XmlNode, context: WriteContext): void => {
  switch (node.kind) {
    case 'element':
      writeElement(out, node, context);
      return;
    case 'text':
      out.push(escapedText(node.text));
      return;
    case 'comment':
      if (context.comments === 'kept') out.push('<!--', node.text, '-->');
      return;
    case 'instruction':
      out.push('<?', node.target, node.data === '' ? '' : ` ${node.data}`, '?>');
  }
};
