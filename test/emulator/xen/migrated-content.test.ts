import { describe, expect, test } from 'vitest';
import type { DumpRequest } from '../../../drivers/dump.ts';
import { answerOf, encodeSlot } from '../../../drivers/xencrsh/slot.ts';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { BACKEND_KINDS, type BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import { PAGE } from '../../../emulator/xen/block-content.ts';
import { submitBlock } from '../../../emulator/xen/block-requests.ts';
import { type RunningGuest, runningGuest } from '../../support/running-guest.ts';

/** Numbers that are the same in every run. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const DATA = { vbd: 51_776, system: false, sectors: 4096 } as const;
const KINDS = Object.keys(BACKEND_KINDS) as BackendKind[];
const SECTORS_A_PAGE = 8;

/** One page of one disk, asked of whatever backend serves it now. */
const asked = (guest: RunningGuest, operation: DumpRequest['operation'], page: number, bytes: Uint8Array) => {
  const handle = DATA.vbd & 0xffff;
  const segments = [{ reference: 100, first: 0, last: SECTORS_A_PAGE - 1 }];
  const request = encodeSlot({ operation, handle, sector: page * SECTORS_A_PAGE, segments }, 7);
  const pages = { page: (reference: number) => (reference === 100 ? bytes : undefined) };
  const [host, response] = submitBlock(guest.world.host, { vbd: DATA.vbd, queue: 0, request, pages });
  return { guest: guest.on(host), answer: response === undefined ? 'nobody' : answerOf(response) } as const;
};

describe('a disk of a guest that is moved, grown, given back and given again', () => {
  test('has what was written, wherever it is', () => {
    const pick = numbers(8);
    const written = new Map<number, number>();
    let guest = runningGuest().play({ kind: 'disk.plug', disk: DATA });
    let there = true;
    const seen = { moves: 0, reads: 0, gone: 0 };
    const events: readonly (() => GuestEvent)[] = [
      () => ({ kind: 'domain.migrate', change: { backends: KINDS[pick(KINDS.length)] ?? 'linux-6' } }),
      () => ({ kind: 'domain.migrate', change: { platform: pick(2) === 0 ? '0001' : '0002' } }),
      () => ({ kind: 'disk.resize', vbd: DATA.vbd, sectors: DATA.sectors + pick(4) * SECTORS_A_PAGE }),
      () => ({ kind: 'disk.eject', vbd: DATA.vbd, pulled: pick(2) === 0 }),
      () => ({ kind: 'disk.plug', disk: DATA }),
      () => ({ kind: 'nic.plug', nic: { vif: 3, mac: '00:16:3e:00:00:33' } }),
      () => ({ kind: 'nic.unplug', vif: 3 }),
    ];
    for (let step = 0; step < 10_000; step += 1) {
      if (pick(12) === 0) {
        guest = guest.play((events[pick(events.length)] as () => GuestEvent)());
        expect(guest.survey.running).toBe(true);
        there = guest.survey.disks.some(({ id, path }) => id === DATA.vbd && path === 'pv');
        seen.moves += 1;
        continue;
      }
      const page = pick(DATA.sectors / SECTORS_A_PAGE);
      const value = pick(256);
      const write = pick(2) === 0;
      const bytes = new Uint8Array(PAGE).fill(write ? value : 0xee);
      const { guest: after, answer } = asked(guest, write ? 'write' : 'read', page, bytes);
      guest = after;
      if (!there) {
        expect(answer).toBe('nobody');
        seen.gone += 1;
        continue;
      }
      expect(answer).toBe('okay');
      if (write) written.set(page, value);
      else expect(bytes.every((byte) => byte === (written.get(page) ?? 0))).toBe(true);
      seen.reads += write ? 0 : 1;
    }
    expect(Math.min(seen.moves, seen.reads, seen.gone)).toBeGreaterThan(100);
  }, 30_000);
});
