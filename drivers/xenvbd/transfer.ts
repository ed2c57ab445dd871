import type { Machine } from '../behaviour.ts';
import { SCSI_ABORTED, type Srb, type SrbResult, srbDone, srbFailed } from '../storage.ts';
import { type DiskFacts, sectorsOf } from './disk-facts.ts';
import {
  directRequest,
  indirectRequest,
  RingOp,
  type RingSegment,
  responseStatus,
  segmentPages,
} from './ring-requests.ts';

const PAGE = 4096;
const PER_REQUEST = 11;
/** Pages of segments that a request can name, and segments in each. */
const MOST_INDIRECT = 8 * 512;
/** The first grants are others': of the hypervisor, of the crash dump library. */
const FIRST_GRANT = 32;

/** A page that is granted: of the buffer itself, or one in its place where the buffer ends within it. */
interface Granted {
  readonly bytes: Uint8Array;
  readonly part: Uint8Array;
}

const grantedPages = (data: Uint8Array): readonly Granted[] => {
  const pages: Granted[] = [];
  for (let at = 0; at < data.length; at += PAGE) {
    const part = data.subarray(at, at + PAGE);
    if (part.length === PAGE) pages.push({ bytes: part, part });
    else {
      const bytes = new Uint8Array(PAGE);
      bytes.set(part);
      pages.push({ bytes, part });
    }
  }
  return pages;
};

interface Transfer {
  readonly vbd: number;
  readonly operation: number;
  readonly facts: DiskFacts;
}

/** One request of the ring, for some of the pages. */
const ask = (
  machine: Machine,
  { vbd, operation, facts }: Transfer,
  { sector, id, pages }: { readonly sector: number; readonly id: number; readonly pages: readonly Granted[] },
): number | undefined => {
  const segments: readonly RingSegment[] = pages.map(({ part }, index) => ({
    grant: FIRST_GRANT + index,
    first: 0,
    last: part.length / facts.sectorSize - 1,
  }));
  const place = { id, handle: vbd, sector };
  const isDirect = segments.length <= PER_REQUEST;
  const more = isDirect ? [] : segmentPages(segments);
  const grants = more.map((_page, index) => FIRST_GRANT + pages.length + index);
  const request = isDirect
    ? directRequest(operation, place, segments)
    : indirectRequest(operation, place, { count: segments.length, grants });
  const all = [...pages.map(({ bytes }) => bytes), ...more];
  const granted = { page: (reference: number) => all[reference - FIRST_GRANT] };
  const response = machine.askBackend({ vbd, queue: id % facts.queues, request, pages: granted });
  return response === undefined ? undefined : responseStatus(response);
};

const perRequest = ({ maxIndirect }: DiskFacts, pages: number): number =>
  maxIndirect > PER_REQUEST && pages > PER_REQUEST ? Math.min(maxIndirect, MOST_INDIRECT) : PER_REQUEST;

const isSectorSize = (bytes: number): boolean => bytes >= 512 && bytes <= PAGE && (bytes & (bytes - 1)) === 0;

/** Why a range cannot be asked for. */
const refusal = (machine: Machine, srb: Srb, facts: DiskFacts, range: BlockSpan): string | undefined => {
  const { sectorSize, info } = facts;
  const sectors = sectorsOf(machine, srb.vbd);
  if (!isSectorSize(sectorSize)) return `Sectors of ${sectorSize} bytes do not fit into pages.`;
  if (range.blocks > sectors || range.block > sectors - range.blocks) {
    return `Blocks ${range.block} to ${range.block + range.blocks - 1} are past the end: the disk has ${sectors}.`;
  }
  if (range.write && (info & 4) !== 0) return 'The disk may not be written.';
  return undefined;
};

export interface BlockSpan {
  readonly write: boolean;
  readonly block: number;
  readonly blocks: number;
}

/** READ and WRITE: as many requests as it takes, direct or indirect, one page a segment (spec xen-pv 4.4). */
export const transfer = (srb: Srb, range: BlockSpan, facts: DiskFacts, machine: Machine): SrbResult => {
  const because = refusal(machine, srb, facts, range);
  if (because !== undefined) return srbFailed('SRB_STATUS_ERROR', because);
  const { vbd, data } = srb;
  const length = range.blocks * facts.sectorSize;
  if (data.length < length)
    return srbFailed('SRB_STATUS_DATA_OVERRUN', `The buffer has ${data.length} bytes of ${length}.`);
  const pages = grantedPages(data.subarray(0, length));
  const most = perRequest(facts, pages.length);
  const operation = range.write ? RingOp.write : RingOp.read;
  let requests = 0;
  for (let from = 0; from < pages.length; from += most) {
    const sector = range.block + (from * PAGE) / facts.sectorSize;
    const status = ask(
      machine,
      { vbd, operation, facts },
      { sector, id: requests, pages: pages.slice(from, from + most) },
    );
    if (status === undefined) return srbFailed('SRB_STATUS_ERROR', 'The disk is not connected.', requests);
    requests += 1;
    if (status !== 0) {
      return { ...srbFailed('SRB_STATUS_ERROR', `The backend answers ${status}.`, requests), scsiStatus: SCSI_ABORTED };
    }
  }
  const last = pages.at(-1);
  if (!range.write && last !== undefined && last.bytes !== last.part)
    last.part.set(last.bytes.subarray(0, last.part.length));
  return srbDone(length, requests);
};
