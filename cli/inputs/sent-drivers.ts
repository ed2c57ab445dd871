import type { SentFile } from '../../publishing/refusals/contract.ts';
import type { Io } from '../io.ts';

export interface SentPackage {
  readonly out: string;
  readonly brand: string;
  readonly architecture: string;
  /** The file that is uploaded, and what is in it. */
  readonly path: string;
  readonly content: Uint8Array;
}

const unpack = async (bytes: Uint8Array, path: string): Promise<readonly SentFile[]> => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { extractCab } = await import('../../packaging/formats/cab/extract.ts');
  return extractCab(parseCab(bytes, path)).map(({ name, bytes: content }) => ({ name, bytes: content }));
};

/**
 * The drivers that go out with a package. One of the lab kit does not show its own: those of the release stand for them,
 * as they are in its cabinet.
 * @throws WinpvError CAB_*
 */
export const sentDrivers = async (io: Io, sent: SentPackage): Promise<readonly SentFile[]> => {
  const { out, brand, architecture, path, content } = sent;
  if (/\.cab$/i.test(path)) return unpack(content, path);
  const cabinet = io.files.join(out, `${brand}-${architecture}-submission.cab`);
  if ((await io.files.stat(cabinet)) !== undefined) return unpack(await io.files.read(cabinet), cabinet);
  const folder = io.files.join(out, brand);
  if ((await io.files.stat(folder)) === undefined) return [];
  const { readFolderFiles } = await import('./named-files.ts');
  const files = await readFolderFiles(io, folder);
  return files.filter(({ name }) => name.split('/').includes(architecture));
};
