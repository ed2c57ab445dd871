import { u32leBytes } from '../../../core/bytes.ts';
import { alignedTo, headerOffsets, insertedAt, MAX_GROWTH, resizeImage } from './insert-bytes.ts';
import { Directory, type PeImage, type PeSection } from './model.ts';
import { type ResourceEntry, resourceEntries } from './resource-entries.ts';
import { movedResources } from './resource-move.ts';

/** Content begins at a multiple of this, as resource compilers have it. */
const ALIGNMENT = 8;
/** Below this, an image is mapped as it lies in the file: every section has its address as its offset. */
const PAGE = 0x1000;

/**
 * The image with other content for one resource. In this order: where the old content is, when the new one is no longer;
 * at the end of the section that holds the resources, which becomes longer in the file when it has to and stays where it
 * is in memory; or, when the next section leaves no room, with the whole directory in a new section at the end. Nothing
 * else moves in memory, and what lies behind in the file (symbols, data after the image) is kept. The checksum is not
 * touched.
 * @param entry of `resourceEntries(image)`
 * @returns a new file
 * @throws WinpvError PE_NO_ROOM when the headers have no place for another section; PE_* for a damaged directory
 */
export const replaceResource = (image: PeImage, entry: ResourceEntry, content: Uint8Array): Uint8Array => {
  const others = resourceEntries(image).filter(({ entryOffset }) => entryOffset !== entry.entryOffset);
  const shared = others.some(({ rva, size }) => rva < entry.rva + entry.size && entry.rva < rva + size);
  const { offset } = entry;
  if (!shared && offset !== undefined && content.length <= entry.size)
    return inPlace(image, { ...entry, offset }, content);
  const replacement = { entry, content, shared };
  return appended(image, replacement) ?? movedResources(image, replacement);
};

export interface Replacement {
  readonly entry: ResourceEntry;
  readonly content: Uint8Array;
  /** Another resource has bytes of the old content: it has to stay. */
  readonly shared: boolean;
}

const inPlace = (
  { bytes }: PeImage,
  { offset, size, entryOffset }: ResourceEntry & { readonly offset: number },
  content: Uint8Array,
): Uint8Array => {
  const changed = bytes.slice();
  changed.fill(0, offset, offset + size);
  changed.set(content, offset);
  changed.set(u32leBytes(content.length), entryOffset + 4);
  return changed;
};

const contains = ({ virtualAddress, rawSize }: PeSection, rva: number): boolean =>
  rva >= virtualAddress && rva < virtualAddress + rawSize;

/** Where the new content goes in the section. */
interface Place {
  readonly index: number;
  readonly section: PeSection;
  /** From the start of the section. */
  readonly start: number;
  readonly virtualSize: number;
  readonly rawSize: number;
}

/** The place at the end of the section that has the directory; undefined when there is no room. */
const placeAtEnd = (image: PeImage, { entry, content, shared }: Replacement): Place | undefined => {
  const { sections, fileAlignment, sectionAlignment, bytes } = image;
  const index = sections.findIndex((section) => contains(section, image.directories[Directory.resource]?.rva ?? 0));
  const section = sections[index];
  if (section === undefined) return undefined;
  const used = section.virtualSize === 0 ? section.rawSize : section.virtualSize;
  const old = entry.rva - section.virtualAddress;
  // The last content of the section gives its place to what follows it.
  const behind = bytes.subarray(section.rawOffset + old + entry.size, section.rawOffset + used);
  const last = !shared && contains(section, entry.rva) && behind.length < ALIGNMENT && behind.every((one) => one === 0);
  const start = last ? old : alignedTo(used, ALIGNMENT);
  const virtualSize = start + content.length;
  const next = sections.reduce(
    (lowest, { virtualAddress: at }) => (at > section.virtualAddress ? Math.min(lowest, at) : lowest),
    0xffff_ffff,
  );
  if (section.virtualAddress + virtualSize > next) return undefined;
  const rawSize = Math.max(section.rawSize, alignedTo(virtualSize, fileAlignment));
  if (rawSize - section.rawSize > MAX_GROWTH) return undefined;
  const isLastInFile = sections.every((one) => one.rawSize === 0 || one.rawOffset <= section.rawOffset);
  if (rawSize > section.rawSize && sectionAlignment < PAGE && !isLastInFile) return undefined;
  return section.rawOffset + section.rawSize > bytes.length
    ? undefined
    : { index, section, start, virtualSize, rawSize };
};

const appended = (image: PeImage, replacement: Replacement): Uint8Array | undefined => {
  const { entry, content, shared } = replacement;
  const place = placeAtEnd(image, replacement);
  const directory = image.directories[Directory.resource];
  if (place === undefined || directory === undefined) return undefined;
  const { index, section, start, virtualSize, rawSize } = place;
  const at = section.rawOffset + section.rawSize;
  const growth = rawSize - section.rawSize;
  const changed = insertedAt(image, at, growth);
  const moved = (offset: number): number => (offset >= at ? offset + growth : offset);
  if (!shared && entry.offset !== undefined) {
    const offset = moved(entry.offset);
    changed.fill(0, offset, offset + entry.size);
  }
  changed.set(content, section.rawOffset + start);
  const rva = section.virtualAddress + start;
  const headers = headerOffsets(image);
  const header = headers.section(index);
  changed.set(u32leBytes(virtualSize), header + 8);
  changed.set(u32leBytes(rawSize), header + 16);
  const entryOffset = moved(entry.entryOffset);
  changed.set(u32leBytes(rva), entryOffset);
  changed.set(u32leBytes(content.length), entryOffset + 4);
  const size = Math.max(directory.size, rva + content.length - directory.rva);
  changed.set(u32leBytes(size), headers.directory(Directory.resource) + 4);
  resizeImage(changed, image, { growth, end: section.virtualAddress + virtualSize });
  return changed;
};
