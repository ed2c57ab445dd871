import type { DumpAdapter, DumpOutcome, DumpRequest } from '../../drivers/dump.ts';
import { answerOf, encodeSlot, type SlotAnswer } from '../../drivers/xencrsh/slot.ts';
import { servingBackend, volumeBytes } from '../xen/block-backend.ts';
import { PAGE, readContent, writeContent } from '../xen/block-content.ts';
import { submitBlock } from '../xen/block-requests.ts';
import { blockDisk, type OwnContent } from '../xen/block-state.ts';
import type { GuestMachine } from './machine.ts';
import type { DumpStack } from './world.ts';

const SECTOR_BYTES = 512;
const PAGES_PER_TRANSFER = 16;
const TARGETS = 256;

const volumeOf = (machine: GuestMachine, vbd: number): number => {
  const disk = machine.host.settings.disks.find((one) => one.vbd === vbd);
  return disk === undefined ? 0 : volumeBytes(disk);
};

/** Windows' own miniports: the same image again, with `dump=1`, on an emulated controller (spec pnp-install 12). */
export const inboxAdapter = (machine: GuestMachine, stack: DumpStack): DumpOutcome<DumpAdapter> => {
  const { vbd, target, miniport } = stack;
  const place = { miniport: `dump_${miniport}`, vbd, target, targets: TARGETS };
  const sectors = volumeOf(machine, vbd) / SECTOR_BYTES;
  return { ok: true, value: { ...place, sectorSize: SECTOR_BYTES, sectors, pagesPerTransfer: PAGES_PER_TRANSFER } };
};

/** Tables that a machine made in its transition: they are changed in place while it writes. */
const made = new WeakMap<GuestMachine, OwnContent>();
const ownOf = (machine: GuestMachine): OwnContent => {
  const own = made.get(machine) ?? new WeakSet();
  made.set(machine, own);
  return own;
};

export type Answer = SlotAnswer | 'nobody answers';

/**
 * Puts a request on the ring and polls until its answer is there.
 * @param data a page for each segment; a read fills them in
 */
export const submitRequest = (machine: GuestMachine, vbd: number, request: DumpRequest, data: Uint8Array): Answer => {
  const pages = new Map(
    request.segments.map(({ reference }, index) => [reference, data.subarray(index * PAGE, (index + 1) * PAGE)]),
  );
  const submission = {
    vbd,
    queue: 0,
    request: encodeSlot(request, 1),
    pages: { page: (one: number) => pages.get(one) },
  };
  const [host, response] = submitBlock(machine.host, submission, ownOf(machine));
  machine.host = host;
  return response === undefined ? 'nobody answers' : answerOf(response);
};

/** Bytes on the volume itself, which is what an emulated controller reads and writes. */
const writeVolume = (machine: GuestMachine, vbd: number, start: number, bytes: Uint8Array): void => {
  const { blocks } = machine.host;
  const disk = blockDisk(blocks, vbd);
  const content = writeContent(disk.content, start, bytes);
  machine.host = { ...machine.host, blocks: { ...blocks, [vbd]: { ...disk, content, durable: content } } };
};

const readVolume = (machine: GuestMachine, vbd: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  readContent(blockDisk(machine.host.blocks, vbd).content, start, bytes);
  return bytes;
};

/** An emulated controller writes where it is told to, and is told to keep it at the end. */
export const writeThrough = (
  machine: GuestMachine,
  adapter: DumpAdapter,
  start: number,
  bytes: Uint8Array,
): DumpOutcome<{ readonly adapter: DumpAdapter; readonly requests: number }> => {
  const sector = start / adapter.sectorSize;
  if (start + bytes.length > adapter.sectors * adapter.sectorSize) {
    return { ok: false, failure: { kind: 'io', sector, reason: `The disk ends at sector ${adapter.sectors}.` } };
  }
  writeVolume(machine, adapter.vbd, start, bytes);
  return { ok: true, value: { adapter, requests: 1 } };
};

/** Whether anything was ever written to the disks: most machines have none. */
export const hasContent = ({ host }: GuestMachine): boolean => host.blocks !== undefined;

/** What the firmware reads: emulated disks are there before any driver is. */
export const readAtBoot = readVolume;
export const clearAtBoot = (machine: GuestMachine, vbd: number, start: number): void =>
  writeVolume(machine, vbd, start, new Uint8Array(PAGE));

const SEGMENTS = 11;
/** Grants of the running system's driver; which they are does not matter for what comes back. */
const ANY_GRANT = 64;

/** Requests of the running system for whole pages, in the sectors that it takes the disk to have. */
const throughRing = (
  machine: GuestMachine,
  vbd: number,
  {
    operation,
    start,
    bytes,
  }: { readonly operation: 'read' | 'write'; readonly start: number; readonly bytes: Uint8Array },
): void => {
  const sectorSize = Number(machine.storeRead(`/local/domain/0/backend/vbd/1/${vbd}/sector-size`) ?? SECTOR_BYTES);
  if (!Number.isInteger(PAGE / sectorSize)) return;
  for (let at = 0; at < bytes.length; at += SEGMENTS * PAGE) {
    const part = bytes.subarray(at, at + SEGMENTS * PAGE);
    const last = PAGE / sectorSize - 1;
    const segments = Array.from({ length: part.length / PAGE }, (_none, index) => ({
      ...{ reference: ANY_GRANT + index, first: 0, last },
    }));
    submitRequest(machine, vbd, { operation, handle: vbd & 0xffff, sector: (start + at) / sectorSize, segments }, part);
  }
};

/** What the running system reads of a disk. */
export const readBytes = (machine: GuestMachine, vbd: number, start: number, length: number): Uint8Array => {
  if (servingBackend(machine.host, vbd) === undefined) return readVolume(machine, vbd, start, length);
  const bytes = new Uint8Array(length);
  throughRing(machine, vbd, { operation: 'read', start, bytes });
  return bytes;
};

export const clearBytes = (machine: GuestMachine, vbd: number, start: number): void => {
  if (servingBackend(machine.host, vbd) === undefined) writeVolume(machine, vbd, start, new Uint8Array(PAGE));
  else throughRing(machine, vbd, { operation: 'write', start, bytes: new Uint8Array(PAGE) });
};
