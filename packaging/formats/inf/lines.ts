/** Where the physical lines of a text begin. */
export interface LineTable {
  readonly text: string;
  /** Offset of each line, and the length of the text as the last one; so it has one element more than there are lines. */
  readonly starts: Uint32Array;
  /**
   * What ends a line. A CR is a line end only in a file that has no LF; otherwise a CR inside a line is white space
   * (spec inf.md section 1).
   */
  readonly newline: '\n' | '\r';
  /** Where the file ends for Windows: at the first Ctrl-Z or NUL, or at the end of the text. */
  readonly end: number;
}

const CR = 0x0d;
const LF = 0x0a;

const firstOf = (text: string, ...characters: readonly string[]): number => {
  const found = characters.map((character) => text.indexOf(character)).filter((index) => index >= 0);
  return found.length === 0 ? text.length : Math.min(...found);
};

export const lineTable = (text: string): LineTable => {
  const newline = text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
  let count = 0;
  for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, at + 1)) count += 1;
  const closed = text.length === 0 || text.endsWith(newline);
  const starts = new Uint32Array(count + (closed ? 1 : 2));
  let line = 0;
  for (let at = text.indexOf(newline); at >= 0; at = text.indexOf(newline, at + 1)) {
    line += 1;
    starts[line] = at + 1;
  }
  starts[starts.length - 1] = text.length;
  return { text, starts, newline, end: firstOf(text, '\u001a', '\0') };
};

export const lineCount = (table: LineTable): number => table.starts.length - 1;

/** Offset of the first character of a line, counted from 0. */
export const lineStart = (table: LineTable, line: number): number => table.starts[line] ?? table.text.length;

/** Offset after the last character of a line that is not its line end. */
export const lineContentEnd = (table: LineTable, line: number): number => {
  const start = lineStart(table, line);
  let end = lineStart(table, line + 1);
  const last = end > start ? table.text.charCodeAt(end - 1) : 0;
  if (last !== CR && last !== LF) return end;
  if (last === LF) {
    end -= 1;
    if (end > start && table.text.charCodeAt(end - 1) === CR) end -= 1;
  } else if (table.newline === '\r') {
    end -= 1;
  }
  return end;
};

/** The line that holds an offset, counted from 0. */
export const lineAt = (table: LineTable, offset: number): number => {
  let low = 0;
  let high = lineCount(table) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (lineStart(table, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09 || code === CR;

/** The first offset in `from … to` whose character is not white space. */
export const skipBlanks = (text: string, from: number, to: number): number => {
  let at = from;
  while (at < to && isBlank(text.charCodeAt(at))) at += 1;
  return at;
};

/** The last offset in `from … to` whose preceding character is not white space. */
export const trimBlanks = (text: string, from: number, to: number): number => {
  let at = to;
  while (at > from && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return at;
};
