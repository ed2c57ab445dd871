import { type BlockContent, cutContent, EMPTY_CONTENT, type OwnContent } from './block-content.ts';

/** What the host keeps of a volume behind its backend. Made by the first request: a disk that nobody asks has none. */
export interface BlockDisk {
  /** As it is read now. */
  readonly content: BlockContent;
  /** As it is found after the host lost its power: what was written and not flushed since is gone. */
  readonly durable: BlockContent;
  /** By queue. */
  readonly rings: readonly BlockRing[];
  readonly counts: BlockCounts;
}

export interface BlockRing {
  /** Grant of its first page: another one is another ring, which begins at nothing. */
  readonly grant: string;
  /** Requests consumed, and responses produced: backends answer in the order in which they are asked. */
  readonly served: number;
}

/** Requests that were served, and units of 512 bytes. */
export interface BlockCounts {
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  readonly barriers: number;
  readonly discards: number;
  /** Of the reads and writes: those with their segments in pages of their own. */
  readonly indirect: number;
  readonly failed: number;
  readonly sectorsRead: number;
  readonly sectorsWritten: number;
  readonly sectorsDiscarded: number;
}

/** By number of the device in xenstore. */
export type BlockDisks = Readonly<Record<number, BlockDisk>>;

/** Pages that a guest granted, by reference. They are the caller's: a read fills them in. */
export interface GrantedPages {
  page(reference: number): Uint8Array | undefined;
}

/** A request as it stands in a slot of the ring, on which its backend was notified. */
export interface BlockSubmission {
  /** Number of the device in xenstore: 768. */
  readonly vbd: number;
  /** 0 for the only one. */
  readonly queue: number;
  /** 112 bytes of x86_64-abi, 108 of x86_32-abi. */
  readonly request: Uint8Array;
  readonly pages: GrantedPages;
}

export type { OwnContent };

const NO_COUNTS: BlockCounts = {
  ...{ reads: 0, writes: 0, flushes: 0, barriers: 0, discards: 0, indirect: 0, failed: 0 },
  ...{ sectorsRead: 0, sectorsWritten: 0, sectorsDiscarded: 0 },
};

/** A volume that was just made. */
export const NEW_DISK: BlockDisk = { content: EMPTY_CONTENT, durable: EMPTY_CONTENT, rings: [], counts: NO_COUNTS };

/** What a disk has; that of a new one when nobody asked it yet. */
export const blockDisk = (disks: BlockDisks | undefined, vbd: number): BlockDisk => disks?.[vbd] ?? NEW_DISK;

/** After the host lost its power: only what was flushed is there, and no ring. */
export const afterPowerLoss = (disks: BlockDisks | undefined): BlockDisks | undefined =>
  disks === undefined
    ? undefined
    : Object.fromEntries(
        Object.entries(disks).map(([vbd, disk]) => [vbd, { ...disk, content: disk.durable, rings: [] }]),
      );

/** The volume became shorter: what was past its new end is gone, also when it grows again. */
export const cutBlocks = (disks: BlockDisks, vbd: number, sectors: number): BlockDisks => {
  const disk = disks[vbd];
  if (disk === undefined) return disks;
  const [content, durable] = [disk.content, disk.durable].map((one) => cutContent(one, sectors * SECTOR));
  return { ...disks, [vbd]: { ...disk, content: content ?? disk.content, durable: durable ?? disk.durable } };
};

const SECTOR = 512;
