import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { FileMarks, Files } from '../../core/ports.ts';
import { SUMS_SIGNATURE } from '../making/statement-names.ts';
import { OUTPUT_SUFFIXES, RECORD_NAME, SUMS_NAME, sha256Hex } from '../output.ts';
import type { Plan } from '../plan.ts';
import type { ReleasePorts, ReleaseRequest } from '../prepare.ts';
import { checkNothingPending } from '../reading/pending-submissions.ts';
import type { ReleaseRecord } from '../record.ts';
import { hashOfJson } from './kept.ts';
import { toolHash } from './making.ts';
import { isAsSeen, isStillSeen, seenSchema, type Watching, watchFiles } from './seen.ts';

/** Among the notes of a release: what the run that made it, or found it as it should be, saw. */
const NOTE = 'unchanged.json';
const FORMAT = 1;
const MAX_BYTES = 256 * 1024 * 1024;
/** The coarsest file system, FAT, tells two changes apart when they are so many milliseconds from each other. */
const TICK_MS = 2000;
const DAY_MS = 86_400_000;

const noteSchema = z.strictObject({
  formatVersion: z.literal(FORMAT),
  asked: z.string(),
  /** When the run began to look, and when all of the release stood, in milliseconds since 1970. */
  lookedMs: z.number(),
  stoodMs: z.number(),
  seen: seenSchema,
  /** Files of the release, with the hashes of those that `SHA256SUMS` does not have. */
  marks: z.array(z.tuple([z.string(), z.string()])),
  hashes: z.record(z.string(), z.string()),
  plan: z.custom<Plan>(),
  diagnostics: z.custom<readonly Diagnostic[]>(),
});

/** The notes of a release in its project's cache, by where it stands as seen from the project. */
export const notesFolder = (files: Files, project: string, out: string): string =>
  files.join(project, '.winpv', 'cache', 'releases', hashOfJson(files.relative(project, out)).slice(0, 16));

/** A release that is what it would be: nothing was made. */
export interface UnchangedRelease {
  readonly plan: Plan;
  readonly record: ReleaseRecord;
  readonly diagnostics: readonly Diagnostic[];
}

/** A run that may be told later to have been for the same. */
export interface Watch {
  /** What the run is to use. */
  readonly ports: ReleasePorts;
  /** The release that stands in OUT, when a run would see the same, and nothing of it changed. */
  readonly unchanged: () => Promise<UnchangedRelease | undefined>;
  /** Notes what was seen, for the next run. */
  readonly keep: (plan: Plan, diagnostics: readonly Diagnostic[]) => Promise<void>;
}

const isBelow = (path: string, folder: string): boolean =>
  path === folder || (path.startsWith(folder) && /^[\\/]/.test(path.slice(folder.length)));

interface Place {
  readonly out: string;
  /** With links followed. */
  readonly real: string;
  readonly note: string;
}

/** Whatever else a release depends on: what it was asked for, where, and on which day, for certificates and waivers end. */
const askedFor = async (request: ReleaseRequest, ports: ReleasePorts, { real }: Place): Promise<string> => {
  const { project, out, brands, drivers, architectures, date, sourceDateEpoch, toolVersion } = request;
  const commit = date === undefined ? await request.commit() : undefined;
  const day = Math.floor(ports.clock.now() / DAY_MS);
  return hashOfJson([
    [project, out, real, brands, drivers, architectures, date, sourceDateEpoch, commit, day],
    [await toolHash(ports, toolVersion), ports.packageRoot],
  ]);
};

const readNote = async (files: Files, path: string) => {
  if ((await files.stat(path))?.kind !== 'file') return undefined;
  try {
    const note = noteSchema.safeParse(
      JSON.parse(new TextDecoder().decode(await files.read(path, { maxBytes: MAX_BYTES }))),
    );
    return note.success ? note.data : undefined;
  } catch (error) {
    // Whatever cannot be read is made again.
    if (error instanceof SyntaxError || error instanceof WinpvError) return undefined;
    throw error;
  }
};

type Note = Readonly<z.output<typeof noteSchema>>;

/** By path, the hashes that `SHA256SUMS` has. */
const hashesOfSums = (sums: Uint8Array): ReadonlyMap<string, string> =>
  new Map(
    new TextDecoder()
      .decode(sums)
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );

/** Whether OUT holds what was noted and nothing else. */
const standsAsNoted = async (note: Note, { out }: Place, files: Files, marks: FileMarks): Promise<boolean> => {
  const now = await marks.marksBelow(out);
  if (now?.size !== note.marks.length) return false;
  const sums = hashesOfSums(await files.read(files.join(out, SUMS_NAME)));
  const looking = { files, marks, surelyBeforeMs: note.stoodMs - TICK_MS };
  for (const [path, mark] of note.marks) {
    const there = now.get(path);
    if (there === undefined) return false;
    if (there.text === mark && there.changedMs < looking.surelyBeforeMs) continue;
    const was = { mark, sha256: note.hashes[path] ?? sums.get(path) ?? '' };
    if (!(await isAsSeen(files.join(out, ...path.split('/')), was, looking))) return false;
  }
  return true;
};

/** The release in OUT, when nothing that it follows from changed, and none of its files. */
const unchangedIn = async (place: Place, asked: string, ports: ReleasePorts, marks: FileMarks) => {
  const { files } = ports;
  const note = await readNote(files, place.note);
  if (note?.asked !== asked) return undefined;
  const { real, out } = place;
  for (const suffix of OUTPUT_SUFFIXES) {
    const beside = files.join(files.dirname(real), `.${files.basename(real)}.${suffix}`);
    if ((await files.stat(beside)) !== undefined) return undefined;
  }
  await checkNothingPending(files, out);
  if (!(await standsAsNoted(note, place, files, marks))) return undefined;
  if (!(await isStillSeen(note.seen, { files, marks, surelyBeforeMs: note.lookedMs - TICK_MS }))) return undefined;
  const record = JSON.parse(new TextDecoder().decode(await files.read(files.join(out, RECORD_NAME)))) as ReleaseRecord;
  return { record, plan: note.plan, diagnostics: note.diagnostics };
};

/** What a run says once, and the next does not. */
const ONCE: ReadonlySet<string> = new Set([
  'KEPT_DAMAGED',
  'LEDGER_SEAL_BROKEN',
  'LEDGER_NOT_KEPT',
  'LEDGER_SUPERSEDED',
]);

interface Keeping {
  readonly place: Place;
  readonly asked: string;
  readonly lookedMs: number;
  readonly watching: Watching;
}

const keepNote = async (
  { place, asked, lookedMs, watching }: Keeping,
  { files, clock }: ReleasePorts,
  marks: FileMarks,
  said: Pick<UnchangedRelease, 'plan' | 'diagnostics'>,
): Promise<void> => {
  const seen = watching.seen();
  const stoodMs = clock.now();
  const there = await marks.marksBelow(place.out);
  if (seen === undefined || there === undefined || said.diagnostics.some(({ code }) => ONCE.has(code))) return;
  const hashes: Record<string, string> = {};
  const listed = hashesOfSums(await files.read(files.join(place.out, SUMS_NAME)));
  for (const path of there.keys()) {
    if (listed.has(path)) continue;
    // Beside the checksums stands what hands the release on; whoever changes it changes its mark.
    if (path !== SUMS_NAME && path !== SUMS_SIGNATURE && !path.startsWith('.winpv/')) return;
    hashes[path] = sha256Hex(await files.read(files.join(place.out, ...path.split('/'))));
  }
  const all = [...there].map(([path, { text }]) => [path, text]);
  const note = { formatVersion: FORMAT, asked, lookedMs, stoodMs, seen, marks: all, hashes, ...said };
  try {
    await files.write(place.note, utf8(`${JSON.stringify(note)}\n`));
  } catch (error) {
    if (!(error instanceof WinpvError) || error.code !== 'FILE_UNWRITABLE') throw error;
  }
};

/**
 * Watches what a run looks at, so that the next run need only look whether that is as it was: as build tools do, by size,
 * times and identity of each file, and by hash where these differ or are too fresh to be trusted.
 * @returns undefined where nothing can be noted: parts, and machines that have no marks of files
 */
export const watchRelease = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Watch | undefined> => {
  const { files, marks, clock } = ports;
  const { out, project } = request;
  if (marks === undefined || request.part !== undefined || request.parts !== undefined) return undefined;
  const lookedMs = clock.now();
  const real = await files.realPath(out);
  const place = { out, real, note: files.join(notesFolder(files, project, out), NOTE) };
  const asked = await askedFor(request, ports, place);
  const own = [out, real, files.dirname(place.note)];
  const beside = files.join(files.dirname(real), `.${files.basename(real)}.winpv-`);
  const watching = watchFiles(files, marks, (path) => path.startsWith(beside) || own.some((one) => isBelow(path, one)));
  let alone = true;
  const reaching =
    <T>(open: () => Promise<T>) =>
    (): Promise<T> => {
      // What programs and servers answer is not known before they are asked.
      alone = false;
      return open();
    };
  return {
    ports: {
      ...{ ...ports, files: watching.files },
      ...{ http: reaching(ports.http), exec: reaching(ports.exec), tokens: reaching(ports.tokens) },
    },
    unchanged: async () => {
      if (!request.clean || request.fresh === true || request.resume === true) return undefined;
      if ((await files.stat(place.note)) === undefined || (await files.stat(out)) === undefined) return undefined;
      const unlock = await files.lock(real);
      try {
        return await unchangedIn(place, asked, ports, marks);
      } finally {
        await unlock();
      }
    },
    keep: async (plan, diagnostics) => {
      if (alone) await keepNote({ place, asked, lookedMs, watching }, ports, marks, { plan, diagnostics });
    },
  };
};
