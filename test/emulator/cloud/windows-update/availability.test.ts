import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isInShare,
  type LabelTimes,
  labelAvailability,
  ROLLOUT_CURVES,
  rolloutPosition,
} from '../../../../emulator/cloud/windows-update/availability.ts';

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(text.includes('T') ? text : `${text}T00:00:00Z`);

const optional: LabelTimes = {
  submitted: at('2026-11-02T12:00:00Z'),
  automatic: false,
  audiences: [],
  curve: 'at-once',
};
const automatic: LabelTimes = { ...optional, automatic: true, curve: 'one-percent' };

/** State and share on days, worked by hand. */
const on = (times: LabelTimes, day: string): readonly [string, number] => {
  const { state, share } = labelAvailability(times, at(day));
  return [state, share];
};

describe('a label over time', () => {
  test('is approved by the calendar when it is automatic: two weeks of flight, then the next day that is open', () => {
    // 2 November + 14 days is Monday 16 November, an open day
    expect(on(automatic, '2026-11-16T11:59:59Z')).toEqual(['in-approval', 0]);
    expect(on(automatic, '2026-11-16T12:00:00Z')).toEqual(['rolling-out', 0.01]);
    // 11 November + 14 days is the 25th; 12 + 14 is Thanksgiving, so Monday the 30th
    const later = { ...automatic, submitted: at('2026-11-12T12:00:00Z') };
    expect(on(later, '2026-11-29T23:59:59Z')).toEqual(['in-approval', 0]);
    expect(on(later, '2026-11-30')).toEqual(['rolling-out', 0.01]);
    expect(labelAvailability(later, at('2026-11-20'))).toMatchObject({ next: at('2026-11-30'), assumed: true });
  });

  test('goes straight on when it is optional, and for a test audience whatever it is', () => {
    expect(on(optional, '2026-11-02T12:00:00Z')).toEqual(['live', 1]);
    const forTests = { ...automatic, audiences: ['Test Registry Key'] };
    expect(on(forTests, '2026-11-02T12:00:00Z')).toEqual(['live', 1]);
    expect(labelAvailability(forTests, at('2026-11-03'))).toMatchObject({ finalized: true, assumed: false });
  });

  test('waits for its go-live date, which is never earlier than the approval', () => {
    const waits = { ...optional, goLive: at('2026-12-01') };
    expect(on(waits, '2026-11-30T23:59:59Z')).toEqual(['before-go-live', 0]);
    expect(on(waits, '2026-12-01')).toEqual(['live', 1]);
    expect(on({ ...automatic, goLive: at('2026-11-03') }, '2026-11-10')).toEqual(['in-approval', 0]);
  });

  test('comes to 1 % first, then to more, and to Windows before 1709 after 30 days', () => {
    // begins on 16 November at noon; the stages are days 0, 3, 7, 10, 14, 20
    const shares = [0, 3, 7, 10, 14, 20].map(
      (day) => on(automatic, new Date(at('2026-11-16T12:00:00Z') + day * DAY).toISOString())[1],
    );
    expect(shares).toEqual([0.01, 0.05, 0.1, 0.25, 0.5, 1]);
    expect(labelAvailability(automatic, at('2026-12-16T11:59:59Z')).finalized).toBe(false);
    expect(labelAvailability(automatic, at('2026-12-16T12:00:00Z')).finalized).toBe(true);
    expect(labelAvailability(automatic, at('2026-12-07')).next).toBe(at('2026-12-16T12:00:00Z'));
  });

  test('is at nothing while it is paused, and goes on where it was after that', () => {
    const paused = { ...automatic, paused: at('2026-11-20') };
    expect(on(paused, '2026-11-19T23:00:00Z')).toEqual(['rolling-out', 0.05]);
    expect(on(paused, '2026-12-30')).toEqual(['paused', 0]);
    // paused from the fourth day for five days: the stage of day 7 comes on day 12
    const resumed = { ...automatic, heldMs: 5 * DAY };
    expect(on(resumed, '2026-11-25T12:00:00Z')).toEqual(['rolling-out', 0.05]);
    expect(on(resumed, '2026-11-28T12:00:00Z')).toEqual(['rolling-out', 0.1]);
  });

  test('ends when it expires or is stopped, and a co-engineering flight after 60 days', () => {
    expect(on({ ...optional, expired: at('2026-11-10') }, '2026-11-10')).toEqual(['expired', 0]);
    expect(on({ ...optional, stopped: at('2026-11-10') }, '2026-11-09T23:00:00Z')).toEqual(['live', 1]);
    expect(on({ ...optional, stopped: at('2026-11-10') }, '2026-11-10')).toEqual(['stopped', 0]);
    // 2 November + 60 days is 1 January
    const flight = { ...optional, coEngineered: true };
    expect(on(flight, '2027-01-01T11:59:59Z')).toEqual(['live', 1]);
    expect(on(flight, '2027-01-01T12:00:00Z')).toEqual(['expired', 0]);
  });
});

const day = fc.integer({ min: 0, max: 400 }).map((days) => at('2026-01-01') + days * DAY);
const maybeDay = fc.option(day, { nil: undefined });
const anyTimes: fc.Arbitrary<LabelTimes> = fc.record({
  submitted: day,
  goLive: maybeDay,
  automatic: fc.boolean(),
  audiences: fc.constantFrom([], ['Test Registry Key']),
  paused: maybeDay,
  expired: maybeDay,
  stopped: maybeDay,
  finalized: maybeDay,
  coEngineered: fc.boolean(),
  curve: fc.constantFrom(...ROLLOUT_CURVES),
});

describe('whatever happens to a label', () => {
  test('nobody is offered it before its date, after its expiry, or while it is paused or stopped', () => {
    fc.assert(
      fc.property(anyTimes, day, (times, now) => {
        const { share, since } = labelAvailability(times, now);
        const { submitted, goLive = 0, paused, expired, stopped } = times;
        expect(since).toBeGreaterThanOrEqual(Math.max(submitted, goLive));
        if (share > 0) {
          expect(now).toBeGreaterThanOrEqual(since);
          for (const end of [paused, expired, stopped]) expect(end ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        }
      }),
    );
  });

  test('the next change that it tells is to come, and until then nothing changes', () => {
    fc.assert(
      fc.property(anyTimes, day, fc.double({ min: 0, max: 0.999, noNaN: true }), (times, now, part) => {
        const { next, ...here } = labelAvailability(times, now);
        const until = next ?? now + 2000 * DAY;
        expect(until).toBeGreaterThan(now);
        const between = labelAvailability(times, Math.floor(now + (until - now) * part));
        expect([between.state, between.share, between.finalized]).toEqual([here.state, here.share, here.finalized]);
      }),
    );
  });

  test('its share only grows while nothing stops it', () => {
    fc.assert(
      fc.property(anyTimes, day, day, (times, one, other) => {
        const free = { ...times, paused: undefined, expired: undefined, stopped: undefined, coEngineered: false };
        const [before, after] = [Math.min(one, other), Math.max(one, other)];
        expect(labelAvailability(free, after).share).toBeGreaterThanOrEqual(labelAvailability(free, before).share);
      }),
    );
  });
});

describe('the machines of a share', () => {
  test('stay in it as it grows, and are others for another label', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), (machine, label, share) => {
        expect(isInShare(machine, label, share)).toBe(rolloutPosition(machine, label) < share);
        expect([isInShare(machine, label, 0), isInShare(machine, label, 1)]).toEqual([false, true]);
      }),
    );
    const first = Array.from({ length: 2000 }, (_, index) => `vm-${index}`).filter((id) => isInShare(id, 'one', 0.1));
    const also = first.filter((id) => isInShare(id, 'two', 0.1));
    // 200 expected, and 20 of them: six standard deviations either side
    expect(first.length).toBeGreaterThan(120);
    expect(first.length).toBeLessThan(280);
    expect(also.length).toBeLessThan(47);
  });
});
