import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { xencrshDump } from '../../../drivers/xencrsh/dump.ts';
import { submitRequest } from '../../../emulator/guest/dump-disk.ts';
import { dumpMachine } from '../../../emulator/guest/dump-machine.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { GuestMachine } from '../../../emulator/guest/machine.ts';
import { filled } from '../../../emulator/guest/storage-io.ts';
import type { World } from '../../../emulator/guest/world.ts';
import { stableWorld } from '../../../emulator/scenarios/stable.ts';
import { transition } from '../../../emulator/transition.ts';
import { inputOn } from '../../support/crash.ts';
import { library } from '../../support/dump.ts';

const STEPS = 10_000;
const VBD = 768;
const PAGE = 4096;
const BLOCKS = PAGE / 512;
/** Pages that are written to: at the beginning of the disk, far from the page file. */
const REGION = 512;
const input = inputOn();

/** Numbers that are the same in every run. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
type Pick = (below: number) => number;

/** What each page holds: the word that it was filled with; zero for one that was never written, undefined after a trim. */
type Model = (number | undefined)[];

const expected = (model: Model, first: number, pages: number): Uint8Array | undefined => {
  const bytes = new Uint8Array(pages * PAGE);
  for (let page = 0; page < pages; page += 1) {
    const fill = model[first + page];
    if (fill === undefined) return undefined;
    const into = bytes.subarray(page * PAGE, (page + 1) * PAGE);
    if (fill !== 0) filled(into, (first + page) * PAGE, fill);
  }
  return bytes;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const rangeOf = (pick: Pick) => {
  const first = pick(REGION - 1);
  return { first, pages: 1 + pick(Math.min(16, REGION - first - 1)) };
};

interface Step {
  readonly events: readonly GuestEvent[];
  readonly note?: (model: Model) => void;
}

const write = (pick: Pick): Step => {
  const { first, pages } = rangeOf(pick);
  const fill = 1 + pick(1_000_000);
  return {
    events: [{ kind: 'io.write', vbd: VBD, block: first * BLOCKS, blocks: pages * BLOCKS, fill }],
    note: (model) => model.fill(fill, first, first + pages),
  };
};

const trim = (pick: Pick): Step => {
  const { first, pages } = rangeOf(pick);
  return {
    events: [{ kind: 'io.delete', vbd: VBD, ranges: [{ block: first * BLOCKS, blocks: pages * BLOCKS }] }],
    note: (model) => model.fill(undefined, first, first + pages),
  };
};

const SECTORS = 67_108_864;

const stepOf = (pick: Pick): Step => {
  const choice = pick(1000);
  if (choice < 600) return write(pick);
  if (choice < 800) return trim(pick);
  if (choice < 950) return { events: [{ kind: 'io.flush', vbd: VBD }] };
  if (choice < 960) return { events: [{ kind: 'disk.resize', vbd: VBD, sectors: SECTORS + pick(1000) * 8 }] };
  if (choice < 975) return { events: [{ kind: 'domain.migrate' }] };
  return { events: [{ kind: 'crash', pages: 1 + pick(30) }] };
};

/** Reads pages as the crash dump library would: on its own ring, under its own grants. */
const readByLibrary = (world: World, first: number, pages: number): Uint8Array => {
  const machine = new GuestMachine(world, input.library);
  const found = xencrshDump.find(library(), { mode: 'dump', target: 0 }, dumpMachine(machine));
  if (!found.ok) throw new Error(JSON.stringify(found.failure));
  const request = { write: false, sector: first * BLOCKS, pages, lost: [] };
  const prepared = xencrshDump.transfer(library(), found.value, request);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure));
  const bytes = new Uint8Array(pages * PAGE);
  let at = 0;
  for (const one of prepared.value.requests) {
    const length = one.segments.length * PAGE;
    expect(submitRequest(machine, VBD, one, bytes.subarray(at, at + length))).toBe('okay');
    at += length;
  }
  return bytes;
};

const failures = (outputs: readonly GuestOutput[]) =>
  outputs.filter(({ kind }) => kind === 'io.failed' || kind === 'dump.failed' || kind === 'boot.stopped');

describe('10,000 steps of writing, trimming, resizing, moving and crashing', () => {
  test.each([1, 2])(
    'leave what was written and not trimmed, also on the way of dumps (seed %i)',
    { timeout: 300_000 },
    (seed) => {
      const pick = numbers(seed);
      const keys = { 'feature-discard': '1', 'discard-granularity': '4096', 'discard-alignment': '0' };
      let world = stableWorld(input, input.bundle, { disks: [{ vbd: VBD, system: true, keys }] });
      const model: Model = Array.from({ length: REGION }, () => 0);
      const play = (event: GuestEvent): readonly GuestOutput[] => {
        const [after, outputs] = transition(world, event, input.library);
        world = after;
        expect(failures(outputs)).toEqual([]);
        return outputs;
      };
      const counts = { crashes: 0, reads: 0 };
      for (let index = 0; index < STEPS / 2; index += 1) {
        const { events, note } = stepOf(pick);
        const outputs = events.flatMap(play);
        note?.(model);
        const { first, pages } = rangeOf(pick);
        const bytes = expected(model, first, pages);
        const [dumped] = outputs.flatMap((one) => (one.kind === 'dump.written' ? [one.sha256] : []));
        if (dumped !== undefined) {
          counts.crashes += 1;
          if (bytes !== undefined) expect(sha256(readByLibrary(world, first, pages))).toBe(sha256(bytes));
          const found = play({ kind: 'restart' }).flatMap((one) => (one.kind === 'dump.found' ? [one.sha256] : []));
          expect(found).toEqual([dumped]);
        }
        if (bytes === undefined || index % 4 !== 0) continue;
        counts.reads += 1;
        const read = play({ kind: 'io.read', vbd: VBD, block: first * BLOCKS, blocks: pages * BLOCKS });
        expect(read).toMatchObject([{ kind: 'io.done', sha256: sha256(bytes) }]);
      }
      expect(counts.crashes).toBeGreaterThan(50);
      expect(counts.reads).toBeGreaterThan(200);
    },
  );
});
