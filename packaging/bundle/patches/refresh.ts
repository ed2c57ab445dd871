import type { PatchMail } from '../../../branding/patches/mail.ts';
import type { PatchMeta } from '../../../branding/patches/series-meta.ts';
import type { PatchOutcome } from './apply-queue.ts';
import { changesOf, writtenDiff } from './written-diff.ts';

/** A patch made anew against the files that it was applied to. */
export interface RefreshedPatch {
  readonly name: string;
  readonly base: PatchMeta['base'];
  /** The new patch file; undefined when it stays as it is: typed edits know no lines. */
  readonly bytes: Uint8Array | undefined;
}

/** Where the diff begins in the body of a mail: with the line that git or diff starts a file with. */
const diffStart = (body: string): number => {
  const found = /^(diff --git |--- \S[^\n]*\n\+\+\+ )/m.exec(body);
  return found?.index ?? body.length;
};

/** All that stands before the diff: headers in their own encoding, message, statistics. */
export const beforeDiff = (file: string, { body, bodyLine }: PatchMail): string => {
  const headers = file.split('\n').slice(0, bodyLine - 1);
  // The body is written as it is from now on.
  const kept = headers.filter((line) => !/^content-transfer-encoding:/i.test(line));
  const head = kept.length === 0 ? '' : `${kept.join('\n')}\n`;
  return head + body.slice(0, diffStart(body));
};

/**
 * The patches that fit, each against what it was applied to: new hashes in its base, and a diff whose lines and
 * context are those of the files.
 */
export const refreshedPatches = (
  outcomes: readonly PatchOutcome[],
  ref: string | undefined,
): readonly RefreshedPatch[] =>
  outcomes
    .filter(({ state }) => state === 'applied' || state === 'base-differs')
    .map((outcome) => {
      const { patch, files } = outcome;
      const { content, meta } = patch;
      const hashes = files.flatMap(({ path, before }) => (before === undefined ? [] : [[path, before] as const]));
      const base = {
        ...(ref === undefined ? {} : { ref }),
        files: { ...meta.base.files, ...Object.fromEntries(hashes) },
      };
      if (content.kind === 'edits') return { name: patch.name, base, bytes: undefined };
      const text =
        beforeDiff(Buffer.from(patch.bytes).toString('latin1'), content.mail) +
        writtenDiff(changesOf(outcome), patch.strip);
      const bytes = Buffer.from(text, 'latin1');
      return { name: patch.name, base, bytes: bytes.equals(patch.bytes) ? undefined : new Uint8Array(bytes) };
    });
