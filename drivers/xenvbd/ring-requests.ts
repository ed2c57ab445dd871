/** Operations of a ring that the driver uses (blkif.h). */
export const RingOp = { read: 0, write: 1, barrier: 2, flush: 3, discard: 5, indirect: 6 } as const;

const SLOT = 112;
const PER_PAGE = 512;

/** A part of a granted page, in units of the disk's sectors, both ends included. */
export interface RingSegment {
  readonly grant: number;
  readonly first: number;
  readonly last: number;
}

interface Place {
  readonly id: number;
  /** Number of the device in xenstore; 16 bits of it are told. */
  readonly handle: number;
  readonly sector: number;
}

const slot = (operation: number, { id, handle, sector }: Place): readonly [Uint8Array, DataView] => {
  const bytes = new Uint8Array(SLOT);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, operation);
  view.setUint16(2, handle & 0xffff, true);
  view.setBigUint64(8, BigInt(id), true);
  view.setBigUint64(16, BigInt(sector), true);
  return [bytes, view];
};

const putSegments = (view: DataView, offset: number, segments: readonly RingSegment[]): void => {
  segments.forEach(({ grant, first, last }, index) => {
    view.setUint32(offset + 8 * index, grant, true);
    view.setUint8(offset + 8 * index + 4, first);
    view.setUint8(offset + 8 * index + 5, last);
  });
};

/** A read, a write, a barrier or a flush, with up to 11 segments. */
export const directRequest = (operation: number, place: Place, segments: readonly RingSegment[]): Uint8Array => {
  const [bytes, view] = slot(operation, place);
  view.setUint8(1, segments.length);
  putSegments(view, 24, segments);
  return bytes;
};

/** A read or a write whose segments stand in pages of their own, by the grants of these. */
export const indirectRequest = (
  operation: number,
  place: Place,
  { count, grants }: { readonly count: number; readonly grants: readonly number[] },
): Uint8Array => {
  const [bytes, view] = slot(RingOp.indirect, place);
  view.setUint8(1, operation);
  view.setUint16(2, count, true);
  view.setUint16(24, place.handle & 0xffff, true);
  grants.forEach((grant, index) => {
    view.setUint32(28 + 4 * index, grant, true);
  });
  return bytes;
};

/** Pages of 512 segments each, as an indirect request names them. */
export const segmentPages = (segments: readonly RingSegment[]): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(segments.length / PER_PAGE) }, (_none, page) => {
    const bytes = new Uint8Array(8 * PER_PAGE);
    putSegments(new DataView(bytes.buffer), 0, segments.slice(page * PER_PAGE, (page + 1) * PER_PAGE));
    return bytes;
  });

export const discardRequest = (place: Place, sectors: number): Uint8Array => {
  const [bytes, view] = slot(RingOp.discard, place);
  view.setBigUint64(24, BigInt(sectors), true);
  return bytes;
};

/** Status of a response: 0 okay, -1 error, -2 not supported. */
export const responseStatus = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt16(10, true);
