import { dirname } from 'node:path';
import type { InfDocument, InfLine, InfSection } from '../../packaging/formats/inf/document.ts';
import { parseInfNumber } from '../../packaging/formats/inf/numbers.ts';
import { stringsLanguage } from '../../packaging/formats/inf/strings.ts';
import { type AnswerLine, type Question, type ReadLine, type ReadSection, readSections } from './setup-inf.ts';
import { winePath } from './wine.ts';

/**
 * Ways in which Wine's SetupAPI and winpv read one INF differently, and who is right. What none of them explains to the
 * letter is `unexplained`, and fails the tests.
 */
export const KNOWN_DIFFERENCES = {
  dirid: 'Wine puts directories in for %12%; winpv keeps the number, as the contract of `inf show` says',
  cut: 'Wine cuts values at 511 characters, as Windows did before Vista; since then it is 4095 (inf.md 2.10)',
  strings: 'Wine substitutes inside [Strings] too; winpv shows what is written there (inf.md 3)',
  'quote-cr': 'Wine keeps the CR of a CR LF in a value whose quotes are left open; the line ends before it (inf.md 1)',
  'backslash-blank': 'Wine keeps blanks between a backslash and a separator; they are trimmed (inf.md 2.4)',
  'empty-continued':
    'Wine makes an entry of a line of nothing but continuing backslashes; empty lines are skipped (inf.md 2.2)',
  octal: 'Wine reads 010 as octal; Windows reads it as decimal (inf.md 2.12, not measured)',
  saturated: 'Wine stops at 7FFFFFFF; winpv keeps all digits, as flags and DWORDs need 32 bits',
  'blank-number': 'Wine takes blanks after a number, or quoted ones, for an error; winpv reads the number',
} as const;
export type KnownDifference = keyof typeof KNOWN_DIFFERENCES;

export interface Difference {
  readonly kind: KnownDifference | 'unexplained';
  /** Section, line and what of it. */
  readonly where: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

const WINE_FIELD = 511;

/** How values are put together: the strings, the directories by number if they are put in, and a limit if there is one. */
interface Reading {
  readonly strings: ReadonlyMap<string, string>;
  readonly directories?: ReadonlyMap<string, string>;
  readonly limit?: number;
}

/** What a value becomes, written down anew: tokens from the left, each from one percent sign to the next. */
const substituted = (raw: string, { strings, directories, limit }: Reading): string =>
  raw.slice(0, limit).replace(/%([^%]*)%(\\?)/g, (whole, name: string, slash: string) => {
    if (name === '') return `%${slash}`;
    const text = strings.get(name.toLowerCase());
    if (text !== undefined) return text.slice(0, limit) + slash;
    const directory = directories?.get(name);
    if (directory === undefined) return whole;
    return (slash === '' ? directory : directory.replace(/\\$/, '')) + slash;
  });

/** The least that has to be changed in our reading of a value to get theirs; undefined when nothing known does it. */
const explainText = (
  raw: string,
  theirs: string,
  { strings, directories = new Map() }: Reading,
): readonly KnownDifference[] | undefined => {
  const tries: readonly (readonly [readonly KnownDifference[], Reading])[] = [
    [[], { strings }],
    [['dirid'], { strings, directories }],
    [['cut'], { strings, limit: WINE_FIELD }],
    [['dirid', 'cut'], { strings, directories, limit: WINE_FIELD }],
  ];
  const withoutCr = theirs.replace(/\r$/, '');
  const changed: readonly (readonly [string, readonly KnownDifference[]])[] = [
    [theirs, []],
    [withoutCr, ['quote-cr']],
    [theirs.trimEnd(), ['backslash-blank']],
    [withoutCr.trimEnd(), ['quote-cr', 'backslash-blank']],
  ];
  for (const [text, more] of changed) {
    if (more.includes('backslash-blank') && !raw.endsWith('\\')) continue;
    const kinds = tries.find(([, reading]) => substituted(raw, reading) === text)?.[0];
    if (kinds !== undefined) return [...kinds, ...more];
  }
  return undefined;
};

/** SetupGetIntField reads the C way: octal after a 0, and no more than 31 bits. */
const wineNumber = (text: string): number | undefined => {
  if (text === '') return 0;
  const match = /^\s*([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9]\d*))$/i.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, octal, decimal = ''] = match;
  const size =
    hex === undefined ? Number.parseInt(octal ?? decimal, octal === undefined ? 10 : 8) : Number.parseInt(hex, 16);
  return Math.max(-0x80000000, Math.min(0x7fffffff, sign === '-' ? -size : size));
};

const explainNumber = (text: string, theirs: number | undefined): KnownDifference | 'unexplained' => {
  if (wineNumber(text) !== theirs) return 'unexplained';
  if (theirs === undefined && text !== text.trimEnd()) return 'blank-number';
  if (theirs === 0x7fffffff || theirs === -0x80000000) return 'saturated';
  return /^\s*[+-]?0\d/.test(text) ? 'octal' : 'unexplained';
};

/** Collects the differences of one line. */
class LineComparison {
  readonly found: Difference[] = [];
  private readonly where: string;
  private readonly inStrings: boolean;
  private readonly reading: Reading;

  constructor(where: string, inStrings: boolean, reading: Reading) {
    this.where = where;
    this.inStrings = inStrings;
    this.reading = reading;
  }

  add(kind: Difference['kind'], what: string, ours: unknown, theirs: unknown): void {
    this.found.push({ kind, where: `${this.where} ${what}`, ours, theirs });
  }

  text(what: string, ours: string | null, raw: string | null, theirs: string | null): void {
    if (ours === theirs) return;
    const kinds = raw === null || theirs === null ? undefined : explainText(raw, theirs, this.reading);
    const all = kinds !== undefined && this.inStrings ? [...kinds, 'strings' as const] : kinds;
    for (const kind of all ?? (['unexplained'] as const)) this.add(kind, what, ours, theirs);
  }

  number(what: string, text: string, theirs: number | undefined): void {
    const ours = parseInfNumber(text);
    if (ours !== theirs) this.add(explainNumber(text, theirs), what, ours, theirs);
  }

  same(what: string, ours: unknown, theirs: unknown): void {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) this.add('unexplained', what, ours, theirs);
  }
}

/** Compares one line; what follows from its fields (numbers, the text of the line) is derived from theirs, not ours. */
const compareLine = (comparison: LineComparison, ours: InfLine, theirs: ReadLine): readonly Difference[] => {
  comparison.text('key', ours.key, ours.rawKey, theirs.key);
  comparison.same('fields', ours.fields.length, theirs.fields.length);
  for (const [index, field] of theirs.fields.entries()) {
    comparison.text(`field ${index + 1}`, ours.fields[index] ?? '', ours.raw[index] ?? '', field);
    comparison.number(`number ${index + 1}`, field, theirs.numbers[index]);
  }
  comparison.same('text', theirs.fields.join(','), theirs.text);
  const empty = theirs.fields.indexOf('');
  comparison.same('list', empty < 0 ? theirs.fields : theirs.fields.slice(0, empty), theirs.multi);
  return comparison.found;
};

const isEmpty = ({ key, fields }: Pick<ReadLine, 'key' | 'fields'>): boolean =>
  key === '' && fields.length === 1 && fields[0] === '';

type Alignment = readonly [lines: readonly ReadLine[], extra: readonly number[]];

/**
 * Their lines that stand beside ours, and the numbers of ours before which they have an empty one more. An empty line of
 * ours may be a lone quotation mark, which theirs has as a CR (`loneQuotes`); only trying tells.
 */
const alignedBy = (ours: InfSection, theirs: ReadSection, loneQuotes: 'as-cr' | 'none'): Alignment => {
  const lines: ReadLine[] = [];
  const extra: number[] = [];
  for (const [index, line] of theirs.lines.entries()) {
    const own = ours.lines[lines.length];
    const isQuote = loneQuotes === 'as-cr' && theirs.lines[index + 1]?.key === '\r';
    if (isEmpty(line) && (own === undefined || !isEmpty(own) || isQuote)) extra.push(own?.line ?? 0);
    else lines.push(line);
  }
  return [lines, extra];
};

const aligned = (ours: InfSection, theirs: ReadSection): Alignment => {
  const simple = alignedBy(ours, theirs, 'none');
  return simple[0].length === ours.lines.length ? simple : alignedBy(ours, theirs, 'as-cr');
};

const compareSection = (ours: InfSection, theirs: ReadSection, reading: Reading): readonly Difference[] => {
  const where = `[${ours.name}]`;
  const [lines, extra] = aligned(ours, theirs);
  const found: Difference[] = extra.map((line) => ({
    kind: 'empty-continued',
    where: `${where} before line ${line}`,
    ours: undefined,
    theirs: [''],
  }));
  const counts = [ours.lines.length, theirs.lines.length];
  if (lines.length !== ours.lines.length || theirs.count !== theirs.lines.length) {
    found.push({ kind: 'unexplained', where: `${where} count`, ours: counts, theirs: [lines.length, theirs.count] });
  }
  const inStrings = stringsLanguage(ours.name) !== undefined;
  for (const [index, line] of ours.lines.entries()) {
    const other = lines[index];
    if (other === undefined) break;
    const comparison = new LineComparison(`${where} line ${line.line}`, inStrings, reading);
    found.push(...compareLine(comparison, line, other));
  }
  return found;
};

/** All differences between our reading of an INF and SetupAPI's: sections in their order, lines, keys, values, numbers. */
export const compareReadings = (
  document: InfDocument,
  read: readonly ReadSection[],
  directories: ReadonlyMap<string, string>,
): readonly Difference[] => {
  const names = [document.sections, read].map((sections) => sections.map(({ name }) => name));
  if (JSON.stringify(names[0]) !== JSON.stringify(names[1])) {
    return [{ kind: 'unexplained', where: 'sections', ours: names[0], theirs: names[1] }];
  }
  const reading = { strings: document.strings.values, directories };
  return document.sections.flatMap((section, index) => {
    const other = read[index];
    return other === undefined ? [] : compareSection(section, other, reading);
  });
};

/** The numbers that documents name as `%12%` and that may be directories. */
export const directoryNumbers = (documents: readonly InfDocument[]): readonly string[] => {
  const names = new Set<string>();
  for (const { lines } of documents.flatMap(({ sections }) => sections)) {
    for (const text of lines.flatMap(({ rawKey, raw }) => [rawKey ?? '', ...raw])) {
      for (const [, name = ''] of text.matchAll(/%([+-]?\d+)(?=%)/g)) names.add(name);
    }
  }
  return [...names];
};

/** The text of an INF whose `dump` tells what Wine puts in for numbers. */
export const directoryProbe = (numbers: readonly string[]): string =>
  `[Version]\nSignature=$Chicago$\n[Directories]\n${numbers.map((number) => `x,%${number}%`).join('\n')}\n`;

/** Directories by number, of the answer to that `dump`; without those that Wine does not know. */
export const directoriesOf = (
  answer: readonly AnswerLine[],
  numbers: readonly string[],
): ReadonlyMap<string, string> => {
  const lines = readSections(answer)[1]?.lines ?? [];
  const pairs = numbers.map((number, index) => [number, lines[index]?.fields[1] ?? ''] as const);
  return new Map(pairs.filter(([number, directory]) => directory !== `%${number}%`));
};

/** Directory 1 is the INF's own. */
export const withOwnFolder = (directories: ReadonlyMap<string, string>, path: string): ReadonlyMap<string, string> =>
  new Map([...directories, ['1', `${winePath(dirname(path))}\\`]]);

export const dumpOf = (path: string): readonly Question[] => [['open', path], ['dump']];
