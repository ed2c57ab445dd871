import type { DumpRequest } from '../dump.ts';

/** A slot of the ring as the 64-bit interface has it (xen/include/public/io/blkif.h, blkif_request of x86_64-abi). */
const SLOT_BYTES = 112;
const SEGMENTS_AT = 24;
const SEGMENT_BYTES = 8;

const OPERATIONS: Readonly<Record<DumpRequest['operation'], number>> = { read: 0, write: 1, barrier: 2, flush: 3 };

/**
 * A request in its slot. The library always writes that layout, on 32-bit Windows too, and says so in `protocol`.
 * @param id what comes back with the answer; in the library it is the address of its own record
 */
export const encodeSlot = ({ operation, handle, sector, segments }: DumpRequest, id: number): Uint8Array => {
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, OPERATIONS[operation]);
  view.setUint8(1, segments.length);
  view.setUint16(2, handle, true);
  view.setBigUint64(8, BigInt(id), true);
  view.setBigUint64(16, BigInt(sector), true);
  for (const [index, { reference, first, last }] of segments.entries()) {
    const at = SEGMENTS_AT + index * SEGMENT_BYTES;
    view.setUint32(at, reference, true);
    view.setUint8(at + 4, first);
    view.setUint8(at + 5, last);
  }
  return bytes;
};

const OKAY = 0;
const NOT_SUPPORTED = -2;

export type SlotAnswer = 'okay' | 'not supported' | 'error';

/** What an answer says; one that is too short is an error. */
export const answerOf = (response: Uint8Array): SlotAnswer => {
  if (response.length < 12) return 'error';
  const status = new DataView(response.buffer, response.byteOffset, response.byteLength).getInt16(10, true);
  return status === OKAY ? 'okay' : status === NOT_SUPPORTED ? 'not supported' : 'error';
};
