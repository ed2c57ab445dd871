import { ByteReader, toHex } from '../../../core/bytes.ts';
import type { PeImage } from './model.ts';

/** Which PDB an image was linked with: CodeView's RSDS record. */
export interface CodeView {
  /** 32 upper-case hex digits in the order in which a GUID is written. */
  readonly guid: string;
  readonly age: number;
  /** As the linker wrote it, often with a path. */
  readonly pdb: string;
}

const DEBUG = 6;
const ENTRY_BYTES = 28;
const MAX_ENTRIES = 64;
const CODEVIEW = 2;
const RSDS = 0x53445352;
const MAX_PATH_BYTES = 4096;

/** A GUID as text: its first three numbers are little-endian in the file. */
export const guidText = (bytes: Uint8Array): string => {
  const part = (from: number, to: number): Uint8Array => bytes.slice(from, to).reverse();
  return toHex(Buffer.concat([part(0, 4), part(4, 6), part(6, 8), bytes.slice(8, 16)])).toUpperCase();
};

const recordAt = (image: PeImage, offset: number, size: number): CodeView | undefined => {
  if (size < 24 || offset + size > image.bytes.length) return undefined;
  const r = new ByteReader(image.bytes.subarray(offset, offset + size), {
    file: image.file,
    truncated: 'PE_TRUNCATED',
  });
  if (r.u32le('CodeView signature') !== RSDS) return undefined;
  const guid = guidText(r.take(16, 'CodeView GUID'));
  const age = r.u32le('CodeView age');
  const rest = r.take(Math.min(r.remaining, MAX_PATH_BYTES), 'CodeView path');
  const end = rest.indexOf(0);
  return { guid, age, pdb: new TextDecoder().decode(end < 0 ? rest : rest.subarray(0, end)) };
};

/** The file offset of an address; undefined when the file has nothing there. */
const offsetOf = ({ sections, bytes }: PeImage, rva: number): number | undefined => {
  const section = sections.find(
    ({ virtualAddress, rawSize }) => rva >= virtualAddress && rva < virtualAddress + rawSize,
  );
  const offset = section === undefined ? undefined : section.rawOffset + (rva - section.virtualAddress);
  return offset !== undefined && offset < bytes.length ? offset : undefined;
};

/**
 * The RSDS record of an image's debug directory; undefined when it has none, or only older kinds. Entries that lead nowhere
 * are passed over: they are for debuggers, not for the loader.
 * @see PE Format, "The .debug Section"; the record as LLVM's and Microsoft's sources have it
 */
export const codeViewOf = (image: PeImage): CodeView | undefined => {
  const directory = image.directories[DEBUG];
  if (directory === undefined || directory.size < ENTRY_BYTES) return undefined;
  const start = offsetOf(image, directory.rva);
  if (start === undefined) return undefined;
  const count = Math.min(Math.floor(directory.size / ENTRY_BYTES), MAX_ENTRIES);
  for (let index = 0; index < count; index += 1) {
    const at = start + index * ENTRY_BYTES;
    if (at + ENTRY_BYTES > image.bytes.length) return undefined;
    const r = new ByteReader(image.bytes, { file: image.file, truncated: 'PE_TRUNCATED' }).seek(at + 12, 'debug entry');
    const [type, size] = [r.u32le('debug type'), r.u32le('debug size')];
    r.skip(4, 'debug address');
    const found = type === CODEVIEW ? recordAt(image, r.u32le('debug offset'), size) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};
