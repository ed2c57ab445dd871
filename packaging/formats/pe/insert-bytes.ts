import { u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import type { PeImage } from './model.ts';
import { addressMap } from './rva.ts';

const FILE_HEADER = 4;
const FILE_HEADER_SIZE = 20;
const SECTION_HEADER = 40;
const DEBUG = 6;
const DEBUG_ENTRY = 28;
const MAX_DEBUG_ENTRIES = 64;

/**
 * Far more than a version resource, its alignment and a section's zeros take; a section may claim gigabytes of memory
 * that the file would have to fill.
 */
export const MAX_GROWTH = 16 * 1024 * 1024;

/** Where the fields of the headers stand in the file. */
export interface HeaderOffsets {
  readonly sectionCount: number;
  readonly symbolTable: number;
  readonly sizeOfInitializedData: number;
  readonly sizeOfImage: number;
  /** The entry of a data directory. */
  readonly directory: (index: number) => number;
  /** The header of a section; of the one after the last, where the next would stand. */
  readonly section: (index: number) => number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @param image one that was read without flaws: all these fields are inside the file */
export const headerOffsets = ({ bytes, pe32Plus }: PeImage): HeaderOffsets => {
  const view = viewOf(bytes);
  const start = view.getUint32(0x3c, true) + FILE_HEADER;
  const optional = start + FILE_HEADER_SIZE;
  const sections = optional + view.getUint16(start + 16, true);
  return {
    sectionCount: start + 2,
    symbolTable: start + 8,
    sizeOfInitializedData: optional + 8,
    sizeOfImage: optional + 56,
    directory: (index) => optional + (pe32Plus ? 112 : 96) + 8 * index,
    section: (index) => sections + SECTION_HEADER * index,
  };
};

/**
 * The file with zeros inserted, and every file offset in its headers that points behind them made right: of sections, of
 * their relocations and line numbers, of the symbol table, and of what the debug directory has. Addresses in memory are
 * as before, and so is the size that a section has in the file.
 * @returns a new file, also when nothing is inserted
 */
export const insertedAt = (image: PeImage, at: number, count: number): Uint8Array => {
  const { bytes } = image;
  const grown = new Uint8Array(bytes.length + count);
  grown.set(bytes.subarray(0, at));
  grown.set(bytes.subarray(at), at + count);
  if (count === 0) return grown;
  const headers = headerOffsets(image);
  const view = viewOf(grown);
  const shift = (field: number): void => {
    const offset = view.getUint32(field, true);
    if (offset >= at && offset !== 0) view.setUint32(field, offset + count, true);
  };
  shift(headers.symbolTable);
  for (const [index, { rawSize }] of image.sections.entries()) {
    const header = headers.section(index);
    if (rawSize > 0) shift(header + 20);
    shift(header + 24);
    shift(header + 28);
  }
  for (const field of debugPointers(image)) shift(field >= at ? field + count : field);
  return grown;
};

/** PointerToRawData of each entry of the debug directory, as file offsets of the image. */
const debugPointers = (image: PeImage): readonly number[] => {
  const directory = image.directories[DEBUG];
  if (directory === undefined || directory.rva === 0) return [];
  const start = addressMap(image).offsetOf(directory.rva);
  if (start === undefined) return [];
  const room = Math.floor(Math.min(directory.size, image.bytes.length - start) / DEBUG_ENTRY);
  return Array.from({ length: Math.min(room, MAX_DEBUG_ENTRIES) }, (_, i) => start + DEBUG_ENTRY * i + 24);
};

export interface NewSection {
  /** Up to eight characters of ASCII. */
  readonly name: string;
  readonly virtualSize: number;
  readonly virtualAddress: number;
  readonly rawSize: number;
  readonly rawOffset: number;
  readonly characteristics: number;
}

/** IMAGE_SECTION_HEADER of a section without relocations. */
export const encodeSectionHeader = (section: NewSection): Uint8Array => {
  const header = new Uint8Array(SECTION_HEADER);
  header.set(Buffer.from(section.name, 'latin1').subarray(0, 8));
  const fields = [section.virtualSize, section.virtualAddress, section.rawSize, section.rawOffset];
  for (const [i, value] of fields.entries()) header.set(u32leBytes(value), 8 + 4 * i);
  header.set(u32leBytes(section.characteristics), 36);
  return header;
};

/** Adds to SizeOfInitializedData, and makes SizeOfImage large enough for what ends at an address. */
export const resizeImage = (
  bytes: Uint8Array,
  image: PeImage,
  change: { readonly growth: number; readonly end: number },
): void => {
  const headers = headerOffsets(image);
  const view = viewOf(bytes);
  const initialized = view.getUint32(headers.sizeOfInitializedData, true) + change.growth;
  view.setUint32(headers.sizeOfInitializedData, initialized, true);
  const end = alignedTo(change.end, image.sectionAlignment);
  view.setUint32(headers.sizeOfImage, Math.max(image.sizeOfImage, end), true);
};

export const setSectionCount = (bytes: Uint8Array, image: PeImage, count: number): void => {
  bytes.set(u16leBytes(count), headerOffsets(image).sectionCount);
};

export const alignedTo = (value: number, alignment: number): number =>
  alignment > 1 ? Math.ceil(value / alignment) * alignment : value;
