import { createHash } from 'node:crypto';
import type { SrbResult } from '../../drivers/storage.ts';
import { afterPowerLoss, blockDisk } from '../xen/block-state.ts';
import type { IoEvent, IoOutput } from './io-events.ts';
import type { GuestMachine } from './machine.ts';
import { discoverDisk } from './storage-discovery.ts';
import { emulatedTransport } from './storage-emulated.ts';
import { diskNode, type PortDisk, portDisk, sendTo } from './storage-port.ts';
import { trimRanges } from './storage-trim.ts';
import type { DeviceNode } from './world.ts';

/** A disk to which blocks can be sent, whatever carries it. */
export interface Transport {
  readonly vbd: number;
  readonly path: readonly string[];
  readonly blockSize: number;
  readonly transfer: (write: boolean, block: number, data: Uint8Array) => SrbResult;
  readonly flush: () => SrbResult;
}

/** Largest transfer of the adapter: 1024 pages (spec xen-pv 4.1). */
const LARGEST_TRANSFER = 1024 * 4096;
/** No event asks for more. */
const MOST_BYTES = 2 ** 34;
const BLOCKS_32 = 2 ** 32;

const cdb10 = (operation: number, block: number, blocks: number): Uint8Array => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, operation);
  view.setUint32(2, block);
  view.setUint16(7, blocks);
  return bytes;
};

const cdb16 = (operation: number, block: number, blocks: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, operation);
  view.setBigUint64(2, BigInt(block));
  view.setUint32(10, blocks);
  return bytes;
};

/** READ or WRITE, of ten bytes as long as the numbers fit (classpnp). */
export const transferCdb = (write: boolean, block: number, blocks: number): Uint8Array =>
  block + blocks <= BLOCKS_32 ? cdb10(write ? 0x2a : 0x28, block, blocks) : cdb16(write ? 0x8a : 0x88, block, blocks);

const portTransport = (machine: GuestMachine, disk: PortDisk): Transport | undefined => {
  const send = sendTo(machine, disk);
  const found = discoverDisk(send, false);
  if (found === undefined) return undefined;
  const { blockSize } = found;
  return {
    ...{ vbd: disk.vbd, path: [...disk.path, 'backend'], blockSize },
    transfer: (write, block, data) => send(transferCdb(write, block, data.length / blockSize), data),
    flush: () => send(cdb10(0x35, 0, 0), new Uint8Array()),
  };
};

/** The way to a disk of the guest; undefined when it does not tell its size. */
export const transportOf = (machine: GuestMachine, node: DeviceNode, vbd: number): Transport | undefined => {
  const disk = portDisk(machine, node);
  return disk === undefined ? emulatedTransport(machine, node, vbd) : portTransport(machine, disk);
};

type Failed = Extract<IoOutput, { kind: 'io.failed' }>;
type Op = Failed['op'];

const failed = (op: Op, vbd: number, srbStatus: Failed['srbStatus'], because: string): Failed => ({
  ...{ kind: 'io.failed', op, vbd },
  srbStatus,
  because,
});

const notDone = (op: Op, vbd: number, { status, because }: SrbResult): Failed =>
  failed(op, vbd, status, because ?? status);

const PAGE = 4096;

/** What an event writes from a byte on: its data, or each 4096 bytes of the disk filled with a word of their own. */
export const filled = (into: Uint8Array, offset: number, fill: number): Uint8Array => {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const words = into.byteOffset % 4 === 0 ? new Uint32Array(into.buffer, into.byteOffset, into.length / 4) : undefined;
  for (let at = 0; at < into.length; ) {
    const end = Math.min(into.length, at + PAGE - ((offset + at) % PAGE));
    const word = (fill + Math.floor((offset + at) / PAGE)) >>> 0;
    if (words !== undefined) words.fill(word, at / 4, end / 4);
    else for (let one = at; one < end; one += 4) view.setUint32(one, word, true);
    at = end;
  }
  return into;
};

type Transfer = Extract<IoEvent, { kind: 'io.read' | 'io.write' }>;

const rangeFault = ({ block, blocks }: Transfer, blockSize: number): string | undefined => {
  if (![block, blocks].every((one) => Number.isSafeInteger(one) && one >= 0)) return 'These are no whole blocks.';
  return blocks * blockSize > MOST_BYTES ? `No request has more than ${MOST_BYTES} bytes.` : undefined;
};

const isZero = (data: Uint8Array): boolean => data.every((byte) => byte === 0);

/** The part of an event's data that a transfer writes; undefined when they are not as long as the blocks. */
const dataOf = (event: Transfer, { blockSize }: Transport): Uint8Array | undefined => {
  if (event.kind === 'io.read' || event.data === undefined) return new Uint8Array();
  const bytes = new Uint8Array(Buffer.from(event.data, 'base64'));
  return bytes.length === event.blocks * blockSize ? bytes : undefined;
};

/** One transfer after another, each as large as the adapter takes. */
const transferAll = (event: Transfer, transport: Transport, data: Uint8Array): IoOutput => {
  const { vbd, blockSize, path } = transport;
  const op = event.kind === 'io.read' ? 'read' : 'write';
  const hash = createHash('sha256');
  const each = Math.floor(LARGEST_TRANSFER / blockSize);
  const buffer = new Uint8Array(Math.min(each, event.blocks) * blockSize);
  let [srbs, requests, zeros] = [0, 0, true];
  for (let done = 0; done < event.blocks; done += each) {
    const block = event.block + done;
    const part = buffer.subarray(0, Math.min(each, event.blocks - done) * blockSize);
    if (event.kind === 'io.write') {
      if (data.length > 0) part.set(data.subarray(done * blockSize, done * blockSize + part.length));
      else filled(part, block * blockSize, event.fill ?? 0);
    }
    const result = transport.transfer(event.kind === 'io.write', block, part);
    srbs += 1;
    requests += result.requests;
    if (result.status !== 'SRB_STATUS_SUCCESS') return notDone(op, vbd, result);
    if (op === 'read') {
      hash.update(part);
      zeros &&= isZero(part);
    }
  }
  const read = op === 'read' ? { sha256: hash.digest('hex'), zeros } : {};
  return { kind: 'io.done', op, vbd, blocks: event.blocks, blockSize, path, srbs, requests, ...read };
};

const transferred = (event: Transfer, transport: Transport): IoOutput => {
  const op = event.kind === 'io.read' ? 'read' : 'write';
  const fault = rangeFault(event, transport.blockSize);
  const data = fault === undefined ? dataOf(event, transport) : undefined;
  return data === undefined
    ? failed(op, event.vbd, 'SRB_STATUS_INVALID_REQUEST', fault ?? 'The data are not as long as the blocks.')
    : transferAll(event, transport, data);
};

const flushed = ({ vbd, path, blockSize, flush }: Transport): IoOutput => {
  const result = flush();
  if (result.status !== 'SRB_STATUS_SUCCESS') return notDone('flush', vbd, result);
  return { kind: 'io.done', op: 'flush', vbd, blocks: 0, blockSize, path, srbs: 1, requests: result.requests };
};

const trimmed = (
  machine: GuestMachine,
  node: DeviceNode,
  event: Extract<IoEvent, { kind: 'io.delete' | 'io.retrim' }>,
): void => {
  const disk = portDisk(machine, node);
  if (disk !== undefined) trimRanges(machine, disk, event);
  else {
    machine.say({ kind: 'emulator.unmodelled', what: `TRIM on ${node.path}, which the emulator does not follow` });
    machine.say({ kind: 'io.not-trimmed', vbd: event.vbd, because: 'The disk is no PV disk.' });
  }
};

const OPS: Readonly<Record<Exclude<IoEvent['kind'], 'io.power-loss'>, Op>> = {
  'io.read': 'read',
  'io.write': 'write',
  'io.flush': 'flush',
  'io.delete': 'trim',
  'io.retrim': 'trim',
};

/** A program or Windows itself uses a disk, and the stack does what it does with it. */
export const diskIo = (machine: GuestMachine, event: Exclude<IoEvent, { kind: 'io.power-loss' }>): void => {
  const { vbd } = event;
  const node = diskNode(machine, vbd);
  if (node !== undefined && (event.kind === 'io.delete' || event.kind === 'io.retrim')) {
    trimmed(machine, node, event);
    return;
  }
  const transport = node === undefined ? undefined : transportOf(machine, node, vbd);
  if (transport === undefined) {
    const because = node === undefined ? `The guest has no disk ${vbd}.` : 'The disk does not tell its size.';
    machine.say(failed(OPS[event.kind], vbd, 'SRB_STATUS_NO_DEVICE', because));
  } else if (event.kind === 'io.flush') machine.say(flushed(transport));
  else if (event.kind === 'io.read' || event.kind === 'io.write') machine.say(transferred(event, transport));
};

/** The host loses its power: the domain is off, and volumes are as they were flushed. */
export const losePower = (machine: GuestMachine): void => {
  const blocks = afterPowerLoss(machine.host.blocks);
  if (blocks !== undefined) machine.host = { ...machine.host, blocks };
  machine.switchOff();
};

/** Pages of 4096 bytes that a volume takes on its host. */
export const volumePages = (machine: Pick<GuestMachine, 'host'>, vbd: number): number =>
  blockDisk(machine.host.blocks, vbd).content.pages;
