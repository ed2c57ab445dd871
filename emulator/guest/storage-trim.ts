import type { ByteRange } from '../../drivers/storage.ts';
import { blockDisk } from '../xen/block-state.ts';
import type { BlockRange, IoOutput } from './io-events.ts';
import { CONTROL_SET, type GuestMachine } from './machine.ts';
import { type DiscoveredDisk, discoverDisk } from './storage-discovery.ts';
import { controlDisk, type PortDisk, sendTo } from './storage-port.ts';
import { unmapByClass } from './storage-unmap.ts';

const FILE_SYSTEM = `${CONTROL_SET}\\Control\\FileSystem`;

const notTrimmed = (machine: GuestMachine, vbd: number, because: string): void =>
  machine.say({ kind: 'io.not-trimmed', vbd, because });

const pagesOf = (machine: GuestMachine, vbd: number): number => blockDisk(machine.host.blocks, vbd).content.pages;

const isRange = ({ block, blocks }: BlockRange): boolean =>
  Number.isSafeInteger(block) && Number.isSafeInteger(blocks) && block >= 0 && blocks > 0;

interface Trim {
  readonly disk: PortDisk;
  readonly found: DiscoveredDisk;
  readonly ranges: readonly BlockRange[];
}

/** The class driver hands the trim down first, and makes UNMAP of it itself only where that fails (spec pnp-install 12). */
const trimDisk = (machine: GuestMachine, { disk, found, ranges }: Trim): void => {
  const { vbd, path } = disk;
  const bytes: readonly ByteRange[] = ranges.map(({ block, blocks }) => ({
    offset: block * found.blockSize,
    length: blocks * found.blockSize,
  }));
  const pagesBefore = pagesOf(machine, vbd);
  const say = (by: Extract<IoOutput, { kind: 'io.trimmed' }>['by'], blocks: number): void =>
    machine.say({ kind: 'io.trimmed', vbd, by, blocks, path, pagesBefore, pagesAfter: pagesOf(machine, vbd) });
  const { result } = controlDisk(machine, disk, { kind: 'trim', ranges: bytes });
  if (result.status === 'success') {
    say(
      'xendisk',
      ranges.reduce((sum, { blocks }) => sum + blocks, 0),
    );
    return;
  }
  const own = machine.features.unmap ? unmapByClass(sendTo(machine, disk), found, bytes) : undefined;
  if (own?.result.status === 'SRB_STATUS_SUCCESS') {
    say('classpnp', own.blocks);
    return;
  }
  const failed = own?.result ?? ('srb' in result ? result.srb : undefined);
  if (failed === undefined) notTrimmed(machine, vbd, whyNot(machine, found, result.because));
  else {
    const because = failed.because ?? result.because;
    machine.say({ kind: 'io.failed', op: 'trim', vbd, srbStatus: failed.status, because });
  }
};

const whyNot = (machine: GuestMachine, { pages }: DiscoveredDisk, because: string): string => {
  if (!machine.features.unmap) return `This Windows hands TRIM down and makes no UNMAP of it. ${because}`;
  return `${because} The disk has no page B2h that says LBPU: it lists ${pages.map((page) => page.toString(16).toUpperCase().padStart(2, '0')).join(' ')}.`;
};

/** Whether file systems think that a disk is trimmed: the answer to the property, or what the class driver found. */
const trimEnabled = (machine: GuestMachine, disk: PortDisk, found: DiscoveredDisk): boolean => {
  const query = { kind: 'query', property: 'trim', type: 'standard', output: 12 } as const;
  const { result } = controlDisk(machine, disk, query);
  if (result.status === 'success') return result.data[8] === 1;
  return machine.features.unmap && found.unmap;
};

interface TrimRequest {
  readonly kind: 'io.delete' | 'io.retrim';
  readonly ranges: readonly BlockRange[];
}

/** Why the disk is told nothing. */
const refusal = (
  machine: GuestMachine,
  disk: PortDisk,
  found: DiscoveredDisk,
  { kind, ranges }: TrimRequest,
): string | undefined => {
  if (ranges.length === 0 || !ranges.every(isRange)) return 'There is no range of blocks.';
  if (kind === 'io.delete') {
    const isOff = machine.number(FILE_SYSTEM, 'DisableDeleteNotification') === 1;
    return isOff ? 'DisableDeleteNotification is set.' : undefined;
  }
  if (!machine.features.retrim) return 'This Windows does not trim what is free already.';
  return trimEnabled(machine, disk, found)
    ? undefined
    : 'The disk is not one that is trimmed: optimising it leaves out what is free.';
};

/** Of a file that was deleted, or of all that is free. */
export const trimRanges = (machine: GuestMachine, disk: PortDisk, request: TrimRequest): void => {
  const found = discoverDisk(sendTo(machine, disk), machine.features.unmap);
  const because = found === undefined ? 'The disk does not tell its size.' : refusal(machine, disk, found, request);
  if (found === undefined || because !== undefined) notTrimmed(machine, disk.vbd, because ?? '');
  else trimDisk(machine, { disk, found, ranges: request.ranges });
};
