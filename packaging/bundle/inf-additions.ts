import type { SourcePosition } from '../../core/errors.ts';
import { type InfDocument, type InfSection, sectionOf } from '../formats/inf/document.ts';
import { applyInfEdits, type InfEdit } from '../formats/inf/edit.ts';
import { lineCount } from '../formats/inf/lines.ts';

/** A line that a brand adds to an INF, and the key of the brand file that asks for it. */
export interface InfAddition {
  readonly section: string;
  readonly text: string;
  readonly at: SourcePosition;
}

/** A line of an INF that stands there because of the brand file. */
export interface AddedLine {
  /** From 1, in the INF as it is then. */
  readonly line: number;
  readonly at: SourcePosition;
}

export interface ExtendedInf {
  readonly document: InfDocument;
  /** Ascending. */
  readonly added: readonly AddedLine[];
}

interface Insertion {
  readonly after: number;
  /** Of a section that begins here: after what the last section gets. */
  readonly begins: boolean;
  readonly text: string;
  readonly at: SourcePosition;
}

/** The last physical line that belongs to a section: of its last entry, or its last header. */
const lastLine = ({ headers, lines }: InfSection): number =>
  lines.reduce((last, entry) => Math.max(last, entry.line + entry.lineCount - 1), headers.at(-1) ?? 1);

const isAsciiText = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/**
 * Text that is not ASCII is read in the code page of the machine unless the INF is UTF-16 with a byte order mark (spec
 * inf 1), so an INF that receives some becomes that.
 */
const encodingEdit = ({ encoding }: InfDocument, insertions: readonly string[]): readonly InfEdit[] =>
  encoding === 'utf-16le' || insertions.every(isAsciiText) ? [] : [{ kind: 'inf.set-encoding', encoding: 'utf-16le' }];

/**
 * Adds lines at the end of the sections they name; a section that is not there is begun at the end of the file. Every
 * other line stays as it is.
 *
 * @param changes values of entries that are there, to be set at the same time
 * @throws WinpvError INF_EDIT_INVALID
 */
export const addToInf = (
  document: InfDocument,
  additions: readonly InfAddition[],
  changes: readonly (InfEdit & { readonly kind: 'inf.set-value' })[] = [],
): ExtendedInf => {
  const end = lineCount(document.table);
  const bySection = new Map<string, InfAddition[]>();
  for (const addition of additions) {
    const key = addition.section.toLowerCase();
    bySection.set(key, [...(bySection.get(key) ?? []), addition]);
  }
  const insertions = [...bySection].flatMap(([key, own]): Insertion[] => {
    const section = sectionOf(document, key);
    const begins = section === undefined;
    const after = section === undefined ? end : lastLine(section);
    const [first] = own;
    const header = !begins || first === undefined ? [] : ['', `[${first.section}]`].map((text) => ({ ...first, text }));
    return [...header, ...own].map(({ text, at }) => ({ after, begins, text, at }));
  });
  const inOrder = insertions.sort((a, b) => a.after - b.after || Number(a.begins) - Number(b.begins));
  const edits = inOrder.map(({ after, text }): InfEdit => ({ kind: 'inf.insert-line-after', line: after, text }));
  const texts = [...inOrder.map(({ text }) => text), ...changes.map(({ value }) => value)];
  return {
    document: applyInfEdits(document, [...edits, ...changes, ...encodingEdit(document, texts)]),
    added: inOrder.map(({ after, at }, index) => ({ line: after + index + 1, at })),
  };
};

/** The lines of two additions, one made after the other, as they stand in the end. */
export const composeAdded = (first: readonly AddedLine[], second: readonly AddedLine[]): readonly AddedLine[] => {
  const moved = first.map(({ line, at }) => {
    let now = line;
    for (const later of second) if (later.line <= now) now += 1;
    return { line: now, at };
  });
  return [...moved, ...second].sort((a, b) => a.line - b.line);
};

/** A text as the value of a string of [Strings]: in quotation marks, those in it doubled. */
export const quotedText = (text: string): string => `"${text.replaceAll('"', '""')}"`;
