import type { LoadedDriver } from '../behaviour.ts';
import type { DumpAdapter, DumpFailure, DumpOutcome, DumpRequest, DumpTransfer, PvConnection } from '../dump.ts';
import { giveBack, takeGrants } from './grants.ts';
import { PAGES_PER_TRANSFER, XENCRSH } from './limits.ts';
import { replacesLostPages } from './traits.ts';

const PAGE_BYTES = 4096;
const HANDLE_MASK = 0xffff;

const no = (failure: DumpFailure): DumpOutcome<never> => ({ ok: false, failure });

/**
 * What keeps a transfer from the ring. The end of a transfer has to lie below the last sector of the disk, which is one more than
 * is needed: so the library counts.
 */
const faultOf = ({ model }: LoadedDriver, adapter: DumpAdapter, transfer: DumpTransfer): DumpFailure | undefined => {
  const { sector, pages, lost } = transfer;
  const { sectors, sectorSize } = adapter;
  const count = (pages * PAGE_BYTES) / sectorSize;
  if (sector < 0 || sector >= sectors || sector + count >= sectors) {
    return { kind: 'io', sector, reason: `The disk ends at sector ${sectors}.` };
  }
  if (pages < 1 || pages > PAGES_PER_TRANSFER) {
    return { kind: 'io', sector, reason: `The library takes 1 to ${PAGES_PER_TRANSFER} pages, not ${pages}.` };
  }
  const [first] = lost;
  if (first === undefined) return undefined;
  return replacesLostPages(model) === 'no' ? { kind: 'page', page: first } : undefined;
};

/** More pages than the library can put something in the place of: it would not come back to the transfer. */
export const lacksBuffers = ({ lost }: DumpTransfer): boolean => lost.length > XENCRSH.buffers;

/** A transfer as one or two requests of up to eleven pages, each under a grant of its own. */
export const transferOf = (
  driver: LoadedDriver,
  adapter: DumpAdapter,
  transfer: DumpTransfer,
): DumpOutcome<{ readonly requests: readonly DumpRequest[]; readonly adapter: DumpAdapter }> => {
  const { pv } = adapter;
  if (pv === undefined) return no({ kind: 'disk', frontend: '', reason: 'The library is not connected.' });
  const fault = faultOf(driver, adapter, transfer);
  if (fault !== undefined) return no(fault);
  const taken = takeGrants(pv.free, transfer.pages)?.taken ?? [];
  const requests = splitInto(adapter, transfer, taken);
  return { ok: true, value: { requests, adapter: { ...adapter, pv: returned(pv, requests) } } };
};

const splitInto = (
  { vbd, sectorSize }: DumpAdapter,
  { write, sector, pages }: DumpTransfer,
  taken: readonly number[],
): readonly DumpRequest[] => {
  const perPage = PAGE_BYTES / sectorSize;
  const requests: DumpRequest[] = [];
  for (let from = 0; from < pages; from += XENCRSH.segmentsPerRequest) {
    const references = taken.slice(from, from + XENCRSH.segmentsPerRequest);
    requests.push({
      operation: write ? 'write' : 'read',
      handle: vbd & HANDLE_MASK,
      sector: sector + from * perPage,
      segments: references.map((reference) => ({ reference, first: 0, last: perPage - 1 })),
    });
  }
  return requests;
};

/** Requests come back in order, and so do their grants: the last is the first to be taken again. */
const returned = (pv: PvConnection, requests: readonly DumpRequest[]): PvConnection => {
  const references = requests.flatMap(({ segments }) => segments.map(({ reference }) => reference));
  return { ...pv, free: giveBack(pv.free.slice(references.length), references) };
};

/** What makes the backend write all it has: by what the backend offers, and nothing where it offers nothing. */
export const flushOf = ({ vbd, pv }: DumpAdapter): readonly DumpRequest[] =>
  pv === undefined || pv.flush === 'none'
    ? []
    : [{ operation: pv.flush, handle: vbd & HANDLE_MASK, sector: 0, segments: [] }];
