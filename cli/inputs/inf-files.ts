import { WinpvError } from '../../core/errors.ts';
import type { Io } from '../io.ts';

/** INFs are small; a larger file is none, and is not read. */
const MAX_INF_BYTES = 64 * 1024 * 1024;

/** The name of standard input on a command line. */
export const STANDARD_INPUT = '-';

/** Reads an INF; `-` is standard input. @throws WinpvError INF_TOO_LARGE before reading, FILE_* */
export const readInfFile = async (io: Io, path: string): Promise<Uint8Array> => {
  const given = path === STANDARD_INPUT ? await io.stdin() : undefined;
  const size = given?.length ?? (await io.files.stat(path))?.size ?? 0;
  if (size > MAX_INF_BYTES) {
    const message = `The file has ${size} bytes; winpv reads INFs up to ${MAX_INF_BYTES}.`;
    throw new WinpvError('INF_TOO_LARGE', message, { at: { file: path } });
  }
  return given ?? io.files.read(path);
};
