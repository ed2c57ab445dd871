import { WinpvError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** INFs are small; a larger file is none, and is not read. */
const MAX_INF_BYTES = 64 * 1024 * 1024;

/** Reads an INF. @throws WinpvError INF_TOO_LARGE before reading, FILE_* */
export const readInfFile = async (io: Io, path: string): Promise<Uint8Array> => {
  const entry = await io.files.stat(path);
  if (entry !== undefined && entry.size > MAX_INF_BYTES) {
    const message = `The file has ${entry.size} bytes; winpv reads INFs up to ${MAX_INF_BYTES}.`;
    throw new WinpvError('INF_TOO_LARGE', message, { at: { file: path } });
  }
  return io.files.read(path);
};
