import { concatBytes, u16leBytes, u32leBytes, utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { archiveNameFlaw, archiveNameParts, repeatedName } from '../archive-names.ts';
import { cfdataChecksum } from './checksum.ts';
import {
  CAB_ATTRIBUTE_ARCHIVE,
  CAB_ATTRIBUTE_UTF8,
  CAB_BLOCK_SIZE,
  CAB_DATA_HEADER_SIZE,
  CAB_FOLDER_SIZE,
  CAB_HEADER_SIZE,
  CAB_MAX_BLOCKS,
} from './model.ts';
import { encodeMszipBlock, type MszipLevel, packMszipBlock } from './mszip.ts';

export interface CabInput {
  /** Path inside the cabinet; either slash separates, and backslashes are stored. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970; stored as UTC in steps of two seconds, and moved into 1980 to 2107 where it is outside. */
  readonly modified: number;
}

export interface CabOptions {
  readonly compress: 'mszip' | 'none';
}

/**
 * Writes one cabinet with one folder, files in the order given. Same input, same bytes: setID is 0.
 *
 * @throws WinpvError CAB_EMPTY, CAB_NAME_UNSAFE, CAB_NAME_TWICE, CAB_TOO_LARGE (2 GiB - 32 KiB or 65,535 files)
 * @see spec signing-formats 5.1 to 5.3
 */
export const encodeCab = (files: readonly CabInput[], options: CabOptions): Uint8Array => {
  checkInputs(files);
  const blocks = cutBlocks(files);
  const level = levelFor(blocks);
  const pack = (block: Uint8Array, index: number): Uint8Array =>
    // All blocks but the last are full, so the block before is the whole history.
    options.compress === 'mszip' ? encodeMszipBlock(block, blocks[index - 1] ?? NOTHING, level) : block;
  const packed = blocks.map(pack);
  return assemble(files, blocks, { packed, typeCompress: options.compress === 'mszip' ? 1 : 0 });
};

/** Blocks that are deflated at once: enough for the thread pool, few enough for memory. */
const IN_FLIGHT = 16;

/** `encodeCab` with all cores: the same bytes. Use it where a cabinet may be large. */
export const packCab = async (files: readonly CabInput[], options: CabOptions): Promise<Uint8Array> => {
  if (options.compress === 'none') return encodeCab(files, options);
  checkInputs(files);
  const blocks = cutBlocks(files);
  const level = levelFor(blocks);
  const packed: Uint8Array[] = new Array(blocks.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < blocks.length) {
      const index = next;
      next += 1;
      packed[index] = await packMszipBlock(blocks[index] ?? NOTHING, blocks[index - 1] ?? NOTHING, level);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return assemble(files, blocks, { packed, typeCompress: 1 });
};

const NOTHING = new Uint8Array(0);

/** Up to so many blocks (4 MiB) are packed as small as can be: it takes half a second at most. */
const MAX_THOROUGH_BLOCKS = 128;

const levelFor = (blocks: readonly Uint8Array[]): MszipLevel => (blocks.length <= MAX_THOROUGH_BLOCKS ? 9 : 5);

const checkInputs = (files: readonly CabInput[]): void => {
  if (files.length === 0) throw new WinpvError('CAB_EMPTY', 'A cabinet needs at least one file.');
  for (const { name } of files) {
    const length = utf8(name).length;
    const flaw = archiveNameFlaw(name) ?? (length > 255 ? `it has ${length} bytes; 255 is the limit` : undefined);
    if (flaw === undefined) continue;
    throw new WinpvError('CAB_NAME_UNSAFE', `The name ${JSON.stringify(name)} is refused: ${flaw}.`);
  }
  const twice = repeatedName(files.map(({ name }) => name));
  if (twice !== undefined) throw new WinpvError('CAB_NAME_TWICE', `The name ${JSON.stringify(twice)} clashes.`);
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > CAB_MAX_BLOCKS * CAB_BLOCK_SIZE || files.length > 0xffff) {
    throw new WinpvError('CAB_TOO_LARGE', `${files.length} files with ${total} bytes do not fit into one cabinet.`, {
      hint: 'A cabinet takes 65,535 files and 2 GiB - 32 KiB.',
    });
  }
};

/** The files one after the other, cut into blocks of 32 KiB; a block inside one file is a view on it. */
const cutBlocks = (files: readonly CabInput[]): readonly Uint8Array[] => {
  const blocks: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  let openSize = 0;
  for (const { bytes } of files) {
    for (let start = 0; start < bytes.length; ) {
      const piece = bytes.subarray(start, start + CAB_BLOCK_SIZE - openSize);
      start += piece.length;
      openSize += piece.length;
      open.push(piece);
      if (openSize < CAB_BLOCK_SIZE) continue;
      blocks.push(joined(open));
      open = [];
      openSize = 0;
    }
  }
  if (openSize > 0) blocks.push(joined(open));
  return blocks;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 ? (pieces[0] ?? NOTHING) : concatBytes(...pieces);

interface PackedFolder {
  readonly packed: readonly Uint8Array[];
  readonly typeCompress: 0 | 1;
}

const assemble = (files: readonly CabInput[], blocks: readonly Uint8Array[], folder: PackedFolder): Uint8Array => {
  const filesOffset = CAB_HEADER_SIZE + CAB_FOLDER_SIZE;
  const table = encodeFiles(files);
  const dataOffset = filesOffset + table.length;
  const size = folder.packed.reduce((sum, data) => sum + CAB_DATA_HEADER_SIZE + data.length, dataOffset);
  const out = new Uint8Array(size);
  out.set(
    concatBytes(encodeHeader(size, filesOffset, files.length), u32leBytes(dataOffset), u16leBytes(blocks.length)),
  );
  out.set(u16leBytes(folder.typeCompress), CAB_HEADER_SIZE + 6);
  out.set(table, filesOffset);
  let position = dataOffset;
  for (const [index, data] of folder.packed.entries()) {
    position = putBlock(out, position, data, blocks[index]?.length ?? 0);
  }
  return out;
};

/** CFHEADER of a cabinet with one folder, no reserved area and no neighbours. */
const encodeHeader = (size: number, filesOffset: number, fileCount: number): Uint8Array =>
  concatBytes(
    Uint8Array.of(0x4d, 0x53, 0x43, 0x46, 0, 0, 0, 0),
    u32leBytes(size),
    u32leBytes(0),
    u32leBytes(filesOffset),
    u32leBytes(0),
    Uint8Array.of(3, 1), // version 1.3
    u16leBytes(1), // cFolders
    u16leBytes(fileCount),
    u16leBytes(0), // flags
    u16leBytes(0), // setID: MakeCab's is arbitrary
    u16leBytes(0), // iCabinet
  );

const encodeFiles = (files: readonly CabInput[]): Uint8Array => {
  const rows: Uint8Array[] = [];
  let offset = 0;
  for (const file of files) {
    rows.push(encodeFile(file, offset));
    offset += file.bytes.length;
  }
  return concatBytes(...rows);
};

const encodeFile = (file: CabInput, folderOffset: number): Uint8Array => {
  const name = utf8(archiveNameParts(file.name).join('\\'));
  const ascii = name.every((byte) => byte < 0x80);
  const { date, time } = dosDateTime(file.modified);
  return concatBytes(
    u32leBytes(file.bytes.length),
    u32leBytes(folderOffset),
    u16leBytes(0),
    u16leBytes(date),
    u16leBytes(time),
    u16leBytes(ascii ? CAB_ATTRIBUTE_ARCHIVE : CAB_ATTRIBUTE_ARCHIVE | CAB_ATTRIBUTE_UTF8),
    name,
    Uint8Array.of(0),
  );
};

const FIRST_DOS_DATE = Date.UTC(1980, 0, 1);
const LAST_DOS_DATE = Date.UTC(2107, 11, 31, 23, 59, 58);

const dosDateTime = (epochMs: number): { readonly date: number; readonly time: number } => {
  const at = new Date(Math.min(Math.max(epochMs, FIRST_DOS_DATE), LAST_DOS_DATE));
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return { date, time };
};

/** CFDATA: csum, cbData, cbUncomp, the data; returns the offset behind it. */
const putBlock = (out: Uint8Array, offset: number, data: Uint8Array, size: number): number => {
  const view = new DataView(out.buffer, offset);
  view.setUint16(4, data.length, true);
  view.setUint16(6, size, true);
  out.set(data, offset + CAB_DATA_HEADER_SIZE);
  view.setUint32(0, cfdataChecksum(out.subarray(offset + 4, offset + CAB_DATA_HEADER_SIZE), data), true);
  return offset + CAB_DATA_HEADER_SIZE + data.length;
};
