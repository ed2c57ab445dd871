import { type Srb, type SrbResult, srbDone, srbFailed } from '../storage.ts';
import type { DiskFacts } from './disk-facts.ts';

const PMI = 1;
const LAST_32 = 0xffff_ffff;

/** 64 bits, wrapped: a disk without sectors has its last one before the first. */
const lastBlock = (sectors: number): bigint => BigInt.asUintN(64, BigInt(sectors) - 1n);

/** READ CAPACITY(10): last block and size of a block, big-endian. */
export const readCapacity10 = ({ cdb, data }: Srb, sectors: number, { sectorSize }: DiskFacts): SrbResult => {
  const asks = cdb.slice(2, 6).some((byte) => byte !== 0);
  if (asks && ((cdb[8] ?? 0) & PMI) === 0) return srbFailed('SRB_STATUS_ERROR', 'A block is named without PMI.');
  const answer = new Uint8Array(8);
  const view = new DataView(answer.buffer);
  const last = lastBlock(sectors);
  view.setUint32(0, last > BigInt(LAST_32) ? LAST_32 : Number(last));
  view.setUint32(4, sectorSize);
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};

const LONG = 32;
const SHORT = 12;

/** READ CAPACITY(16): the exponent of blocks to a physical one only in a buffer of exactly the long size; never LBPME. */
export const readCapacity16 = ({ cdb, data }: Srb, sectors: number, facts: DiskFacts): SrbResult => {
  const asks = cdb.slice(2, 10).some((byte) => byte !== 0);
  if (asks && ((cdb[14] ?? 0) & PMI) === 0) return srbFailed('SRB_STATUS_ERROR', 'A block is named without PMI.');
  const answer = new Uint8Array(data.length === LONG ? LONG : SHORT);
  const view = new DataView(answer.buffer);
  view.setBigUint64(0, lastBlock(sectors));
  view.setUint32(8, facts.sectorSize);
  if (answer.length === LONG) {
    const ratio = facts.sectorSize === 0 ? 0 : facts.physicalSize / facts.sectorSize;
    view.setUint8(13, ratio >= 1 ? Math.min(15, Math.floor(Math.log2(ratio))) : 0);
  }
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};
