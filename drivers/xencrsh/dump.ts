import type { LoadedDriver } from '../behaviour.ts';
import type { DumpAdapter, DumpBehaviour, DumpFailure, DumpMachine, DumpMode, DumpOutcome } from '../dump.ts';
import { closeAllDisks, connectDumpDisk } from './connection.ts';
import { heldGrants } from './held-grants.ts';
import { PAGES_PER_TRANSFER, XENCRSH } from './limits.ts';
import { findTarget } from './target.ts';
import { flushOf, transferOf } from './transfer.ts';

/** A number of the backend's as the library reads it; what is no number is 0. */
const countAt = (machine: DumpMachine, path: string, otherwise: number): number => {
  const text = machine.storeRead(path);
  return text === undefined ? otherwise : Number(/^\s*(\d+)/.exec(text)?.[1] ?? 0);
};

const DEFAULT_SECTOR = 512;
const LARGEST_SECTOR = 4096;

const isSectorSize = (bytes: number): boolean =>
  bytes >= DEFAULT_SECTOR && bytes <= LARGEST_SECTOR && (bytes & (bytes - 1)) === 0;

const no = (failure: DumpFailure): DumpOutcome<never> => ({ ok: false, failure });

interface FindRequest {
  readonly mode: DumpMode;
  readonly target: number;
}

/**
 * HwFindAdapter of the library: closes every disk, finds the one that is meant, and connects it (spec xen-pv 6). It succeeds for
 * the port even where the disk did not connect; here the reason is told at once.
 */
const find = (driver: LoadedDriver, { mode, target }: FindRequest, machine: DumpMachine): DumpOutcome<DumpAdapter> => {
  const busy = closeAllDisks(machine);
  if (busy !== undefined) return no(busy);
  const found = findTarget(machine, mode);
  machine.note({ kind: 'xen.dump-target', mode, target: found.target, device: found.device, guessed: found.guessed });
  // The port does not send to a target that the adapter does not have.
  if (target >= XENCRSH.targets) return no({ kind: 'target', target, limit: XENCRSH.targets });
  const connected = connectDumpDisk(machine, found, driver.model);
  if (!connected.ok) return connected;
  const { value: pv } = connected;
  const held = heldGrants(machine, pv.frontend);
  if (held.references.length > 0) return no({ kind: 'grants', ...held });
  const sectorSize = countAt(machine, `${pv.backend}/sector-size`, DEFAULT_SECTOR);
  const sectors = countAt(machine, `${pv.backend}/sectors`, 0);
  if (!isSectorSize(sectorSize) || sectors <= 0) {
    const reason = `The backend has ${sectors} sectors of ${sectorSize} bytes.`;
    return no({ kind: 'disk', frontend: pv.frontend, reason });
  }
  machine.note({ kind: 'xen.dump-connected', device: pv.frontend, ring: pv.ring, flush: pv.flush });
  const disk = { vbd: Number.parseInt(found.device, 10) || 0, target, targets: XENCRSH.targets };
  return {
    ok: true,
    value: { miniport: 'dump_xenvbd', ...disk, sectorSize, sectors, pagesPerTransfer: PAGES_PER_TRANSFER, pv },
  };
};

/** xenvbd without a registry path hands over to the library; what it does then is all the library's. */
export const xencrshDump: DumpBehaviour = { miniport: 'xenvbd', find, transfer: transferOf, finish: flushOf };
