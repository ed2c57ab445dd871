import type { InfPatchEdit } from '../../../branding/patches/edits.ts';
import { closestName } from '../../../core/spelling.ts';
import { type InfLine, type InfSection, parseInf, physicalLine, sectionOf } from '../../formats/inf/document.ts';
import type { PatchConflict } from './apply-diff.ts';

/** What an edit expects below the header of its section, and what it wants there. */
const sides = (edit: InfPatchEdit): { readonly expected: readonly string[]; readonly wanted: readonly string[] } => {
  if ('set' in edit) return { expected: [`${edit.set}=`], wanted: [`${edit.set}=${edit.to}`] };
  if ('remove' in edit) return { expected: [edit.remove], wanted: [] };
  if ('replace' in edit) return { expected: [edit.replace], wanted: [edit.with] };
  if ('addSection' in edit) return { expected: [], wanted: edit.addSection };
  if ('removeSection' in edit) return { expected: [], wanted: [] };
  const after = edit.after === undefined ? [] : [edit.after];
  return { expected: after, wanted: [...after, edit.add] };
};

const words = (text: string): readonly string[] => text.toLowerCase().match(/[^\s,=;]+/g) ?? [];

/** How many words of a line another has too; those of the beginning, its key, count more. */
const likeness = (wanted: readonly string[], text: string): number => {
  const has = new Set(words(text));
  return wanted.filter((word) => has.has(word)).length + (words(text)[0] === wanted[0] ? 2 : 0);
};

/** The line of a section that is most like what was expected; the first of equal ones. */
const likeliest = (section: InfSection, expected: string, textOf: (line: InfLine) => string): InfLine | undefined => {
  const wanted = words(expected);
  let best: { readonly line: InfLine; readonly score: number } | undefined;
  for (const line of section.lines) {
    const score = likeness(wanted, textOf(line));
    if (score > (best?.score ?? 0)) best = { line, score };
  }
  const meant = closestName(
    wanted[0] ?? '',
    section.lines.flatMap(({ rawKey }) => rawKey ?? []),
  );
  return best?.line ?? section.lines.find(({ rawKey }) => rawKey !== null && rawKey === meant);
};

/**
 * What stands in the way of a typed edit, as of a diff: the header of the section and the line below it that the edit
 * speaks of, in three versions. What is found is the section and the line that are most like them.
 *
 * @param bytes undefined when there is no such file
 * @param patchLine line of the patch file in which the edit stands
 */
export const editConflict = (bytes: Uint8Array | undefined, edit: InfPatchEdit, patchLine: number): PatchConflict => {
  const { expected, wanted } = sides(edit);
  const header = `[${edit.section}]`;
  const isNew = 'addSection' in edit;
  const conflict = {
    ...{ path: edit.file, patchLine, expected: isNew ? [] : [header, ...expected] },
    wanted: 'removeSection' in edit ? [] : [header, ...wanted],
  };
  if (bytes === undefined) return { ...conflict, found: [], foundLine: undefined };
  const document = parseInf(bytes, edit.file);
  const names = document.sections.map(({ name }) => name);
  const section = sectionOf(document, edit.section) ?? sectionOf(document, closestName(edit.section, names) ?? '');
  if (section === undefined) return { ...conflict, found: [], foundLine: 1 };
  const text = ({ line }: InfLine): string => physicalLine(document, line);
  const line = expected[0] === undefined ? undefined : likeliest(section, expected[0], text);
  return {
    ...conflict,
    found: [`[${section.name}]`, ...(line === undefined ? [] : [text(line)])],
    foundLine: line?.line ?? section.headers[0],
  };
};
