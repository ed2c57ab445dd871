import { describe, expect, test } from 'vitest';
import { CRASH_CONTROL, POWER } from '../../../emulator/guest/dump-stack.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import type { World } from '../../../emulator/guest/world.ts';
import { stableWorld } from '../../../emulator/scenarios/stable.ts';
import { transition } from '../../../emulator/transition.ts';
import { inputOn, setting } from '../../support/crash.ts';

/** Numbers that are the same in every run. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const input = inputOn();
const BACKEND = '/local/domain/0/backend/vbd/1/768';
const KEYS = ['state', 'sector-size', 'sectors', 'feature-flush-cache', 'feature-barrier', 'online'];
const VALUES = ['0', '1', '4', '6', '512', '4096', '-1', '99999999999999999999', 'x', ''];
const FRONT = ['multi-queue-num-queues', 'ring-ref', 'backend', 'state', 'ring-page-order'];

type Pick = (below: number) => number;
const of = <T>(pick: Pick, items: readonly T[]): T => items[pick(items.length)] as T;

const MAKERS: readonly ((pick: Pick) => GuestEvent)[] = [
  (pick) => ({ kind: 'crash', pages: 1 + pick(40) }),
  (pick) => ({ kind: 'crash', pages: 1 + pick(40) }),
  () => ({ kind: 'restart' }),
  () => ({ kind: 'restart' }),
  () => ({ kind: 'power.on' }),
  () => ({ kind: 'power.off' }),
  (pick) => ({ kind: 'hibernate', pages: 1 + pick(30) }),
  (pick) => ({ kind: 'hibernate', pages: 1 + pick(30) }),
  () => ({ kind: 'resume' }),
  () => ({ kind: 'resume' }),
  (pick) => ({ kind: 'memory.balloon', first: pick(50), pages: pick(12) }),
  (pick) => setting(POWER, 'HibernateEnabled', pick(4) === 0 ? 0 : 1),
  (pick) => setting(CRASH_CONTROL, 'CrashDumpEnabled', pick(4)),
  (pick) => setting(CRASH_CONTROL, 'DedicatedDumpFile', of(pick, ['C:\\dump.sys', 'D:\\dump.sys', 'Z:\\x', '?', ''])),
  (pick) => ({ kind: 'store.write', path: `${BACKEND}/${of(pick, KEYS)}`, value: of(pick, VALUES) }),
  (pick) => ({ kind: 'store.write', path: `device/vbd/768/${of(pick, FRONT)}`, value: of(pick, VALUES) }),
  (pick) => ({ kind: 'store.write', path: `data/scsi/target/${pick(3)}/dump`, value: of(pick, VALUES) }),
  (pick) => ({ kind: 'store.write', path: `device/vbd/${of(pick, ['768', '832'])}/backend` }),
  () => ({ kind: 'domain.migrate' }),
];

/** A dump that was written is what a start finds, unless another one was written in between. */
const dumpsOf = (outputs: readonly GuestOutput[], kind: 'dump.written' | 'dump.found') =>
  outputs.filter((one) => one.kind === kind && !(one.kind === 'dump.written' && one.mode === 'hiber'));

describe('machines that crash and hibernate at random', () => {
  test.each([1, 2, 3, 4])('end in a named state, and find what was written (seed %i)', { timeout: 60_000 }, (seed) => {
    const pick = numbers(seed);
    const disks = [
      { vbd: 768, system: true },
      { vbd: 832, system: false },
    ];
    let world: World = stableWorld(input, input.bundle, { disks });
    const written = new Set<string>();
    let found = 0;
    for (let index = 0; index < 500; index += 1) {
      const event = of(pick, MAKERS)(pick);
      const [after, outputs] = transition(world, event, input.library);
      for (const one of dumpsOf(outputs, 'dump.written')) if (one.kind === 'dump.written') written.add(one.sha256);
      for (const one of dumpsOf(outputs, 'dump.found')) {
        found += 1;
        expect(one.kind === 'dump.found' && written.has(one.sha256)).toBe(true);
      }
      const { session, hibernated } = after;
      if (session?.phase === 'stopped') expect(session.stop?.code).toMatch(/^0x[0-9A-F]+$/);
      expect(session?.phase).not.toBe('boot');
      if (hibernated !== undefined) expect(session).toBeUndefined();
      if (index % 50 === 0) {
        const saved = JSON.parse(JSON.stringify(after)) as World;
        const next: GuestEvent = { kind: 'restart' };
        expect(transition(saved, next, input.library)[1]).toEqual(transition(after, next, input.library)[1]);
      }
      world = after;
    }
    expect(found).toBeGreaterThan(3);
  });
});
