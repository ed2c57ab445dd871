/**
 * Texts of patches are bytes, one character each (Latin-1): what is patched may be in any encoding, and a byte that is
 * no character of UTF-8 must come through as it is.
 */
export interface HunkLine {
  readonly kind: 'context' | 'remove' | 'add';
  /** Without the line feed. A carriage return before it belongs to the text. */
  readonly text: string;
  /** The last line of its file, and no line feed follows. */
  readonly open?: true;
}

export interface Hunk {
  /** Line in the old file of its first line, from 1; with no old lines, the line after which it inserts. */
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** What stands after the second `@@`. */
  readonly heading: string;
  readonly lines: readonly HunkLine[];
  /** Line of the patch file that its `@@` stands in. */
  readonly line: number;
}

/** What a diff does to one file; paths are `/`-separated, from the root of the tree, and stay inside it. */
export interface FileDiff {
  /** Undefined: the file is new. */
  readonly from: string | undefined;
  /** Undefined: the file goes away. */
  readonly to: string | undefined;
  /** `from` stays and `to` begins as its copy. */
  readonly copy: boolean;
  readonly hunks: readonly Hunk[];
  /** Line of the patch file where it begins. */
  readonly line: number;
}
