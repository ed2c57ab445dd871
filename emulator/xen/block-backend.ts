import { type BackendFeatures, backendFeatures } from './backend-kinds.ts';
import { XenbusState } from './backends.ts';
import { PAGE } from './block-content.ts';
import { type BlockProtocol, isBlockProtocol } from './block-ring.ts';
import { backendPath, frontendPath } from './device-directories.ts';
import type { HostDisk, HostState } from './host.ts';
import { readNode } from './tree.ts';

/** A backend that serves a disk: what it goes by is its own, whatever is written over its keys later. */
export interface BlockBackend {
  readonly protocol: BlockProtocol;
  /** Bytes that a number of sectors, on the ring or in a segment, stands for (spec xen-pv 4.5). */
  readonly unit: number;
  /** Bytes of the volume. */
  readonly size: number;
  readonly writable: boolean;
  readonly flush: boolean;
  readonly barrier: boolean;
  readonly discard: boolean;
  /** Bytes: what is discarded of a granule in part stays as it is. A multiple of 4096. */
  readonly granularity: number;
  readonly maxIndirect: number;
  /** Grant of the first page of each queue's ring. */
  readonly rings: readonly string[];
}

const SECTORS = 67_108_864;
const SECTOR = 512;

/** A key as the host's tools set it up: of the disk itself, or of the kind. */
const ownKey = (disk: HostDisk, kind: BackendFeatures, name: string): string | undefined => {
  const own = disk.keys?.[name];
  return own === undefined ? kind.block[name] : (own ?? undefined);
};

const isSectorSize = (bytes: number): boolean => [512, 1024, 2048, 4096].includes(bytes);

/** How a backend counts where its disk has other sectors than of 512 bytes. */
const unitOf = (disk: HostDisk, kind: BackendFeatures): number => {
  const size = Number(disk.keys?.['sector-size'] ?? SECTOR);
  return kind.countsIn === 'sectors of sector-size' && isSectorSize(size) ? size : SECTOR;
};

const granularityOf = (disk: HostDisk, kind: BackendFeatures): number => {
  const bytes = Number(ownKey(disk, kind, 'discard-granularity') ?? PAGE);
  return Number.isSafeInteger(bytes) && bytes > 0 ? Math.ceil(bytes / PAGE) * PAGE : PAGE;
};

const ringsOf = (host: HostState, front: string): readonly string[] => {
  const read = (name: string): string | undefined => readNode(host.store, `${front}/${name}`);
  const queues = Number.parseInt(read('multi-queue-num-queues') ?? '1', 10);
  const prefixes = queues > 1 ? Array.from({ length: queues }, (_none, index) => `queue-${index}/`) : [''];
  return prefixes.map((prefix) => read(`${prefix}ring-ref`) ?? read(`${prefix}ring-ref0`) ?? '');
};

/** The backend of a disk; undefined while it is not connected, or there is none. */
export const servingBackend = (host: HostState, vbd: number): BlockBackend | undefined => {
  const disk = host.settings.disks.find((one) => one.vbd === vbd);
  const place = { type: 'vbd', id: vbd } as const;
  const front = frontendPath(place);
  const state = readNode(host.store, `${backendPath(place)}/state`);
  if (disk === undefined || (state !== XenbusState.connected && state !== XenbusState.closing)) return undefined;
  const kind = backendFeatures(host.settings.backends);
  const on = (name: string): boolean => ownKey(disk, kind, name) === '1';
  const protocol = readNode(host.store, `${front}/protocol`) ?? '';
  return {
    protocol: isBlockProtocol(protocol) ? protocol : 'x86_64-abi',
    unit: unitOf(disk, kind),
    size: volumeBytes(disk),
    writable: disk.cdrom !== true && disk.keys?.mode !== 'r',
    flush: on('feature-flush-cache'),
    barrier: on('feature-barrier'),
    discard: on('feature-discard') && disk.keys?.['discard-enable'] !== '0',
    granularity: granularityOf(disk, kind),
    maxIndirect: Number(kind.block['feature-max-indirect-segments'] ?? 0),
    rings: ringsOf(host, front),
  };
};

/** Bytes of the volume behind a disk. */
export const volumeBytes = ({ sectors = SECTORS }: Pick<HostDisk, 'sectors'>): number =>
  Number.isSafeInteger(sectors * SECTOR) && sectors > 0 ? sectors * SECTOR : 0;
