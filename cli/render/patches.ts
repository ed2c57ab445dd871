import type { Patch } from '../../branding/patches/queue.ts';
import { formatDate } from '../../core/date.ts';
import { shownLine } from '../../core/spelling.ts';
import type { PatchConflict } from '../../packaging/bundle/patches/apply-diff.ts';
import type { PatchOutcome, PatchState } from '../../packaging/bundle/patches/apply-queue.ts';

/** A patch as `--json` shows it. */
export const patchResult = (patch: Patch) => {
  const { name, subject, sha256, meta, content, paths } = patch;
  const { reason, kind, drivers, versions, base, upstream, author, organisation, expires } = meta;
  const mail = content.kind === 'diff' ? content.mail : undefined;
  const writer = mail?.author === undefined ? author : `${mail.author.name} <${mail.author.address}>`;
  const signedOffBy = (mail?.trailers ?? [])
    .filter((trailer) => trailer.name.toLowerCase() === 'signed-off-by')
    .map(({ value }) => value);
  return {
    ...{ name, subject, sha256, form: content.kind, reason, kind, drivers, versions: versions ?? null, files: paths },
    ...{ base, upstream, author: writer ?? null, organisation: organisation ?? null, signedOffBy },
    expires: expires === undefined ? null : formatDate(expires),
  };
};

const FROM_NOBODY = 'no organisation named';

const patchLine = (patch: Patch): string => {
  const { meta, subject, name } = patch;
  const { state, in: where, link } = meta.upstream;
  const until = meta.expires === undefined ? '' : `, until ${formatDate(meta.expires)}`;
  const upstream = [state, where === undefined ? '' : `in ${where}`, link ?? ''].filter(Boolean).join(' ');
  return `  ${shownLine(name)}: ${shownLine(subject)}\n    ${meta.kind}, ${meta.drivers.join(' ')}; upstream: ${upstream}${until}\n    ${shownLine(meta.reason)}`;
};

/** Queues in their order, or by who contributed. */
export const patchList = (patches: readonly Patch[], by: 'queue' | 'organisation'): readonly string[] => {
  if (by === 'queue') return patches.flatMap((patch) => patchLine(patch).split('\n'));
  const names = [...new Set(patches.map(({ meta }) => meta.organisation ?? FROM_NOBODY))].sort();
  return names.flatMap((name) => {
    const own = patches.filter(({ meta }) => (meta.organisation ?? FROM_NOBODY) === name);
    const count = own.length === 1 ? '1 patch' : `${own.length} patches`;
    return [`${shownLine(name)}: ${count}`, ...own.flatMap((patch) => patchLine(patch).split('\n'))];
  });
};

/** What a look at a tree says of a patch; nothing is changed by looking. */
export const STATE_WORDS = {
  applied: 'applies',
  droppable: 'droppable: what it changes is there already',
  'base-differs': 'fits, but was made against other files',
  conflict: 'does not fit',
  elsewhere: 'not for this driver or version',
} as const satisfies Record<PatchState, string>;

const COLUMN = 46;

/** A text in lines of the column's width; a return that is part of it can be seen. */
const cells = (text: string): readonly string[] => {
  const shown = shownLine(text.replaceAll('\t', '  ').replaceAll('\r', '\u240d'));
  return shown.match(new RegExp(`.{1,${COLUMN}}`, 'gsu')) ?? [''];
};

const row = (mark: string, texts: readonly string[]): readonly string[] => {
  const columns = texts.map(cells);
  return Array.from({ length: Math.max(...columns.map(({ length }) => length)) }, (_, line) => {
    const parts = columns.map((column) => (column[line] ?? '').padEnd(COLUMN));
    return `    ${line === 0 ? mark : ' '} ${parts.join(' | ')}`.trimEnd();
  });
};

/** The three versions of the lines side by side; `!` marks a line that is not as the patch expects it. */
const conflictLines = ({ path, foundLine, expected, found, wanted }: PatchConflict): readonly string[] => {
  const where = foundLine === undefined ? `${path} (not there)` : `${path}:${foundLine}`;
  const length = Math.max(expected.length, found.length, wanted.length);
  return [
    ...row(' ', ['the patch expects', `the tree has (${where})`, 'the patch wants']),
    ...Array.from({ length }, (_, at) =>
      row(expected[at] === found[at] ? ' ' : '!', [expected[at] ?? '', found[at] ?? '', wanted[at] ?? '']),
    ).flat(),
  ];
};

export const outcomeLines = ({ patch, state, files, conflicts, notSeen }: PatchOutcome): readonly string[] => [
  `${shownLine(patch.name)}: ${STATE_WORDS[state]}`,
  ...files.map(
    ({ path, lines }) =>
      `    ${shownLine(path)}: lines ${lines.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(', ')}`,
  ),
  ...(notSeen.length === 0 ? [] : [`    not looked at: ${notSeen.map(shownLine).join(', ')}`]),
  ...conflicts.flatMap(conflictLines),
];

export const outcomeResult = ({ patch, state, files, conflicts, notSeen }: PatchOutcome) => ({
  name: patch.name,
  sha256: patch.sha256,
  state: state === 'applied' ? 'applies' : state,
  files: files.map(({ path, before, after, lines }) => ({ path, before: before ?? null, after: after ?? null, lines })),
  conflicts,
  notSeen,
});
