import { WinpvError } from '../core/errors.ts';
import type { CheckedFile } from '../packaging/bundle/package-view.ts';
import type { Io } from './io.ts';

/** The files of a bundle: a folder with all below it, or a ZIP. */
export const readBundle = async (io: Io, path: string): Promise<readonly CheckedFile[]> => {
  const entry = await io.files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  if (entry.kind === 'folder') {
    const { readFolderFiles } = await import('./named-files.ts');
    return (await readFolderFiles(io, path)).map(({ name, bytes }) => ({ path: name, bytes }));
  }
  if (!/\.zip$/i.test(path)) {
    throw new WinpvError('CHECK_NOT_A_BUNDLE', `${path} is neither a folder nor a ZIP.`, {
      at: { file: path },
      hint: 'Name OUT/<brand>, the folder of one package, or the ZIP of a brand.',
    });
  }
  const { parseZip } = await import('../packaging/formats/zip/parse.ts');
  return parseZip(await io.files.read(path), path).map((file) => ({ path: file.name, bytes: file.bytes() }));
};
