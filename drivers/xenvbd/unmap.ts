import type { LoadedDriver, Machine } from '../behaviour.ts';
import { SCSI_ABORTED, type Srb, type SrbResult, srbDone, srbFailed } from '../storage.ts';
import { type DiskFacts, withoutFeature } from './disk-facts.ts';
import { directRequest, discardRequest, RingOp, responseStatus } from './ring-requests.ts';
import { parseUnmap } from './unmap-list.ts';

const NOT_SUPPORTED = -2;

type Feature = 'flush' | 'barrier' | 'discard';

/** An answer that the backend does not know this ends it, and counts as done (spec xen-pv 4.4). */
const settled = (
  machine: Machine,
  { vbd, feature }: { readonly vbd: number; readonly feature: Feature },
  response: Uint8Array | undefined,
): 'done' | 'off' | SrbResult => {
  if (response === undefined) return srbFailed('SRB_STATUS_ERROR', 'The disk is not connected.');
  const status = responseStatus(response);
  if (status === 0) return 'done';
  if (status !== NOT_SUPPORTED) {
    return { ...srbFailed('SRB_STATUS_ERROR', `The backend answers ${status}.`, 1), scsiStatus: SCSI_ABORTED };
  }
  withoutFeature(machine, vbd, feature);
  return 'off';
};

const isReadOnly = ({ info }: DiskFacts): boolean => (info & 4) !== 0;
const NO_PAGES = { page: () => undefined };

/** UNMAP: one discard for each descriptor; nothing, and success, where the backend has none (spec xen-pv 4.4). */
export const unmap = (driver: LoadedDriver, { vbd, data }: Srb, facts: DiskFacts, machine: Machine): SrbResult => {
  if (isReadOnly(facts)) return srbFailed('SRB_STATUS_ERROR', 'The disk may not be written.');
  const ranges = parseUnmap(driver.model, data);
  if (ranges === undefined)
    return srbFailed('SRB_STATUS_INVALID_REQUEST', 'The list of UNMAP is shorter than it says.');
  if (!facts.discard) return srbDone(data.length);
  let requests = 0;
  for (const { block, blocks } of ranges) {
    if (blocks === 0) continue;
    const request = discardRequest({ id: requests, handle: vbd, sector: block }, blocks);
    const response = machine.askBackend({ vbd, queue: requests % facts.queues, request, pages: NO_PAGES });
    requests += 1;
    const result = settled(machine, { vbd, feature: 'discard' }, response);
    if (result === 'off') break;
    if (result !== 'done') return { ...result, requests };
  }
  return srbDone(data.length, requests);
};

/** SYNCHRONIZE CACHE: a flush, else a barrier with nothing, else success. */
export const flush = ({ vbd }: Srb, facts: DiskFacts, machine: Machine): SrbResult => {
  if (isReadOnly(facts)) return srbFailed('SRB_STATUS_ERROR', 'The disk may not be written.');
  const feature = facts.flush ? 'flush' : facts.barrier ? 'barrier' : undefined;
  if (feature === undefined) return srbDone();
  const operation = feature === 'flush' ? RingOp.flush : RingOp.barrier;
  const request = directRequest(operation, { id: 0, handle: vbd, sector: 0 }, []);
  const result = settled(machine, { vbd, feature }, machine.askBackend({ vbd, queue: 0, request, pages: NO_PAGES }));
  return result === 'done' || result === 'off' ? srbDone(0, 1) : result;
};
