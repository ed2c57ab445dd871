import type { LoadedDriver, Machine } from '../behaviour.ts';
import { type Srb, type SrbResult, srbDone, srbFailed } from '../storage.ts';
import { readCapacity10, readCapacity16 } from './capacity.ts';
import { type DiskFacts, factsOf, sectorsOf } from './disk-facts.ts';
import { inquiry } from './inquiry.ts';
import { modeSense } from './mode-sense.ts';
import { type BlockSpan, transfer } from './transfer.ts';
import { flush, unmap } from './unmap.ts';

/** Operation codes: READ and WRITE of 6, 10, 12 and 16 bytes. */
const READS: ReadonlySet<number> = new Set([0x08, 0x28, 0xa8, 0x88]);
const WRITES: ReadonlySet<number> = new Set([0x0a, 0x2a, 0xaa, 0x8a]);
/** TEST UNIT READY, RESERVE, RELEASE, START STOP, PREVENT, VERIFY: success, and nothing is done. */
const NOTHING_DONE: ReadonlySet<number> = new Set([0x00, 0x16, 0x17, 0x1b, 0x1e, 0x2f, 0x56, 0x57, 0x8f]);

const viewOf = (cdb: Uint8Array): DataView => {
  const whole = new Uint8Array(16);
  whole.set(cdb.subarray(0, 16));
  return new DataView(whole.buffer);
};

/** First block and count of a READ or WRITE; 0 blocks of the shortest form are 256. */
export const spanOf = (cdb: Uint8Array): BlockSpan => {
  const view = viewOf(cdb);
  const operation = view.getUint8(0);
  const write = WRITES.has(operation);
  switch (operation >> 5) {
    case 0:
      return { write, block: view.getUint32(0) & 0x1f_ffff, blocks: view.getUint8(4) || 256 };
    case 1:
      return { write, block: view.getUint32(2), blocks: view.getUint16(7) };
    case 5:
      return { write, block: view.getUint32(2), blocks: view.getUint32(6) };
    default:
      return { write, block: Number(view.getBigUint64(2)), blocks: view.getUint32(10) };
  }
};

const REQUEST_SENSE_LENGTH = 18;

const sense = ({ data }: Srb): SrbResult => {
  const answer = new Uint8Array(REQUEST_SENSE_LENGTH);
  answer[0] = 0x70;
  answer[7] = REQUEST_SENSE_LENGTH - 8;
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};

/** One entry, whose eight bytes are 255, big-endian. */
const luns = ({ data }: Srb): SrbResult => {
  const answer = new Uint8Array(16);
  answer[3] = 8;
  answer[15] = 255;
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};

interface Target {
  readonly target: number;
  readonly facts: DiskFacts;
}

const other = (driver: LoadedDriver, srb: Srb, { target, facts }: Target, machine: Machine): SrbResult => {
  const sectors = sectorsOf(machine, srb.vbd);
  const [operation = 0, action = 0] = srb.cdb;
  switch (operation) {
    case 0x03:
      return sense(srb);
    case 0x12:
      return inquiry(srb, { built: driver.model.built, target, facts }, machine);
    case 0x1a:
    case 0x5a:
      return modeSense(srb, facts);
    case 0x25:
      return readCapacity10(srb, sectors, facts);
    case 0x35:
    case 0x91:
      return flush(srb, facts, machine);
    case 0x42:
      return unmap(driver, srb, facts, machine);
    case 0x9e:
      if ((action & 0x1f) === 0x10) return readCapacity16(srb, sectors, facts);
      break;
    case 0xa0:
      return luns(srb);
  }
  if (NOTHING_DONE.has(operation)) return srbDone();
  return srbFailed('SRB_STATUS_INVALID_REQUEST', `Operation ${operation.toString(16).padStart(2, '0')}h is not known.`);
};

/** What the adapter makes of a SCSI request for one of its disks (spec xen-pv 4.4). */
export const scsiRequest = (driver: LoadedDriver, target: number, srb: Srb, machine: Machine): SrbResult => {
  const facts = factsOf(machine, srb.vbd);
  if (facts === undefined) return srbFailed('SRB_STATUS_NO_DEVICE', `No target stands for disk ${srb.vbd}.`);
  const operation = srb.cdb[0] ?? 0;
  if (READS.has(operation) || WRITES.has(operation)) return transfer(srb, spanOf(srb.cdb), facts, machine);
  return other(driver, srb, { target, facts }, machine);
};
