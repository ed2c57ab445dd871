import type { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { Directory, type PeImage } from './model.ts';
import { addressMap } from './rva.ts';

/** A resource's content, as a view of the file. */
export interface PeResource {
  readonly language: number;
  readonly bytes: Uint8Array;
  /** File offset of the first byte. */
  readonly offset: number;
}

const RT_VERSION = 16;
/** Version information has the name 1; anything else is not found by Windows. */
const VERSION_NAME = 1;
const MAX_LANGUAGES = 64;

interface Entry {
  /** A number, or undefined where the entry is named by text. */
  readonly id: number | undefined;
  readonly isDirectory: boolean;
  /** From the start of the resource section. */
  readonly offset: number;
}

/**
 * The version resources of an image, one a language, in directory order.
 * @throws WinpvError PE_MALFORMED, PE_TRUNCATED or PE_TOO_COMPLEX
 * @see "The .rsrc Section" in "PE Format": type, name and language directories, then data entries
 */
export const versionResources = (image: PeImage): readonly PeResource[] => {
  const directory = image.directories[Directory.resource];
  if (directory === undefined || directory.rva === 0) return [];
  const map = addressMap(image);
  const r = map.readerAt(directory.rva, 'the resource directory');
  const base = r.offset;
  const names = findDirectory(r, base, readDirectory(r, base), RT_VERSION);
  const languages = names && findDirectory(r, base, names, VERSION_NAME);
  if (languages === undefined) return [];
  if (languages.length > MAX_LANGUAGES) {
    throw new WinpvError('PE_TOO_COMPLEX', `The version resource has ${languages.length} languages.`, {
      at: { file: image.file, offset: base },
    });
  }
  return languages
    .filter(({ isDirectory }) => !isDirectory)
    .map(({ id = 0, offset }) => {
      r.seek(base + offset, 'ResourceDataEntry');
      const rva = r.u32le('ResourceDataEntry.OffsetToData');
      const size = r.u32le('ResourceDataEntry.Size');
      const data = map.readerAt(rva, 'ResourceDataEntry.OffsetToData');
      return { language: id, offset: data.offset, bytes: data.take(size, 'the version resource') };
    });
};

const findDirectory = (r: ByteReader, base: number, entries: readonly Entry[], id: number): Entry[] | undefined => {
  const found = entries.find((entry) => entry.id === id && entry.isDirectory);
  return found && readDirectory(r, base + found.offset);
};

/** IMAGE_RESOURCE_DIRECTORY and its entries. */
const readDirectory = (r: ByteReader, offset: number): Entry[] => {
  r.seek(offset, 'ResourceDirectory').skip(12, 'ResourceDirectory.Characteristics');
  const count = r.u16le('ResourceDirectory.NumberOfNamedEntries') + r.u16le('ResourceDirectory.NumberOfIdEntries');
  return Array.from({ length: count }, () => {
    const name = r.u32le('ResourceDirectoryEntry.Name');
    const target = r.u32le('ResourceDirectoryEntry.OffsetToData');
    return {
      id: name < 0x8000_0000 ? name : undefined,
      isDirectory: target >= 0x8000_0000,
      offset: target & 0x7fff_ffff,
    };
  });
};
