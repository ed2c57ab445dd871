import type { DumpAdapter, DumpOutcome, DumpRequest } from '../../drivers/dump.ts';
import { answerOf, encodeSlot, type SlotAnswer } from '../../drivers/xencrsh/slot.ts';
import { volumeBytes } from '../xen/block-backend.ts';
import { PAGE, readContent, writeContent } from '../xen/block-content.ts';
import { blockDisk } from '../xen/block-state.ts';
import type { GuestMachine } from './machine.ts';
import { emulatedTransport } from './storage-emulated.ts';
import { type Transport, transportOf } from './storage-io.ts';
import { diskNode } from './storage-port.ts';
import type { DumpStack } from './world.ts';

const SECTOR_BYTES = 512;
const PAGES_PER_TRANSFER = 16;
const TARGETS = 256;

/** Windows' own miniports: the same image again, with `dump=1`, on an emulated controller (spec pnp-install 12). */
export const inboxAdapter = (machine: GuestMachine, stack: DumpStack): DumpOutcome<DumpAdapter> => {
  const { vbd, target, miniport } = stack;
  const place = { miniport: `dump_${miniport}`, vbd, target, targets: TARGETS };
  const disk = machine.host.settings.disks.find((one) => one.vbd === vbd);
  const sectors = disk === undefined ? 0 : volumeBytes(disk) / SECTOR_BYTES;
  return { ok: true, value: { ...place, sectorSize: SECTOR_BYTES, sectors, pagesPerTransfer: PAGES_PER_TRANSFER } };
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
  const response = machine.askBackend({
    ...{ vbd, queue: 0, request: encodeSlot(request, 1) },
    pages: { page: (reference) => pages.get(reference) },
  });
  return response === undefined ? 'nobody answers' : answerOf(response);
};

const controllerOf = (machine: GuestMachine, vbd: number): Transport | undefined => {
  const node = diskNode(machine, vbd);
  return node === undefined ? undefined : emulatedTransport(machine, node, vbd);
};

/** An emulated controller writes where it is told to. */
export const writeThrough = (
  machine: GuestMachine,
  adapter: DumpAdapter,
  start: number,
  bytes: Uint8Array,
): DumpOutcome<{ readonly adapter: DumpAdapter; readonly requests: number }> => {
  const sector = start / adapter.sectorSize;
  const { status = 'SRB_STATUS_NO_DEVICE', because = '' } =
    controllerOf(machine, adapter.vbd)?.transfer(true, sector, bytes) ?? {};
  if (status === 'SRB_STATUS_SUCCESS') return { ok: true, value: { adapter, requests: 1 } };
  return { ok: false, failure: { kind: 'io', sector, reason: `${status}. ${because}`.trim() } };
};

/** It is told to keep what it has when all is written. */
export const keepThrough = (machine: GuestMachine, { vbd }: DumpAdapter): void => {
  controllerOf(machine, vbd)?.flush();
};

/** Whether anything was ever written to the disks: most machines have none. */
export const hasContent = ({ host }: GuestMachine): boolean => host.blocks !== undefined;

/** What the firmware reads: emulated disks are there before any driver is. */
export const readAtBoot = (machine: GuestMachine, vbd: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  readContent(blockDisk(machine.host.blocks, vbd).content, start, bytes);
  return bytes;
};

/** The loader marks what it has read. */
export const clearAtBoot = (machine: GuestMachine, vbd: number, start: number): void => {
  const { blocks } = machine.host;
  const disk = blockDisk(blocks, vbd);
  const content = writeContent(disk.content, start, new Uint8Array(PAGE));
  machine.host = { ...machine.host, blocks: { ...blocks, [vbd]: { ...disk, content, durable: content } } };
};

/** The running system's way to a disk, whatever carries it. */
const running = (machine: GuestMachine, vbd: number): Transport | undefined => {
  const node = diskNode(machine, vbd);
  return node === undefined ? undefined : transportOf(machine, node, vbd);
};

const READ_BYTES = 256 * PAGE;

/** What the running system reads of a disk; zeros where it reads nothing. */
export const readBytes = (machine: GuestMachine, vbd: number, start: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  const transport = running(machine, vbd);
  for (let at = 0; transport !== undefined && at < length; at += READ_BYTES) {
    const part = bytes.subarray(at, Math.min(length, at + READ_BYTES));
    const { status } = transport.transfer(false, (start + at) / transport.blockSize, part);
    if (status !== 'SRB_STATUS_SUCCESS') return new Uint8Array(length);
  }
  return bytes;
};

/** Windows takes a dump out of the page file once it has it. */
export const clearBytes = (machine: GuestMachine, vbd: number, start: number): void => {
  const transport = running(machine, vbd);
  if (transport !== undefined) transport.transfer(true, start / transport.blockSize, new Uint8Array(PAGE));
};
