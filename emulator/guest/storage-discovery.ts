import type { SendSrb } from '../../drivers/storage.ts';

/** What the class driver finds out of a disk (spec pnp-install 12). */
export interface DiscoveredDisk {
  readonly blockSize: number;
  readonly blocks: number;
  /** Pages of vital product data that count; those after a list that does not ascend from 00h do not. */
  readonly pages: readonly number[];
  /** Logical block provisioning is there, and says that UNMAP works: the only switch for it. */
  readonly unmap: boolean;
  readonly limits: UnmapLimits | undefined;
  /** Medium of rotation rate 1. */
  readonly solidState: boolean;
}

export interface UnmapLimits {
  readonly blocks: number;
  readonly descriptors: number;
  /** In blocks; 1 when the page says 0. */
  readonly granularity: number;
  /** 0 unless UGAVALID. */
  readonly alignment: number;
}

const PAGE_LENGTH = 255;

const inquiry = (send: SendSrb, page: number): Uint8Array | undefined => {
  const data = new Uint8Array(PAGE_LENGTH);
  const result = send(Uint8Array.from([0x12, 1, page, 0, PAGE_LENGTH, 0]), data);
  return result.status === 'SRB_STATUS_SUCCESS' && result.length >= 4 && data[1] === page
    ? data.subarray(0, result.length)
    : undefined;
};

/** B0h, B1h, B2h and 8Fh count only in a list that begins with 00h and ascends strictly. */
export const countedPages = (answer: Uint8Array | undefined): readonly number[] => {
  if (answer === undefined) return [];
  const length = ((answer[2] ?? 0) << 8) | (answer[3] ?? 0);
  const listed = [...answer.subarray(4, 4 + length)];
  const ascends = listed[0] === 0 && listed.every((code, index) => index === 0 || code > (listed[index - 1] ?? 0));
  return ascends ? listed : listed.filter((code) => ![0x8f, 0xb0, 0xb1, 0xb2].includes(code));
};

const LIMITS_BYTES = 36;
const LIMITS_PAGE_LENGTH = 0x3c;

/** The part of page B0h about UNMAP, if the page is long enough to have one. */
export const unmapLimits = (page: Uint8Array | undefined): UnmapLimits | undefined => {
  if (page === undefined || page.length < LIMITS_BYTES) return undefined;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (view.getUint16(2) < LIMITS_PAGE_LENGTH) return undefined;
  const alignment = view.getUint32(32);
  return {
    blocks: view.getUint32(20),
    descriptors: view.getUint32(24),
    granularity: view.getUint32(28) || 1,
    alignment: alignment >>> 31 === 1 ? alignment & 0x7fff_ffff : 0,
  };
};

const LBPU = 0x80;
const PROVISIONING_BYTES = 8;

const saysUnmap = (page: Uint8Array | undefined): boolean =>
  page !== undefined && page.length >= PROVISIONING_BYTES && ((page[5] ?? 0) & LBPU) !== 0;

const capacity = (send: SendSrb): { readonly blocks: number; readonly blockSize: number } | undefined => {
  const data = new Uint8Array(32);
  const result = send(Uint8Array.from([0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0]), data);
  const view = new DataView(data.buffer);
  if (result.status !== 'SRB_STATUS_SUCCESS' || result.length < 12) return undefined;
  return { blocks: Number(BigInt.asUintN(64, view.getBigUint64(0) + 1n)), blockSize: view.getUint32(8) };
};

/**
 * Asks a disk as classpnp does when it starts: capacity, pages 00h, 80h and 83h; since Windows 8 also B1h, B2h, and of B0h what
 * is about UNMAP, if B2h says that there is any.
 * @returns undefined when the disk does not tell its size
 */
export const discoverDisk = (send: SendSrb, asksForProvisioning: boolean): DiscoveredDisk | undefined => {
  const size = capacity(send);
  if (size === undefined || size.blockSize === 0) return undefined;
  const pages = countedPages(inquiry(send, 0));
  const ask = (page: number): Uint8Array | undefined => (pages.includes(page) ? inquiry(send, page) : undefined);
  ask(0x80);
  ask(0x83);
  if (!asksForProvisioning) return { ...size, pages, unmap: false, limits: undefined, solidState: false };
  const rotation = ask(0xb1);
  const unmap = saysUnmap(ask(0xb2));
  const solidState = rotation !== undefined && rotation[4] === 0 && rotation[5] === 1;
  return { ...size, pages, unmap, limits: unmap ? unmapLimits(ask(0xb0)) : undefined, solidState };
};
