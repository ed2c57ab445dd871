import { u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import {
  alignedTo,
  encodeSectionHeader,
  headerOffsets,
  insertedAt,
  MAX_GROWTH,
  resizeImage,
  setSectionCount,
} from './insert-bytes.ts';
import { Directory, type PeImage, type PeSection } from './model.ts';
import { isVersionEntry, type ResourceEntry, resourceEntries } from './resource-entries.ts';
import type { Replacement } from './resource-write.ts';

const ALIGNMENT = 8;
const PAGE = 0x1000;
const SECTION_HEADER = 40;
const INITIALIZED_READABLE = 0x4000_0040;
const NAME = '.rsrc';
/** What the old section is called, so that readers which go by the name find the new one. */
const OLD_NAME = '.rsrcold';

/** The part of the file that moves: the directory and the content in its section. */
interface Moving {
  readonly rva: number;
  readonly offset: number;
  readonly size: number;
  readonly section: PeSection;
  readonly index: number;
}

/** Where the new section stands. */
interface Target {
  readonly header: number;
  readonly virtualAddress: number;
  readonly rawOffset: number;
  /** Where the sections ended. */
  readonly end: number;
}

/**
 * The image with its resource directory in a new section behind all others, and there with other content for one entry.
 * Readers look for content in the section that has the directory, so that all of it moves. Version resources are erased
 * where they were.
 * @throws WinpvError PE_NO_ROOM
 */
export const movedResources = (image: PeImage, replacement: Replacement): Uint8Array => {
  const entries = resourceEntries(image);
  const moving = movingPart(image, entries);
  const target = targetOf(image);
  const start = alignedTo(moving.size, ALIGNMENT);
  const virtualSize = start + replacement.content.length;
  const rawSize = alignedTo(virtualSize, image.fileAlignment);
  const { virtualAddress, rawOffset, end, header } = target;
  const growth = rawOffset - end + rawSize;
  if (growth > MAX_GROWTH || virtualAddress + virtualSize > 0xffff_ffff) throw noRoom(image, header);
  const changed = insertedAt(image, end, growth);
  changed.set(image.bytes.subarray(moving.offset, moving.offset + moving.size), rawOffset);
  pointAnew(changed, entries, { moving, target, replacement, start });
  changed.set(replacement.content, rawOffset + start);
  const { characteristics, name } = sectionWords(moving);
  const section = { name, virtualSize, virtualAddress, rawSize, rawOffset, characteristics };
  changed.set(encodeSectionHeader(section), header);
  const headers = headerOffsets(image);
  if (name === NAME && moving.section.name === NAME) {
    changed.set(Buffer.from(OLD_NAME, 'latin1'), headers.section(moving.index));
  }
  setSectionCount(changed, image, image.sections.length + 1);
  changed.set(u32leBytes(virtualAddress), headers.directory(Directory.resource));
  changed.set(u32leBytes(virtualSize), headers.directory(Directory.resource) + 4);
  resizeImage(changed, image, { growth: rawSize, end: virtualAddress + virtualSize });
  return changed;
};

/** Only a section that begins with the directory is one of resources: others hold the rest of the image too. */
const sectionWords = ({ section, rva }: Moving): { readonly characteristics: number; readonly name: string } => {
  const own = section.virtualAddress === rva;
  return { characteristics: own ? section.characteristics : INITIALIZED_READABLE, name: NAME };
};

const noRoom = ({ file }: PeImage, offset: number): WinpvError =>
  new WinpvError('PE_NO_ROOM', 'The image has no room for a longer version resource.', {
    at: { file, offset },
    hint: 'Build the binary with the strings and the version of the brand, and leave `rewriteVersions` out.',
  });

const movingPart = (image: PeImage, entries: readonly ResourceEntry[]): Moving => {
  const { rva = 0, size = 0 } = image.directories[Directory.resource] ?? {};
  const index = image.sections.findIndex((one) => rva >= one.virtualAddress && rva < one.virtualAddress + one.rawSize);
  const section = image.sections[index];
  if (section === undefined) throw noRoom(image, headerOffsets(image).directory(Directory.resource));
  const limit = section.virtualAddress + section.rawSize;
  const offset = section.rawOffset + (rva - section.virtualAddress);
  const ends = entries.flatMap((entry) => [
    ...(entry.rva >= rva && entry.rva < limit ? [entry.rva + entry.size] : []),
    rva + (entry.entryOffset + 16 - offset),
  ]);
  const end = Math.min(
    limit,
    ends.reduce((last, one) => Math.max(last, one), rva + size),
  );
  return { rva, offset, size: end - rva, section, index };
};

const targetOf = (image: PeImage): Target => {
  const { sections, bytes, sectionAlignment } = image;
  const header = headerOffsets(image).section(sections.length);
  const inFile = sections.filter(({ rawSize }) => rawSize > 0);
  const end = inFile.reduce((last, { rawOffset, rawSize }) => Math.max(last, rawOffset + rawSize), 0);
  const first = inFile.reduce((lowest, { rawOffset }) => Math.min(lowest, rawOffset), image.sizeOfHeaders);
  const room = header + SECTION_HEADER <= first && end <= bytes.length;
  if (!room || bytes.subarray(header, header + SECTION_HEADER).some((octet) => octet !== 0))
    throw noRoom(image, header);
  const highest = sections.reduce(
    (last, { virtualAddress, virtualSize, rawSize }) =>
      Math.max(last, virtualAddress + (virtualSize === 0 ? rawSize : virtualSize)),
    0,
  );
  const virtualAddress = alignedTo(highest, sectionAlignment);
  const rawOffset = sectionAlignment < PAGE ? virtualAddress : alignedTo(end, image.fileAlignment);
  if (rawOffset < end) throw noRoom(image, header);
  return { header, virtualAddress, rawOffset, end };
};

interface Pointing {
  readonly moving: Moving;
  readonly target: Target;
  readonly replacement: Replacement;
  readonly start: number;
}

/** Makes the data entries of the copy point into the new section, and erases version resources where they were. */
const pointAnew = (
  changed: Uint8Array,
  entries: readonly ResourceEntry[],
  { moving, target, replacement, start }: Pointing,
): void => {
  const delta = target.virtualAddress - moving.rva;
  const erase = (offset: number, size: number): void => {
    changed.fill(0, offset, offset + size);
  };
  for (const entry of entries) {
    const inside = entry.rva >= moving.rva && entry.rva + entry.size <= moving.rva + moving.size;
    const isReplaced = entry.entryOffset === replacement.entry.entryOffset;
    const at = target.rawOffset + (entry.entryOffset - moving.offset);
    if (isReplaced) {
      changed.set(u32leBytes(target.virtualAddress + start), at);
      changed.set(u32leBytes(replacement.content.length), at + 4);
    } else if (inside) changed.set(u32leBytes(entry.rva + delta), at);
    const { offset } = entry;
    if (offset === undefined) continue;
    if (isReplaced && inside && !replacement.shared) erase(offset - moving.offset + target.rawOffset, entry.size);
    const wasShared = isReplaced && replacement.shared;
    if (isVersionEntry(entry) && (inside || isReplaced) && !wasShared) erase(offset, entry.size);
  }
};
