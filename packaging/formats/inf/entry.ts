import { type LineTable, lineContentEnd, lineCount, lineStart, skipBlanks, trimBlanks } from './lines.ts';

/** Most characters of a field, the terminating NUL not counted (spec inf.md 2.10). */
export const MAX_FIELD = 4095;

const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** A logical line as it is written: quotes removed, continued lines joined, nothing substituted. */
export interface Entry {
  /** The key; null when the line has several values and no `=`. */
  readonly key: string | null;
  readonly fields: readonly string[];
  /** Physical lines that the entry takes. */
  readonly lineCount: number;
  /** Whether the line ended inside quotes. */
  readonly openQuote: boolean;
  /** Whether a field was cut to the longest length. */
  readonly cut: boolean;
  /** Offsets in the text of what follows the `=` (or of the whole entry), without a comment and blanks around it. */
  readonly valueFrom: number;
  readonly valueTo: number;
}

/**
 * Reads one logical line at a time (spec inf.md 2.4–2.7): quotes, comment, continuation, key and fields. Takes time
 * linear in the length of the line, whatever stands in it.
 */
export class EntryScanner {
  private readonly table: LineTable;
  private readonly text: string;
  /** Finding the next one natively costs a third of looking at each character in code that is still cold. */
  private readonly marks = /[";,=\r\n]/g;
  private key: string | null = null;
  private fields: string[] = [];
  private cut = false;
  private openQuote = false;
  private valueFrom = 0;
  private valueTo = 0;

  /** The field being read; its first `locked` characters are kept even when they are blanks. */
  private value = '';
  private locked = 0;
  private started = false;
  private quoted = false;
  /** Where the characters begin that are not yet in `value`. */
  private run = 0;

  constructor(table: LineTable) {
    this.table = table;
    this.text = table.text;
  }

  /** The entry that begins on a line (counted from 0); undefined when the line turns out to hold nothing. */
  scan(line: number): Entry | undefined {
    this.key = null;
    if (this.fields.length > 0) this.fields = [];
    this.cut = false;
    this.openQuote = false;
    this.quoted = false;
    this.startField();
    this.valueFrom = skipBlanks(this.text, lineStart(this.table, line), lineContentEnd(this.table, line));
    const lines = lineCount(this.table);
    let next = line;
    let continued = true;
    while (continued && next < lines && lineStart(this.table, next) < this.table.end) {
      continued = this.physicalLine(next);
      next += 1;
    }
    if (!this.started && this.key === null && this.fields.length === 0) return undefined;
    const fields = this.endEntry();
    const { key, openQuote, cut, valueFrom, valueTo } = this;
    return { key, fields, lineCount: next - line, openQuote, cut, valueFrom, valueTo };
  }

  /** Reads a physical line; true when the next one continues it. */
  private physicalLine(line: number): boolean {
    const { text } = this;
    const end = Math.min(lineContentEnd(this.table, line), this.table.end);
    this.run = skipBlanks(text, lineStart(this.table, line), end);
    for (let at = this.nextMark(this.run); at < end; at = this.nextMark(at + 1)) {
      const code = text.charCodeAt(at);
      if (this.quoted) {
        if (code === QUOTE) at = this.quoteInside(at, end);
      } else if (code === SEMICOLON) {
        return this.endLine(at);
      } else if (code === QUOTE) {
        this.append(at);
        this.quoted = true;
        this.started = true;
        this.run = at + 1;
      } else if (code === COMMA || (code === EQUALS && this.key === null && this.fields.length === 0)) {
        this.separator(at, code);
      }
    }
    return this.endLine(end);
  }

  /** The first character from an offset that may mean something, or ends the line. */
  private nextMark(from: number): number {
    this.marks.lastIndex = from;
    return this.marks.test(this.text) ? this.marks.lastIndex - 1 : this.text.length;
  }

  /** A quotation mark inside quotes: doubled it stands for itself, single it ends them. Returns where reading is. */
  private quoteInside(at: number, end: number): number {
    if (at + 1 < end && this.text.charCodeAt(at + 1) === QUOTE) {
      this.append(at + 1);
      this.run = at + 2;
      return at + 1;
    }
    this.append(at);
    this.locked = this.value.length;
    this.quoted = false;
    this.run = at + 1;
    return at;
  }

  private separator(at: number, code: number): void {
    this.append(at);
    const value = this.endField();
    if (code === EQUALS) {
      this.key = value;
      this.valueFrom = at + 1;
    } else {
      this.fields.push(value);
    }
    this.run = at + 1;
  }

  /** The end of what counts on a physical line: true when a backslash continues it. */
  private endLine(at: number): boolean {
    if (this.quoted) {
      this.append(at);
      this.valueTo = at;
      this.locked = this.value.length;
      this.quoted = false;
      this.openQuote = true;
      return false;
    }
    let to = trimBlanks(this.text, this.run, at);
    const continued = to > this.run && this.text.charCodeAt(to - 1) === BACKSLASH;
    if (continued) to = this.beforeContinuation(to);
    this.append(to);
    this.valueTo = to;
    return continued;
  }

  /** Where the text of a continued line ends: all backslashes at its end go, whether blanks stand between them or not. */
  private beforeContinuation(end: number): number {
    let to = end;
    while (to > this.run && this.text.charCodeAt(to - 1) === BACKSLASH) to = trimBlanks(this.text, this.run, to - 1);
    return to;
  }

  private append(to: number): void {
    const from = this.started || this.quoted ? this.run : skipBlanks(this.text, this.run, to);
    if (from >= to) return;
    this.started = true;
    if (this.value.length > MAX_FIELD) return;
    this.value += this.text.slice(from, Math.min(to, from + MAX_FIELD + 1));
  }

  private startField(): void {
    this.value = '';
    this.locked = 0;
    this.started = false;
  }

  private endField(): string {
    let value = this.value.slice(0, trimBlanks(this.value, this.locked, this.value.length));
    if (value.length > MAX_FIELD) {
      value = value.slice(0, MAX_FIELD);
      this.cut = true;
    }
    this.startField();
    return value;
  }

  private endEntry(): readonly string[] {
    const value = this.endField();
    this.valueFrom = skipBlanks(this.text, this.valueFrom, this.valueTo);
    if (this.fields.length === 0) {
      this.key ??= value;
      return [value];
    }
    this.fields.push(value);
    // A copy has no room to grow, which matters when there are millions of lines.
    return this.fields.slice();
  }
}
