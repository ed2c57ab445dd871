import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { FORBIDDEN, PREDEFINED, QNAME, REFERENCE, SPACE } from './characters.ts';
import type { RawAttribute } from './namespaces.ts';

const MAX_ATTRIBUTES = 1_000;

/** A place in the text of a document, and what can be read there: names, blanks, attributes, references. */
export class XmlCursor {
  protected readonly text: string;
  protected readonly file: string;
  protected position = 0;
  /** Where the last position that was asked for stands, so that all of them take linear time. */
  private readonly lastPlace = { offset: 0, line: 1, lineStart: 0 };

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  protected attributes(): readonly RawAttribute[] {
    const found: RawAttribute[] = [];
    while (this.space()) {
      const next = this.text[this.position];
      if (next === '>' || next === '/') break;
      if (found.length >= MAX_ATTRIBUTES) this.fail('XML_TOO_LARGE', 'An element has too many attributes.');
      found.push(this.attribute());
    }
    return found;
  }

  private attribute(): RawAttribute {
    const at = this.position;
    const { prefix, local } = this.name('An attribute');
    this.space();
    if (this.text[this.position] !== '=') this.fail('XML_SYNTAX', 'An attribute has no value.', at);
    this.position += 1;
    this.space();
    const quote = this.text[this.position];
    if (quote !== '"' && quote !== "'") this.fail('XML_SYNTAX', 'The value of an attribute is not quoted.', at);
    const end = this.text.indexOf(quote, this.position + 1);
    if (end < 0) this.fail('XML_SYNTAX', 'The value of an attribute is not closed.', at);
    const start = this.position + 1;
    const raw = this.text.slice(start, end);
    if (raw.includes('<')) this.fail('XML_SYNTAX', 'The value of an attribute has "<".', at);
    this.position = end + 1;
    return { prefix, local, value: this.resolved(raw.replace(/[\t\n]/g, ' '), start), at };
  }

  protected name(what: string): { readonly prefix: string; readonly local: string } {
    QNAME.lastIndex = this.position;
    const match = QNAME.exec(this.text);
    if (match === null) return this.fail('XML_SYNTAX', `${what} has no name.`);
    this.position = QNAME.lastIndex;
    return { prefix: match[1] ?? '', local: match[2] ?? '' };
  }

  protected space(): boolean {
    SPACE.lastIndex = this.position;
    if (!SPACE.test(this.text)) return false;
    this.position = SPACE.lastIndex;
    return true;
  }

  /** Character references, and the five entities that need no declaration. */
  protected resolved(raw: string, start: number): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(REFERENCE, (all, decimal?: string, hex?: string, entity?: string, at?: number) => {
      const offset = start + Number(at ?? 0);
      if (entity !== undefined && Object.hasOwn(PREDEFINED, entity)) return PREDEFINED[entity] ?? '';
      if (decimal === undefined && hex === undefined) {
        const what =
          entity === undefined ? 'An ampersand begins no reference.' : `The entity ${shownText(all)} is not defined.`;
        return this.fail(entity === undefined ? 'XML_SYNTAX' : 'XML_ENTITY', what, offset);
      }
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10);
      const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
      if (FORBIDDEN.test(character)) this.fail('XML_SYNTAX', `${all} is no character of XML.`, offset);
      return character;
    });
  }

  protected find(mark: string, what: string, skip = 2): number {
    const end = this.text.indexOf(mark, this.position + skip);
    return end >= 0 ? end : this.fail('XML_SYNTAX', `${what} is not closed.`);
  }

  protected place(offset: number): { readonly line: number; readonly column: number } {
    const last = this.lastPlace;
    if (offset < last.offset) Object.assign(last, { offset: 0, line: 1, lineStart: 0 });
    for (let at = this.text.indexOf('\n', last.offset); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1)) {
      last.line += 1;
      last.lineStart = at + 1;
    }
    last.offset = Math.max(last.lineStart, offset);
    return { line: last.line, column: offset - last.lineStart + 1 };
  }

  protected fail(code: ErrorCode, message: string, offset = this.position): never {
    throw new WinpvError(code, message, { at: { file: this.file, ...this.place(offset) } });
  }
}
