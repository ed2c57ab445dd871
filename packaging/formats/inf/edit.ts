import { WinpvError } from '../../../core/errors.ts';
import { type InfDocument, lineOf, parseInfText, sectionOf } from './document.ts';
import { EntryScanner } from './entry.ts';
import { type LineTable, lineAt, lineContentEnd, lineCount, lineStart, skipBlanks } from './lines.ts';
import type { InfEncoding } from './text.ts';

/** A change to an INF. Line numbers are physical lines of the document as it was read, from 1. */
export type InfEdit =
  /** Gives the first entry with a key another value; `value` is written as it is, so quote what needs it ({@link quoteInfValue}). */
  | { readonly kind: 'inf.set-value'; readonly section: string; readonly key: string; readonly value: string }
  /** Removes a line with its line end. */
  | { readonly kind: 'inf.drop-line'; readonly line: number; readonly because: string }
  /** Adds a line after another one, or before the first with `line: 0`. Several after one line keep their order. */
  | { readonly kind: 'inf.insert-line-after'; readonly line: number; readonly text: string }
  /** Gives a line another text; its line end stays. */
  | { readonly kind: 'inf.replace-line'; readonly line: number; readonly text: string }
  /** Stores the same text in another encoding. */
  | { readonly kind: 'inf.set-encoding'; readonly encoding: InfEncoding };

/** Replaces the characters from `from` to `to` of the text. */
interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Stands before what begins at the same place, and beside others of its kind. */
  readonly insertion?: true;
}

const invalid = (document: InfDocument, message: string, line?: number): WinpvError =>
  new WinpvError('INF_EDIT_INVALID', message, {
    at: line === undefined ? { file: document.file } : { file: document.file, line },
  });

/** A value in quotation marks when it would be read otherwise without them. */
export const quoteInfValue = (value: string): string =>
  /[",;=\\]|^\s|\s$/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;

const checkText = (document: InfDocument, text: string, line?: number): string => {
  if (['\r', '\n', '\0', '\u001a'].some((character) => text.includes(character))) {
    throw invalid(document, 'The text of a change has a line end, a NUL or a Ctrl-Z in it.', line);
  }
  return text;
};

/** The line end to add lines with: that of the line before, or of the first line that has one. */
const lineEnd = (table: LineTable, line: number): string => {
  for (const candidate of [line, 0]) {
    const end = table.text.slice(lineContentEnd(table, candidate), lineStart(table, candidate + 1));
    if (end !== '') return end;
  }
  return '\r\n';
};

const insertion = (document: InfDocument, line: number, text: string): Replacement => {
  const { table } = document;
  const at = lineStart(table, line);
  const end = lineEnd(table, Math.max(line - 1, 0));
  const open = line > 0 && lineContentEnd(table, line - 1) === at;
  return { from: at, to: at, text: open ? `${end}${text}` : `${text}${end}`, insertion: true };
};

const valueReplacement = (document: InfDocument, edit: InfEdit & { kind: 'inf.set-value' }): Replacement => {
  const { table } = document;
  const entry = lineOf(sectionOf(document, edit.section), edit.key);
  if (entry === undefined) throw invalid(document, `[${edit.section}] has no entry "${edit.key}" to change.`);
  const written = new EntryScanner(table).scan(entry.line - 1);
  if (written === undefined) throw invalid(document, `The entry "${edit.key}" cannot be found again.`, entry.line);
  const { valueFrom: from, valueTo: to } = written;
  const value = checkText(document, edit.value, entry.line);
  const begin = skipBlanks(table.text, lineStart(table, entry.line - 1), from);
  return { from, to, text: begin === from ? `${table.text.slice(from, to)}=${value}` : value };
};

const replacementOf = (document: InfDocument, edit: Exclude<InfEdit, { kind: 'inf.set-encoding' }>): Replacement => {
  if (edit.kind === 'inf.set-value') return valueReplacement(document, edit);
  const { table } = document;
  const { line } = edit;
  const lowest = edit.kind === 'inf.insert-line-after' ? 0 : 1;
  if (!Number.isInteger(line) || line < lowest || line > lineCount(table)) {
    throw invalid(document, `The file has ${lineCount(table)} lines; a change names line ${line}.`);
  }
  switch (edit.kind) {
    case 'inf.drop-line':
      return { from: lineStart(table, line - 1), to: lineStart(table, line), text: '' };
    case 'inf.insert-line-after':
      return insertion(document, line, checkText(document, edit.text, line));
    case 'inf.replace-line': {
      const text = checkText(document, edit.text, line);
      return { from: lineStart(table, line - 1), to: lineContentEnd(table, line - 1), text };
    }
  }
};

const applyReplacements = (document: InfDocument, replacements: readonly Replacement[]): string => {
  const { text } = document.table;
  const parts: string[] = [];
  let done = 0;
  let changed = -1;
  for (const { from, to, text: replacement, insertion: added } of replacements) {
    if (from < done || (added === undefined && from === changed)) {
      throw invalid(document, 'Two changes concern the same line.', lineAt(document.table, from) + 1);
    }
    parts.push(text.slice(done, from), replacement);
    done = to;
    if (added === undefined) changed = from;
  }
  parts.push(text.slice(done));
  return parts.join('');
};

/**
 * Makes the changes, all of them to the document as it was read; every other line keeps its characters. The result is
 * read again, so it is an INF by the same rules.
 *
 * @throws WinpvError INF_EDIT_INVALID for a line or an entry that is not there, a text with a line end, or two changes of
 *   one line; and what reading an INF throws, when the changes spoil it
 */
export const applyInfEdits = (document: InfDocument, edits: readonly InfEdit[]): InfDocument => {
  let { encoding } = document;
  const replacements: Replacement[] = [];
  for (const edit of edits) {
    if (edit.kind === 'inf.set-encoding') encoding = edit.encoding;
    else replacements.push(replacementOf(document, edit));
  }
  const inOrder = replacements.sort((a, b) => a.from - b.from || Number(b.insertion ?? 0) - Number(a.insertion ?? 0));
  const text = applyReplacements(document, inOrder);
  return parseInfText({ text, encoding }, document.file, { language: document.language });
};
