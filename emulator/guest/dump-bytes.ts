import { createHash } from 'node:crypto';
import { concatBytes } from '../../core/bytes.ts';
import type { DumpMode } from '../../drivers/dump.ts';

export const PAGE_BYTES = 4096;
/** Pages of the header of a 64-bit dump (public: DUMP_HEADER64 is 0x2000 bytes). */
export const HEADER_PAGES = 2;
const DEFAULT_PAGES = 254;
const MOST_PAGES = 65_536;

/** How many pages of memory a dump has: what was asked for, as far as it can be. */
export const pagesOf = (asked: number | undefined): number =>
  asked === undefined || !Number.isFinite(asked) ? DEFAULT_PAGES : Math.min(MOST_PAGES, Math.max(1, Math.floor(asked)));

const OFFSETS = { signature: 0, valid: 4, major: 8, build: 12, code: 0x38, type: 0xf98, space: 0xfa0 } as const;
const FREE_BUILD = 15;
const KERNEL_DUMP = 2;

export interface DumpHeader {
  /** Build of Windows. */
  readonly build: number;
  /** Bug check; 0 for a hibernation. */
  readonly code: number;
  readonly pages: number;
}

/**
 * What a dump begins with: `PAGEDU64`, or `HIBR` for the image of a hibernation; of the other fields those that are public and
 * are looked at again.
 */
export const encodeHeader = (mode: DumpMode, { build, code, pages }: DumpHeader): Uint8Array => {
  const bytes = new Uint8Array(HEADER_PAGES * PAGE_BYTES);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(mode === 'dump' ? 'PAGEDU64' : 'HIBR', bytes);
  view.setUint32(OFFSETS.major, FREE_BUILD, true);
  view.setUint32(OFFSETS.build, build, true);
  view.setUint32(OFFSETS.code, code, true);
  view.setUint32(OFFSETS.type, KERNEL_DUMP, true);
  view.setBigUint64(OFFSETS.space, BigInt((HEADER_PAGES + pages) * PAGE_BYTES), true);
  return bytes;
};

/** @returns undefined where no such thing begins */
export const parseHeader = (mode: DumpMode, bytes: Uint8Array): DumpHeader | undefined => {
  if (bytes.length < HEADER_PAGES * PAGE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signature = String.fromCharCode(...bytes.subarray(0, mode === 'dump' ? 8 : 4));
  if (signature !== (mode === 'dump' ? 'PAGEDU64' : 'HIBR')) return undefined;
  const pages = Number(view.getBigUint64(OFFSETS.space, true)) / PAGE_BYTES - HEADER_PAGES;
  if (!Number.isInteger(pages) || pages < 1 || pages > MOST_PAGES) return undefined;
  return { build: view.getUint32(OFFSETS.build, true), code: view.getUint32(OFFSETS.code, true), pages };
};

/** A page of the emulated memory: its number, and what tells it from every other page of every other boot. */
export const pageBytes = (page: number, boot: number): Uint8Array => {
  const bytes = new Uint8Array(PAGE_BYTES);
  const words = new Uint32Array(bytes.buffer);
  let state = (Math.imul(page + 1, 0x9e37_79b1) ^ Math.imul(boot + 1, 0x85eb_ca6b)) >>> 0;
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  words[0] = page;
  return bytes;
};

const ZEROS = new Uint8Array(PAGE_BYTES);

/** All of a dump, its header first. A page that is no memory is one of zeros. */
export const dumpBytes = (
  mode: DumpMode,
  header: DumpHeader,
  { boot, isMemory }: { readonly boot: number; readonly isMemory: (page: number) => boolean },
): Uint8Array => {
  const pages = Array.from({ length: header.pages }, (_, page) => (isMemory(page) ? pageBytes(page, boot) : ZEROS));
  return concatBytes(encodeHeader(mode, header), ...pages);
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
