import { WinpvError } from '../../core/errors.ts';
import type { CheckedFile } from '../../packaging/bundle/package-view.ts';
import type { Io } from '../io.ts';
import { readRecordedBrands } from './recorded-brands.ts';

export interface ReadBundle {
  /** The folder or ZIP that the paths of the files start from. */
  readonly path: string;
  readonly files: readonly CheckedFile[];
}

const NAME_ONE = 'Name OUT/<brand>, the folder of one package, or the ZIP of a brand.';

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
    const brands = await readRecordedBrands(io, path);
    const [only] = brands;
    if (brands.length > 1)
      throw severalBrands(
        io,
        path,
        brands.map(({ brand }) => brand),
      );
    const folder = only === undefined ? path : only.folder;
    const { readFolderFiles } = await import('./named-files.ts');
    const files = await readFolderFiles(io, folder);
    return { path: folder, files: files.map(({ name, bytes }) => ({ path: name, bytes })) };
  }
  if (!/\.zip$/i.test(path)) {
    const message = `${path} is neither a folder nor a ZIP.`;
    throw new WinpvError('CHECK_NOT_A_BUNDLE', message, { at: { file: path }, hint: NAME_ONE });
  }
  const { parseZip } = await import('../../packaging/formats/zip/parse.ts');
  const files = parseZip(await io.files.read(path), path).map((file) => ({ path: file.name, bytes: file.bytes() }));
  return { path, files };
};
