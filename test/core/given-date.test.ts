import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../core/errors.ts';
import { checkedDay, givenDay, sourceDateEpoch, writingTime } from '../../core/given-date.ts';

const NOW = Date.UTC(2026, 5, 15, 12);

const refusal = (call: () => unknown): string => {
  try {
    return `accepted as ${JSON.stringify(call())}`;
  } catch (error) {
    if (error instanceof WinpvError) return `${error.code}: ${error.message}`;
    throw error;
  }
};

describe('a day that is given', () => {
  test.each(['1980-01-01', '2024-02-29', '2026-06-15'])('may be %s', (text) => {
    expect(refusal(() => givenDay(text, { now: NOW }))).toContain('accepted');
  });

  test.each([
    ['2026-02-30', 'not a day of the calendar'],
    ['2025-02-29', 'not a day of the calendar'],
    ['2026-00-10', 'not a day of the calendar'],
    ['1979-12-31', 'not between 1980-01-01 and 2107-12-31'],
    ['1600-01-01', 'not between'],
    ['0000-01-01', 'not a day of the calendar'],
    ['2108-01-01', 'not between'],
    ['9999-12-31', 'not between'],
    ['2026-2-3', 'not a day of the form YYYY-MM-DD'],
    ['', 'not a day of the form YYYY-MM-DD'],
  ])('is refused as %j: %s', (text, why) => {
    expect(refusal(() => givenDay(text, { now: NOW }))).toMatch(new RegExp(`^DATE_INVALID: .*${why}`));
  });

  test('is not after today in UTC, unless a day to come makes sense', () => {
    expect(refusal(() => givenDay('2026-06-16', { now: NOW }))).toMatch(/^DATE_IN_FUTURE/);
    expect(givenDay('2026-06-16', { now: NOW, later: 'allowed' })).toEqual({ year: 2026, month: 6, day: 16 });
    expect(refusal(() => givenDay('2026-06-16', { now: Date.UTC(2026, 5, 15, 23, 59, 59) }))).toMatch(/^DATE_IN/);
  });

  test('is refused with what it is for, and how it is written there', () => {
    const rule = { now: NOW, what: 'The date for DriverVer', form: 'mm/dd/yyyy' } as const;
    expect(refusal(() => checkedDay('soon', undefined, rule))).toContain('mm/dd/yyyy');
    expect(refusal(() => checkedDay('1/1/1601', { year: 1601, month: 1, day: 1 }, rule))).toContain('for DriverVer');
  });
});

describe('SOURCE_DATE_EPOCH', () => {
  test('is a number of seconds from 1980 to today; nothing at all when it is empty', () => {
    expect(sourceDateEpoch('315532800', NOW)).toBe(Date.UTC(1980, 0, 1));
    expect(sourceDateEpoch('', NOW)).toBeUndefined();
    expect(sourceDateEpoch(undefined, NOW)).toBeUndefined();
    for (const text of ['0', '-1', '1e9', 'today', '99999999999', '999999999999']) {
      expect(refusal(() => sourceDateEpoch(text, NOW))).toMatch(/^DATE_/);
    }
  });

  test('gives way to an option, and comes before the clock', () => {
    expect(writingTime('2026-01-02', '1700000000', NOW)).toBe(Date.UTC(2026, 0, 2));
    expect(writingTime(undefined, '1700000000', NOW)).toBe(1_700_000_000_000);
    expect(writingTime(undefined, undefined, NOW)).toBe(NOW);
  });
});
