import { createHash } from 'node:crypto';
import type { IoEvent, IoOutput } from '../guest/io-events.ts';
import { filled } from '../guest/storage-io.ts';
import { type BlockContent, EMPTY_CONTENT, PAGE, readContent, writeContent } from '../xen/block-content.ts';
import type { Step } from './run.ts';

type Done = Extract<IoOutput, { kind: 'io.done' }>;

/** What a disk has to have by what was asked of it; pages that may have anything are not known. */
interface Shadow {
  content: BlockContent;
  readonly unknown: Set<number>;
  /** Written, and not flushed since. */
  readonly pending: Set<number>;
}

/** A read that gave something else than was written there. */
export interface Mismatch {
  readonly vbd: number;
  readonly event: IoEvent;
  readonly output: Done;
  /** Steps up to and with it. */
  readonly step: number;
}

/** More is not followed: what lies there counts as unknown. */
const MOST_BYTES = 2 ** 26;

const pagesOf = (offset: number, length: number): readonly number[] => {
  const pages: number[] = [];
  for (let page = Math.floor(offset / PAGE); page * PAGE < offset + length; page += 1) pages.push(page);
  return pages;
};

const written = (shadow: Shadow, event: Extract<IoEvent, { kind: 'io.write' }>, { blockSize }: Done): void => {
  const [offset, length] = [event.block * blockSize, event.blocks * blockSize];
  const bytes =
    event.data === undefined
      ? filled(new Uint8Array(length), offset, event.fill ?? 0)
      : new Uint8Array(Buffer.from(event.data, 'base64'));
  shadow.content = writeContent(shadow.content, offset, bytes);
  for (const page of pagesOf(offset, length)) {
    shadow.pending.add(page);
    if (page * PAGE >= offset && (page + 1) * PAGE <= offset + length) shadow.unknown.delete(page);
  }
};

const differs = (
  shadow: Shadow,
  event: Extract<IoEvent, { kind: 'io.read' }>,
  { blockSize, sha256 }: Done,
): boolean => {
  const [offset, length] = [event.block * blockSize, event.blocks * blockSize];
  if (pagesOf(offset, length).some((page) => shadow.unknown.has(page))) return false;
  const bytes = new Uint8Array(length);
  readContent(shadow.content, offset, bytes);
  return createHash('sha256').update(bytes).digest('hex') !== sha256;
};

const isIo = (event: Step['event']): event is IoEvent => event.kind.startsWith('io.');

const DEFAULT_BLOCK = 512;

/** The bytes that an event is about, in blocks as the disk had them when it last answered. */
const rangesOf = (event: IoEvent, blockSize: number): readonly (readonly [offset: number, length: number])[] => {
  if (event.kind === 'io.delete' || event.kind === 'io.retrim') {
    return event.ranges.map(({ block, blocks }) => [block * blockSize, blocks * blockSize]);
  }
  return 'block' in event ? [[event.block * blockSize, event.blocks * blockSize]] : [];
};

/** Follows what was asked of disks from a run's first step on. */
export const mismatches = (steps: readonly Step[]): readonly Mismatch[] => {
  let disks = new Map<number, Shadow>();
  let lost = false;
  const found: Mismatch[] = [];
  const shadowOf = (vbd: number): Shadow => {
    const shadow = disks.get(vbd) ?? { content: EMPTY_CONTENT, unknown: new Set(), pending: new Set() };
    disks.set(vbd, shadow);
    return shadow;
  };
  for (const [index, { event, outputs }] of steps.entries()) {
    // Dumps, other sizes and other disks: what was there before is nobody's to say.
    if (['crash', 'hibernate', 'disk.resize', 'disk.plug', 'disk.eject', 'host'].includes(event.kind)) lost = true;
    if (!isIo(event)) continue;
    if (lost) disks = new Map();
    if (event.kind === 'io.power-loss') {
      for (const { pending, unknown } of disks.values()) for (const page of pending) unknown.add(page);
      continue;
    }
    const shadow = shadowOf(event.vbd);
    const done = outputs.find((output): output is Done => output.kind === 'io.done');
    const ranges = rangesOf(event, done?.blockSize ?? DEFAULT_BLOCK);
    const isLong = ranges.some(([, length]) => !(length <= MOST_BYTES));
    if (isLong) lost = true;
    else if (done === undefined || lost) {
      for (const [offset, length] of ranges) for (const page of pagesOf(offset, length)) shadow.unknown.add(page);
    } else if (event.kind === 'io.write') written(shadow, event, done);
    else if (event.kind === 'io.flush') shadow.pending.clear();
    else if (event.kind === 'io.read' && differs(shadow, event, done)) {
      found.push({ vbd: event.vbd, event, output: done, step: index + 1 });
    }
  }
  return found;
};
