import type { ByteRange, SendSrb, SrbResult } from '../../drivers/storage.ts';
import type { DiscoveredDisk, UnmapLimits } from './storage-discovery.ts';

const HEADER = 8;
const DESCRIPTOR = 16;
const LONGEST_LIST = 65_535;
const MOST_BLOCKS = 0xffff_ffff;

interface Span {
  readonly block: number;
  readonly blocks: number;
}

/** Rounded inwards to granules, and split where a descriptor has no room for more (spec pnp-install 12). */
const spansOf = (ranges: readonly ByteRange[], { blockSize }: DiscoveredDisk, limits: UnmapLimits): readonly Span[] => {
  const { granularity, alignment, blocks: most } = limits;
  const up = (block: number): number => Math.ceil((block - alignment) / granularity) * granularity + alignment;
  const down = (block: number): number => Math.floor((block - alignment) / granularity) * granularity + alignment;
  return ranges.flatMap(({ offset, length }) => {
    const end = down(Math.floor((offset + length) / blockSize));
    const spans: Span[] = [];
    for (let block = up(Math.ceil(offset / blockSize)); block < end; ) {
      const blocks = Math.min(end - block, most, MOST_BLOCKS);
      spans.push({ block, blocks });
      block += blocks;
    }
    return spans;
  });
};

/** An UNMAP command with its list (SBC-3 5.28). */
export const unmapList = (spans: readonly Span[]): Uint8Array => {
  const list = new Uint8Array(HEADER + DESCRIPTOR * spans.length);
  const view = new DataView(list.buffer);
  view.setUint16(0, list.length - 2);
  view.setUint16(2, list.length - HEADER);
  spans.forEach(({ block, blocks }, index) => {
    view.setBigUint64(HEADER + DESCRIPTOR * index, BigInt(block));
    view.setUint32(HEADER + DESCRIPTOR * index + 8, blocks);
  });
  return list;
};

/** How many descriptors a list may have: 0 and the largest number are no limit of the disk. */
const perList = ({ descriptors }: UnmapLimits): number => {
  const fitting = Math.floor((LONGEST_LIST - HEADER) / DESCRIPTOR);
  return descriptors === 0 || descriptors === MOST_BLOCKS ? fitting : Math.min(fitting, descriptors);
};

/**
 * classpnp makes SCSI UNMAP of a trim, since Windows 8 and for a disk with LBPU.
 * @returns what the disk answers; undefined when the disk does not know UNMAP, or its limits allow none
 */
export const unmapByClass = (
  send: SendSrb,
  disk: DiscoveredDisk,
  ranges: readonly ByteRange[],
): { readonly result: SrbResult; readonly blocks: number } | undefined => {
  const { limits } = disk;
  if (!disk.unmap || limits === undefined || limits.blocks === 0) return undefined;
  const spans = spansOf(ranges, disk, limits);
  const most = perList(limits);
  let result: SrbResult = { status: 'SRB_STATUS_SUCCESS', scsiStatus: 0, length: 0, requests: 0 };
  for (let at = 0; at < spans.length; at += most) {
    const list = unmapList(spans.slice(at, at + most));
    result = send(Uint8Array.from([0x42, 0, 0, 0, 0, 0, 0, list.length >>> 8, list.length & 0xff, 0]), list);
    if (result.status !== 'SRB_STATUS_SUCCESS') break;
  }
  return { result, blocks: spans.reduce((sum, { blocks }) => sum + blocks, 0) };
};
