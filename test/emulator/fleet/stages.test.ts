import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROLLOUT_STAGES, type RolloutCurve } from '../../../emulator/cloud/windows-update/availability.ts';
import type { FleetFinding, FleetOutcome, FleetVerdict } from '../../../emulator/fleet/outcome/model.ts';
import { rolloutReport, type StageCohort } from '../../../emulator/fleet/outcome/stages.ts';

const outcome = (verdict: FleetVerdict, ...codes: readonly FleetFinding['code'][]): FleetOutcome => ({
  outcome: verdict,
  findings: codes.map((code) => ({ code, severity: 'error', message: code })),
  ...{ guest: 'windows-10-22h2-x64', assumed: [], arrival: ['xenbus'], restarts: 1 },
});

const GOOD = outcome('restart');
const FLIP = outcome('brand-flip', 'EMULATOR_BRAND_FLIP', 'EMULATOR_DEVICE_PROBLEM');
const BROKEN = outcome('degraded', 'EMULATOR_DEVICE_PROBLEM');
const DEAD = outcome('no-boot', 'EMULATOR_NO_BOOT');
const REFUSED = outcome('boots', 'EMULATOR_PACKAGE_REFUSED');

const cohort = (name: string, ...counts: readonly (readonly [FleetOutcome, number])[]): StageCohort => ({
  name,
  outcomes: new Map(counts),
});

const report = (curve: RolloutCurve, ...cohorts: readonly StageCohort[]) =>
  rolloutReport({ stages: ROLLOUT_STAGES[curve], cohorts, watched: true });

describe('a roll-out', () => {
  test('of a good label goes through all its stages', () => {
    const { machines, stages, stop } = report('one-percent', cohort('all', [GOOD, 100_000]));
    expect([machines, stop]).toEqual([100_000, undefined]);
    expect(stages.map(({ day, share, machines: so }) => [day, share, so])).toEqual([
      [0, 0.01, 1000],
      [3, 0.05, 5000],
      [7, 0.1, 10_000],
      [10, 0.25, 25_000],
      [14, 0.5, 50_000],
      [20, 1, 100_000],
    ]);
    expect(stages.flatMap(({ measures }) => measures.map(({ result }) => result))).not.toContain('fails');
  });

  test('goes on when exactly one machine in twenty has a PnP error, and stops beyond that (26387262)', () => {
    expect(report('one-percent', cohort('all', [GOOD, 95_000], [BROKEN, 5000])).stop).toBeUndefined();
    const { stop } = report('one-percent', cohort('all', [GOOD, 94_000], [BROKEN, 6000]));
    // Two days have to go by after an installation, which takes a day: the next stage has begun by then.
    expect(stop).toMatchObject({ day: 3, share: 0.05, machines: 5000, harmed: 300 });
    expect(stop?.reason).toContain('26387262');
  });

  test('stops on the second day when more than one machine in a hundred crashes (26118008)', () => {
    expect(report('one-percent', cohort('all', [GOOD, 99_000], [DEAD, 1000])).stop).toBeUndefined();
    const { stop } = report('one-percent', cohort('all', [GOOD, 98_000], [DEAD, 2000]));
    expect(stop).toMatchObject({ day: 1, share: 0.01, machines: 1000, harmed: 20 });
    expect(stop?.reason).toContain('26118008');
  });

  test('counts a package that Windows refuses as an installation that came to no end (26387215)', () => {
    const { stop } = report('clusters-first', cohort('all', [GOOD, 900_000], [REFUSED, 100_000]));
    expect(stop).toMatchObject({ day: 1, machines: 2000, harmed: 0 });
    expect(stop?.reason).toContain('26387215');
  });

  test('has everyone by the time that the ship room hears of it, where it reaches all at once', () => {
    expect(report('at-once', cohort('all', [FLIP, 10_000])).stop).toMatchObject({
      day: 3,
      machines: 10_000,
      harmed: 10_000,
    });
  });

  test('goes on where too few machines take part for anything to be told of them', () => {
    const { stop, stages } = report('one-percent', cohort('all', [GOOD, 80], [BROKEN, 10]));
    expect(stop).toBeUndefined();
    expect(stages.at(-1)?.measures.find(({ measure }) => measure === 'pnp-error')?.result).toBe('insufficient-data');
  });

  test('stops by the alert where half of ten machines fail', () => {
    const { stop } = report('one-percent', cohort('all', [GOOD, 500], [BROKEN, 500]));
    expect(stop).toMatchObject({ day: 3 });
    expect(stop?.reason).toMatch(/high failure/);
  });

  test('stops for one failing cohort among many that are well', () => {
    const { stop } = report(
      'one-percent',
      cohort('many', [GOOD, 1_000_000]),
      cohort('few', [GOOD, 80_000], [BROKEN, 20_000]),
    );
    expect(stop?.reason).toContain('few');
  });

  test('to a test audience is watched by nobody', () => {
    const request = { stages: ROLLOUT_STAGES['at-once'], cohorts: [cohort('all', [DEAD, 10_000])], watched: false };
    expect(rolloutReport(request).stop).toBeUndefined();
  });

  test('says what is not published', () => {
    expect(report('one-percent').assumed.join(' ')).toContain('not published');
  });

  test('never has more machines in a stage than in the next, and all in the last', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<RolloutCurve>('at-once', 'one-percent', 'clusters-first'),
        fc.tuple(fc.nat(100_000), fc.nat(100_000), fc.nat(100_000)),
        (curve, [good, broken, dead]) => {
          const { machines, stages, stop } = report(curve, cohort('all', [GOOD, good], [BROKEN, broken], [DEAD, dead]));
          const counts = stages.map((stage) => stage.machines);
          expect(counts).toEqual([...counts].sort((a, b) => a - b));
          expect(counts.at(-1)).toBe(machines);
          expect(stages.at(-1)?.outcomes).toEqual({
            boots: 0,
            restart: good,
            degraded: broken,
            'brand-flip': 0,
            'no-boot': dead,
          });
          if (stop !== undefined) expect(stop.harmed).toBeLessThanOrEqual(stop.machines);
        },
      ),
    );
  });
});
