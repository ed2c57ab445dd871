import { z } from 'zod';
import { utf8 } from '../core/bytes.ts';
import type { Files } from '../core/ports.ts';
import type { FactsOfKept } from './build.ts';
import { type BrandMaking, hashOfJson, type KeptFile, keptContent, keptPath } from './kept.ts';
import type { Making } from './make-brand.ts';
import { makingsOf } from './making.ts';
import { joinParts } from './merge.ts';
import { type OutputFile, type OutputStage, RECORD_NAME } from './output.ts';
import { type ReleaseRequest, step } from './prepare.ts';
import type { ReleaseRecord } from './record.ts';
import { factsHere, findReusable, NOTHING_REUSED, type Reuse, type Reused } from './reuse.ts';

/** Below OUT: what the release as a whole was made from, and its files that are no brand's. */
const KEPT_RELEASE = '.winpv/release.json';
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
  path: KEPT_RELEASE,
  bytes: utf8(
    `${JSON.stringify({ formatVersion: FORMAT, made: madeOf(makings), files: files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })) })}\n`,
  ),
});

/** The record of the release in a folder, when its files beside the brands' are what they would be now. */
const unchangedRecord = async (
  files: Files,
  folder: string,
  makings: ReadonlyMap<string, BrandMaking>,
): Promise<ReleaseRecord | undefined> => {
  const path = files.join(folder, ...KEPT_RELEASE.split('/'));
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
  const paths = here.flatMap(({ kept }) => [keptPath(kept.brand), ...kept.files.map(({ path }) => path)]);
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
  const folders = [...(request.resume === true ? [output.place] : []), ...(request.clean ? [request.out] : [])];
  if (folders.length === 0) return { reuse: NOTHING_REUSED, makings };
  return step(ports, 'look what is there', async () => {
    const reuse = await findReusable(ports.files, folders, makings);
    if (request.resume === true) await sweep(output, reuse);
    const all = [...reuse.brands.values()];
    const inPlace = all.length === makings.size && all.every(({ folder }) => folder === request.out);
    const record = inPlace ? await unchangedRecord(ports.files, request.out, makings) : undefined;
    return record === undefined ? { reuse, makings } : { reuse, makings, record };
  });
};
