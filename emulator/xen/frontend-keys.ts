import type { BackendFeatures } from './backend-kinds.ts';

/** Reads a key of the frontend's directory; undefined when it is not there. */
type Read = (name: string) => string | undefined;

const NUMBER = /^\s*\d+/;

/** As a backend scans it: undefined for what is not there or is no number. */
const numberOf = (read: Read, name: string): number | undefined => {
  const text = read(name);
  return text === undefined || !NUMBER.test(text) ? undefined : Number.parseInt(text, 10);
};

/** The directories of the queues: the frontend's own for one. */
const queuePrefixes = (queues: number): readonly string[] =>
  queues === 1 ? [''] : Array.from({ length: queues }, (_none, index) => `queue-${index}/`);

const missing = (read: Read, names: readonly string[]): string | undefined =>
  names.find((name) => numberOf(read, name) === undefined);

const noNumber = (name: string): string => `${name} of the frontend is no number`;

const PROTOCOLS: ReadonlySet<string> = new Set(['x86_64-abi', 'x86_32-abi']);

const tooMany = (queues: number, most: number): string => `the frontend wants ${queues} queues of ${most}`;

/** What a block backend does not take of a frontend; undefined: it connects (xen-blkback connect_ring, xen_block_connect). */
export const blockFault = (read: Read, sectorSize: string | undefined, kind: BackendFeatures): string | undefined => {
  const protocol = read('protocol');
  if (protocol !== undefined && !PROTOCOLS.has(protocol)) return `the protocol ${protocol} is unknown`;
  const queues = numberOf(read, 'multi-queue-num-queues') ?? 1;
  if (queues === 0 || queues > kind.mostBlockQueues) return tooMany(queues, kind.mostBlockQueues);
  const order = numberOf(read, 'ring-page-order');
  if (order !== undefined && order > kind.largestRingOrder) return `a ring of order ${order} is too large`;
  const large = sectorSize !== undefined && sectorSize !== '512';
  if (large && kind.asksForLargeSectors && read('feature-large-sector-size') !== '1') {
    return `the frontend does not know sectors of ${sectorSize} bytes`;
  }
  const rings =
    order === undefined ? ['ring-ref'] : Array.from({ length: 1 << order }, (_none, page) => `ring-ref${page}`);
  const names = queuePrefixes(queues).flatMap((prefix) => [...rings, 'event-channel'].map((name) => prefix + name));
  const absent = missing(read, names);
  return absent === undefined ? undefined : noNumber(absent);
};

/** What a network backend does not take (xen-netback connect_data_rings, read_xenbus_vif_flags). */
export const netFault = (read: Read, kind: BackendFeatures): string | undefined => {
  if (numberOf(read, 'request-rx-copy') !== 1) return 'the frontend does not want its packets copied';
  const queues = numberOf(read, 'multi-queue-num-queues') ?? 1;
  if (queues === 0 || queues > kind.mostNetQueues) return tooMany(queues, kind.mostNetQueues);
  for (const prefix of queuePrefixes(queues)) {
    const split = numberOf(read, `${prefix}event-channel-tx`) !== undefined;
    const channels = split ? ['event-channel-tx', 'event-channel-rx'] : ['event-channel'];
    const absent = missing(
      read,
      ['tx-ring-ref', 'rx-ring-ref', ...channels].map((name) => prefix + name),
    );
    if (absent !== undefined) return noNumber(absent);
  }
  return undefined;
};
