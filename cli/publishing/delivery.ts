import type { Diagnostic } from '../../core/errors.ts';
import { WinpvError } from '../../core/errors.ts';
import type { FileContent } from '../../publishing/repository/plan.ts';
import type { Publishable } from '../../release/reading/publishable.ts';
import type { Io } from '../io.ts';
import type { Context } from '../outcome.ts';

export interface DeliveryOptions {
  readonly iso?: string;
  readonly zip?: string;
  readonly cab?: string;
  /** A folder. */
  readonly symbols?: string;
}

/** A file that was written for someone to take away. */
interface Medium {
  readonly kind: 'iso' | 'zip' | 'cab' | 'symbols';
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const wantsMedia = ({ iso, zip, cab, symbols }: DeliveryOptions): boolean =>
  [iso, zip, cab, symbols].some((one) => one !== undefined);

const writeMedium = async (io: Io, kind: Medium['kind'], path: string, bytes: Uint8Array): Promise<Medium> => {
  const { sha256Hex } = await import('../../release/output.ts');
  await io.files.write(path, bytes);
  return { kind, path, bytes: bytes.length, sha256: sha256Hex(bytes) };
};

interface Delivery {
  readonly brand: string;
  readonly version: string;
  readonly date: string;
  readonly modified: number;
  readonly files: readonly FileContent[];
}

const noXorriso = (path: string, cause: unknown): WinpvError =>
  new WinpvError('TOOL_MISSING', 'ISO images are made by xorriso, which is not here.', {
    at: { file: path },
    hint: 'Install it (Debian: apt install xorriso; Fedora: dnf install xorriso; macOS: brew install xorriso), or take --zip.',
    cause,
  });

const runXorriso = async (io: Io, args: readonly string[], path: string): Promise<void> => {
  const { ISO_PROGRAM } = await import('../../publishing/delivery/iso.ts');
  const exec = await io.exec();
  try {
    const { exitCode, stderr } = await exec.run(ISO_PROGRAM, args, { timeoutMs: 1_800_000 });
    if (exitCode === 0) return;
    const last = stderr.trim().split('\n').slice(-3).join(' ');
    throw new WinpvError('TOOL_FAILED', `xorriso failed (exit ${exitCode}): ${last}`, { at: { file: path } });
  } catch (error) {
    if (error instanceof WinpvError && error.code === 'TOOL_MISSING') throw noXorriso(path, error);
    throw error;
  }
};

/** The tree is laid out beside the image, and goes when that is made. */
const isoImage = async (io: Io, path: string, { brand, version, date, files }: Delivery): Promise<Uint8Array> => {
  const { isoArguments } = await import('../../publishing/delivery/iso.ts');
  const { volumeName } = await import('../../publishing/delivery/contents.ts');
  const target = await io.files.realPath(path);
  const work = io.files.join(io.files.dirname(target), `.${io.files.basename(target)}.winpv-partial`);
  const whole = io.files.unfinished(work);
  try {
    await io.files.remove(work);
    const [tree, image] = [io.files.join(work, 'tree'), io.files.join(work, 'image.iso')];
    for (const { name, bytes } of files) await io.files.write(io.files.join(tree, ...name.split('/')), bytes);
    await runXorriso(io, isoArguments({ tree, image, volume: volumeName({ brand, version }), date }), path);
    return await io.files.read(image);
  } finally {
    await io.files.remove(work);
    whole();
  }
};

const zipOf = async ({ files, modified }: Pick<Delivery, 'files' | 'modified'>): Promise<Uint8Array> => {
  const { encodeZip } = await import('../../packaging/formats/zip/encode.ts');
  return encodeZip(files, { modified });
};

const cabOf = async ({ files, modified }: Delivery): Promise<Uint8Array> => {
  const { packCab } = await import('../../packaging/formats/cab/encode.ts');
  return packCab(
    files.map((file) => ({ ...file, modified })),
    { compress: 'mszip' },
  );
};

/** One ZIP an architecture, from the release's submission cabinets: they have the symbols. */
const symbolMedia = async (io: Io, folder: string, { cabinets }: Publishable, { brand, modified }: Delivery) => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { extractCab } = await import('../../packaging/formats/cab/extract.ts');
  const { symbolFiles } = await import('../../publishing/delivery/symbols.ts');
  const media: Medium[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, bytes } of cabinets) {
    const architecture = /-([a-z0-9]+)-submission\.cab$/.exec(path)?.[1] ?? 'all';
    const content = extractCab(parseCab(bytes, path)).map((file) => ({
      name: file.name.replaceAll('\\', '/'),
      bytes: file.bytes,
    }));
    const symbols = symbolFiles(content, (name) => `${path}/${name}`);
    diagnostics.push(...symbols.diagnostics);
    const target = io.files.join(folder, `${brand}-${architecture}-symbols.zip`);
    media.push(await writeMedium(io, 'symbols', target, await zipOf({ files: symbols.files, modified })));
  }
  return { media, diagnostics };
};

const deliveryOf = async ({ publication, record, version, date }: Publishable): Promise<Delivery> => {
  const { deliveryContents } = await import('../../publishing/delivery/contents.ts');
  const { dateToEpochMs, parseDate } = await import('../../core/date.ts');
  const { brand } = publication.release;
  const day = parseDate(date);
  if (day === undefined) throw new WinpvError('CONFIG_INVALID', `The date of the release, ${date}, is no day.`);
  const files = deliveryContents({ brand, version, date, record }, publication);
  return { brand, version, date, modified: dateToEpochMs(day), files };
};

/** Writes the media that were asked for. @throws WinpvError TOOL_MISSING without xorriso, TOOL_FAILED, ZIP_*, CAB_*, FILE_* */
export const deliver = async ({ io }: Context, publishable: Publishable, options: DeliveryOptions) => {
  if (!wantsMedia(options)) return { result: [], text: [], diagnostics: [] };
  const delivery = await deliveryOf(publishable);
  const media: Medium[] = [];
  const { iso, zip, cab, symbols } = options;
  if (iso !== undefined) media.push(await writeMedium(io, 'iso', iso, await isoImage(io, iso, delivery)));
  if (zip !== undefined) media.push(await writeMedium(io, 'zip', zip, await zipOf(delivery)));
  if (cab !== undefined) media.push(await writeMedium(io, 'cab', cab, await cabOf(delivery)));
  const diagnostics: Diagnostic[] = [];
  if (symbols !== undefined) {
    const made = await symbolMedia(io, symbols, publishable, delivery);
    media.push(...made.media);
    diagnostics.push(...made.diagnostics);
  }
  const text = media.map(({ path, bytes, sha256 }) => `${path}: ${bytes} bytes, SHA-256 ${sha256}`);
  return { result: media, text, diagnostics };
};
