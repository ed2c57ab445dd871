import { WinpvError } from '../../core/errors.ts';
import type { FileEntry } from '../../core/ports.ts';
import type { Io } from '../io.ts';

/** A file to be written below a folder; its name has passed `archiveNameFlaw`. */
export interface UnpackedFile {
  /** `/` between the parts. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** As the file systems that ignore case and Unicode forms compare names. */
const comparable = (path: string): string => path.normalize('NFC').toUpperCase().normalize('NFC');

const nothingWritten = 'Nothing was written. Choose an empty folder.';

interface Place {
  readonly path: string;
  /** The name of the file as its archive has it. */
  readonly name: string;
}

/** Looks at folders, each once: what stands in them, and where they really are. */
const surveyor = ({ files }: Io) => {
  const listings = new Map<string, Promise<ReadonlyMap<string, FileEntry>>>();
  /** By the very name, and by how other systems compare names; the very name comes first. */
  const list = async (folder: string): Promise<ReadonlyMap<string, FileEntry>> => {
    const entries = await files.list(folder);
    const exact = entries.map((entry) => [`=${entry.name}`, entry] as const);
    return new Map([...entries.map((entry) => [comparable(entry.name), entry] as const), ...exact]);
  };
  const entryOf = async (folder: string, name: string): Promise<FileEntry | undefined> => {
    const listing = listings.get(folder) ?? list(folder);
    listings.set(folder, listing);
    const found = await listing;
    return found.get(`=${name}`) ?? found.get(comparable(name));
  };
  const real = new Map<string, Promise<string>>();
  const realPath = (path: string): Promise<string> => {
    const found = real.get(path) ?? files.realPath(path);
    real.set(path, found);
    return found;
  };
  return { entryOf, realPath };
};

/**
 * Refuses a place that is taken or that lies behind a link inside the folder; the folder itself may be a link. What
 * stands there is found by the folder's own listing, so that a link that leads nowhere counts, and so does a name that
 * differs by case only on a system that takes both for one.
 */
const checkPlace = async (io: Io, root: string, place: Place, survey: ReturnType<typeof surveyor>): Promise<void> => {
  let folder = root;
  const parts = place.name.split('/');
  for (const [index, part] of parts.entries()) {
    const entry = await survey.entryOf(folder, part);
    const child = io.files.join(folder, part);
    if (entry === undefined || (entry.name !== part && (await io.files.stat(child)) === undefined)) return;
    const at = { file: io.files.join(root, ...parts.slice(0, index + 1)) };
    if (index === parts.length - 1) {
      throw new WinpvError('OUTPUT_NOT_EMPTY', `${place.path} exists already.`, { at, hint: nothingWritten });
    }
    const expected = io.files.join(await survey.realPath(folder), part);
    if (entry.kind === 'folder' && comparable(await survey.realPath(child)) === comparable(expected)) folder = child;
    else {
      const what = entry.kind === 'folder' ? 'is a link to another folder' : 'is not a folder';
      throw new WinpvError('OUTPUT_NOT_EMPTY', `${at.file} ${what}; "${place.name}" would be written through it.`, {
        at,
        hint: nothingWritten,
      });
    }
  }
};

/**
 * Writes files below a folder that may exist: none replaces a file, and none is written through a link inside the
 * folder. Every place is judged before the first file is written; when writing fails, the files written so far go away.
 *
 * @returns the paths written, in the order of the files
 * @throws WinpvError OUTPUT_NOT_EMPTY, FILE_*
 */
export const writeBelow = async (
  io: Io,
  folder: string,
  files: readonly UnpackedFile[],
): Promise<readonly string[]> => {
  const places = files.map(({ name, bytes }) => ({ name, bytes, path: io.files.join(folder, ...name.split('/')) }));
  const there = await io.files.stat(folder);
  if (there !== undefined && there.kind !== 'folder') {
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${folder} is not a folder.`, {
      at: { file: folder },
      hint: nothingWritten,
    });
  }
  const survey = surveyor(io);
  if (there !== undefined) for (const place of places) await checkPlace(io, folder, place, survey);
  const written: string[] = [];
  const kept: (() => void)[] = [];
  try {
    for (const { path, bytes } of places) {
      kept.push(io.files.unfinished(path));
      await io.files.write(path, bytes);
      written.push(path);
    }
  } catch (error) {
    for (const path of written) await io.files.remove(path);
    throw error;
  } finally {
    for (const keep of kept) keep();
  }
  return written;
};
