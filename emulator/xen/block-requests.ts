import { type BlockBackend, servingBackend } from './block-backend.ts';
import { dropPages, PAGE, readContent, writeContent } from './block-content.ts';
import {
  BlockOp,
  type BlockRequest,
  type BlockSegment,
  BlockStatus,
  encodeBlockResponse,
  parseBlockRequest,
  parseSegments,
  SEGMENTS_PER_PAGE,
} from './block-ring.ts';
import {
  type BlockCounts,
  type BlockDisk,
  type BlockRing,
  type BlockSubmission,
  blockDisk,
  type GrantedPages,
  type OwnContent,
} from './block-state.ts';
import type { HostState } from './host.ts';

const SECTOR = 512;

/** A volume while a request is served: its backend, and the pages that came with it. */
interface Service {
  readonly disk: BlockDisk;
  readonly backend: BlockBackend;
  readonly pages: GrantedPages;
  readonly owned: OwnContent;
}

/** The volume afterwards; undefined for an error. */
type Served = BlockDisk | undefined;

const counted = (disk: BlockDisk, more: Partial<BlockCounts>): BlockDisk => {
  const counts: Record<string, number> = { ...disk.counts };
  for (const [name, value] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + value;
  return { ...disk, counts: counts as unknown as BlockCounts };
};

/** The bytes that segments stand for; undefined when one is no part of a page, or its page was not granted. */
const partsOf = (segments: readonly BlockSegment[], { backend, pages }: Service): readonly Uint8Array[] | undefined => {
  const { unit } = backend;
  const parts: Uint8Array[] = [];
  for (const { grant, first, last } of segments) {
    const page = pages.page(grant);
    if (page === undefined || page.length !== PAGE || last < first || (last + 1) * unit > PAGE) return undefined;
    parts.push(page.subarray(first * unit, (last + 1) * unit));
  }
  return parts;
};

const transferred = (
  { sector, operation }: { readonly sector: number; readonly operation: number },
  segments: readonly BlockSegment[],
  service: Service,
): Served => {
  const { backend, disk, owned } = service;
  const isRead = operation === BlockOp.read;
  if (!isRead && operation !== BlockOp.write && operation !== BlockOp.barrier) return undefined;
  const parts = partsOf(segments, service);
  if (parts === undefined || (!isRead && !backend.writable)) return undefined;
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const start = sector * backend.unit;
  if (bytes === 0 || start + bytes > backend.size) return undefined;
  let { content } = disk;
  let at = start;
  for (const part of parts) {
    if (isRead) readContent(content, at, part);
    else content = writeContent(content, at, part, owned);
    at += part.length;
  }
  if (isRead) return counted(disk, { reads: 1, sectorsRead: bytes / SECTOR });
  return counted({ ...disk, content }, { writes: 1, sectorsWritten: bytes / SECTOR });
};

/** What is kept is kept from now on; the same tables may not be changed in place any more. */
const durable = (disk: BlockDisk, owned: OwnContent): BlockDisk => {
  if (disk.durable === disk.content) return disk;
  owned.delete(disk.content);
  for (const group of Object.values(disk.content.groups)) owned.delete(group);
  return { ...disk, durable: disk.content };
};

const flushed = ({ disk, owned }: Service): BlockDisk => counted(durable(disk, owned), { flushes: 1 });

const withBarrier = (request: Extract<BlockRequest, { kind: 'transfer' }>, service: Service): Served => {
  const before = { ...service, disk: durable(service.disk, service.owned) };
  const written = request.segments.length === 0 ? before.disk : transferred(request, request.segments, before);
  return written === undefined ? undefined : counted(durable(written, service.owned), { barriers: 1 });
};

/** Whole granules go; a range that is past the end is refused (xen-blkback dispatch_discard_io). */
const discarded = ({ sector, sectors }: Extract<BlockRequest, { kind: 'discard' }>, service: Service): Served => {
  const { disk, backend, owned } = service;
  const { unit, granularity, size } = backend;
  const [start, end] = [sector * unit, (sector + sectors) * unit];
  if (sectors === 0 || end > size || !backend.writable) return undefined;
  const first = (Math.ceil(start / granularity) * granularity) / PAGE;
  // The last granule of a volume may be a short one.
  const last = end === size ? Math.ceil(end / PAGE) : (Math.floor(end / granularity) * granularity) / PAGE;
  const content = dropPages(disk.content, { first, end: last }, owned);
  return counted({ ...disk, content }, { discards: 1, sectorsDiscarded: (sectors * unit) / SECTOR });
};

const indirect = (request: Extract<BlockRequest, { kind: 'indirect' }>, service: Service): Served => {
  const { count, pages: references, operation } = request;
  const { backend, pages } = service;
  if (count === 0 || count > backend.maxIndirect) return undefined;
  if (operation !== BlockOp.read && operation !== BlockOp.write) return undefined;
  const segments: BlockSegment[] = [];
  for (const [index, reference] of references.entries()) {
    const page = pages.page(reference);
    if (page === undefined) return undefined;
    segments.push(...parseSegments(page, 0, Math.min(SEGMENTS_PER_PAGE, count - index * SEGMENTS_PER_PAGE)));
  }
  const done = transferred(request, segments, service);
  return done === undefined ? undefined : counted(done, { indirect: 1 });
};

const operationOf = (request: BlockRequest): number => {
  if (request.kind === 'discard') return BlockOp.discard;
  return request.kind === 'indirect' ? BlockOp.indirect : request.operation;
};

/** Whether the backend knows the operation at all. */
const isSupported = (operation: number, { flush, barrier, discard, maxIndirect }: BlockBackend): boolean => {
  switch (operation) {
    case BlockOp.read:
    case BlockOp.write:
      return true;
    case BlockOp.flush:
      return flush;
    case BlockOp.barrier:
      return barrier;
    case BlockOp.discard:
      return discard;
    case BlockOp.indirect:
      return maxIndirect > 0;
    default:
      return false;
  }
};

const serve = (request: BlockRequest, service: Service): Served => {
  switch (request.kind) {
    case 'malformed':
      return undefined;
    case 'discard':
      return discarded(request, service);
    case 'indirect':
      return indirect(request, service);
    default:
      if (request.operation === BlockOp.flush) return flushed(service);
      return request.operation === BlockOp.barrier
        ? withBarrier(request, service)
        : transferred(request, request.segments, service);
  }
};

const nextRings = ({ rings }: BlockDisk, grants: readonly string[], queue: number): readonly BlockRing[] =>
  grants.map((grant, index) => {
    const before = rings[index];
    const served = before?.grant === grant ? before.served : 0;
    return { grant, served: served + (index === queue ? 1 : 0) };
  });

/**
 * A guest asks its block backend: one request, as it stands in the ring, and the response as it stands in its place
 * afterwards. The state before stays as it is; the pages that the guest granted are its own, and a read fills them in.
 * @returns the response; undefined when nobody serves such a ring
 */
export const submitBlock = (
  host: HostState,
  { vbd, queue, request: bytes, pages }: BlockSubmission,
  owned: OwnContent = new WeakSet(),
): readonly [host: HostState, response: Uint8Array | undefined] => {
  const backend = servingBackend(host, vbd);
  if (backend === undefined || backend.rings[queue] === undefined) return [host, undefined];
  const before = blockDisk(host.blocks, vbd);
  const request = parseBlockRequest(bytes, backend.protocol);
  const operation = operationOf(request);
  const supported = isSupported(operation, backend);
  const after = supported ? serve(request, { disk: before, backend, pages, owned }) : undefined;
  const status = !supported ? BlockStatus.notSupported : after === undefined ? BlockStatus.error : BlockStatus.okay;
  const rings = nextRings(before, backend.rings, queue);
  const disk = { ...(after ?? counted(before, { failed: 1 })), rings };
  const response = encodeBlockResponse({ id: request.id, operation, status }, backend.protocol);
  return [{ ...host, blocks: { ...host.blocks, [vbd]: disk } }, response];
};
