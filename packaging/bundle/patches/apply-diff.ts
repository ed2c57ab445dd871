import { applyPatch, type StructuredPatch, structuredPatch } from 'diff';
import type { FileDiff, Hunk, HunkLine } from '../../../branding/patches/file-diff.ts';
import { textOf } from '../../../branding/patches/latin1.ts';

/** Bytes as characters and back: a patched file may be in any encoding, and no byte of it is touched but by the patch. */
export const asCharacters = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
const asBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const MARK: Readonly<Record<HunkLine['kind'], string>> = { context: ' ', remove: '-', add: '+' };

/** As the library has hunks. */
export const libraryHunk = ({
  lines,
  oldStart,
  oldCount,
  newStart,
  newCount,
}: Hunk): StructuredPatch['hunks'][number] => ({
  ...{ oldStart, oldLines: oldCount, newStart, newLines: newCount },
  lines: lines.flatMap(({ kind, text, open }) => [
    `${MARK[kind]}${text}`,
    ...(open === true ? ['\\ No newline at end of file'] : []),
  ]),
});

const patchOf = (hunks: readonly Hunk[]): StructuredPatch => ({
  ...{ oldFileName: 'a', newFileName: 'b', oldHeader: '', newHeader: '' },
  hunks: hunks.map(libraryHunk),
});

/** The diff that takes a change back. */
export const reversed = (diff: FileDiff): FileDiff => ({
  ...diff,
  ...{ from: diff.to, to: diff.from },
  hunks: diff.hunks.map((hunk) => ({
    ...hunk,
    ...{ oldStart: hunk.newStart, oldCount: hunk.newCount, newStart: hunk.oldStart, newCount: hunk.oldCount },
    lines: hunk.lines.map((line) => {
      if (line.kind === 'context') return line;
      return { ...line, kind: line.kind === 'add' ? 'remove' : 'add' } as const;
    }),
  })),
});

/** Hunks with the line ends of the file, where one has CR LF throughout and the other nowhere. */
export const withLineEndsOf = (text: string, hunks: readonly Hunk[]): readonly Hunk[] => {
  const whole = hunks.flatMap(({ lines }) => lines).filter(({ open }) => open !== true);
  const ends = text.includes('\r\n');
  const add = ends && !/(?:^|[^\r])\n/.test(text) && whole.every((line) => !line.text.endsWith('\r'));
  const drop = !ends && text.includes('\n') && whole.every((line) => line.text.endsWith('\r'));
  if (!add && !drop) return hunks;
  const changed = (line: HunkLine): HunkLine => {
    if (add) return line.open === true ? line : { ...line, text: `${line.text}\r` };
    return { ...line, text: line.text.replace(/\r$/, '') };
  };
  return hunks.map((hunk) => ({ ...hunk, lines: hunk.lines.map(changed) }));
};

/** What a hunk expects, without the end of its last line. */
const oldText = ({ lines }: Hunk): string =>
  lines
    .filter(({ kind }) => kind !== 'add')
    .map(({ text }) => text)
    .join('\n');

/** A file that begins empty; the library would leave an empty line at its end. */
const begun = (hunks: readonly Hunk[]): Uint8Array | undefined => {
  const lines = hunks.flatMap((hunk) => hunk.lines);
  if (hunks.length !== 1 || lines.some(({ kind }) => kind !== 'add')) return undefined;
  return asBytes(lines.map(({ text, open }) => (open === true ? text : `${text}\n`)).join(''));
};

/**
 * Applies the hunks to one file. Lines have to be there as the diff has them, but for `fuzz` lines of context; they may
 * stand higher or lower. A hunk of added lines alone fits nowhere, as for git. A diff with LF line ends fits a file with CRLF ones, and keeps them.
 *
 * @returns undefined when it does not fit
 */
export const applyHunks = (bytes: Uint8Array, hunks: readonly Hunk[], fuzz = 0): Uint8Array | undefined => {
  if (hunks.length === 0) return bytes;
  if (bytes.length === 0) return begun(hunks);
  if (hunks.some(({ oldCount }) => oldCount === 0)) return undefined;
  const text = asCharacters(bytes);
  const fitted = withLineEndsOf(text, hunks);
  // Most of what does not fit is seen here, without a search for the place.
  if (fuzz === 0 && !fitted.every((hunk) => text.includes(oldText(hunk)))) return undefined;
  const result = applyPatch(text, patchOf(fitted), { fuzzFactor: fuzz, autoConvertLineEndings: false });
  return result === false ? undefined : asBytes(result);
};

/** First and last line, from 1; for lines that went away, the line before them twice. */
export type LineRange = readonly [first: number, last: number];

/** The lines of the new text in which it differs from the old one. */
export const changedLines = (before: Uint8Array, after: Uint8Array): readonly LineRange[] => {
  const { hunks } = structuredPatch('a', 'b', asCharacters(before), asCharacters(after), undefined, undefined, {
    context: 0,
  });
  return hunks.map(({ newStart, newLines }) => [newStart, Math.max(newStart, newStart + newLines - 1)]);
};

/** What stands in the way of a hunk: the three versions of its lines. */
export interface PatchConflict {
  readonly path: string;
  /** Line of the patch file in which the hunk begins. */
  readonly patchLine: number;
  /** As the patch expects them. */
  readonly expected: readonly string[];
  /** As the tree has them, where it is most like what is expected. */
  readonly found: readonly string[];
  /** The line of the file where `found` begins, from 1; undefined where there is no such file. */
  readonly foundLine: number | undefined;
  /** As the patch would make them. */
  readonly wanted: readonly string[];
}

/** Comparisons of lines that the search for the place may make. */
const MAX_COMPARISONS = 20_000_000;

/** Where the file is most like the lines: the nearest of the best places. Index of a line, from 0. */
const likeliest = (file: readonly string[], lines: readonly string[], near: number): number => {
  let best = { at: Math.min(near, Math.max(0, file.length - lines.length)), score: -1 };
  const reach = Math.min(file.length, Math.floor(MAX_COMPARISONS / Math.max(1, lines.length)));
  const [from, to] = [Math.max(0, near - reach), Math.min(file.length, near + reach)];
  for (let at = from; at < to; at += 1) {
    let score = 0;
    for (let i = 0; i < lines.length; i += 1) if (file[at + i] === lines[i]) score += 1;
    const closer = score === best.score && Math.abs(at - near) < Math.abs(best.at - near);
    if (score > best.score || closer) best = { at, score };
  }
  return best.at;
};

const withoutReturns = (lines: readonly string[]): readonly string[] => lines.map((line) => line.replace(/\r$/, ''));

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.join('\n') === b.join('\n');

/** Line ends are shown only where nothing else differs. */
const conflictOf = (path: string, file: readonly string[] | undefined, hunk: Hunk): PatchConflict => {
  const side = (gone: HunkLine['kind']): readonly string[] =>
    hunk.lines.filter(({ kind }) => kind !== gone).map(({ text }) => text);
  const [expected, wanted] = [side('add'), side('remove')];
  const plain = withoutReturns(expected);
  const at = file === undefined ? undefined : likeliest(withoutReturns(file), plain, Math.max(0, hunk.oldStart - 1));
  const found = at === undefined ? [] : (file ?? []).slice(at, at + Math.max(1, expected.length));
  const shown = isSame(plain, withoutReturns(found)) ? (lines: readonly string[]) => lines : withoutReturns;
  return {
    ...{ path, patchLine: hunk.line, foundLine: at === undefined ? undefined : at + 1 },
    ...{ expected: shown(expected).map(textOf), found: shown(found).map(textOf), wanted: shown(wanted).map(textOf) },
  };
};

/** The hunks that do not fit, each tried on its own; all of them, when they fit one by one and not together. */
export const conflictsOf = (
  path: string,
  bytes: Uint8Array | undefined,
  hunks: readonly Hunk[],
): readonly PatchConflict[] => {
  const file = bytes === undefined ? undefined : asCharacters(bytes).split('\n');
  const unfit = hunks.filter((hunk) => bytes === undefined || applyHunks(bytes, [hunk]) === undefined);
  return (unfit.length > 0 ? unfit : hunks).map((hunk) => conflictOf(path, file, hunk));
};
