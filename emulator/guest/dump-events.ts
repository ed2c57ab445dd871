import type { DumpMode } from '../../drivers/dump.ts';
import type { Cause } from './events.ts';

/** What makes a machine write its memory to a disk. */
export type DumpEvent =
  /** A bug check: what is in memory is written by the dump stack, and the machine stands. */
  | {
      readonly kind: 'crash';
      /** `0x7E`; 0xE2, a crash that was asked for, when absent. */
      readonly code?: string;
      /** Pages of memory that the dump has beside its header; 254 when absent. */
      readonly pages?: number;
    }
  /** Pages of its memory go back to the host; `pages` 0 takes them all again. */
  | { readonly kind: 'memory.balloon'; readonly first: number; readonly pages: number }
  /** `shutdown /h`: the machine is written to the disk, and switched off. */
  | { readonly kind: 'hibernate'; readonly pages?: number }
  /** It is switched on, and goes on where it was. */
  | { readonly kind: 'resume' };

/** What came of it, in order. */
export type DumpOutput =
  | { readonly kind: 'crash.started'; readonly code: string }
  /** The copies of the storage stack, in the order of loading; `dump_xenvbd.sys`. */
  | { readonly kind: 'dump.stack'; readonly mode: DumpMode; readonly images: readonly string[] }
  /** The stack for dumps could not be loaded when the machine started (event 46 of volmgr). */
  | { readonly kind: 'dump.stack-failed'; readonly mode: DumpMode; readonly cause: Cause }
  | {
      readonly kind: 'dump.written';
      readonly mode: DumpMode;
      readonly vbd: number;
      readonly file: string;
      /** First sector, in sectors of the disk. */
      readonly sector: number;
      readonly bytes: number;
      /** SRBs of the port, and what the miniport made of them. */
      readonly transfers: number;
      readonly requests: number;
      /** Of the bytes as they were meant to be. */
      readonly sha256: string;
    }
  | {
      readonly kind: 'dump.failed';
      readonly mode: DumpMode;
      readonly cause: Cause;
      /** Nothing ends it: the machine stands until someone switches it off. */
      readonly hangs: boolean;
    }
  /** A start finds a dump where the machine before wrote it. */
  | {
      readonly kind: 'dump.found';
      readonly vbd: number;
      readonly bytes: number;
      readonly code: string;
      readonly sha256: string;
    }
  | { readonly kind: 'hibernate.refused'; readonly because: string }
  | { readonly kind: 'hibernate.done' }
  | { readonly kind: 'resume.done'; readonly boot: number }
  /** What was written is not there as it was written: the machine starts from nothing. */
  | { readonly kind: 'resume.failed'; readonly boot: number; readonly because: string };
