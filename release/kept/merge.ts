import { z } from 'zod';
import { fromHex, utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { parseZip } from '../../packaging/formats/zip/parse.ts';
import { verifyTree } from '../../packaging/signing/verify-package.ts';
import type { Making } from '../making/make-brand.ts';
import { type OutputFile, RECORD_NAME, sha256Hex } from '../output.ts';
import type { Prepared } from '../prepare.ts';
import { type BrandMaking, damagedFile, KEPT_FOLDER, type KeptBrand, keptContent, NOTES, readKept } from './kept.ts';
import { type PartSelection, parsePart, partName, sharesOf } from './parts.ts';
import type { Reuse, Reused } from './reuse.ts';

/** Below the folder of a part: which it is, and of what. */
const PART_PATH = '.winpv/part.json';
const FORMAT = 1;
const MAX_PART_BYTES = 16 * 1024 * 1024;

const noteSchema = z.object({
  formatVersion: z.literal(FORMAT),
  part: z.string(),
  date: z.string(),
  selection: z.object({
    brands: z.array(z.string()).optional(),
    drivers: z.array(z.string()).optional(),
    architectures: z.array(z.string()).optional(),
  }),
});

/** What a part says of itself. */
export type PartNote = Readonly<z.output<typeof noteSchema>>;

export const encodePartNote = ({ part, plan }: Prepared, selection: PartSelection): OutputFile | undefined => {
  if (part === undefined) return undefined;
  const { brands, drivers, architectures } = selection;
  const note = {
    formatVersion: FORMAT,
    part: partName(part),
    date: plan.date,
    selection: { brands, drivers, architectures },
  };
  return { path: PART_PATH, bytes: utf8(`${JSON.stringify(note)}\n`) };
};

const readJson = async (files: Files, folder: string, path: string): Promise<unknown> => {
  const file = files.join(folder, ...path.split('/'));
  if ((await files.stat(file))?.kind !== 'file') return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(await files.read(file, { maxBytes: MAX_PART_BYTES })));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/**
 * What the parts say that they are of; the first that says it. Releases of single brands, which are no parts, say the date.
 * @throws WinpvError FILE_NOT_FOUND, PART_DAMAGED for a folder that holds no part
 */
export const readPartNotes = async (files: Files, folders: readonly string[]): Promise<readonly Partial<PartNote>[]> =>
  Promise.all(
    folders.map(async (folder) => {
      const at = { file: folder };
      if ((await files.stat(folder))?.kind !== 'folder') {
        throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${folder}.`, { at });
      }
      const note = noteSchema.safeParse(await readJson(files, folder, PART_PATH));
      if (note.success) return note.data;
      const record = z.object({ date: z.string() }).safeParse(await readJson(files, folder, RECORD_NAME));
      if (record.success) return { date: record.data.date };
      const hint = 'Name the folders that `winpv release --part K/N --out DIR` made.';
      throw new WinpvError('PART_DAMAGED', `${folder} holds no part of a release.`, { at, hint });
    }),
  );

/** How a brand differs from what would be made here. */
const otherness = (
  kept: KeptBrand,
  making: BrandMaking,
  at: Diagnostic['at'],
  date: string,
): Diagnostic | undefined => {
  const place = at === undefined ? {} : { at };
  if (kept.made.tool !== making.tool) {
    const hint = 'Make every part, and merge them, with the same build of winpv.';
    return problem('PART_OTHER_VERSION', `${kept.brand} was made by another winpv than this one.`, { ...place, hint });
  }
  if (kept.made.keys !== making.keys) {
    const hint =
      'Give each machine the same key; of test signing the folder .winpv/keys beside winpv.yaml, as it is here.';
    return problem('PART_OTHER_KEYS', `${kept.brand} was signed with other keys than the project has here.`, {
      ...place,
      hint,
    });
  }
  if (kept.made.plan === making.plan) return undefined;
  const hint = `Make every part from the same commit, with the same --date and the same options; here it is ${date}.`;
  return problem('PART_OTHER_PLAN', `${kept.brand} was made from other files or settings than the project has here.`, {
    ...place,
    hint,
  });
};

interface Joining {
  readonly files: Files;
  readonly folders: readonly string[];
  readonly notes: readonly Partial<PartNote>[];
  readonly prepared: Prepared;
}

/** The parts that have the brand, by their names, where parts tell how many they are. */
const whichPart = (brand: string, { notes, prepared }: Joining): string => {
  const name = notes.find(({ part }) => part !== undefined)?.part;
  if (name === undefined) return '';
  const share = sharesOf(prepared, parsePart(name).of).find(({ brands }) => brands.includes(brand));
  return share === undefined ? '' : ` (part ${partName(share)})`;
};

const findBrand = async (brand: string, making: BrandMaking, joining: Joining): Promise<Reused | Diagnostic> => {
  const { files, folders, prepared } = joining;
  const found = (
    await Promise.all(
      folders.map(async (folder) => ({ folder, kept: await readKept(files, files.join(folder, NOTES), brand) })),
    )
  ).filter(({ kept }) => kept !== undefined);
  const [first, second] = found;
  if (first?.kept === undefined) {
    const hint = 'Name the folders of all parts.';
    return problem('PART_MISSING', `${brand}${whichPart(brand, joining)} is in none of the folders.`, { hint });
  }
  const at = { file: first.folder };
  if (second !== undefined) {
    const hint = 'Name each part once.';
    return problem('PART_TWICE', `${brand} is in ${first.folder} and in ${second.folder}.`, { at, hint });
  }
  const hint = 'Make the part again, or copy it again.';
  const { kept, folder } = first;
  if (kept === 'damaged')
    return problem('PART_DAMAGED', `What ${folder} says of ${brand} cannot be read.`, { at, hint });
  const other = otherness(kept, making, at, prepared.plan.date);
  if (other !== undefined) return other;
  const damaged = await damagedFile(files, folder, kept);
  if (damaged === undefined) return { kept, folder };
  const file = files.join(folder, ...damaged.split('/'));
  return problem('PART_DAMAGED', `${damaged} is missing or not what the part made.`, { at: { file }, hint });
};

/** Brands that the parts have and the project has not. */
const strangers = async ({ files, folders, prepared }: Joining): Promise<readonly Diagnostic[]> => {
  const known = new Set(prepared.plan.brands.map(({ id }) => `${id}.json`));
  const found = await Promise.all(
    folders.map(async (folder) => {
      const place = files.join(folder, NOTES, KEPT_FOLDER);
      const there = (await files.stat(place)) === undefined ? [] : await files.list(place);
      return there
        .filter(({ name }) => name.endsWith('.json') && !known.has(name))
        .map(({ name }) =>
          problem('PART_OTHER_PLAN', `The release here has no brand ${name.slice(0, -'.json'.length)}.`, {
            at: { file: folder },
          }),
        );
    }),
  );
  return found.flat();
};

/** The files of a brand, each the one that was made. */
const contentOf = async (files: Files, { kept, folder }: Reused): Promise<readonly OutputFile[]> =>
  Promise.all(
    kept.files.map(async (file) => {
      const bytes = await keptContent(files, folder, file);
      if (bytes === undefined) throw new WinpvError('PART_DAMAGED', `${file.path} changed while it was read.`);
      return { path: file.path, bytes };
    }),
  );

/** The archive holds the brand's folder, and nothing else. */
const zipFlaws = (zip: OutputFile, folder: readonly OutputFile[]): readonly Diagnostic[] => {
  const inside = new Map(parseZip(zip.bytes, zip.path).map((file) => [file.name, sha256Hex(file.bytes())]));
  const same =
    inside.size === folder.length && folder.every(({ path, bytes }) => inside.get(path) === sha256Hex(bytes));
  return same ? [] : [problem('PART_DAMAGED', `${zip.path} does not hold what the folder beside it holds.`)];
};

/** What the record says of files has to be true of them. */
const recordFlaws = ({ kept }: Reused): readonly Diagnostic[] => {
  const { packages, cabinets, zip } = kept.rest.record;
  const hashes = new Map(kept.files.map(({ path, sha256 }) => [path, sha256]));
  return [...packages.flatMap(({ files }) => files), ...cabinets, zip]
    .filter(({ path, sha256 }) => hashes.get(path) !== sha256)
    .map(({ path }) => problem('PART_DAMAGED', `The record of ${kept.brand} does not speak of ${path} as it is.`));
};

/** Verifies every signature of a brand as a release does: packages by their catalogs, and the cabinets. */
const verifyPart = async (reused: Reused, { signing, ports, prepared }: Making): Promise<readonly Diagnostic[]> => {
  const { kept } = reused;
  const content = await contentOf(ports.files, reused);
  const prefix = `${kept.brand}/`;
  const own = content
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path, bytes }) => ({ path: path.slice(prefix.length), bytes }));
  const planned = new Set(prepared.plan.inputs.map(({ sha256 }) => sha256));
  const foreign = kept.rest.record.packages
    .flatMap(({ files }) => files)
    .filter(({ prebuilt, sha256 }) => prebuilt !== undefined && !planned.has(sha256))
    .map(({ path }) => problem('PART_DAMAGED', `${path} is no signed file of the project.`));
  const trust = [...signing.anchors(), ...kept.rest.anchors.map(fromHex)];
  const common = { trust, atMs: ports.clock.now() };
  const cabinets = content.filter(({ path }) => path.endsWith('.cab') && !path.startsWith(prefix));
  const reports = [
    verifyTree({ files: own, ...common }),
    ...cabinets.map((cab) => verifyTree({ files: [cab], ...common })),
  ];
  const zip = content.find(({ path }) => path === kept.rest.record.zip.path);
  return [
    ...reports.flatMap(({ diagnostics, verdict }) => {
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      if (verdict === 'valid' || errors.length > 0) return errors;
      return [problem('RELEASE_NOT_VALID', `${kept.brand} is ${verdict}.`)];
    }),
    ...foreign,
    ...recordFlaws(reused),
    ...(zip === undefined ? [] : zipFlaws(zip, own)),
  ].map((finding) => ({ ...finding, at: { ...finding.at, file: `${reused.folder}/${finding.at?.file ?? ''}` } }));
};

/**
 * The brands of a release from the folders of its parts: each there once, made from what the project has here by this
 * winpv with these keys, every file as it was made and every signature verified.
 * @throws WinpvError PART_* with everything that is wrong, VERIFY_*
 */
export const joinParts = async (
  making: Making,
  makings: ReadonlyMap<string, BrandMaking> | undefined,
  folders: readonly string[],
): Promise<Reuse> => {
  const { prepared, ports } = making;
  if (makings === undefined) {
    const hint = 'Make the release on one machine.';
    throw new WinpvError(
      'PART_OTHER_KEYS',
      'A tool that has its keys to itself cannot tell whether parts have the same.',
      { hint },
    );
  }
  const notes = await readPartNotes(ports.files, folders);
  const joining = { files: ports.files, folders, notes, prepared };
  const found = await Promise.all([...makings].map(([brand, one]) => findBrand(brand, one, joining)));
  const flaws = found.filter((one): one is Diagnostic => 'code' in one);
  stopOnErrors([...flaws, ...(await strangers(joining))]);
  const brands = new Map(found.flatMap((one) => ('kept' in one ? [[one.kept.brand, one] as const] : [])));
  const invalid: Diagnostic[] = [];
  for (const one of brands.values()) invalid.push(...(await verifyPart(one, making)));
  stopOnErrors(invalid);
  return { brands, diagnostics: [] };
};
