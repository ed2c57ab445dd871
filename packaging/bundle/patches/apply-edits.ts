import type { InfPatchEdit } from '../../../branding/patches/edits.ts';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import {
  type InfDocument,
  type InfLine,
  type InfSection,
  parseInf,
  printInf,
  sectionOf,
} from '../../formats/inf/document.ts';
import { applyInfEdits, type InfEdit } from '../../formats/inf/edit.ts';
import { lineCount } from '../../formats/inf/lines.ts';

const fail = (document: InfDocument, message: string, line?: number): never => {
  throw new WinpvError('PATCH_EDIT_CONFLICT', message, {
    at: line === undefined ? { file: document.file } : { file: document.file, line },
  });
};

/** A line as the reader of INFs sees it: without blanks that do not count and without its comment. */
const identity = ({ rawKey, raw }: Pick<InfLine, 'rawKey' | 'raw'>): string =>
  JSON.stringify([rawKey?.toLowerCase() ?? null, raw]);

const HEAD = '[Version]\r\nSignature="$Windows NT$"\r\n[line]\r\n';

/** A line that stands nowhere; undefined when it is none, such as a comment. */
const readLine = (text: string): InfLine | undefined =>
  sectionOf(parseInf(utf8(`${HEAD}${text}\r\n`), 'edit'), 'line')?.lines[0];

const identityOf = (text: string): string | undefined => {
  const line = readLine(text);
  return line === undefined ? undefined : identity(line);
};

const sectionFor = (document: InfDocument, name: string): InfSection =>
  sectionOf(document, name) ?? fail(document, `There is no section [${shownText(name)}].`);

const linesLike = (section: InfSection, text: string): readonly InfLine[] => {
  const wanted = identityOf(text);
  return section.lines.filter((line) => identity(line) === wanted);
};

/** The one line that an edit means. */
const lineLike = (document: InfDocument, name: string, text: string): InfLine => {
  const [line, second] = linesLike(sectionFor(document, name), text);
  if (line === undefined) return fail(document, `[${shownText(name)}] has no line \`${shownText(text)}\`.`);
  if (second !== undefined)
    fail(document, `[${shownText(name)}] has the line \`${shownText(text)}\` twice.`, second.line);
  return line;
};

const lastOf = ({ line, lineCount: count }: InfLine): number => line + count - 1;

/** The last physical line of a section's content, so that blanks and comments before the next section stay there. */
const endOf = (section: InfSection): number =>
  Math.max(...section.headers.slice(-1), ...section.lines.slice(-1).map(lastOf));

const dropped = ({ line, lineCount: count }: InfLine, because: string): readonly InfEdit[] =>
  Array.from({ length: count }, (_, index) => ({ kind: 'inf.drop-line', line: line + index, because }) as const);

const BECAUSE = 'a patch removes it';

/** From each header to the line before the next section's. */
const blocks = (document: InfDocument, section: InfSection): readonly InfEdit[] => {
  const headers = document.sections.flatMap((one) => one.headers).sort((a, b) => a - b);
  return section.headers.flatMap((from) => {
    const to = (headers.find((line) => line > from) ?? lineCount(document.table) + 1) - 1;
    return Array.from(
      { length: to - from + 1 },
      (_, index) => ({ kind: 'inf.drop-line', line: from + index, because: BECAUSE }) as const,
    );
  });
};

const insertions = (line: number, texts: readonly string[]): readonly InfEdit[] =>
  texts.map((text) => ({ kind: 'inf.insert-line-after', line, text }));

/** The edit in terms of the document's lines. @throws WinpvError PATCH_EDIT_CONFLICT when it does not fit */
const infEdits = (document: InfDocument, edit: InfPatchEdit): readonly InfEdit[] => {
  const { section: name } = edit;
  if ('set' in edit) {
    const { lines } = sectionFor(document, name);
    const found = lines.filter(({ rawKey }) => rawKey?.toLowerCase() === edit.set.toLowerCase());
    if (found.length === 0) fail(document, `[${shownText(name)}] has no key "${shownText(edit.set)}".`);
    if (found.length > 1)
      fail(document, `[${shownText(name)}] has the key "${shownText(edit.set)}" twice.`, found[1]?.line);
    // The key as the reader has it, with strings in place of their names.
    return [{ kind: 'inf.set-value', section: name, key: found[0]?.key ?? edit.set, value: edit.to }];
  }
  if ('add' in edit) {
    const section = sectionFor(document, name);
    const line = edit.after === undefined ? endOf(section) : lastOf(lineLike(document, name, edit.after));
    return insertions(line, [edit.add]);
  }
  if ('remove' in edit) return dropped(lineLike(document, name, edit.remove), BECAUSE);
  if ('replace' in edit) {
    const found = lineLike(document, name, edit.replace);
    const [, ...rest] = dropped(found, BECAUSE);
    return [{ kind: 'inf.replace-line', line: found.line, text: edit.with }, ...rest];
  }
  if ('removeSection' in edit) return blocks(document, sectionFor(document, name));
  if (sectionOf(document, name) !== undefined) fail(document, `There is a section [${shownText(name)}] already.`);
  const after = edit.after === undefined ? lineCount(document.table) : endOf(sectionFor(document, edit.after));
  return insertions(after, ['', `[${name}]`, ...edit.addSection]);
};

/** What a line is about, whatever else it says: a registry value, a file of a list, the first word of a directive. */
const subject = ({ rawKey, raw }: Pick<InfLine, 'rawKey' | 'raw'>): string | undefined => {
  // Lines of a Models section share their key and section.
  if (rawKey?.includes('%') === true) return undefined;
  const count = /^HK/i.test(raw[0] ?? '') ? 3 : 1;
  // A value alone is its own key.
  const key = raw.length === 1 && rawKey === raw[0] ? null : rawKey;
  return JSON.stringify([key, ...raw.slice(0, count)]).toLowerCase();
};

/** Whether a line is gone, and not only changed. */
const isGone = (section: InfSection, text: string): boolean => {
  const line = readLine(text);
  const wanted = line === undefined ? undefined : subject(line);
  if (linesLike(section, text).length > 0) return false;
  return wanted === undefined || !section.lines.some((other) => subject(other) === wanted);
};

/** Whether an edit would change nothing, because its result stands there. */
const isThere = (document: InfDocument, edit: InfPatchEdit): boolean => {
  const section = sectionOf(document, edit.section);
  const has = (text: string): boolean => section !== undefined && linesLike(section, text).length > 0;
  if ('set' in edit) return has(`${edit.set}=${edit.to}`);
  if ('add' in edit) return has(edit.add);
  if ('remove' in edit) return section !== undefined && isGone(section, edit.remove);
  if ('replace' in edit) return has(edit.with) && !has(edit.replace);
  if ('removeSection' in edit) return section === undefined;
  return section !== undefined && edit.addSection.every(has);
};

/** Whether the result of an edit stands in the file already. */
export const editIsThere = (bytes: Uint8Array, edit: InfPatchEdit): boolean =>
  isThere(parseInf(bytes, edit.file), edit);

/**
 * Makes an edit; every line that it does not name keeps its bytes, encoding and line end.
 * @throws WinpvError PATCH_EDIT_CONFLICT when it does not fit; INF_* when the file is no INF
 */
export const applyEdit = (bytes: Uint8Array, edit: InfPatchEdit): Uint8Array => {
  const document = parseInf(bytes, edit.file);
  return printInf(applyInfEdits(document, infEdits(document, edit)));
};
