import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRanked, formatRank, isTie, matchIds, type Ranked, rankOf } from '../../../emulator/guest/rank.ts';
import { describeData } from '../../support/outside.ts';

const DEVICE = { hardware: ['A', 'B'], compatible: ['C', 'D'] };

interface Vectors {
  readonly cases: readonly {
    readonly inf: readonly string[];
    readonly feature: string | null;
    readonly rank: string | null;
  }[];
}

describeData('the vectors of ranks', 'pnp-rank-vectors.json', (data) => {
  const { cases } = data as Vectors;
  test.each(cases.map((one) => [one.inf.join(','), one.feature, one.rank, one] as const))(
    'an entry of %s with feature score %s has rank %s',
    (_ids, _feature, expected, { inf, feature }) => {
      const match = matchIds(DEVICE, inf);
      const score = feature === null ? undefined : Number.parseInt(feature, 16);
      expect(match === undefined ? null : formatRank(rankOf('any-signer', score, match.score))).toBe(expected);
    },
  );
});

describe('a match', () => {
  test('is the best id of the entry, told as the INF has it, whatever the case', () => {
    expect(matchIds(DEVICE, ['d', 'b', 'a'])).toEqual({ id: 'a', score: 0x1000 });
    expect(matchIds(DEVICE, ['x', 'y'])).toBeUndefined();
    expect(matchIds(DEVICE, [])).toBeUndefined();
  });

  test('far down a list stays in its range', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `I${index}`);
    const device = { hardware: many, compatible: many.map((id) => `C${id}`) };
    expect(matchIds(device, ['I4999'])?.score).toBe(0x0fff);
    expect(matchIds(device, ['x', 'I4999'])?.score).toBe(0x1fff);
    expect(matchIds(device, ['CI4999'])?.score).toBe(0x2fff);
    expect(matchIds(device, [...Array.from({ length: 40 }, () => 'x'), 'CI0'])?.score).toBe(0x3fff);
  });
});

describe('a rank', () => {
  test('is an unsigned number of 32 bits: signature, feature, identifier', () => {
    expect(formatRank(rankOf('unknown', undefined, 0x3101))).toBe('FFFF3101');
    expect(formatRank(rankOf('microsoft', 0xf8, 0))).toBe('0DF80000');
    expect(rankOf('unsigned', 0, 0)).toBeGreaterThan(rankOf('authenticode', 0xff, 0x3fff));
  });
});

describe('between candidates', () => {
  const one: Ranked = {
    rank: 0x00ff0000,
    date: { year: 2026, month: 5, day: 4 },
    version: [9, 1, 0, 0],
    name: 'oem1.inf',
  };

  test.each([
    ['the lower rank wins, whatever its age', { rank: 0x00fe0000, date: { year: 2001, month: 1, day: 1 } }],
    [
      'the later date wins, whatever its version',
      { date: { year: 2026, month: 5, day: 5 }, version: [1, 0, 0, 0] as const },
    ],
    ['the higher version wins, part by part', { version: [9, 1, 0, 10] as const }],
  ])('%s', (_rule, change) => {
    const better = { ...one, ...change };
    expect(compareRanked(better, one)).toBeLessThan(0);
    expect(compareRanked(one, better)).toBeGreaterThan(0);
    expect(isTie(one, better)).toBe(false);
  });

  test('without a date is the oldest, and what only the name decides is called a tie', () => {
    expect(compareRanked(one, { ...one, date: undefined })).toBeLessThan(0);
    expect(compareRanked(one, { ...one, name: 'oem2.inf' })).toBeLessThan(0);
    expect(isTie(one, { ...one, name: 'oem2.inf' })).toBe(true);
  });

  test('there is one order, whichever way they are compared', () => {
    const ranked = fc.record({
      rank: fc.constantFrom(0x00ff0000, 0x00fe0000, 0xffff3fff),
      date: fc.constantFrom(undefined, { year: 2026, month: 1, day: 2 }, { year: 2026, month: 2, day: 1 }),
      version: fc.constantFrom(undefined, [1, 2, 0, 0] as const, [1, 10, 0, 0] as const),
      name: fc.constantFrom('oem1.inf', 'oem2.inf'),
    });
    fc.assert(
      fc.property(ranked, ranked, ranked, (a, b, c) => {
        expect(Math.sign(compareRanked(a, b)) + Math.sign(compareRanked(b, a))).toBe(0);
        if (compareRanked(a, b) <= 0 && compareRanked(b, c) <= 0) expect(compareRanked(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
