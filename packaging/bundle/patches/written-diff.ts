import { formatPatch, type StructuredPatch, structuredPatch } from 'diff';
import type { FileDiff } from '../../../branding/patches/file-diff.ts';
import { asCharacters, libraryHunk, withLineEndsOf } from './apply-diff.ts';
import type { PatchOutcome } from './apply-queue.ts';

/** A file before and after; undefined where there is none. */
export interface FileChange {
  readonly path: string;
  /** What it was called before, when that was another name. */
  readonly from?: string;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

const NOTHING = '/dev/null';

/** What git says above the hunks; `a` and `b` are the names with what stands before them. */
const headers = (made: boolean, gone: boolean, renamed: boolean): Partial<StructuredPatch> => ({
  isGit: true,
  ...(made ? { isCreate: true, oldFileName: NOTHING, newMode: '100644' } : {}),
  ...(gone ? { isDelete: true, newFileName: NOTHING, oldMode: '100644' } : {}),
  ...(renamed ? { isRename: true } : {}),
});

const writtenFile = ({ path, from = path, before, after }: FileChange, strip: 0 | 1): string => {
  const [old, now] = [before, after].map((bytes) => asCharacters(bytes ?? new Uint8Array()));
  const [a, b] = strip === 1 ? [`a/${from}`, `b/${path}`] : [from, path];
  const made = structuredPatch(a, b, old ?? '', now ?? '', undefined, undefined, { context: 3 });
  return formatPatch({ ...made, ...headers(before === undefined, after === undefined, from !== path) });
};

/** A rename in two parts: the library takes `a/` off its names, whether that is a folder or not. */
const unnamed = (change: FileChange): readonly FileChange[] => {
  const { path, from = path, before, after } = change;
  if (from === path) return [change];
  return [
    { path: from, before, after: undefined },
    { path, before: undefined, after },
  ];
};

/**
 * A diff as git writes it, bytes as Latin-1 characters, names outside ASCII in git's quotation marks.
 * @param strip leading parts of a path that its reader takes off: git's `a/` and `b/` are one
 */
export const writtenDiff = (changes: readonly FileChange[], strip: 0 | 1 = 1): string =>
  (strip === 1 ? changes : changes.flatMap(unnamed)).map((change) => writtenFile(change, strip)).join('');

/** What a patch did to the files, a renamed one under both of its names at once. */
export const changesOf = ({ patch, files }: PatchOutcome): readonly FileChange[] => {
  const changes = files.map(({ path, bytes: { before, after } }): FileChange => ({ path, before, after }));
  const diffs = patch.content.kind === 'diff' ? patch.content.diffs : [];
  const find = (path: string): FileChange | undefined => changes.find((change) => change.path === path);
  const renames = new Map(
    diffs.flatMap(({ from, to, copy }) => {
      const moved = from !== undefined && to !== undefined && from !== to && !copy;
      if (!moved || find(from)?.after !== undefined || find(to)?.before !== undefined) return [];
      return [[to, from] as const];
    }),
  );
  const left = new Set(renames.values());
  return changes
    .filter(({ path }) => !left.has(path))
    .map((change) => {
      const from = renames.get(change.path);
      return from === undefined ? change : { ...change, from, before: find(from)?.before };
    });
};

/** One file of a patch as it stands in the patch, its numbers and context unchanged, with the line ends of the file. */
const printedFile = ({ from, to, copy, hunks }: FileDiff, text: string): string => {
  const [old, now] = [from ?? to ?? '', to ?? from ?? ''];
  const renamed = old !== now && !copy;
  const lines = withLineEndsOf(text, hunks).map(libraryHunk);
  return formatPatch({
    ...{ oldFileName: `a/${old}`, newFileName: `b/${now}`, oldHeader: '', newHeader: '' },
    // The library counts the place of no lines from one more than a diff does.
    hunks: lines.map((hunk) => ({
      ...hunk,
      oldStart: hunk.oldStart + (hunk.oldLines === 0 ? 1 : 0),
      newStart: hunk.newStart + (hunk.newLines === 0 ? 1 : 0),
    })),
    ...headers(from === undefined, to === undefined, renamed),
    ...(copy ? { isCopy: true } : {}),
  });
};

/**
 * What to ask git about a patch that was applied: its own hunks, at their own places; where git could not know what was
 * meant (typed edits, fuzz), the difference that they made.
 */
export const gitQuestion = (outcome: PatchOutcome): string => {
  const { content, meta } = outcome.patch;
  if (content.kind === 'edits' || (meta.fuzz ?? 0) > 0) return writtenDiff(changesOf(outcome));
  const before = new Map(outcome.files.map(({ path, bytes }) => [path, bytes.before]));
  return content.diffs
    .map((diff) => printedFile(diff, asCharacters(before.get(diff.from ?? '') ?? new Uint8Array())))
    .join('');
};
