import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import { type Entry, EntryScanner, MAX_FIELD } from './entry.ts';
import { type LineTable, lineAt, lineContentEnd, lineCount, lineStart, lineTable, skipBlanks } from './lines.ts';
import {
  chooseStringsSection,
  DEFAULT_LANGUAGE,
  type StringTable,
  stringsLanguage,
  stringTable,
  substituteStrings,
} from './strings.ts';
import { decodeInfText, encodeInfText, type InfEncoding } from './text.ts';

/** One logical line of a section. */
export interface InfLine {
  /** Key with strings substituted; null when the line has several values and no `=`. A value alone is its own key. */
  readonly key: string | null;
  /** The key as written, quotes removed. */
  readonly rawKey: string | null;
  /** The values: quotes removed, strings substituted. In a Strings section nothing is substituted. */
  readonly fields: readonly string[];
  /** The values as written, quotes removed. */
  readonly raw: readonly string[];
  /** Number of the first physical line, from 1. */
  readonly line: number;
  /** Physical lines that it takes. */
  readonly lineCount: number;
}

/** All lines under one name, however often the section begins. */
export interface InfSection {
  /** The name as first written. */
  readonly name: string;
  readonly lines: readonly InfLine[];
  /** Numbers of the lines where it begins, from 1. */
  readonly headers: readonly number[];
}

/** An INF: the text as it is, and the sections read from it. A value; changes make a new one (edit.ts). */
export interface InfDocument {
  readonly file: string;
  readonly encoding: InfEncoding;
  /** The LANGID whose strings are substituted. */
  readonly language: number;
  /** Merged by name, in the order of their first header. */
  readonly sections: readonly InfSection[];
  /** The sections by name in lower case. */
  readonly byName: ReadonlyMap<string, InfSection>;
  /** The strings in use. */
  readonly strings: StringTable;
  readonly warnings: readonly Diagnostic[];
  /** The whole text, and where its physical lines begin. */
  readonly table: LineTable;
}

export interface InfReading {
  /** LANGID of the system whose Strings section is used; English (United States) when not given. */
  readonly language?: number;
}

const MAX_SECTION_NAME = 255;
const MAX_ENTRIES = 8_000_000;
const MAX_SUBSTITUTED = 64 * 1024 * 1024;
const MAX_WARNINGS = 100;

const BRACKET_OPEN = 0x5b;
const SEMICOLON = 0x3b;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface OpenSection {
  readonly name: string;
  readonly lines: Mutable<InfLine>[];
  readonly headers: number[];
}

/** What the reader has made so far. */
interface Reading {
  readonly file: string;
  readonly table: LineTable;
  readonly sections: OpenSection[];
  readonly byName: Map<string, OpenSection>;
  readonly warnings: Diagnostic[];
  /** Fields and lines read, to stop at the limit. */
  entries: number;
  /** First line of text before the first section, from 1. */
  stray: number | undefined;
}

const warn = (reading: Reading, code: 'INF_QUOTE_OPEN' | 'INF_FIELD_LENGTH', line: number, message: string): void => {
  if (reading.warnings.length >= MAX_WARNINGS) return;
  reading.warnings.push(problem(code, message, { severity: 'warning', at: { file: reading.file, line } }));
};

const tooLarge = (file: string, line: number, what: string): WinpvError =>
  new WinpvError('INF_TOO_LARGE', `The file ${what}.`, { at: { file, line } });

/**
 * The name between `[` and the first `]`; everything after it is ignored, and nothing in it is special. Undefined when
 * a NUL ends the file inside the name, which Windows takes without complaint.
 */
const sectionName = (reading: Reading, line: number, open: number, end: number): string | undefined => {
  const { text } = reading.table;
  let close = open + 1;
  while (close < end && text[close] !== ']') close += 1;
  const at = { file: reading.file, line: line + 1, column: open - lineStart(reading.table, line) + 1 };
  if (close >= end) {
    if (end === reading.table.end && text[end] === '\0') return undefined;
    throw new WinpvError('INF_SECTION_LINE', 'The line begins a section name with "[" and has no "]".', { at });
  }
  const length = close - open - 1;
  if (length > MAX_SECTION_NAME) {
    const message = `The section name has ${length} characters; Windows allows ${MAX_SECTION_NAME}.`;
    throw new WinpvError('INF_SECTION_NAME_LENGTH', message, { at });
  }
  return text.slice(open + 1, close);
};

const openSection = (reading: Reading, name: string, line: number): OpenSection => {
  const key = name.toLowerCase();
  let section = reading.byName.get(key);
  if (section === undefined) {
    section = { name, lines: [], headers: [] };
    reading.byName.set(key, section);
    reading.sections.push(section);
  }
  section.headers.push(line + 1);
  return section;
};

const addEntry = (reading: Reading, section: OpenSection | undefined, entry: Entry, line: number): void => {
  if (section === undefined) {
    reading.stray ??= line + 1;
    return;
  }
  if (entry.openQuote) {
    warn(
      reading,
      'INF_QUOTE_OPEN',
      line + 1,
      'A quotation mark is not closed on its line; the value ends with the line.',
    );
  }
  if (entry.cut) {
    warn(reading, 'INF_FIELD_LENGTH', line + 1, `A value is longer than ${MAX_FIELD} characters and was cut.`);
  }
  const { key, fields, lineCount: count } = entry;
  section.lines.push({ key, rawKey: key, fields, raw: fields, line: line + 1, lineCount: count });
};

const readSections = (reading: Reading): void => {
  const { table, file } = reading;
  const { text } = table;
  const scanner = new EntryScanner(table);
  const lines = lineCount(table);
  let section: OpenSection | undefined;
  let line = 0;
  while (line < lines && lineStart(table, line) < table.end) {
    const end = Math.min(lineContentEnd(table, line), table.end);
    const start = skipBlanks(text, lineStart(table, line), end);
    const code = start < end ? text.charCodeAt(start) : SEMICOLON;
    if (code === BRACKET_OPEN) {
      const name = sectionName(reading, line, start, end);
      if (name === undefined) return;
      section = openSection(reading, name, line);
    } else if (code !== SEMICOLON) {
      const entry = scanner.scan(line);
      if (entry !== undefined) {
        reading.entries += 1 + entry.fields.length;
        if (reading.entries > MAX_ENTRIES) throw tooLarge(file, line + 1, 'has more entries than winpv reads');
        addEntry(reading, section, entry, line);
        line += entry.lineCount - 1;
      }
    }
    line += 1;
  }
};

/** Names and values of a Strings section; a value is the first field, so a comma in it needs quotes. */
const stringEntries = (section: OpenSection | undefined): (readonly [string, string])[] =>
  (section?.lines ?? []).flatMap(({ rawKey, raw }) => (rawKey === null ? [] : [[rawKey, raw[0] ?? ''] as const]));

/** Substitutes the strings in every section that is not itself one of strings. */
const substituteAll = (reading: Reading, strings: StringTable): void => {
  let made = 0;
  const once = (raw: string): string => {
    const value = substituteStrings(raw, strings);
    made += value.length;
    return value;
  };
  for (const section of reading.sections) {
    if (stringsLanguage(section.name) !== undefined) continue;
    for (const line of section.lines) {
      if (line.raw.some((raw) => raw.includes('%'))) line.fields = line.raw.map(once);
      if (line.rawKey?.includes('%')) line.key = once(line.rawKey);
      if (made > MAX_SUBSTITUTED)
        throw tooLarge(reading.file, line.line, 'grows too large when its strings are put in');
    }
  }
};

/**
 * `[Version]` with a known signature, and no text before the first section unless there are strings (2.3, 2.13). Text
 * without any section is no INF of this style at all.
 */
const checkStyle = (reading: Reading, hasStrings: boolean): void => {
  const { file, stray, byName } = reading;
  if (stray !== undefined && !hasStrings && byName.size > 0) {
    throw new WinpvError('INF_TEXT_BEFORE_SECTION', 'The file has text before its first section.', {
      at: { file, line: stray },
      hint: 'Put a semicolon before it if it is a comment.',
    });
  }
  const version = byName.get('version');
  if (version === undefined) {
    throw new WinpvError('INF_WRONG_STYLE', 'The file has no [Version] section.', { at: { file, line: 1 } });
  }
  const signature = version.lines.find((line) => line.key?.toLowerCase() === 'signature');
  const value = signature?.fields[0];
  if (/^\$(windows nt|chicago)\$$/i.test(value ?? '')) return;
  const message =
    value === undefined ? '[Version] has no Signature.' : `The Signature "${value}" is not one that Windows knows.`;
  const line = signature?.line ?? version.headers[0] ?? 1;
  throw new WinpvError('INF_WRONG_STYLE', message, {
    at: { file, line },
    hint: 'Signature="$Windows NT$"',
    rule: 1001,
  });
};

const encodingWarnings = (file: string, encoding: InfEncoding, table: LineTable): readonly Diagnostic[] => {
  const found: Diagnostic[] = [];
  const doubtful = (message: string): void => {
    const hint = 'Save it as UTF-16 little-endian with a byte order mark, or keep to ASCII.';
    found.push(problem('INF_ENCODING_DOUBTFUL', message, { severity: 'warning', at: { file }, hint, rule: 1003 }));
  };
  if (encoding === 'utf-8-bom') doubtful('The file is in UTF-8, which is not an encoding of INFs.');
  if (encoding === 'utf-8') doubtful('The file is in UTF-8; Windows reads it in its ANSI code page.');
  if (encoding === 'utf-16le-no-bom')
    doubtful('The file is in UTF-16 without a byte order mark; Windows has to guess.');
  if (table.text[table.end] === '\0') {
    const message = 'The file has a NUL character here; everything after it is ignored.';
    const at = { file, line: lineAt(table, table.end) + 1 };
    found.push(problem('INF_NUL', message, { severity: 'warning', at }));
  }
  return found;
};

/** Reads the text of an INF; see {@link parseInf}. */
export const parseInfText = (
  decoded: { readonly text: string; readonly encoding: InfEncoding },
  file: string,
  options: InfReading = {},
): InfDocument => {
  const { encoding } = decoded;
  const language = options.language ?? DEFAULT_LANGUAGE;
  const table = lineTable(decoded.text);
  const warnings = [...encodingWarnings(file, encoding, table)];
  const reading: Reading = { file, table, sections: [], byName: new Map(), warnings, entries: 0, stray: undefined };
  readSections(reading);
  const chosen = chooseStringsSection(reading.sections, language);
  const strings = stringTable(stringEntries(chosen));
  substituteAll(reading, strings);
  checkStyle(reading, chosen !== undefined);
  const { sections, byName } = reading;
  return { file, encoding, language, sections, byName, strings, warnings, table };
};

/**
 * Reads an INF by the rules of SetupAPI (spec inf.md sections 1–3), keeping its text so that it can be printed as it is.
 *
 * @throws WinpvError INF_UTF16BE, INF_TEXT_BROKEN, INF_TOO_LARGE, INF_SECTION_LINE, INF_SECTION_NAME_LENGTH,
 *   INF_TEXT_BEFORE_SECTION, INF_WRONG_STYLE; each with its position
 */
export const parseInf = (bytes: Uint8Array, file: string, options: InfReading = {}): InfDocument =>
  parseInfText(decodeInfText(bytes, file), file, options);

/** The bytes of the file: those it was read from, but for the lines that were edited. */
export const printInf = (document: InfDocument): Uint8Array =>
  encodeInfText(document.table.text, document.encoding, document.file);

/** A section by its name, ignoring case. */
export const sectionOf = (document: InfDocument, name: string): InfSection | undefined =>
  document.byName.get(name.toLowerCase());

/** The first line of a section with a key, ignoring case. */
export const lineOf = (section: InfSection | undefined, key: string): InfLine | undefined => {
  const wanted = key.toLowerCase();
  return section?.lines.find((line) => line.key?.toLowerCase() === wanted);
};

/** The text of a physical line (from 1), without its line end. */
export const physicalLine = (document: InfDocument, line: number): string =>
  document.table.text.slice(lineStart(document.table, line - 1), lineContentEnd(document.table, line - 1));
