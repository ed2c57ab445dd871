import { createHash } from 'node:crypto';
import type { Patch, PatchQueue, PlacedEdit } from '../../../branding/patches/queue.ts';
import { appliesTo } from '../../../branding/patches/series-meta.ts';
import type { FileDiff } from '../../../branding/patches/unified.ts';
import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import {
  applyHunks,
  changedLines,
  conflictsOf,
  type FileChange,
  type LineRange,
  type PatchConflict,
  reversed,
} from './apply-diff.ts';
import { applyEdit, editIsThere } from './apply-edits.ts';

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
  readonly change: FileChange;
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
    const made = old === undefined || inTheWay ? undefined : applyHunks(old, hunks, fuzz);
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
  for (const placed of edits) {
    const { edit } = placed;
    const bytes = changes.get(edit.file) ?? files.get(edit.file);
    try {
      if (bytes === undefined) throw new WinpvError('PATCH_EDIT_CONFLICT', 'There is no such file.');
      changes.set(edit.file, applyEdit(bytes, edit));
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      diagnostics.push(...error.diagnostics.map((finding) => editFinding(finding, placed)));
    }
  }
  return { changes: diagnostics.length > 0 ? undefined : changes, conflicts: [], diagnostics };
};

const attempt = (files: Files, { content, meta }: Patch, seen: (path: string) => boolean): Attempt => {
  if (content.kind === 'edits')
    return tryEdits(
      files,
      content.edits.filter(({ edit }) => seen(edit.file)),
    );
  const diffs = content.diffs.filter(({ from, to }) => seen(from ?? to ?? ''));
  return applyDiffs(files, diffs, meta.fuzz ?? 0);
};

/** Taking the change back would work, and leaves something to put there again: it is there. */
const isThere = (files: Files, { content }: Patch, seen: (path: string) => boolean): boolean => {
  if (content.kind === 'edits') {
    return content.edits.every(({ edit }) => {
      const bytes = files.get(edit.file);
      return !seen(edit.file) || (bytes !== undefined && editIsThere(bytes, edit));
    });
  }
  const diffs = content.diffs.filter(({ from, to }) => seen(from ?? to ?? ''));
  return diffs.length > 0 && applyDiffs(files, diffs.map(reversed), 0).changes !== undefined;
};

const patchedFiles = (files: Files, changes: Changes): readonly PatchedFile[] =>
  [...changes].map(([path, after]) => {
    const before = files.get(path);
    return {
      path,
      before: before === undefined ? undefined : sha256(before),
      after: after === undefined ? undefined : sha256(after),
      lines: after === undefined ? [] : changedLines(before ?? EMPTY, after),
      change: { path, before, after },
    };
  });

/** Files that are not what the patch was made against: neither at first nor after the patches before it. */
const otherBases = (patch: Patch, original: Files, files: Files, seen: (path: string) => boolean): readonly string[] =>
  Object.entries(patch.meta.base.files)
    .filter(([path]) => seen(path))
    .filter(([path, expected]) => {
      const known = [original.get(path), files.get(path)].flatMap((bytes) =>
        bytes === undefined ? [] : sha256(bytes),
      );
      return !known.includes(expected);
    })
    .map(([path]) => path);

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

const outcome = (
  patch: Patch,
  tree: PatchTree,
  files: Files,
): { readonly outcome: PatchOutcome; readonly changes: Changes } => {
  const nothing = new Map<string, Uint8Array>();
  const seen = (path: string): boolean => tree.whole || tree.files.has(path) || files.has(path);
  const notSeen = patch.paths.filter((path) => !seen(path));
  const base = { patch, files: [], conflicts: [], notSeen, diagnostics: [] };
  if (!appliesTo(patch.meta, tree.driver, tree.version) || notSeen.length === patch.paths.length) {
    return { outcome: { ...base, state: 'elsewhere' }, changes: nothing };
  }
  const others = otherBases(patch, tree.files, files, seen);
  if (others.length > 0 && isThere(files, patch, seen)) {
    return { outcome: { ...base, state: 'droppable' }, changes: nothing };
  }
  const { changes, conflicts, diagnostics } = attempt(files, patch, seen);
  if (changes === undefined) {
    const found = [
      ...conflicts.map((conflict) => conflictFindings(patch, conflict)),
      ...diagnostics.map((finding) => ({ ...finding, message: `${patch.name}: ${finding.message}` })),
      ...others.map((path) => differs(patch, path, 'conflict')),
    ];
    return { outcome: { ...base, state: 'conflict', conflicts, diagnostics: found }, changes: nothing };
  }
  if (others.length > 0) {
    const found = others.map((path) => differs(patch, path, 'base-differs'));
    return {
      outcome: { ...base, state: 'base-differs', diagnostics: found, files: patchedFiles(files, changes) },
      changes,
    };
  }
  return { outcome: { ...base, state: 'applied', files: patchedFiles(files, changes) }, changes };
};

/**
 * Applies the patches that are for this driver and version, in their order. What one of them cannot do is a finding, and
 * the next one is tried on what is there: one look at a queue tells all.
 */
export const applyQueue = ({ patches }: PatchQueue, tree: PatchTree): QueueResult => {
  const files = new Map(tree.files);
  const outcomes = patches.map((patch) => {
    const result = outcome(patch, tree, files);
    for (const [path, bytes] of result.changes) {
      if (bytes === undefined) files.delete(path);
      else files.set(path, bytes);
    }
    return result.outcome;
  });
  return { files, outcomes };
};
