import type { SourceFile } from '../../core/ports.ts';
import type { PeImage } from '../../packaging/formats/pe/model.ts';
import type { Io } from '../io.ts';
import { loadSigners } from './signing-options.ts';

/** One image by itself. It is signed while it is copied, so that it never has to be held in memory. */
export interface LoneImage {
  readonly path: string;
  readonly source: SourceFile;
  /** Its headers. */
  readonly image: PeImage;
}

/**
 * Opens the image when it is all that was named, and can be signed as it is. Loads what signs it, too.
 * @returns undefined for everything else, which is read whole
 */
export const openLoneImage = async (io: Io, paths: readonly string[]): Promise<LoneImage | undefined> => {
  const [path] = paths;
  if (path === undefined || paths.length > 1 || (await io.files.stat(path))?.kind !== 'file') return undefined;
  const loading = Promise.all([
    import('../../packaging/formats/pe/attach.ts'),
    import('../../packaging/signing/sign-pe.ts'),
    import('../../packaging/signing/fitness.ts'),
    loadSigners(),
  ]);
  const source = await io.files.open(path);
  const [{ preparePeHead }] = await loading;
  const image = preparePeHead(source.head, source.size, path);
  if (image !== undefined) return { path, source, image };
  await source.close();
  return undefined;
};
