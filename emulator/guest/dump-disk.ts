import type { DumpAdapter, DumpOutcome, DumpRequest } from '../../drivers/dump.ts';
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
  _machine: GuestMachine,
  _adapter: DumpAdapter,
  _request: DumpRequest,
  _data: Uint8Array,
): string => 'okay';

export const writeThrough = (
  _machine: GuestMachine,
  adapter: DumpAdapter,
  _start: number,
  _bytes: Uint8Array,
): DumpOutcome<{ readonly adapter: DumpAdapter; readonly requests: number }> => ({
  ok: true,
  value: { adapter, requests: 1 },
});

export const readBytes = (_machine: GuestMachine, _vbd: number, _start: number, _length: number): Uint8Array =>
  new Uint8Array();

export const clearBytes = (_machine: GuestMachine, _vbd: number, _start: number, _length: number): void => undefined;
