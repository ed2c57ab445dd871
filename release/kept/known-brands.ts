import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import type { FactsOfKept } from '../making/build.ts';
import type { Making } from '../making/make-brand.ts';
import { type OutputFile, type OutputStage, RECORD_NAME } from '../output.ts';
import { type ReleaseRequest, step } from '../prepare.ts';
import type { ReleaseRecord } from '../record.ts';
import { type BrandMaking, hashOfJson, KEPT_FOLDER, type KeptFile, keptContent, keptPath, NOTES } from './kept.ts';
import { makingsOf } from './making.ts';
import { joinParts } from './merge.ts';
import { factsHere, findReusable, type KeptPlace, NOTHING_REUSED, type Reuse, type Reused } from './reuse.ts';
import { notesFolder } from './unchanged.ts';

/** Among the notes: what the release as a whole was made from, and its files that are no brand's. */
const KEPT_RELEASE = 'release.json';
const FORMAT = 1;
const MAX_BYTES = 64 * 1024 * 1024;

const keptReleaseSchema = z.object({
  formatVersion: z.literal(FORMAT),
  made: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});

const madeOf = (makings: ReadonlyMap<string, BrandMaking>): string => hashOfJson([...makings]);

/** The note of a whole release, for the next one. */
export const encodeKeptRelease = (
  makings: ReadonlyMap<string, BrandMaking>,
  files: readonly KeptFile[],
): OutputFile => ({
  path: `${NOTES}/${KEPT_RELEASE}`,
  bytes: utf8(
    `${JSON.stringify({ formatVersion: FORMAT, made: madeOf(makings), files: files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })) })}\n`,
  ),
});

/** The record of the release in a folder, when its files beside the brands' are what they would be now. */
const unchangedRecord = async (
  files: Files,
  { folder, notes }: KeptPlace,
  makings: ReadonlyMap<string, BrandMaking>,
): Promise<ReleaseRecord | undefined> => {
  const path = files.join(notes, KEPT_RELEASE);
  if ((await files.stat(path))?.kind !== 'file') return undefined;
  try {
    const kept = keptReleaseSchema.parse(
      JSON.parse(new TextDecoder().decode(await files.read(path, { maxBytes: MAX_BYTES }))),
    );
    if (kept.made !== madeOf(makings)) return undefined;
    let record: ReleaseRecord | undefined;
    for (const file of kept.files) {
      const bytes = await keptContent(files, folder, file);
      if (bytes === undefined) return undefined;
      if (file.path === RECORD_NAME) record = JSON.parse(new TextDecoder().decode(bytes)) as ReleaseRecord;
    }
    return record;
  } catch (error) {
    // Whatever cannot be read is made again.
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
};

export interface KnownBrands {
  readonly reuse: Reuse;
  readonly makings: ReadonlyMap<string, BrandMaking> | undefined;
  /** Present when all that stands in OUT is as it would be made now. */
  readonly record?: ReleaseRecord;
}

/** What the judgement and the ledger ask of brands that are there already. */
export const factsOfKept = (brands: ReadonlyMap<string, Reused>, { out, prepared }: Making): FactsOfKept => {
  const places = { out, project: prepared.loaded.project.folder };
  return new Map([...brands].map(([id, { kept }]) => [id, factsHere(kept.rest, places)]));
};

/** Of a killed run only brands that are whole stay. */
const sweep = async (output: OutputStage, { brands }: Reuse): Promise<void> => {
  const here = [...brands.values()].filter(({ folder }) => folder === output.place);
  const paths = here.flatMap(({ kept }) => [`${NOTES}/${keptPath(kept.brand)}`, ...kept.files.map(({ path }) => path)]);
  await output.sweep(new Set(paths));
};

/**
 * Looks what an earlier run left: the release that is to be replaced, and with `resume` the work of a run that was killed.
 * A brand is taken from there when it would become the same again, and every file of it is what it was.
 */
export const knownBrands = async (
  making: Making,
  request: ReleaseRequest,
  output: OutputStage,
): Promise<KnownBrands> => {
  const { prepared, signing, ports } = making;
  const makings = await makingsOf(prepared, signing, request.toolVersion, ports);
  const { parts } = request;
  if (parts !== undefined) {
    return step(ports, 'verify parts', async () => ({ reuse: await joinParts(making, makings, parts), makings }));
  }
  if (makings === undefined || request.fresh === true) {
    if (request.resume === true) await sweep(output, NOTHING_REUSED);
    return { reuse: NOTHING_REUSED, makings };
  }
  const before: KeptPlace = { folder: request.out, notes: notesOf(making, request.out) };
  const killed: KeptPlace = { folder: output.place, notes: ports.files.join(output.place, NOTES) };
  const places = [...(request.resume === true ? [killed] : []), ...(request.clean ? [before] : [])];
  if (places.length === 0) return { reuse: NOTHING_REUSED, makings };
  return step(ports, 'look what is there', async () => {
    const reuse = await findReusable(ports.files, places, makings);
    if (request.resume === true) await sweep(output, reuse);
    const all = [...reuse.brands.values()];
    const inPlace = all.length === makings.size && all.every(({ folder }) => folder === request.out);
    const record = inPlace ? await unchangedRecord(ports.files, before, makings) : undefined;
    return record === undefined ? { reuse, makings } : { reuse, makings, record };
  });
};

const notesOf = ({ prepared, ports: { files } }: Making, out: string): string =>
  notesFolder(files, prepared.loaded.project.folder, out);

/**
 * Brings a release to its place. Its notes go to the project's cache, so that OUT holds nothing but the release; those of
 * a part stay with it, for another machine asks for them. A project that cannot be written keeps none.
 */
export const commitKeeping = async (making: Making, out: string, output: OutputStage): Promise<void> => {
  const { prepared, ports } = making;
  const { files } = ports;
  const from = files.join(output.place, NOTES);
  if (prepared.part !== undefined || (await files.stat(from)) === undefined) return output.commit();
  const names = [
    ...(await files.list(files.join(from, KEPT_FOLDER))).map(({ name }) => [KEPT_FOLDER, name]),
    ...((await files.stat(files.join(from, KEPT_RELEASE))) === undefined ? [] : [[KEPT_RELEASE]]),
  ];
  const notes = await Promise.all(
    names.map(async (name) => ({ name, bytes: await files.read(files.join(from, ...name)) })),
  );
  await files.remove(from);
  await output.commit();
  try {
    const to = notesOf(making, out);
    await files.remove(to);
    for (const { name, bytes } of notes) await files.write(files.join(to, ...name), bytes);
  } catch (error) {
    if (!(error instanceof WinpvError) || error.code !== 'FILE_UNWRITABLE') throw error;
  }
};
