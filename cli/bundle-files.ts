import { WinpvError } from '../core/errors.ts';
import type { CheckedFile } from '../packaging/bundle/package-view.ts';
import { RECORD_NAME } from '../release/output.ts';
import type { Io } from './io.ts';

export interface ReadBundle {
  /** The folder or ZIP that the paths of the files start from. */
  readonly path: string;
  readonly files: readonly CheckedFile[];
}

const NAME_ONE = 'Name OUT/<brand>, the folder of one package, or the ZIP of a brand.';

/** The brands that a release's folder says it has; none for any other folder. */
const brandsOf = async (io: Io, path: string): Promise<readonly string[]> => {
  const file = io.files.join(path, RECORD_NAME);
  if ((await io.files.stat(file)) === undefined) return [];
  try {
    const record: unknown = JSON.parse(new TextDecoder().decode(await io.files.read(file)));
    const brands = typeof record === 'object' && record !== null && 'brands' in record ? record.brands : undefined;
    return (Array.isArray(brands) ? brands : []).flatMap((brand: unknown) =>
      typeof brand === 'object' && brand !== null && 'id' in brand && typeof brand.id === 'string' ? [brand.id] : [],
    );
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};

const severalBrands = (io: Io, path: string, brands: readonly string[]): WinpvError =>
  new WinpvError('CHECK_NOT_A_BUNDLE', `${path} is the release of several brands: ${brands.join(', ')}.`, {
    at: { file: path },
    hint: `Name one of them: ${brands.map((brand) => `\`${io.files.join(path, brand)}\``).join(' or ')}.`,
  });

/**
 * The files of a bundle: a folder with all below it, or a ZIP. The folder of a release stands for its only brand.
 * @throws WinpvError FILE_NOT_FOUND, ZIP_*, CHECK_NOT_A_BUNDLE for another file, or a release of several brands
 */
export const readBundle = async (io: Io, path: string): Promise<ReadBundle> => {
  const entry = await io.files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  if (entry.kind === 'folder') {
    const brands = await brandsOf(io, path);
    const [only] = brands;
    if (brands.length > 1) throw severalBrands(io, path, brands);
    const folder = only === undefined || /[\\/]|^\.*$/.test(only) ? path : io.files.join(path, only);
    const { readFolderFiles } = await import('./named-files.ts');
    const files = await readFolderFiles(io, folder);
    return { path: folder, files: files.map(({ name, bytes }) => ({ path: name, bytes })) };
  }
  if (!/\.zip$/i.test(path)) {
    const message = `${path} is neither a folder nor a ZIP.`;
    throw new WinpvError('CHECK_NOT_A_BUNDLE', message, { at: { file: path }, hint: NAME_ONE });
  }
  const { parseZip } = await import('../packaging/formats/zip/parse.ts');
  const files = parseZip(await io.files.read(path), path).map((file) => ({ path: file.name, bytes: file.bytes() }));
  return { path, files };
};
