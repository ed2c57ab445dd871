import { createHash } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import type { PackageFinding } from '../../packaging/bundle/judge-bundle.ts';
import type { NewEntry } from '../ledger/ledger.ts';
import type { BrandTables } from '../making/signature-report.ts';
import { type OutputFile, sha256Hex } from '../output.ts';
import type { RecordedBrand } from '../record.ts';

/**
 * Below a release on its way, and below a part: notes of what each brand was made from and the hash of each file, so that
 * it need not be made twice. Of a whole release they go to the project's cache.
 */
export const NOTES = '.winpv';
/** Below the notes. */
export const KEPT_FOLDER = 'brands';
const FORMAT = 1;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Hashes of all that a brand's bytes follow from, apart by what they are of, so that a difference can be named. */
const makingSchema = z.strictObject({
  /** winpv itself. */
  tool: hash,
  /** The certificates that sign and are shipped. */
  keys: hash,
  /** The brand's plan with every input, and the settings of the project that it follows from. */
  plan: hash,
});

/** Parts of a path below OUT; none leads out of it. */
const PATH = /^(?!\.)[^\\/:]+(?:\/(?!\.\.?(?:\/|$))[^\\/:]+)*$/;

const keptSchema = z.object({
  formatVersion: z.literal(FORMAT),
  brand: z.string(),
  made: makingSchema,
  files: z.array(z.strictObject({ path: z.string().regex(PATH), bytes: z.number().int().min(0), sha256: hash })).min(1),
  rest: z.object({}).loose(),
});

export type BrandMaking = Readonly<z.output<typeof makingSchema>>;
export type KeptFile = Readonly<z.output<typeof keptSchema>['files'][number]>;

/** What a release says of a brand beside its files. */
export interface BrandFacts {
  readonly record: RecordedBrand;
  readonly tables: BrandTables;
  /** What the ledger will say of it, but for the time. */
  readonly entry: Omit<NewEntry, 'time'>;
  /** What the patches and the judgement of the packages found, before findings of several brands become one. */
  readonly patchFindings: readonly PackageFinding[];
  readonly findings: readonly PackageFinding[];
  readonly diagnostics: readonly Diagnostic[];
  /** Files of sources that went into its packages. */
  readonly used: readonly string[];
  /** DER, in hex, of whom prebuilt files lead to. */
  readonly anchors: readonly string[];
}

/** A brand that was made, and is known by what it was made from. */
export interface KeptBrand {
  readonly formatVersion: typeof FORMAT;
  readonly brand: string;
  readonly made: BrandMaking;
  readonly files: readonly KeptFile[];
  readonly rest: BrandFacts;
}

export const hashOfJson = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

export const keptPath = (brand: string): string => `${KEPT_FOLDER}/${brand}.json`;

export const keptBrand = (made: BrandMaking, files: readonly KeptFile[], rest: BrandFacts): KeptBrand => ({
  formatVersion: FORMAT,
  brand: rest.record.id,
  made,
  files,
  rest,
});

export const encodeKept = (kept: KeptBrand): OutputFile => ({
  path: `${NOTES}/${keptPath(kept.brand)}`,
  bytes: utf8(`${JSON.stringify(kept)}\n`),
});

const parseKept = (bytes: Uint8Array): KeptBrand | undefined => {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8').decode(bytes));
    const parsed = keptSchema.safeParse(value);
    return parsed.success ? (parsed.data as unknown as KeptBrand) : undefined;
  } catch {
    return undefined;
  }
};

/** `damaged`: something is there, and cannot be read. */
export type FoundKept = KeptBrand | 'damaged' | undefined;

/** What is noted of a brand. */
export const readKept = async (files: Files, notes: string, brand: string): Promise<FoundKept> => {
  const path = files.join(notes, ...keptPath(brand).split('/'));
  if ((await files.stat(path))?.kind !== 'file') return undefined;
  const kept = parseKept(await files.read(path, { maxBytes: MAX_KEPT_BYTES }));
  return kept?.brand === brand ? kept : 'damaged';
};

const NOT_AS_IT_WAS: ReadonlySet<string> = new Set(['FILE_NOT_FOUND', 'FILE_UNREADABLE', 'FILE_TOO_LARGE']);

/** The file, when it is the one that was made. */
export const keptContent = async (files: Files, folder: string, file: KeptFile): Promise<Uint8Array | undefined> => {
  const path = files.join(folder, ...file.path.split('/'));
  try {
    const bytes = await files.read(path, { maxBytes: file.bytes });
    return sha256Hex(bytes) === file.sha256 ? bytes : undefined;
  } catch (error) {
    // Gone, no file any more, or longer.
    if (error instanceof WinpvError && NOT_AS_IT_WAS.has(error.code)) return undefined;
    throw error;
  }
};

/** Files are read so many at a time. */
const READ_AT_ONCE = 8;

/** The first file of a brand that is missing or not what was made. */
export const damagedFile = async (files: Files, folder: string, kept: KeptBrand): Promise<string | undefined> => {
  let damaged: string | undefined;
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let file = kept.files[next++]; file !== undefined && damaged === undefined; file = kept.files[next++]) {
      if ((await keptContent(files, folder, file)) === undefined) damaged ??= file.path;
    }
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, reader));
  return damaged;
};

export const sameMaking = (a: BrandMaking, b: BrandMaking): boolean =>
  a.tool === b.tool && a.keys === b.keys && a.plan === b.plan;

/** A brand of an earlier release cannot be used again. */
export const damagedNote = (folder: string, path: string, brand: string): Diagnostic =>
  problem('KEPT_DAMAGED', `${path} is not what the earlier run made: ${brand} is made again.`, {
    severity: 'warning',
    at: { file: folder },
    hint: 'Something changed or removed the file after it was made.',
  });
