import { createHash } from 'node:crypto';
import { type CalendarDate, compareDates, formatDate } from '../../core/date.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { closestName, shownText } from '../../core/spelling.ts';
import { FAMILY } from '../../drivers/index.ts';
import type { SettingsPoint } from '../settings-tree.ts';
import { type InfPatchEdit, parseInfEdits } from './edits.ts';
import type { FileDiff } from './file-diff.ts';
import { type PatchMail, parsePatchMail } from './mail.ts';
import { parseSeries, type SeriesEntry } from './series.ts';
import { type PatchMeta, parseSeriesMeta } from './series-meta.ts';
import { parseUnifiedDiff } from './unified.ts';

/** How a patch says what it changes. */
export type PatchContent =
  | { readonly kind: 'diff'; readonly mail: PatchMail; readonly diffs: readonly FileDiff[] }
  | { readonly kind: 'edits'; readonly edits: readonly PlacedEdit[] };

/** An edit and where the patch file has it. */
export interface PlacedEdit {
  readonly edit: InfPatchEdit;
  readonly point: SettingsPoint;
}

export interface Patch {
  /** As `series` names it. */
  readonly name: string;
  /** The path it was read from. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Of the file, lower-case hex. */
  readonly sha256: string;
  readonly subject: string;
  readonly meta: PatchMeta;
  /** Where `series.yaml` speaks of it. */
  readonly metaPoint: SettingsPoint;
  readonly content: PatchContent;
  /** Leading parts that are taken off the paths in the file. */
  readonly strip: 0 | 1;
  /** Paths that it touches, `/`-separated, in its order, both names of a rename. */
  readonly paths: readonly string[];
}

/** A vendor's changes in the order in which they are applied. */
export interface PatchQueue {
  readonly folder: string;
  readonly patches: readonly Patch[];
}

/** A file of a queue's folder; `name` is `/`-separated below it. */
export interface QueueFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const SERIES = 'series';
export const SERIES_META = 'series.yaml';

const isEdits = (name: string): boolean => /\.ya?ml$/i.test(name);

const diffPaths = (diffs: readonly FileDiff[]): readonly string[] => [
  ...new Set(diffs.flatMap(({ from, to }) => [from, to]).filter((path) => path !== undefined)),
];

const contentOf = ({ path, bytes, name }: QueueFile, strip: 0 | 1) => {
  if (isEdits(name)) {
    const { value, point } = parseInfEdits(bytes, path);
    const edits = value.edits.map((edit, index) => ({ edit, point: point(['edits', index]) }));
    const paths = [...new Set(value.edits.map(({ file }) => file))];
    return { subject: value.subject ?? name, content: { kind: 'edits', edits } as const, paths };
  }
  const mail = parsePatchMail(Buffer.from(bytes).toString('latin1'), path);
  const diffs = parseUnifiedDiff(mail.body, { file: path, firstLine: mail.bodyLine, strip });
  if (diffs.length === 0) {
    throw new WinpvError('PATCH_SYNTAX', 'The patch has no diff in it.', { at: { file: path } });
  }
  const subject = mail.subject === '' ? name : mail.subject;
  return { subject, content: { kind: 'diff', mail, diffs } as const, paths: diffPaths(diffs) };
};

/** A patch says of each file it changes what it was made against, and of no other. */
const checkBase = (patch: Patch): readonly Diagnostic[] => {
  const named = Object.keys(patch.meta.base.files);
  const diffs = patch.content.kind === 'edits' ? [] : patch.content.diffs;
  const read = new Set(diffs.flatMap(({ from }) => from ?? []));
  const made = diffs.flatMap(({ to }) => (to === undefined || read.has(to) ? [] : to));
  const missing = patch.paths.filter((path) => !made.includes(path) && !named.includes(path));
  const foreign = named.filter((path) => !patch.paths.includes(path));
  const anew = named.filter((path) => made.includes(path));
  return [
    ...missing.map((path) => `changes ${shownText(path)}, and \`base.files\` does not name it`),
    ...foreign.map((path) => `does not change ${shownText(path)}, which \`base.files\` names`),
    ...anew.map((path) => `makes ${shownText(path)}, so \`base.files\` cannot have a hash of it`),
  ].map((what) => problem('PATCH_SERIES', `${patch.name} ${what}.`, patch.metaPoint));
};

interface Reading {
  readonly files: ReadonlyMap<string, QueueFile>;
  readonly meta: ReturnType<typeof parseSeriesMeta>;
  readonly found: Diagnostic[];
}

/** Runs a step of reading; its complaints join the others. */
const collect = <T>(found: Diagnostic[], read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    found.push(...error.diagnostics);
    return undefined;
  }
};

const readPatch = (entry: SeriesEntry, seriesFile: string, { files, meta, found }: Reading): readonly Patch[] => {
  const at = { file: seriesFile, line: entry.line };
  const file = files.get(entry.name);
  const about = Object.hasOwn(meta.value, entry.name) ? meta.value[entry.name] : undefined;
  if (file === undefined) {
    const meant = closestName(entry.name, [...files.keys()]);
    const hint = meant === undefined ? {} : { hint: `Did you mean \`${meant}\`?` };
    found.push(problem('PATCH_SERIES', `There is no file "${shownText(entry.name)}".`, { at, ...hint }));
  }
  if (about === undefined) {
    const hint = 'Say its reason, base, drivers, kind and upstream state there.';
    found.push(problem('PATCH_SERIES', `${SERIES_META} says nothing about "${shownText(entry.name)}".`, { at, hint }));
  }
  if (file === undefined || about === undefined) return [];
  const content = collect(found, () => contentOf(file, entry.strip));
  if (content === undefined) return [];
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  const { strip } = entry;
  const metaPoint = meta.keyPoint([entry.name]);
  return [{ name: entry.name, file: file.path, bytes: file.bytes, sha256, meta: about, metaPoint, strip, ...content }];
};

/** A patch for a driver that there is not would be left out in silence. */
const checkDrivers = ({ name, meta, metaPoint }: Patch): readonly Diagnostic[] =>
  meta.drivers
    .filter((driver) => !FAMILY.includes(driver))
    .map((driver) => {
      const meant = closestName(driver, FAMILY);
      const hint = meant === undefined ? `The drivers are ${FAMILY.join(', ')}.` : `Did you mean \`${meant}\`?`;
      return problem('PATCH_SERIES', `${name} is for "${driver}", and there is no such driver.`, {
        ...metaPoint,
        hint,
      });
    });

/** Files that nobody applies are a mistake in `series`, and what nobody has cannot be described. */
const leftOver = (series: readonly SeriesEntry[], { files, meta }: Reading): readonly Diagnostic[] => {
  const named = new Set(series.map(({ name }) => name));
  return [
    ...[...files.values()]
      .filter(({ name }) => !named.has(name) && /\.(patch|diff|eml|mbox)$/i.test(name))
      .map(({ name, path }) =>
        problem('PATCH_SERIES', `${name} is not in \`series\`, so it is not applied.`, {
          severity: 'warning',
          at: { file: path },
        }),
      ),
    ...Object.keys(meta.value)
      .filter((name) => !named.has(name))
      .map((name) => problem('PATCH_SERIES', `"${shownText(name)}" is not in \`series\`.`, meta.keyPoint([name]))),
  ];
};

export interface LoadedQueue {
  readonly queue: PatchQueue;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a queue from the files of its folder: `series`, `series.yaml` and the patch files.
 * @throws WinpvError with every complaint: PATCH_*, CONFIG_*
 */
export const parseQueue = (folder: string, all: readonly QueueFile[]): LoadedQueue => {
  const files = new Map(all.map((file) => [file.name, file]));
  const seriesFile = files.get(SERIES);
  const metaFile = files.get(SERIES_META);
  if (seriesFile === undefined) {
    const hint = 'A queue is a folder with `series`, `series.yaml` and patch files.';
    throw new WinpvError('PATCH_SERIES', `${folder} has no file \`${SERIES}\`.`, { at: { file: folder }, hint });
  }
  const series = parseSeries(new TextDecoder().decode(seriesFile.bytes), seriesFile.path);
  const meta = parseSeriesMeta(metaFile?.bytes ?? '{}', metaFile?.path ?? `${folder}/${SERIES_META}`);
  const reading: Reading = { files, meta, found: [] };
  const patches = series.flatMap((entry) => readPatch(entry, seriesFile.path, reading));
  const found = [
    ...reading.found,
    ...patches.flatMap(checkBase),
    ...patches.flatMap(checkDrivers),
    ...leftOver(series, reading),
  ];
  return { queue: { folder, patches }, diagnostics: stopOnErrors(found) };
};

/** A patch is carried up to its date; then somebody has to look at it again. */
export const expiredPatches = ({ patches }: PatchQueue, today: CalendarDate): readonly Diagnostic[] =>
  patches.flatMap(({ name, meta: { expires }, metaPoint }) => {
    if (expires === undefined || compareDates(expires, today) >= 0) return [];
    const hint = 'See whether upstream has it now; if it is still needed, give it a later date and say why.';
    return [
      problem('PATCH_EXPIRED', `${name} was to be carried until ${formatDate(expires)}.`, { ...metaPoint, hint }),
    ];
  });
