import { WinpvError } from '../../../core/errors.ts';
import { archiveNameFlaw, archiveNameParts, repeatedName } from '../archive-names.ts';
import { cfdataChecksum } from './checksum.ts';
import {
  CAB_BLOCK_SIZE,
  CAB_DATA_HEADER_SIZE,
  type CabBlock,
  type CabFile,
  type CabFolder,
  type Cabinet,
  type ExtractedFile,
} from './model.ts';
import { decodeMszipBlock, mszipBlockFlaw } from './mszip.ts';

export interface ExtractOptions {
  /** The most that all files may have together, by their declared sizes; 1 GiB unless said otherwise. */
  readonly maxBytes?: number;
}

const GIB = 2 ** 30;

/**
 * Unpacks every file, in the order of the file table; files of one folder share one buffer. Names and sizes are judged
 * before anything is unpacked.
 *
 * @throws WinpvError CAB_NAME_UNSAFE, CAB_NAME_TWICE, CAB_TOO_LARGE, CAB_UNSUPPORTED (Quantum, LZX), CAB_CHECKSUM,
 *   CAB_DATA_INVALID
 * @see spec signing-formats 5.1 to 5.3
 */
export const extractCab = (cabinet: Cabinet, options: ExtractOptions = {}): readonly ExtractedFile[] => {
  checkNames(cabinet);
  checkSizes(cabinet, options.maxBytes ?? GIB);
  const ends = folderEnds(cabinet);
  const contents = cabinet.folders.map((folder, index) => unpackFolder(cabinet, folder, ends[index] ?? 0));
  return cabinet.files.map((file) => ({
    name: archiveNameParts(file.name).join('/'),
    bytes: contentOf(file, contents),
    date: file.date,
    attributes: file.attributes,
  }));
};

const contentOf = (file: CabFile, contents: readonly Uint8Array[]): Uint8Array =>
  (contents[file.folder] ?? new Uint8Array(0)).subarray(file.folderOffset, file.folderOffset + file.size);

const checkNames = ({ files, file }: Cabinet): void => {
  for (const { name } of files) {
    const flaw = archiveNameFlaw(name);
    if (flaw === undefined) continue;
    throw new WinpvError('CAB_NAME_UNSAFE', `The name ${JSON.stringify(name)} is refused: ${flaw}.`, { at: { file } });
  }
  const twice = repeatedName(files.map(({ name }) => name));
  if (twice === undefined) return;
  throw new WinpvError('CAB_NAME_TWICE', `The name ${JSON.stringify(twice)} clashes with another one.`, {
    at: { file },
  });
};

const checkSizes = ({ files, file }: Cabinet, maxBytes: number): void => {
  const total = files.reduce((sum, entry) => sum + entry.size, 0);
  if (total <= maxBytes) return;
  throw new WinpvError('CAB_TOO_LARGE', `The files have ${total} bytes together; ${maxBytes} is the limit.`, {
    at: { file },
  });
};

/** Where the last file of each folder ends: blocks beyond it are not unpacked. */
const folderEnds = ({ folders, files }: Cabinet): readonly number[] => {
  const ends = folders.map(() => 0);
  for (const { folder, folderOffset, size } of files) {
    if (size > 0) ends[folder] = Math.max(ends[folder] ?? 0, folderOffset + size);
  }
  return ends;
};

const unpackFolder = (cabinet: Cabinet, folder: CabFolder, end: number): Uint8Array => {
  const { file } = cabinet;
  if (end > 0 && folder.compression !== 'none' && folder.compression !== 'mszip') {
    throw new WinpvError('CAB_UNSUPPORTED', `The files are packed with ${folder.compression}; MSZIP is read.`, {
      at: { file },
    });
  }
  const blocks = blocksUpTo(folder, end);
  for (const block of blocks) checkBlock(cabinet, folder, block);
  const out = new Uint8Array(blocks.reduce((sum, block) => sum + block.size, 0));
  let position = 0;
  for (const block of blocks) {
    const history = out.subarray(Math.max(0, position - CAB_BLOCK_SIZE), position);
    out.set(unpackBlock(cabinet, folder, block, history), position);
    position += block.size;
  }
  return out;
};

const blocksUpTo = ({ blocks }: CabFolder, end: number): readonly CabBlock[] => {
  let reached = 0;
  const past = blocks.findIndex((block) => {
    const needed = reached < end;
    reached += block.size;
    return !needed;
  });
  return past < 0 ? blocks : blocks.slice(0, past);
};

const packedData = (cabinet: Cabinet, block: CabBlock): Uint8Array => {
  const start = block.offset + CAB_DATA_HEADER_SIZE + cabinet.dataReserveSize;
  return cabinet.bytes.subarray(start, start + block.packedSize);
};

const invalid = (cabinet: Cabinet, block: CabBlock, why: string): WinpvError =>
  new WinpvError('CAB_DATA_INVALID', `A data block cannot be unpacked: ${why}.`, {
    at: { file: cabinet.file, offset: block.offset },
  });

/** Checksum and shape, both before memory for the output is set aside. A stored checksum of 0 was not computed. */
const checkBlock = (cabinet: Cabinet, folder: CabFolder, block: CabBlock): void => {
  const { bytes, file, dataReserveSize } = cabinet;
  const data = packedData(cabinet, block);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + block.offset, 4).getUint32(0, true);
  const head = bytes.subarray(block.offset + 4, block.offset + CAB_DATA_HEADER_SIZE + dataReserveSize);
  const computed = stored === 0 ? 0 : cfdataChecksum(head, data);
  if (computed !== stored) {
    const message = `A data block has the checksum ${hex(computed)}; ${hex(stored)} is stored.`;
    throw new WinpvError('CAB_CHECKSUM', message, { at: { file, offset: block.offset } });
  }
  const flaw = folder.compression === 'none' ? storedFlaw(block) : mszipBlockFlaw(data, block.size);
  if (flaw !== undefined) throw invalid(cabinet, block, flaw);
};

const storedFlaw = ({ packedSize, size }: CabBlock): string | undefined =>
  packedSize === size ? undefined : `it is not compressed and has ${packedSize} bytes for ${size}`;

const hex = (value: number): string => value.toString(16).padStart(8, '0');

const unpackBlock = (cabinet: Cabinet, folder: CabFolder, block: CabBlock, history: Uint8Array): Uint8Array => {
  const data = packedData(cabinet, block);
  if (folder.compression === 'none') return data;
  const out = decodeMszipBlock(data, history, block.size);
  if (out === undefined) throw invalid(cabinet, block, `its stream does not yield ${block.size} bytes`);
  return out;
};
