import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { gitPaths, headerPath, unquoted } from './diff-paths.ts';
import type { FileDiff, Hunk, HunkLine } from './file-diff.ts';
import { textOf } from './latin1.ts';
import { pathComplaint } from './path.ts';

export interface DiffOptions {
  readonly file: string;
  /** The line of the file that the text begins in, from 1. */
  readonly firstLine?: number;
  /** Leading parts of a path to take off, as `patch -p`; git's `a/` and `b/` are one. */
  readonly strip?: 0 | 1;
}

const MAX_FILES = 1000;
const MAX_HUNK_LINES = 200_000;

const HUNK = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)$/s;

interface Draft {
  from?: string | undefined;
  to?: string | undefined;
  renamed: boolean;
  copy: boolean;
  isNew: boolean;
  isDeleted: boolean;
  /** It changes who may do what with the file. */
  mode: boolean;
  readonly hunks: Hunk[];
  readonly line: number;
}

const draftAt = (line: number): Draft => ({
  ...{ renamed: false, copy: false, isNew: false, isDeleted: false, mode: false },
  ...{ hunks: [], line },
});

const NOTHING = '/dev/null';

/** What ends the text of a mail; a mailer may have taken its blank away. */
const SIGNATURE = /^-- ?$/;

/** Reads the lines of a diff one after the other. */
class DiffReader {
  private readonly lines: readonly string[];
  private readonly firstLine: number;
  private readonly file: string;
  private readonly strip: 0 | 1;
  private index = 0;
  private signed = false;

  constructor(text: string, { file, firstLine = 1, strip = 1 }: DiffOptions) {
    this.lines = text.split('\n');
    this.file = file;
    this.firstLine = firstLine;
    this.strip = strip;
  }

  private get line(): number {
    return this.firstLine + this.index;
  }

  private fail(message: string, line: number, hint?: string): never {
    throw new WinpvError('PATCH_SYNTAX', message, {
      at: { file: this.file, line },
      ...(hint === undefined ? {} : { hint }),
    });
  }

  read(): readonly FileDiff[] {
    const drafts: Draft[] = [];
    while (this.index < this.lines.length) {
      const draft = this.readFile();
      if (draft === undefined) this.passOver(drafts.length > 0);
      else if (drafts.push(draft) > MAX_FILES) this.fail(`A patch changes more than ${MAX_FILES} files.`, draft.line);
    }
    return drafts.map((draft) => this.finished(draft));
  }

  /** The diff of one file that begins at this line; undefined when none does. */
  private readFile(): Draft | undefined {
    const text = this.current();
    if (text.startsWith('diff --git ')) return this.readGitFile(text.slice('diff --git '.length));
    if (text.startsWith('--- ') && (this.lines[this.index + 1] ?? '').startsWith('+++ ')) {
      const draft = draftAt(this.line);
      this.readPaths(draft);
      this.readHunks(draft);
      return draft;
    }
    if (HUNK.test(text)) this.fail('A hunk stands before any file is named.', this.line);
    return undefined;
  }

  /** Text between files is for people; what looks like a part of a hunk there would be lost in silence. */
  private passOver(below: boolean): void {
    const text = this.current();
    if (below && SIGNATURE.test(text)) this.signed = true;
    else if (below && !this.signed && /^[+-]/.test(text)) {
      this.fail('A hunk has more lines than its `@@` line says.', this.line);
    }
    this.index += 1;
  }

  private current(): string {
    return (this.lines[this.index] ?? '').replace(/\r$/, '');
  }

  private readGitFile(names: string): Draft {
    const draft = draftAt(this.line);
    [draft.from, draft.to] = gitPaths(names) ?? [];
    this.index += 1;
    while (this.index < this.lines.length && this.readExtendedHeader(draft)) this.index += 1;
    if (this.current().startsWith('--- ')) this.readPaths(draft);
    this.readHunks(draft);
    return draft;
  }

  /** @returns false at the first line that is no header */
  private readExtendedHeader(draft: Draft): boolean {
    const text = this.current();
    const [, name = '', path = ''] = /^(rename from|rename to|copy from|copy to) (.+)$/s.exec(text) ?? [];
    if (name !== '') {
      // These paths have no `a/` before them.
      const full = this.strip === 1 ? `/${unquoted(path)}` : unquoted(path);
      if (name.endsWith('from')) draft.from = full;
      else draft.to = full;
      draft.renamed = true;
      draft.copy = name.startsWith('copy');
      return true;
    }
    if (text.startsWith('new file mode ')) draft.isNew = true;
    else if (text.startsWith('deleted file mode ')) draft.isDeleted = true;
    else if (/^(GIT binary patch|Binary files .* differ)$/s.test(text)) {
      this.fail('A patch of a binary file cannot be applied: a patch queue holds text.', this.line);
    } else {
      if (/^(old|new) mode /.test(text)) draft.mode = true;
      return /^(index |old mode |new mode |similarity index |dissimilarity index )/.test(text);
    }
    if (/ (120000|160000)$/.test(text)) {
      this.fail('A patch makes or removes a symbolic link or a submodule.', this.line);
    }
    return true;
  }

  private readPaths(draft: Draft): void {
    const from = headerPath(this.current().slice(4));
    this.index += 1;
    const second = this.current();
    if (!second.startsWith('+++ ')) this.fail('A `---` line is not followed by a `+++` line.', this.line);
    const to = headerPath(second.slice(4));
    this.index += 1;
    // The part that is taken off is a name, not the root of a disk.
    for (const path of [from, to])
      if (path.startsWith('/') && path !== NOTHING) this.refuse(path, 'is absolute', draft.line);
    if (from === NOTHING) draft.isNew = true;
    if (to === NOTHING) draft.isDeleted = true;
    if (draft.renamed) return;
    if (from !== NOTHING) draft.from = from;
    if (to !== NOTHING) draft.to = to;
  }

  private readHunks(draft: Draft): void {
    for (;;) {
      const match = HUNK.exec(this.current());
      if (match === null) break;
      const [, oldStart, oldCount = '1', newStart, newCount = '1', heading = ''] = match;
      const line = this.line;
      this.index += 1;
      const counts = { old: Number(oldCount), new: Number(newCount) };
      draft.hunks.push({
        ...{ oldStart: Number(oldStart), oldCount: counts.old },
        ...{ newStart: Number(newStart), newCount: counts.new },
        ...{ heading, line, lines: this.readHunkLines(counts, line) },
      });
    }
    this.endHunks(draft);
  }

  /** What follows the last hunk of a file is not another line of it. */
  private endHunks({ hunks }: Draft): void {
    const text = this.current();
    if (text.startsWith('@')) {
      const hint = 'It has to read `@@ -1,2 +1,2 @@`: first line and count before and after.';
      this.fail('A line begins as a hunk does and is none.', this.line, hint);
    }
    if (hunks.length > 0 && /^ .*\S/s.test(text)) {
      this.fail('A hunk has more lines than its `@@` line says.', this.line);
    }
  }

  private readHunkLines(counts: { readonly old: number; readonly new: number }, at: number): readonly HunkLine[] {
    const lines: HunkLine[] = [];
    let [old, added] = [counts.old, counts.new];
    if (old + added > MAX_HUNK_LINES) this.fail(`A hunk has more than ${MAX_HUNK_LINES} lines.`, at);
    while (old > 0 || added > 0 || (this.lines[this.index] ?? '').startsWith('\\')) {
      const text = this.lines[this.index];
      // A mailer may have taken the only blank of an empty context line away.
      const mark = text === '' || text === '\r' ? ' ' : text?.[0];
      if (text === undefined || mark === undefined)
        return this.fail('A hunk ends before all of its lines are there.', at);
      if (mark === '\\') this.openLast(lines);
      else if (mark === ' ' || mark === '-' || mark === '+') {
        if (mark !== '+') old -= 1;
        if (mark !== '-') added -= 1;
        const kind = mark === ' ' ? 'context' : mark === '-' ? 'remove' : 'add';
        lines.push({ kind, text: text.startsWith(mark) ? text.slice(1) : text });
      } else
        this.fail(
          `A line of a hunk begins with "${shownText(mark)}".`,
          this.line,
          'It has to begin with a blank, + or -.',
        );
      if (old < 0 || added < 0) this.fail('A hunk has more lines than its `@@` line says.', at);
      this.index += 1;
    }
    return lines;
  }

  private openLast(lines: HunkLine[]): void {
    const last = lines.at(-1);
    if (last === undefined) this.fail('A hunk begins with a note about a missing line feed.', this.line);
    else lines[lines.length - 1] = { ...last, open: true };
  }

  private finished(draft: Draft): FileDiff {
    const { copy, hunks, line } = draft;
    const from = draft.isNew ? undefined : this.treePath(draft.from, line);
    const to = draft.isDeleted ? undefined : this.treePath(draft.to, line);
    if (from === undefined && to === undefined) return this.fail('A diff names no file.', line);
    if (!draft.renamed && from !== undefined && to !== undefined && from !== to) {
      this.fail(`A diff names two files, "${shownText(from)}" and "${shownText(to)}", and says no rename.`, line);
    }
    if (hunks.length === 0 && !draft.renamed && from !== undefined && to !== undefined && !draft.mode) {
      this.fail('A diff changes nothing.', line);
    }
    return { from, to, copy, hunks, line };
  }

  private treePath(path: string | undefined, line: number): string {
    if (path === undefined) return this.fail('A diff does not say which file it changes.', line);
    const slash = path.indexOf('/');
    if (this.strip === 1 && slash < 0) {
      this.fail(
        `The path "${shownText(path)}" has no folder to take off.`,
        line,
        'Write `-p0` after its name in `series`.',
      );
    }
    const inside = textOf(this.strip === 1 ? path.slice(slash + 1) : path);
    const complaint = pathComplaint(inside);
    return complaint === undefined ? inside : this.refuse(inside, complaint, line);
  }

  private refuse(path: string, complaint: string, line: number): never {
    throw new WinpvError('PATCH_PATH_REFUSED', `The path "${shownText(path)}" ${complaint}.`, {
      at: { file: this.file, line },
    });
  }
}

/** Two diffs of one file in one patch would depend on the order of applying. */
const twice = (diffs: readonly FileDiff[], file: string): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return diffs.flatMap(({ from, to, line }) => {
    const path = (to ?? from ?? '').toLowerCase();
    const again = seen.has(path);
    seen.add(path);
    if (!again) return [];
    return [problem('PATCH_SYNTAX', `"${shownText(path)}" is changed twice in one patch.`, { at: { file, line } })];
  });
};

/**
 * Reads a unified diff, git's or another's; text before, between and after the files is passed over.
 *
 * @param text bytes as Latin-1 characters
 * @throws WinpvError PATCH_SYNTAX, PATCH_PATH_REFUSED with the line of the patch file
 */
export const parseUnifiedDiff = (text: string, options: DiffOptions): readonly FileDiff[] => {
  const diffs = new DiffReader(text, options).read();
  stopOnErrors(twice(diffs, options.file));
  return diffs;
};
