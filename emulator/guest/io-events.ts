import type { SrbStatusName } from '../../drivers/storage.ts';

/** What a program or Windows itself does with a disk; places and lengths in logical blocks of the disk as Windows sees it. */
export type IoEvent =
  /** Writes; each four bytes of a block are `fill` plus the number of the block. `data`, base64, is written instead if given. */
  | {
      readonly kind: 'io.write';
      readonly vbd: number;
      readonly block: number;
      readonly blocks: number;
      readonly fill?: number;
      readonly data?: string;
    }
  | { readonly kind: 'io.read'; readonly vbd: number; readonly block: number; readonly blocks: number }
  /** FlushFileBuffers: SYNCHRONIZE CACHE comes to the disk. */
  | { readonly kind: 'io.flush'; readonly vbd: number }
  /** A file is deleted whose clusters these are: NTFS tells the disk (DeviceDsmAction_Trim). */
  | { readonly kind: 'io.delete'; readonly vbd: number; readonly ranges: readonly BlockRange[] }
  /** `defrag /L`: each free range of the volume is told to the disk again. */
  | { readonly kind: 'io.retrim'; readonly vbd: number; readonly ranges: readonly BlockRange[] }
  /** The host loses its power: what backends did not have to make durable is gone, and the domain is off. */
  | { readonly kind: 'io.power-loss' };

export interface BlockRange {
  readonly block: number;
  readonly blocks: number;
}

/** What the request was turned into on its way down: `disk`, `xendisk`, `xenvbd`, `backend`. */
export type IoHop = string;

export type IoOutput =
  | {
      readonly kind: 'io.done';
      readonly op: 'read' | 'write' | 'flush';
      readonly vbd: number;
      readonly blocks: number;
      /** Bytes of a block. */
      readonly blockSize: number;
      /** Through which drivers it went, from the top. */
      readonly path: readonly IoHop[];
      /** SRBs, and requests on rings that they became. */
      readonly srbs: number;
      readonly requests: number;
      /** Of what was read: SHA-256 in hex, and whether all of it is zero. */
      readonly sha256?: string;
      readonly zeros?: boolean;
    }
  | {
      readonly kind: 'io.failed';
      readonly op: 'read' | 'write' | 'flush' | 'trim';
      readonly vbd: number;
      readonly srbStatus: SrbStatusName;
      readonly because: string;
    }
  | {
      readonly kind: 'io.trimmed';
      readonly vbd: number;
      /** Who made SCSI UNMAP of it. */
      readonly by: 'xendisk' | 'classpnp';
      readonly blocks: number;
      readonly path: readonly IoHop[];
      /** Pages of 4096 bytes that the volume takes, before and after. */
      readonly pagesBefore: number;
      readonly pagesAfter: number;
    }
  /** Nothing was told to the disk. */
  | { readonly kind: 'io.not-trimmed'; readonly vbd: number; readonly because: string };
