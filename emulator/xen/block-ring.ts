/** Operations of a block ring (xen/include/public/io/blkif.h). */
export const BlockOp = { read: 0, write: 1, barrier: 2, flush: 3, discard: 5, indirect: 6 } as const;
/** Statuses of a response. */
export const BlockStatus = { okay: 0, error: -1, notSupported: -2 } as const;

export const SEGMENTS_PER_REQUEST = 11;
export const SEGMENTS_PER_PAGE = 512;
const INDIRECT_PAGES = 8;

/** Where the fields are that the two ABIs align differently; the first six bytes are alike. */
const LAYOUTS = {
  'x86_64-abi': { slot: 112, id: 8, sector: 16, segments: 24, count: 24, handle: 24, grants: 28, response: 16 },
  'x86_32-abi': { slot: 108, id: 4, sector: 12, segments: 20, count: 20, handle: 20, grants: 24, response: 12 },
} as const;

export type BlockProtocol = keyof typeof LAYOUTS;
export const isBlockProtocol = (text: string): text is BlockProtocol => Object.hasOwn(LAYOUTS, text);

const RING_HEADER = 64;
const PAGE = 4096;

/** Slots of a ring of 2^order pages: the largest power of two that fits behind its header. */
export const ringSlots = (order: number, protocol: BlockProtocol = 'x86_64-abi'): number => {
  const fitting = Math.floor(((PAGE << order) - RING_HEADER) / LAYOUTS[protocol].slot);
  return 2 ** Math.floor(Math.log2(fitting));
};

/** A part of a page, in units of the ring, both ends included. */
export interface BlockSegment {
  readonly grant: number;
  readonly first: number;
  readonly last: number;
}

export type BlockRequest = { readonly id: bigint; readonly sector: number } & (
  | { readonly kind: 'transfer'; readonly operation: number; readonly segments: readonly BlockSegment[] }
  | {
      readonly kind: 'indirect';
      readonly operation: number;
      readonly count: number;
      /** References of the pages with the segments. */
      readonly pages: readonly number[];
    }
  | { readonly kind: 'discard'; readonly sectors: number; readonly secure: boolean }
  | { readonly kind: 'malformed'; readonly operation: number; readonly because: string }
);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Segments one after another: grant, first, last, two bytes of nothing. */
export const parseSegments = (bytes: Uint8Array, offset: number, count: number): readonly BlockSegment[] => {
  const view = viewOf(bytes);
  return Array.from({ length: count }, (_none, index) => ({
    grant: view.getUint32(offset + 8 * index, true),
    first: view.getUint8(offset + 8 * index + 4),
    last: view.getUint8(offset + 8 * index + 5),
  }));
};

/** Reads a request as a backend finds it; numbers of sectors that no disk has are told as malformed ones. */
export const parseBlockRequest = (bytes: Uint8Array, protocol: BlockProtocol): BlockRequest => {
  const at = LAYOUTS[protocol];
  const operation = bytes[0] ?? 0xff;
  if (bytes.length !== at.slot) {
    return { kind: 'malformed', id: 0n, sector: 0, operation, because: `A slot has ${at.slot} bytes.` };
  }
  const view = viewOf(bytes);
  const id = view.getBigUint64(at.id, true);
  const sector = Number(view.getBigUint64(at.sector, true));
  if (operation === BlockOp.discard) {
    const sectors = Number(view.getBigUint64(at.count, true));
    return { kind: 'discard', id, sector, sectors, secure: (view.getUint8(1) & 1) === 1 };
  }
  if (operation === BlockOp.indirect) {
    const count = view.getUint16(2, true);
    const pages = Math.min(INDIRECT_PAGES, Math.ceil(count / SEGMENTS_PER_PAGE));
    const references = Array.from({ length: pages }, (_none, index) => view.getUint32(at.grants + 4 * index, true));
    return { kind: 'indirect', id, sector, operation: view.getUint8(1), count, pages: references };
  }
  const count = view.getUint8(1);
  if (count > SEGMENTS_PER_REQUEST) {
    return { kind: 'malformed', id, sector, operation, because: `${count} segments are too many.` };
  }
  return { kind: 'transfer', id, sector, operation, segments: parseSegments(bytes, at.segments, count) };
};

/** A response: the id of its request, the operation, and what came of it. */
export const encodeBlockResponse = (
  { id, operation, status }: { readonly id: bigint; readonly operation: number; readonly status: number },
  protocol: BlockProtocol,
): Uint8Array => {
  const bytes = new Uint8Array(LAYOUTS[protocol].response);
  const view = viewOf(bytes);
  view.setBigUint64(0, id, true);
  view.setUint8(8, operation);
  view.setInt16(10, status, true);
  return bytes;
};
