import { type SrbResult, srbDone, srbFailed } from '../../drivers/storage.ts';
import { volumeBytes } from '../xen/block-backend.ts';
import { readContent, writeContent } from '../xen/block-content.ts';
import { type BlockDisk, blockDisk } from '../xen/block-state.ts';
import type { GuestMachine } from './machine.ts';
import type { Transport } from './storage-io.ts';
import type { DeviceNode } from './world.ts';

const SECTOR = 512;

const put = (machine: GuestMachine, vbd: number, disk: BlockDisk): void => {
  machine.host = { ...machine.host, blocks: { ...machine.host.blocks, [vbd]: disk } };
};

/** The device model reads and writes the same volume, in sectors of 512 bytes. Undefined for what is not the host's. */
export const emulatedTransport = (machine: GuestMachine, node: DeviceNode, vbd: number): Transport | undefined => {
  const own = machine.host.settings.disks.find((one) => one.vbd === vbd);
  if (own === undefined) return undefined;
  const size = volumeBytes(own);
  const transfer = (write: boolean, block: number, data: Uint8Array): SrbResult => {
    const at = block * SECTOR;
    if (at + data.length > size) return srbFailed('SRB_STATUS_ERROR', `The disk has ${size / SECTOR} sectors.`);
    const disk = blockDisk(machine.host.blocks, vbd);
    if (write) put(machine, vbd, { ...disk, content: writeContent(disk.content, at, data, machine.ownContent) });
    else readContent(disk.content, at, data);
    return srbDone(data.length, 1);
  };
  const flush = (): SrbResult => {
    const disk = blockDisk(machine.host.blocks, vbd);
    // Tables that are kept may not be changed in place any more.
    machine.ownContent.delete(disk.content);
    for (const group of Object.values(disk.content.groups)) machine.ownContent.delete(group);
    put(machine, vbd, { ...disk, durable: disk.content });
    return srbDone(0, 1);
  };
  const path = [...[...node.stack].reverse().map(({ service }) => service), 'device model'];
  return { vbd, path, blockSize: SECTOR, transfer, flush };
};
