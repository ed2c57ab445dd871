/** Backends as hosts have had them. A name is what it is and the first version that is as told here. */
export type BackendKind = keyof typeof BACKEND_KINDS;

/** What a kind of backends writes, and what it takes from a frontend. */
export interface BackendFeatures {
  /** Where the facts come from. */
  readonly source: string;
  /** Keys of a block backend, beside what depends on the disk. */
  readonly block: Readonly<Record<string, string>>;
  /** Keys of a network backend. */
  readonly net: Readonly<Record<string, string>>;
  /** What a frontend may ask for, whatever the keys say: a larger wish ends the connection. */
  readonly largestRingOrder: number;
  readonly mostBlockQueues: number;
  readonly mostNetQueues: number;
  /** Sectors other than of 512 bytes are for frontends that say they know them (feature-large-sector-size). */
  readonly asksForLargeSectors: boolean;
  /** What `sectors` and requests count where sector-size is not 512: both readings are in use (spec xen-pv 4.5). */
  readonly countsIn: 'sectors of 512 bytes' | 'sectors of sector-size';
}

const NET_OLD = {
  'feature-sg': '1',
  'feature-gso-tcpv4': '1',
  'feature-rx-copy': '1',
  'feature-rx-flip': '0',
} as const;

const NET_QUEUES = {
  ...NET_OLD,
  'feature-gso-tcpv6': '1',
  'feature-ipv6-csum-offload': '1',
  'feature-split-event-channels': '1',
  'multi-queue-max-queues': '2',
} as const;

const NET_NEW = { ...NET_QUEUES, 'feature-multicast-control': '1', 'feature-ctrl-ring': '1' } as const;

const BARRIERS = { 'feature-flush-cache': '1', 'feature-barrier': '1' } as const;

/**
 * Linux: drivers/block/xen-blkback/xenbus.c and drivers/net/xen-netback/xenbus.c; persistent grants came with 3.8, indirect
 * segments and split event channels with 3.11, IPv6 offloads with 3.13, queues of the network with 3.16, larger rings and queues
 * of disks with 4.5, control rings with 4.7. QEMU: hw/block/xen_disk.c, since 4.0 hw/block/xen-block.c.
 */
export const BACKEND_KINDS = {
  'linux-3.2': {
    source: 'Linux 3.2: xen-blkback, xen-netback',
    block: { ...BARRIERS, 'feature-discard': '0' },
    net: NET_OLD,
    ...{ largestRingOrder: 0, mostBlockQueues: 1, mostNetQueues: 1 },
    asksForLargeSectors: false,
    countsIn: 'sectors of 512 bytes',
  },
  'linux-3.16': {
    source: 'Linux 3.16: xen-blkback, xen-netback',
    block: {
      ...BARRIERS,
      'feature-discard': '0',
      'feature-persistent': '1',
      'feature-max-indirect-segments': '256',
    },
    net: NET_QUEUES,
    ...{ largestRingOrder: 0, mostBlockQueues: 1, mostNetQueues: 2 },
    asksForLargeSectors: false,
    countsIn: 'sectors of 512 bytes',
  },
  'linux-6': {
    source: 'Linux 6: xen-blkback, xen-netback, on two processors',
    block: {
      ...BARRIERS,
      'feature-discard': '0',
      'feature-persistent': '1',
      'feature-max-indirect-segments': '256',
      'max-ring-page-order': '4',
      'multi-queue-max-queues': '2',
    },
    net: NET_NEW,
    ...{ largestRingOrder: 4, mostBlockQueues: 2, mostNetQueues: 2 },
    asksForLargeSectors: false,
    countsIn: 'sectors of 512 bytes',
  },
  'qemu-2': {
    source: 'QEMU 2: xen_disk.c; the network is Linux 3.16',
    block: { ...BARRIERS, 'feature-persistent': '1' },
    net: NET_QUEUES,
    ...{ largestRingOrder: 0, mostBlockQueues: 1, mostNetQueues: 2 },
    asksForLargeSectors: false,
    countsIn: 'sectors of sector-size',
  },
  'qemu-4': {
    source: 'QEMU 4: xen-block.c; the network is Linux 6',
    block: { 'feature-flush-cache': '1', 'max-ring-page-order': '4' },
    net: NET_NEW,
    ...{ largestRingOrder: 4, mostBlockQueues: 1, mostNetQueues: 2 },
    asksForLargeSectors: true,
    countsIn: 'sectors of sector-size',
  },
} as const satisfies Readonly<Record<string, BackendFeatures>>;

export const NEWEST_BACKENDS: BackendKind = 'linux-6';

export const backendFeatures = (kind: BackendKind = NEWEST_BACKENDS): BackendFeatures => BACKEND_KINDS[kind];

/** Also for names that come from a file. */
export const isBackendKind = (name: string): name is BackendKind => Object.hasOwn(BACKEND_KINDS, name);
