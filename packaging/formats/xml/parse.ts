import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { FORBIDDEN } from './characters.ts';
import { XmlCursor } from './cursor.ts';
import { isDeclaration, type RawAttribute, withDeclared } from './namespaces.ts';
import { decodeXmlText } from './text.ts';
import type { XmlAttribute, XmlDocument, XmlElement, XmlNode } from './tree.ts';

export interface XmlLimits {
  /** Bytes of the file; 64 MiB unless said otherwise. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 200;
const MAX_NODES = 2_000_000;
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/**
 * Reads an XML 1.0 document with namespaces. There is no document type: a DTD, and with it every entity but the five of
 * the language, is refused, so nothing is fetched and nothing grows. Comments, instructions and the order of everything
 * are kept; CDATA becomes text.
 *
 * @throws WinpvError XML_ENCODING, XML_SYNTAX, XML_DOCTYPE, XML_ENTITY, XML_NAMESPACE, XML_TOO_LARGE
 */
export const parseXml = (bytes: Uint8Array, file: string, limits: XmlLimits = {}): XmlDocument => {
  const { maxBytes = MAX_BYTES } = limits;
  if (bytes.length > maxBytes) {
    const message = `The file has ${bytes.length} bytes; ${maxBytes} is the limit.`;
    throw new WinpvError('XML_TOO_LARGE', message, { at: { file } });
  }
  return new XmlReader(decodeXmlText(bytes, file), file).document();
};

interface OpenElement extends XmlElement {
  readonly children: XmlNode[];
  readonly rawName: string;
}

const NO_NAMESPACES: ReadonlyMap<string, string> = new Map();

/** Builds the tree. */
class XmlReader extends XmlCursor {
  private nodes = 0;
  private readonly top: XmlNode[] = [];
  private readonly open: OpenElement[] = [];
  private root: XmlElement | undefined;

  document(): XmlDocument {
    const bad = FORBIDDEN.exec(this.text);
    if (bad !== null) this.fail('XML_SYNTAX', 'A character is not allowed in XML.', bad.index);
    if (this.text.startsWith('<?xml') && /[\s?]/.test(this.text[5] ?? '')) this.declaration();
    while (this.position < this.text.length) this.node();
    const unclosed = this.open.at(-1);
    if (unclosed !== undefined) this.fail('XML_SYNTAX', `<${shownText(unclosed.rawName)}> is not closed.`);
    if (this.root === undefined) return this.fail('XML_SYNTAX', 'There is no element.');
    return { file: this.file, children: this.top, root: this.root };
  }

  private node(): void {
    const { text, position } = this;
    if (text[position] !== '<') this.characters();
    else if (text.startsWith('<!--', position)) this.comment();
    else if (text.startsWith('<![CDATA[', position)) this.cdata();
    else if (text.startsWith('<!', position))
      this.fail('XML_DOCTYPE', 'A document type is not read: it could define entities.');
    else if (text.startsWith('<?', position)) this.instruction();
    else if (text.startsWith('</', position)) this.endTag();
    else this.startTag();
  }

  private declaration(): void {
    const end = this.find('?>', 'The XML declaration');
    const declared = this.text.slice(5, end);
    const form =
      /^\s+version\s*=\s*(["'])1\.[0-9]+\1(\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\3)?(\s+standalone\s*=\s*(["'])(yes|no)\5)?\s*$/;
    if (!form.test(declared)) this.fail('XML_SYNTAX', 'The XML declaration has another form.');
    this.position = end + 2;
  }

  private characters(): void {
    const start = this.position;
    const next = this.text.indexOf('<', start);
    const end = next < 0 ? this.text.length : next;
    const raw = this.text.slice(start, end);
    this.position = end;
    if (this.open.length === 0) {
      if (/[^ \t\n]/.test(raw)) this.fail('XML_SYNTAX', 'There is text outside of the root element.', start);
      return;
    }
    const marker = raw.indexOf(']]>');
    if (marker >= 0) this.fail('XML_SYNTAX', 'Text has "]]>".', start + marker);
    this.addText(this.resolved(raw, start));
  }

  private cdata(): void {
    if (this.open.length === 0) this.fail('XML_SYNTAX', 'There is text outside of the root element.');
    const end = this.find(']]>', 'A CDATA section');
    this.addText(this.text.slice(this.position + 9, end));
    this.position = end + 3;
  }

  private addText(text: string): void {
    if (text !== '') this.add({ kind: 'text', text });
  }

  private comment(): void {
    const end = this.find('--', 'A comment', 4);
    if (this.text[end + 2] !== '>') this.fail('XML_SYNTAX', 'A comment has "--".', end);
    this.add({ kind: 'comment', text: this.text.slice(this.position + 4, end) });
    this.position = end + 3;
  }

  private instruction(): void {
    const start = this.position;
    const end = this.find('?>', 'A processing instruction');
    this.position += 2;
    const { prefix, local } = this.name('A processing instruction');
    if (prefix !== '' || local.toLowerCase() === 'xml')
      this.fail('XML_SYNTAX', 'A processing instruction has a name that is not allowed.', start);
    const rest = this.text.slice(this.position, end);
    if (rest !== '' && !/^[ \t\n]/.test(rest)) this.fail('XML_SYNTAX', 'A processing instruction has another form.');
    this.add({ kind: 'instruction', target: local, data: rest.replace(/^[ \t\n]+/, '') });
    this.position = end + 2;
  }

  private startTag(): void {
    const start = this.position;
    if (this.open.length === 0 && this.root !== undefined)
      this.fail('XML_SYNTAX', 'There is a second root element.', start);
    if (this.open.length >= MAX_DEPTH) this.fail('XML_TOO_LARGE', 'Elements are nested too deeply.', start);
    this.position += 1;
    const { prefix, local } = this.name('An element');
    const attributes = this.attributes();
    const empty = this.text[this.position] === '/';
    if (empty) this.position += 1;
    if (this.text[this.position] !== '>') this.fail('XML_SYNTAX', 'A tag is not closed.', start);
    this.position += 1;
    const element = this.element(start, { prefix, local }, attributes);
    this.add(element);
    this.root ??= element;
    if (!empty) this.open.push(element);
  }

  private element(
    start: number,
    { prefix, local }: Pick<XmlElement, 'prefix' | 'local'>,
    raw: readonly RawAttribute[],
  ): OpenElement {
    const parent = this.open.at(-1);
    const declared = this.declarations(raw);
    const above = parent?.inScope ?? NO_NAMESPACES;
    const inScope = declared.size === 0 ? above : withDeclared(above, declared);
    const plain = raw.filter((one) => !isDeclaration(one));
    const attributes = plain.map(
      ({ prefix: own, local: name, value, at }): XmlAttribute => ({
        ...{ prefix: own, local: name, value },
        namespace: own === '' ? '' : this.namespace(inScope, own, at),
      }),
    );
    if (
      attributes.length > 1 &&
      new Set(attributes.map((one) => `${one.namespace}\n${one.local}`)).size < attributes.length
    )
      this.fail('XML_SYNTAX', 'An element has an attribute twice.', start);
    const namespace = prefix === '' ? (inScope.get('') ?? '') : this.namespace(inScope, prefix, start);
    const rawName = prefix === '' ? local : `${prefix}:${local}`;
    const place = this.place(start);
    return {
      kind: 'element',
      prefix,
      local,
      namespace,
      attributes,
      declared,
      inScope,
      children: [],
      parent,
      rawName,
      ...place,
    };
  }

  private declarations(raw: readonly RawAttribute[]): ReadonlyMap<string, string> {
    if (!raw.some(isDeclaration)) return NO_NAMESPACES;
    const declared = new Map<string, string>();
    for (const one of raw.filter(isDeclaration)) {
      const { value, at } = one;
      const prefix = one.prefix === '' ? '' : one.local;
      if (declared.has(prefix)) this.fail('XML_SYNTAX', 'An element has an attribute twice.', at);
      const forXml = prefix === 'xml';
      if (prefix === 'xmlns' || value === XMLNS_NAMESPACE || forXml !== (value === XML_NAMESPACE))
        this.fail('XML_NAMESPACE', 'A reserved namespace is declared.', at);
      if (prefix !== '' && value === '') this.fail('XML_NAMESPACE', 'A prefix is declared for no namespace.', at);
      if (!forXml) declared.set(prefix, value);
    }
    return declared;
  }

  private namespace(inScope: ReadonlyMap<string, string>, prefix: string, at: number): string {
    if (prefix === 'xml') return XML_NAMESPACE;
    const found = inScope.get(prefix);
    if (found !== undefined) return found;
    return this.fail('XML_NAMESPACE', `The prefix "${shownText(prefix)}" is not declared.`, at);
  }

  private endTag(): void {
    const start = this.position;
    this.position += 2;
    const { prefix, local } = this.name('An end tag');
    this.space();
    if (this.text[this.position] !== '>') this.fail('XML_SYNTAX', 'An end tag is not closed.', start);
    this.position += 1;
    const name = prefix === '' ? local : `${prefix}:${local}`;
    const element = this.open.pop();
    if (element?.rawName === name) return;
    const opened = element === undefined ? 'no element is open' : `<${shownText(element.rawName)}> is open`;
    this.fail('XML_SYNTAX', `</${shownText(name)}> closes what is not open: ${opened}.`, start);
  }

  private add(node: XmlNode): void {
    this.nodes += 1;
    if (this.nodes > MAX_NODES) this.fail('XML_TOO_LARGE', `There are more than ${MAX_NODES} nodes.`);
    (this.open.at(-1)?.children ?? this.top).push(node);
  }
}
