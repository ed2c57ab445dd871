import { createHash } from 'node:crypto';
import type { FileDiff } from '../../../branding/patches/file-diff.ts';
import type { Patch, PatchQueue, PlacedEdit } from '../../../branding/patches/queue.ts';
import { appliesTo } from '../../../branding/patches/series-meta.ts';
import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { applyHunks, changedLines, conflictsOf, type LineRange, type PatchConflict, reversed } from './apply-diff.ts';
import { applyEdit, editIsThere } from './apply-edits.ts';
import { editConflict } from './edit-conflict.ts';

/** What a queue is applied to. */
export interface PatchTree {
  /** Undefined: patches of every driver. */
  readonly driver: string | undefined;
  /** Undefined: patches of every version. */
  readonly version: FourPartVersion | undefined;
  /** By `/`-separated path from the root, as patches name them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** False when only the files that a release is made from are here: patches of others are then left to the build. */
  readonly whole: boolean;
}

export interface PatchedFile {
  readonly path: string;
  /** SHA-256 before and after, lower-case hex; undefined where there is no such file. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Lines of the result that the patch changed. */
  readonly lines: readonly LineRange[];
  readonly bytes: { readonly before: Uint8Array | undefined; readonly after: Uint8Array | undefined };
}

export type PatchState =
  | 'applied'
  /** All that it changes is there already. */
  | 'droppable'
  /** It would fit, but to other files than it was made against. */
  | 'base-differs'
  | 'conflict'
  /** For other drivers or versions, or for source files that a release does not see. */
  | 'elsewhere';

export interface PatchOutcome {
  readonly patch: Patch;
  readonly state: PatchState;
  readonly files: readonly PatchedFile[];
  readonly conflicts: readonly PatchConflict[];
  /** Files of it that are not in the tree and that nobody looked at. */
  readonly notSeen: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface QueueResult {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly outcomes: readonly PatchOutcome[];
}

/** Whether somebody looks at a path: in a release only templates are there. */
type SeenBy = (path: string) => boolean;

const isFor = ({ meta }: Patch, { driver, version }: PatchTree): boolean => appliesTo(meta, driver, version);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

type Files = ReadonlyMap<string, Uint8Array>;
/** Path to new content; undefined takes the file away. */
type Changes = ReadonlyMap<string, Uint8Array | undefined>;

interface Attempt {
  readonly changes: Changes | undefined;
  readonly conflicts: readonly PatchConflict[];
  readonly diagnostics: readonly Diagnostic[];
}

const EMPTY = new Uint8Array();

const applyDiffs = (files: Files, diffs: readonly FileDiff[], fuzz: number): Attempt => {
  const changes = new Map<string, Uint8Array | undefined>();
  const conflicts: PatchConflict[] = [];
  for (const { from, to, copy, hunks, line } of diffs) {
    const old = from === undefined ? EMPTY : files.get(from);
    const inTheWay = to !== undefined && to !== from && files.has(to);
    const result = old === undefined || inTheWay ? undefined : applyHunks(old, hunks, fuzz);
    // A file that goes away has to be whole in the patch.
    const made = to === undefined && result?.length !== 0 ? undefined : result;
    const path = to ?? from ?? '';
    if (made === undefined) {
      const found = conflictsOf(path, inTheWay ? files.get(path) : old, hunks);
      const none = { path, patchLine: line, expected: [], found: [], foundLine: undefined, wanted: [] };
      conflicts.push(...(found.length > 0 ? found : [none]));
      continue;
    }
    if (from !== undefined && from !== to && !copy) changes.set(from, undefined);
    if (to !== undefined) changes.set(to, made);
  }
  return { changes: conflicts.length > 0 ? undefined : changes, conflicts, diagnostics: [] };
};

/** An edit that does not fit is told where the patch has it; the INF's place joins the words. */
const editFinding = (finding: Diagnostic, { edit, point }: PlacedEdit): Diagnostic => {
  const line = finding.at?.line === undefined ? '' : `:${finding.at.line}`;
  return { ...finding, ...point, message: `${finding.message} (In ${edit.file}${line}.)` };
};

const tryEdits = (files: Files, edits: readonly PlacedEdit[]): Attempt => {
  const changes = new Map<string, Uint8Array>();
  const diagnostics: Diagnostic[] = [];
  const conflicts: PatchConflict[] = [];
  for (const placed of edits) {
    const { edit } = placed;
    const bytes = changes.get(edit.file) ?? files.get(edit.file);
    try {
      if (bytes === undefined) throw new WinpvError('PATCH_EDIT_CONFLICT', 'There is no such file.');
      changes.set(edit.file, applyEdit(bytes, edit));
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      diagnostics.push(...error.diagnostics.map((finding) => editFinding(finding, placed)));
      if (error.code === 'PATCH_EDIT_CONFLICT') conflicts.push(editConflict(bytes, edit, placed.point.at?.line ?? 1));
    }
  }
  return { changes: diagnostics.length > 0 ? undefined : changes, conflicts, diagnostics };
};

const attempt = (files: Files, { content, meta }: Patch, seen: SeenBy): Attempt => {
  if (content.kind === 'edits')
    return tryEdits(
      files,
      content.edits.filter(({ edit }) => seen(edit.file)),
    );
  const diffs = content.diffs.filter(({ from, to }) => seen(from ?? to ?? ''));
  return applyDiffs(files, diffs, meta.fuzz ?? 0);
};

/**
 * What taking a patch back would change; undefined when it is not there. Of a typed edit nobody knows what was before it:
 * it is there or not, and nothing is taken back.
 */
const takenBack = (files: Files, { content }: Patch, seen: SeenBy): Changes | undefined => {
  if (content.kind === 'edits') {
    const there = content.edits.every(({ edit }) => {
      const bytes = files.get(edit.file);
      return !seen(edit.file) || (bytes !== undefined && editIsThere(bytes, edit));
    });
    return there ? new Map() : undefined;
  }
  const diffs = content.diffs.filter(({ from, to }) => seen(from ?? to ?? ''));
  return diffs.length === 0 ? undefined : applyDiffs(files, diffs.map(reversed), 0).changes;
};

const changed = (files: Files, changes: Changes): Files => {
  const result = new Map(files);
  for (const [path, bytes] of changes) {
    if (bytes === undefined) result.delete(path);
    else result.set(path, bytes);
  }
  return result;
};

/** Files that are not what the patch was made against: neither at first nor after the patches before it. */
const otherBases = (patch: Patch, original: Files, files: Files, seen: SeenBy): readonly string[] =>
  Object.entries(patch.meta.base.files)
    .filter(([path]) => seen(path))
    .filter(([path, expected]) => {
      const known = [original.get(path), files.get(path)].flatMap((bytes) =>
        bytes === undefined ? [] : sha256(bytes),
      );
      return !known.includes(expected);
    })
    .map(([path]) => path);

/** Patches after one that may be taken back to find it: more would be a guess. */
const MAX_ABOVE = 64;

/**
 * A patch that the tree has, below others that it has too and that changed the same lines again: it is found when they
 * are taken back first. They with it; nothing when it is not there.
 */
const thereBelow = (files: Files, patch: Patch, above: readonly Patch[], isSeen: SeenBy): readonly Patch[] => {
  for (let count = 1; count <= Math.min(above.length, MAX_ABOVE); count += 1) {
    const top = above[count - 1];
    if (top === undefined || takenBack(files, top, isSeen) === undefined) continue;
    let left = files;
    const found = [patch, ...above.slice(0, count)].reverse().filter((one) => {
      const changes = takenBack(left, one, isSeen);
      if (changes !== undefined) left = changed(left, changes);
      return changes !== undefined;
    });
    if (found.includes(patch)) return found;
  }
  return [];
};

const patchedFiles = (files: Files, changes: Changes): readonly PatchedFile[] =>
  [...changes].map(([path, after]) => {
    const before = files.get(path);
    return {
      path,
      before: before === undefined ? undefined : sha256(before),
      after: after === undefined ? undefined : sha256(after),
      lines: after === undefined ? [] : changedLines(before ?? EMPTY, after),
      bytes: { before, after },
    };
  });

const differs = ({ name, metaPoint, meta }: Patch, path: string, state: PatchState): Diagnostic => {
  const { ref } = meta.base;
  const base = ref === undefined ? 'its base' : `its base (${ref})`;
  return problem(
    'PATCH_BASE_DIFFERS',
    `${name} was made against another ${path}: the hash of ${base} is not this file's.`,
    {
      ...metaPoint,
      severity: state === 'conflict' ? 'warning' : 'error',
      hint: 'Look at the result of `winpv patch apply` on a copy; if it is right, `winpv patch refresh` notes the new base.',
    },
  );
};

const conflictFindings = (patch: Patch, { path, patchLine, foundLine }: PatchConflict): Diagnostic => {
  const where =
    foundLine === undefined
      ? `${path} is not in the tree, or stands in the way`
      : `it is most like ${path}:${foundLine}`;
  return problem('PATCH_CONFLICT', `${patch.name} does not fit: ${where}.`, {
    at: { file: patch.file, line: patchLine },
    hint: '`winpv patch check` shows what the patch expects, what is there and what it wants.',
  });
};

interface Turn {
  readonly outcome: PatchOutcome;
  readonly changes: Changes;
}

const NO_CHANGES: Changes = new Map();

/** What cannot be applied, and why. */
const unfit = (
  outcome: PatchOutcome,
  others: readonly string[],
  { conflicts, diagnostics }: Pick<Attempt, 'conflicts' | 'diagnostics'>,
): Turn => {
  const { patch } = outcome;
  const found = [
    // Of typed edits the findings say it themselves.
    ...(patch.content.kind === 'edits' ? [] : conflicts).map((conflict) => conflictFindings(patch, conflict)),
    ...diagnostics.map((finding) => ({ ...finding, message: `${patch.name}: ${finding.message}` })),
    ...others.map((path) => differs(patch, path, 'conflict')),
  ];
  return { outcome: { ...outcome, state: 'conflict', conflicts, diagnostics: found }, changes: NO_CHANGES };
};

/** One patch after the other, in a tree. */
const turnOf = (patch: Patch, tree: PatchTree, files: Files, isBelow: (isSeen: SeenBy) => boolean): Turn => {
  const isSeen: SeenBy = (path) => tree.whole || tree.files.has(path) || files.has(path);
  const notSeen = patch.paths.filter((path) => !isSeen(path));
  const base = { patch, files: [], conflicts: [], notSeen, diagnostics: [] };
  if (!isFor(patch, tree) || notSeen.length === patch.paths.length) {
    return { outcome: { ...base, state: 'elsewhere' }, changes: NO_CHANGES };
  }
  const others = otherBases(patch, tree.files, files, isSeen);
  const droppable: Turn = { outcome: { ...base, state: 'droppable' }, changes: NO_CHANGES };
  if (others.length > 0 && (takenBack(files, patch, isSeen) !== undefined || isBelow(isSeen))) return droppable;
  const tried = attempt(files, patch, isSeen);
  const { changes } = tried;
  if (changes === undefined) return unfit({ ...base, state: 'conflict' }, others, tried);
  const made = patchedFiles(files, changes);
  if (others.length === 0) return { outcome: { ...base, state: 'applied', files: made }, changes };
  const found = others.map((path) => differs(patch, path, 'base-differs'));
  return { outcome: { ...base, state: 'base-differs', diagnostics: found, files: made }, changes };
};

/**
 * Applies the patches that are for this driver and version, in their order. What one of them cannot do is a finding, and
 * the next one is tried on what is there: one look at a queue tells all.
 */
export const applyQueue = ({ patches }: PatchQueue, tree: PatchTree): QueueResult => {
  let files: Files = tree.files;
  const there = new Set<Patch>();
  const outcomes = patches.map((patch, index) => {
    const isBelow = (isSeen: SeenBy): boolean => {
      const above = patches.slice(index + 1).filter((one) => isFor(one, tree));
      const found = there.has(patch) ? [patch] : thereBelow(files, patch, above, isSeen);
      for (const one of found) there.add(one);
      return found.length > 0;
    };
    const { outcome, changes } = turnOf(patch, tree, files, isBelow);
    files = changed(files, changes);
    return outcome;
  });
  return { files, outcomes };
};
