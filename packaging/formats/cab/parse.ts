import { ByteReader } from '../../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import { parseCabHeader } from './header.ts';
import {
  CAB_ATTRIBUTE_UTF8,
  CAB_BLOCK_SIZE,
  CAB_DATA_HEADER_SIZE,
  CAB_FLAG_NEXT,
  CAB_FLAG_PREV,
  CAB_FOLDER_SIZE,
  type CabBlock,
  type CabCompression,
  type CabFile,
  type CabFolder,
  type CabHeader,
  type Cabinet,
} from './model.ts';

const COMPRESSIONS: readonly CabCompression[] = ['none', 'mszip', 'quantum', 'lzx'];

/**
 * Reads a whole cabinet but for the content of its blocks. Time and memory are linear in the length of the file.
 *
 * @throws WinpvError CAB_NOT_A_CABINET, CAB_TRUNCATED, CAB_MALFORMED, or CAB_SPANNED for a cabinet of a set
 * @see spec signing-formats 5.1
 */
export const parseCab = (bytes: Uint8Array, file: string): Cabinet => {
  const header = parseCabHeader(bytes, file);
  if ((header.flags & (CAB_FLAG_PREV | CAB_FLAG_NEXT)) !== 0) {
    throw new WinpvError('CAB_SPANNED', 'The cabinet is one of a set.', {
      at: { file, offset: 30 },
      hint: 'Make it again as one cabinet (MakeCab: MaxDiskSize=0, MaxCabinetSize=0).',
    });
  }
  const heads = readFolderHeads(header);
  const { files, filesEnd } = readFiles(header);
  const folders = readFolders(header, heads);
  checkPlaces(files, folders, header);
  const { signature } = header.authenticode ?? {};
  const end =
    signature !== undefined && signature.offset >= header.size ? signature.offset + signature.size : header.size;
  const warnings = checkAdjacent(header, heads, filesEnd);
  return { ...header, folders, files, trailingSize: bytes.length - end, warnings };
};

interface FolderHead {
  readonly offset: number;
  readonly dataOffset: number;
  readonly blockCount: number;
  readonly typeCompress: number;
  readonly reserve: Uint8Array;
}

/** A reader over the cabinet proper: an appended signature is outside. */
const readerAt = (header: CabHeader, offset: number, field: string): ByteReader =>
  new ByteReader(header.bytes.subarray(0, header.size), { file: header.file, truncated: 'CAB_TRUNCATED' }).seek(
    offset,
    field,
  );

const malformed = (header: CabHeader, offset: number, message: string): WinpvError =>
  new WinpvError('CAB_MALFORMED', message, { at: { file: header.file, offset } });

const readFolderHeads = (header: CabHeader): readonly FolderHead[] => {
  const r = readerAt(header, header.foldersOffset, 'CFFOLDER');
  const heads: FolderHead[] = [];
  for (let i = 0; i < header.folderCount; i += 1) {
    const offset = r.offset;
    const dataOffset = r.u32le('CFFOLDER.coffCabStart');
    const blockCount = r.u16le('CFFOLDER.cCFData');
    const typeCompress = r.u16le('CFFOLDER.typeCompress');
    const reserve = r.take(header.folderReserveSize, 'CFFOLDER.abReserve');
    heads.push({ offset, dataOffset, blockCount, typeCompress, reserve });
  }
  return heads;
};

/** Folders that share blocks would let a small file unpack to any size, so their data must not overlap. */
const readFolders = (header: CabHeader, heads: readonly FolderHead[]): readonly CabFolder[] => {
  const least = CAB_DATA_HEADER_SIZE + header.dataReserveSize;
  const blockCount = heads.reduce((sum, head) => sum + head.blockCount, 0);
  if (blockCount * least > header.size) {
    const message = `The folders have ${blockCount} blocks together, more than fit into ${header.size} bytes.`;
    throw malformed(header, header.foldersOffset, message);
  }
  const byPlace = heads.map((head, index) => ({ head, index })).sort((a, b) => a.head.dataOffset - b.head.dataOffset);
  const folders = new Array<CabFolder>(heads.length);
  let previousEnd = 0;
  for (const { head, index } of byPlace) {
    if (head.blockCount > 0 && head.dataOffset < previousEnd) {
      throw malformed(header, head.offset, `The data of folder ${index} overlaps that of another folder.`);
    }
    const { folder, end } = readFolder(header, head);
    folders[index] = folder;
    if (head.blockCount > 0) previousEnd = end;
  }
  return folders;
};

const readFolder = (header: CabHeader, head: FolderHead): { readonly folder: CabFolder; readonly end: number } => {
  const compression = COMPRESSIONS[head.typeCompress & 0x0f];
  if (compression === undefined) {
    throw malformed(header, head.offset + 6, `Compression type ${head.typeCompress} is not defined.`);
  }
  // A folder without blocks need not point into the file.
  const r = readerAt(header, head.blockCount === 0 ? 0 : head.dataOffset, 'CFFOLDER.coffCabStart');
  const blocks: CabBlock[] = [];
  let size = 0;
  for (let i = 0; i < head.blockCount; i += 1) {
    const block = readBlock(r, header);
    blocks.push(block);
    size += block.size;
  }
  return {
    folder: { compression, typeCompress: head.typeCompress, reserve: head.reserve, blocks, size },
    end: r.offset,
  };
};

const readBlock = (r: ByteReader, header: CabHeader): CabBlock => {
  const { offset } = r;
  r.skip(4, 'CFDATA.csum');
  const packedSize = r.u16le('CFDATA.cbData');
  const size = r.u16le('CFDATA.cbUncomp');
  if (size > CAB_BLOCK_SIZE) {
    throw malformed(
      header,
      offset + 6,
      `A block says that it unpacks to ${size} bytes; ${CAB_BLOCK_SIZE} is the limit.`,
    );
  }
  r.skip(header.dataReserveSize, 'CFDATA.abReserve').skip(packedSize, 'CFDATA.ab');
  return { offset, packedSize, size };
};

const readFiles = (header: CabHeader): { readonly files: readonly CabFile[]; readonly filesEnd: number } => {
  const r = readerAt(header, header.filesOffset, 'CFHEADER.coffFiles');
  const files: CabFile[] = [];
  for (let i = 0; i < header.fileCount; i += 1) files.push(readFile(r, header));
  return { files, filesEnd: r.offset };
};

const readFile = (r: ByteReader, header: CabHeader): CabFile => {
  const { offset } = r;
  const size = r.u32le('CFFILE.cbFile');
  const folderOffset = r.u32le('CFFILE.uoffFolderStart');
  const folder = r.u16le('CFFILE.iFolder');
  const date = dosDate(r.u16le('CFFILE.date'), r.u16le('CFFILE.time'));
  const attributes = r.u16le('CFFILE.attribs');
  const nameBytes = r.cString(255, 'CFFILE.szName');
  if (folder >= 0xfffd) {
    throw new WinpvError('CAB_SPANNED', 'A file continues in another cabinet.', {
      at: { file: header.file, offset: offset + 8 },
    });
  }
  if (folder >= header.folderCount) {
    throw malformed(header, offset + 8, `A file is in folder ${folder}; there are ${header.folderCount}.`);
  }
  const name = decodeName(nameBytes, attributes);
  if (name === undefined) throw malformed(header, offset + 16, 'A file name is marked as UTF-8 and is not UTF-8.');
  return { name, size, folder, folderOffset, date, attributes };
};

/** Without the UTF-8 mark the code page is not stored; each byte is taken as the character of that number. */
const decodeName = (bytes: Uint8Array, attributes: number): string | undefined => {
  if ((attributes & CAB_ATTRIBUTE_UTF8) === 0) return Buffer.from(bytes).toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** `(y-1980)<<9 | m<<5 | d` and `h<<11 | min<<5 | s/2`. */
const dosDate = (date: number, time: number): number | undefined => {
  const month = (date >> 5) & 15;
  const day = date & 31;
  const hour = time >> 11;
  const minute = (time >> 5) & 63;
  const second = (time & 31) * 2;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const epochMs = Date.UTC(1980 + (date >> 9), month - 1, day, hour, minute, second);
  return new Date(epochMs).getUTCDate() === day ? epochMs : undefined;
};

/** Files lie inside their folder and share no byte of it, so unpacking cannot yield more than the blocks hold. */
const checkPlaces = (files: readonly CabFile[], folders: readonly CabFolder[], header: CabHeader): void => {
  const order = [...files].sort((a, b) => a.folder - b.folder || a.folderOffset - b.folderOffset || a.size - b.size);
  let folder = -1;
  let end = 0;
  for (const file of order) {
    if (file.folder !== folder) end = 0;
    folder = file.folder;
    if (file.folderOffset + file.size > (folders[folder]?.size ?? 0)) {
      throw malformed(header, header.filesOffset, `"${file.name}" is larger than the blocks of its folder.`);
    }
    if (file.size > 0 && file.folderOffset < end) {
      throw malformed(header, header.filesOffset, `"${file.name}" shares bytes with another file.`);
    }
    end = Math.max(end, file.folderOffset + file.size);
  }
};

/** Some readers go to coffFiles, others read on after the folders (kyz/libmspack issue 55): one file, two contents. */
const checkAdjacent = (header: CabHeader, heads: readonly FolderHead[], filesEnd: number): readonly Diagnostic[] => {
  const foldersEnd = header.foldersOffset + heads.length * (CAB_FOLDER_SIZE + header.folderReserveSize);
  const warn = (offset: number, message: string): Diagnostic =>
    problem('CAB_NOT_ADJACENT', message, { severity: 'warning', at: { file: header.file, offset } });
  const warnings: Diagnostic[] = [];
  if (header.filesOffset !== foldersEnd) {
    warnings.push(warn(16, `The file table is at ${header.filesOffset}, the folder table ends at ${foldersEnd}.`));
  }
  const first = heads.find((head) => head.blockCount > 0 && head.dataOffset < filesEnd);
  if (first !== undefined) warnings.push(warn(first.offset, 'The data of a folder overlaps the tables.'));
  return warnings;
};
