import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../emulator/guest/dump-bytes.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { transition } from '../../../emulator/transition.ts';
import type { BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import { inputOn, machineOn } from '../../support/crash.ts';

const VBD = 51_776;
const SMALLEST = 2048;
const LARGEST = 8192;
const BLOCK = 512;

type Move =
  | {
      readonly does: 'write' | 'read' | 'delete' | 'retrim';
      readonly at: number;
      readonly blocks: number;
      readonly fill: number;
    }
  | { readonly does: 'flush' | 'restart' | 'migrate' | 'power' }
  | { readonly does: 'resize'; readonly sectors: number }
  | { readonly does: 'crash'; readonly pages: number };

const span = {
  at: fc.integer({ min: 0, max: LARGEST }),
  blocks: fc.integer({ min: 0, max: 200 }),
  fill: fc.nat(0xffff),
};
const ranged = (does: 'write' | 'read' | 'delete' | 'retrim'): fc.Arbitrary<Move> =>
  fc.record({ does: fc.constant(does), ...span });
const plain = (does: 'flush' | 'restart' | 'migrate' | 'power'): fc.Arbitrary<Move> => fc.constant({ does });

/** Rare things are rare: a restart costs as much as hundreds of writes. */
const move: fc.Arbitrary<Move> = fc.oneof(
  { arbitrary: ranged('write'), weight: 400 },
  { arbitrary: ranged('read'), weight: 400 },
  { arbitrary: ranged('delete'), weight: 100 },
  { arbitrary: ranged('retrim'), weight: 30 },
  { arbitrary: plain('flush'), weight: 40 },
  {
    arbitrary: fc.record({
      does: fc.constant('resize' as const),
      sectors: fc.integer({ min: SMALLEST, max: LARGEST }),
    }),
    weight: 8,
  },
  { arbitrary: plain('migrate'), weight: 4 },
  { arbitrary: plain('power'), weight: 2 },
  { arbitrary: plain('restart'), weight: 1 },
  { arbitrary: fc.record({ does: fc.constant('crash' as const), pages: fc.integer({ min: 1, max: 8 }) }), weight: 1 },
);

const input = inputOn();
const KINDS: readonly BackendKind[] = ['linux-6', 'linux-3.16', 'linux-3.2', 'qemu-4', 'qemu-2'];
const keys = { 'feature-discard': '1', 'discard-granularity': '4096' };
const hostOf = (backends: BackendKind, sectors: number) => ({
  backends,
  disks: [
    { vbd: 768, system: true },
    { vbd: VBD, system: false, sectors, keys },
  ],
});

/** What a disk has, byte for byte; a page of undefined may have anything. */
class Model {
  readonly bytes = new Uint8Array(LARGEST * BLOCK);
  readonly known = new Uint8Array(LARGEST).fill(1);
  readonly dirty = new Set<number>();
  sectors = LARGEST;

  write(at: number, blocks: number, fill: number): void {
    for (let block = at; block < at + blocks; block += 1) {
      const word = fill + Math.floor((block * BLOCK) / 4096);
      new Uint32Array(this.bytes.buffer, block * BLOCK, BLOCK / 4).fill(word);
      this.known[block] = 1;
      this.dirty.add(block);
    }
  }

  forget(at: number, blocks: number): void {
    this.known.fill(0, at, at + blocks);
  }

  losePower(): void {
    for (const block of this.dirty) this.known[block] = 0;
    this.dirty.clear();
  }

  resize(sectors: number): void {
    this.bytes.fill(0, sectors * BLOCK);
    this.known.fill(1, sectors);
    for (const block of this.dirty) if (block >= sectors) this.dirty.delete(block);
    this.sectors = sectors;
  }

  hash(at: number, blocks: number): string | undefined {
    const all = this.known.subarray(at, at + blocks).every((one) => one === 1);
    return all ? sha256(this.bytes.subarray(at * BLOCK, (at + blocks) * BLOCK)) : undefined;
  }
}

const eventsOf = (one: Move, kind: BackendKind): readonly GuestEvent[] => {
  switch (one.does) {
    case 'write':
      return [{ kind: 'io.write', vbd: VBD, block: one.at, blocks: one.blocks, fill: one.fill }];
    case 'read':
      return [{ kind: 'io.read', vbd: VBD, block: one.at, blocks: one.blocks }];
    case 'delete':
    case 'retrim':
      return [{ kind: `io.${one.does}`, vbd: VBD, ranges: [{ block: one.at, blocks: one.blocks }] }];
    case 'flush':
      return [{ kind: 'io.flush', vbd: VBD }];
    case 'resize':
      return [{ kind: 'disk.resize', vbd: VBD, sectors: one.sectors }];
    case 'migrate':
      return [{ kind: 'domain.migrate', change: { backends: kind } }];
    case 'power':
      return [{ kind: 'io.power-loss' }, { kind: 'power.on' }];
    case 'restart':
      return [{ kind: 'restart' }];
    case 'crash':
      return [{ kind: 'crash', pages: one.pages }, { kind: 'restart' }];
  }
};

/** What the model says of it, beside what the emulator answered. */
const check = (model: Model, one: Move, outputs: readonly GuestOutput[]): void => {
  const fits = 'at' in one && one.at + one.blocks <= model.sectors;
  const done = outputs.find(({ kind }) => kind === 'io.done');
  if (one.does === 'write') {
    expect(done !== undefined).toBe(fits || one.blocks === 0);
    if (fits) model.write(one.at, one.blocks, one.fill);
  } else if (one.does === 'read' && done?.kind === 'io.done') {
    const wanted = model.hash(one.at, one.blocks);
    if (wanted !== undefined) expect(done.sha256).toBe(wanted);
  } else if (one.does === 'read') expect(fits).toBe(false);
  else if ((one.does === 'delete' || one.does === 'retrim') && fits) model.forget(one.at, one.blocks);
  else if (one.does === 'flush') model.dirty.clear();
  else if (one.does === 'resize') model.resize(one.sectors);
  else if (one.does === 'power') model.losePower();
  else if (one.does === 'crash') {
    const written = outputs.find(({ kind }) => kind === 'dump.written');
    const read = outputs.find(({ kind }) => kind === 'dump.found');
    expect(written).toMatchObject({ kind: 'dump.written' });
    expect(read).toMatchObject({ sha256: written?.kind === 'dump.written' ? written.sha256 : '' });
  }
};

describe('a disk that is used at random', () => {
  test('gives back what was written and not trimmed, for 10,000 steps', { timeout: 120_000 }, () => {
    const steps = fc.sample(move, { numRuns: 10_000, seed: 20_261_124 });
    let { world } = machineOn(input, hostOf('linux-6', LARGEST));
    const model = new Model();
    let reads = 0;
    for (const [index, one] of steps.entries()) {
      const all: GuestOutput[] = [];
      for (const event of eventsOf(one, KINDS[index % KINDS.length] ?? 'linux-6')) {
        const [next, outputs] = transition(world, event, input.library);
        world = next;
        all.push(...outputs);
      }
      expect(world.session?.phase).toBe('running');
      check(model, one, all);
      if (one.does === 'read') reads += 1;
    }
    expect(reads).toBeGreaterThan(3000);
    expect(world.host.blocks?.[VBD]?.counts.discards).toBeGreaterThan(100);
  });

  test('in any order, through JSON at any point', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 5, maxLength: 40 }), fc.constantFrom(...KINDS), (moves, kind) => {
        let { world } = machineOn(input, hostOf(kind, LARGEST));
        const model = new Model();
        for (const one of moves) {
          const all: GuestOutput[] = [];
          for (const event of eventsOf(one, kind)) {
            const [next, outputs] = transition(JSON.parse(JSON.stringify(world)), event, input.library);
            world = next;
            all.push(...outputs);
          }
          check(model, one, all);
        }
      }),
      { numRuns: 10 },
    );
  });
});
