import type { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { Directory, type PeImage } from './model.ts';
import { addressMap } from './rva.ts';

/** A data entry of the resource directory: where it stands, and what it points to. */
export interface ResourceEntry {
  /** Type, name and language; undefined where one is named by text. */
  readonly path: readonly (number | undefined)[];
  /** File offset of IMAGE_RESOURCE_DATA_ENTRY. */
  readonly entryOffset: number;
  /** Address and size of the content. */
  readonly rva: number;
  readonly size: number;
  /** File offset of the content; undefined where the file has no bytes for it. */
  readonly offset: number | undefined;
}

const RT_VERSION = 16;
const VERSION_NAME = 1;
/** Type, name, language; Windows reads no deeper. */
const DEPTH = 3;
const MAX_ENTRIES = 65_536;

/**
 * Every data entry of the resource directory, in directory order.
 * @throws WinpvError PE_MALFORMED, PE_TRUNCATED or PE_TOO_COMPLEX
 * @see "The .rsrc Section" in "PE Format"
 */
export const resourceEntries = (image: PeImage): readonly ResourceEntry[] => {
  const directory = image.directories[Directory.resource];
  if (directory === undefined || directory.rva === 0) return [];
  const map = addressMap(image);
  const r = map.readerAt(directory.rva, 'the resource directory');
  const base = r.offset;
  const found: ResourceEntry[] = [];
  let visited = 0;
  const walk = (offset: number, path: readonly (number | undefined)[]): void => {
    for (const { id, target } of entriesAt(r, base + offset)) {
      visited += 1;
      if (visited > MAX_ENTRIES) throw tooMany(image, base);
      const own = [...path, id];
      if (target >= 0x8000_0000) {
        if (own.length < DEPTH) walk(target & 0x7fff_ffff, own);
        continue;
      }
      const entryOffset = base + target;
      const rva = r.seek(entryOffset, 'ResourceDataEntry').u32le('ResourceDataEntry.OffsetToData');
      const size = r.u32le('ResourceDataEntry.Size');
      found.push({ path: own, entryOffset, rva, size, offset: map.offsetOf(rva) });
    }
  };
  walk(0, []);
  return found;
};

/** Version information has the name 1; anything else is not found by Windows. */
export const isVersionEntry = ({ path }: ResourceEntry): boolean =>
  path.length === DEPTH && path[0] === RT_VERSION && path[1] === VERSION_NAME;

const tooMany = (image: PeImage, offset: number): WinpvError =>
  new WinpvError('PE_TOO_COMPLEX', `The image has more than ${MAX_ENTRIES} resources.`, {
    at: { file: image.file, offset },
  });

/** IMAGE_RESOURCE_DIRECTORY and its entries. */
const entriesAt = (r: ByteReader, offset: number): { readonly id: number | undefined; readonly target: number }[] => {
  r.seek(offset, 'ResourceDirectory').skip(12, 'ResourceDirectory.Characteristics');
  const count = r.u16le('ResourceDirectory.NumberOfNamedEntries') + r.u16le('ResourceDirectory.NumberOfIdEntries');
  return Array.from({ length: count }, () => {
    const name = r.u32le('ResourceDirectoryEntry.Name');
    return { id: name < 0x8000_0000 ? name : undefined, target: r.u32le('ResourceDirectoryEntry.OffsetToData') };
  });
};
