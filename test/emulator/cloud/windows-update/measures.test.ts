import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type InstallReport,
  judgeMeasures,
  type MeasureCohort,
  type MeasureName,
  measureCohorts,
  stopReason,
} from '../../../../emulator/cloud/windows-update/measures.ts';

const cohort = (measure: MeasureName, machines: number, failed: number, name = 'one'): MeasureCohort => ({
  name,
  counts: { [measure]: { machines, failed } },
});
const resultOf = (measure: MeasureName, ...cohorts: readonly MeasureCohort[]): string | undefined =>
  judgeMeasures(cohorts).find((verdict) => verdict.measure === measure)?.result;

/** Thresholds and populations of spec windows-update 5.1. */
describe('a measure', () => {
  test.each([
    ['install', 100, 5, 'passes'],
    ['install', 100, 6, 'fails'],
    ['install', 99, 6, 'insufficient-data'],
    ['install', 10, 5, 'alert'],
    ['install', 9, 9, 'insufficient-data'],
    ['install', 10, 4, 'insufficient-data'],
    ['pnp-error', 1000, 50, 'passes'],
    ['pnp-error', 1000, 51, 'fails'],
    ['pnp-error', 20, 10, 'alert'],
    ['kernel-crash', 100, 1, 'passes'],
    ['kernel-crash', 100, 2, 'fails'],
    // crashes have no alert
    ['kernel-crash', 50, 50, 'insufficient-data'],
    ['live-dump', 100, 3, 'passes'],
    ['live-dump', 100, 4, 'fails'],
  ] as const)('%s of %i machines of which %i fail: %s', (measure, machines, failed, result) => {
    expect(resultOf(measure, cohort(measure, machines, failed))).toBe(result);
  });

  test('has its number, and says that it lacks data when nobody reported', () => {
    expect(judgeMeasures([]).map(({ id, result }) => [id, result])).toEqual([
      [26387215, 'insufficient-data'],
      [26387262, 'insufficient-data'],
      [26118008, 'insufficient-data'],
      [25739929, 'insufficient-data'],
    ]);
  });
});

describe('cohorts', () => {
  test('one that fails is enough, however well the driver does on the whole', () => {
    // 60 of 10,600 are 0.6 %; 60 of 600 are 10 %
    const good = cohort('install', 10_000, 0, 'good');
    expect(resultOf('install', good, cohort('install', 600, 60, 'bad'))).toBe('fails');
    expect(resultOf('install', good, cohort('install', 499, 60, 'too small'))).toBe('passes');
  });

  test('small ones are judged as one', () => {
    const good = cohort('install', 10_000, 0, 'good');
    const small = Array.from({ length: 5 }, (_, index) => cohort('install', 120, 12, `small ${index}`));
    const [install] = judgeMeasures([good, ...small]);
    expect(install).toMatchObject({ result: 'fails', machines: 10_600, failed: 60, assumed: true });
    expect(install?.cohorts.map(({ name, result }) => [name, result])).toEqual([
      ['good', 'passes'],
      ['5 small cohorts', 'fails'],
    ]);
    expect(install?.why).toContain('5 small cohorts');
  });

  test('the alert looks at small ones by themselves', () => {
    const good = cohort('pnp-error', 10_000, 0, 'good');
    const verdicts = judgeMeasures([
      good,
      cohort('pnp-error', 12, 7, 'Server 2016'),
      cohort('pnp-error', 30, 0, 'other'),
    ]);
    expect(verdicts.find(({ measure }) => measure === 'pnp-error')?.result).toBe('alert');
    expect(stopReason(verdicts)).toMatch(/26387262.*Server 2016/);
  });

  test('do not change what is counted, however machines are put into them', () => {
    const counts = fc.array(
      fc
        .integer({ min: 0, max: 900 })
        .chain((machines) =>
          fc.record({ machines: fc.constant(machines), failed: fc.integer({ min: 0, max: machines }) }),
        ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(counts, (all) => {
        const cohorts = all.map(({ machines, failed }, index) => cohort('install', machines, failed, `${index}`));
        const [install] = judgeMeasures(cohorts);
        expect(install?.machines).toBe(all.reduce((sum, { machines }) => sum + machines, 0));
        expect(install?.failed).toBe(all.reduce((sum, { failed }) => sum + failed, 0));
        const tooMany = (install?.failed ?? 0) > 0.05 * (install?.machines ?? 0);
        if ((install?.machines ?? 0) >= 100 && tooMany) expect(['fails', 'alert']).toContain(install?.result);
        if (install?.failed === 0) expect(['passes', 'insufficient-data']).toContain(install.result);
      }),
    );
  });
});

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-30T00:00:00Z');
const report = (daysAgo: number, changes: Partial<InstallReport> = {}): InstallReport => ({
  ...{ cohort: 'one', at: NOW - daysAgo * DAY, installed: true },
  ...changes,
});
const countOf = (measure: MeasureName, ...reports: readonly InstallReport[]) =>
  measureCohorts(reports, NOW)[0]?.counts[measure];

describe('what machines report', () => {
  test('counts installations of the last 30 days', () => {
    const failed = { installed: false };
    expect(countOf('install', report(30), report(1, failed), report(31, failed))).toEqual({ machines: 2, failed: 1 });
  });

  test('counts PnP errors that come within two days of the installation', () => {
    const error = (daysAgo: number, after: number) =>
      report(daysAgo, { pnpErrorAt: NOW - daysAgo * DAY + after * DAY });
    expect(countOf('pnp-error', error(10, 1), error(10, 2), error(10, 3))).toEqual({ machines: 3, failed: 2 });
    expect(countOf('pnp-error', report(1, { installed: false }))).toBeUndefined();
  });

  test('counts crashes of the last seven days among all that have it', () => {
    const crash = (when: number) => report(60, { crashedAt: NOW - when * DAY });
    expect(countOf('kernel-crash', crash(6), crash(8), report(90))).toEqual({ machines: 3, failed: 1 });
    expect(countOf('live-dump', report(3, { liveDumpAt: NOW - DAY }))).toEqual({ machines: 1, failed: 1 });
  });

  test('counts nothing that is still to come', () => {
    expect(measureCohorts([report(-1)], NOW)[0]?.counts).toEqual({});
  });
});
