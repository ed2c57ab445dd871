import { put } from '../put.ts';

/** What was written to disks: base64 of pages of 4096 bytes by their number, by the number of the disk. Absent pages are zeros. */
export type DumpContent = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PAGE = 4096;

/** @param start in bytes; a multiple of 4096, as is the length */
export const withBytes = (content: DumpContent, vbd: number, start: number, bytes: Uint8Array): DumpContent => {
  const pages: Record<string, string> = { ...content[vbd] };
  for (let offset = 0; offset < bytes.length; offset += PAGE) {
    put(pages, String((start + offset) / PAGE), Buffer.from(bytes.subarray(offset, offset + PAGE)).toString('base64'));
  }
  return { ...content, [vbd]: pages };
};

export const bytesOf = (content: DumpContent, vbd: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += PAGE) {
    const page = content[vbd]?.[(start + offset) / PAGE];
    if (page !== undefined) bytes.set(Buffer.from(page, 'base64'), offset);
  }
  return bytes;
};
