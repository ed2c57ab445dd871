import type { DriverModel } from '../model.ts';

/** Blocks of a disk. */
export interface UnmapRange {
  readonly block: number;
  readonly blocks: number;
}

/** 34f858c: before it, xendisk and xenvbd had an UNMAP of their own (spec xen-pv 5). */
const COMMON_UNMAP_SINCE = '2016-01-01';

/** Whether a build writes, or reads, UNMAP as SBC has it. */
export const speaksCommonUnmap = ({ built }: Pick<DriverModel, 'built'>): boolean => built >= COMMON_UNMAP_SINCE;

const HEADER = 8;
const DESCRIPTOR = 16;
/** What 16 bits of length have room for. */
export const MOST_RANGES = 4095;

/**
 * A list for UNMAP: lengths, then first block, count and four bytes of nothing for each range. SBC has them big-endian. That of
 * the older builds is private to them; it is taken to be the same fields as the processor has them (inferred).
 */
export const encodeUnmap = (model: Pick<DriverModel, 'built'>, ranges: readonly UnmapRange[]): Uint8Array => {
  const little = !speaksCommonUnmap(model);
  const bytes = new Uint8Array(HEADER + DESCRIPTOR * ranges.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length - 2, little);
  view.setUint16(2, bytes.length - HEADER, little);
  ranges.forEach(({ block, blocks }, index) => {
    view.setBigUint64(HEADER + DESCRIPTOR * index, BigInt(block), little);
    view.setUint32(HEADER + DESCRIPTOR * index + 8, blocks, little);
  });
  return bytes;
};

/** @returns undefined for a list that ends before it says that it does */
export const parseUnmap = (model: Pick<DriverModel, 'built'>, bytes: Uint8Array): readonly UnmapRange[] | undefined => {
  const little = !speaksCommonUnmap(model);
  if (bytes.length < HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(2, little);
  if (HEADER + length > bytes.length) return undefined;
  return Array.from({ length: Math.floor(length / DESCRIPTOR) }, (_none, index) => ({
    block: Number(view.getBigUint64(HEADER + DESCRIPTOR * index, little)),
    blocks: view.getUint32(HEADER + DESCRIPTOR * index + 8, little),
  }));
};
