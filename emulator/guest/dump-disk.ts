import type { DumpAdapter, DumpOutcome, DumpRequest } from '../../drivers/dump.ts';
import { bytesOf, withBytes } from '../xen/dump-content.ts';
import type { GuestMachine } from './machine.ts';
import type { DumpStack } from './world.ts';

const SECTOR_BYTES = 512;
const PAGES_PER_TRANSFER = 16;
const TARGETS = 256;

/** Windows' own miniports: the same image again, with `dump=1`, on an emulated controller (spec pnp-install 12). */
export const inboxAdapter = (machine: GuestMachine, stack: DumpStack): DumpOutcome<DumpAdapter> => {
  const disk = machine.host.settings.disks.find(({ vbd }) => vbd === stack.vbd);
  const sectors = disk?.sectors ?? 67_108_864;
  const { vbd, target, miniport } = stack;
  const place = { miniport: `dump_${miniport}`, vbd, target, targets: TARGETS };
  return { ok: true, value: { ...place, sectorSize: SECTOR_BYTES, sectors, pagesPerTransfer: PAGES_PER_TRANSFER } };
};

/** @returns `okay`, or what the backend answers instead */
export const submitRequest = (
  machine: GuestMachine,
  { vbd, sectorSize }: DumpAdapter,
  { operation, sector, segments }: DumpRequest,
  data: Uint8Array,
): string => {
  if (operation === 'write' && segments.length > 0) writeBytes(machine, vbd, sector * sectorSize, data);
  return 'okay';
};

const writeBytes = (machine: GuestMachine, vbd: number, start: number, bytes: Uint8Array): void => {
  machine.host = { ...machine.host, dumped: withBytes(machine.host.dumped ?? {}, vbd, start, bytes) };
};

/** An emulated controller writes where it is told to. */
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
  writeBytes(machine, adapter.vbd, start, bytes);
  return { ok: true, value: { adapter, requests: 1 } };
};

/** Whether anything was ever written to the disks: most machines have none. */
export const hasContent = (machine: GuestMachine): boolean => machine.host.dumped !== undefined;

export const readBytes = (machine: GuestMachine, vbd: number, start: number, length: number): Uint8Array =>
  bytesOf(machine.host.dumped ?? {}, vbd, start, length);

export const clearBytes = (machine: GuestMachine, vbd: number, start: number, length: number): void =>
  writeBytes(machine, vbd, start, new Uint8Array(length));
