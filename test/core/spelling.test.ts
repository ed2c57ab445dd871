import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closestName, editDistance, shownLine, shownText } from '../../core/spelling.ts';

describe('the distance of two words', () => {
  test.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['devcie', 'device', 1],
    ['ca', 'abc', 3],
  ])('%j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  test('is the same in both directions, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('the name that was meant', () => {
  const known = ['vendorName', 'vendorPrefix', 'vendorDeviceId', 'objectPrefix', 'productName', 'supportUrl'];
  test.each([
    ['vendorNmae', 'vendorName'],
    ['vendor_name', 'vendorName'],
    ['VENDOR_PREFIX', 'vendorPrefix'],
    ['devcieId', 'vendorDeviceId'],
    ['objectprefx', 'objectPrefix'],
    ['url', undefined],
    ['colour', undefined],
    ['v'.repeat(65), undefined],
  ])('of %j is %j', (word, meant) => {
    expect(closestName(word, known)).toBe(meant);
  });

  test('is never found among no names', () => {
    expect(closestName('vendorName', [])).toBeUndefined();
  });
});

describe('a text from outside', () => {
  test('cannot move the cursor, turn the writing or fill the screen', () => {
    expect(shownText('a\u001b[31mb\u202ec')).toBe('a\\u{1b}[31mb\\u{202e}c');
    expect(shownText('x'.repeat(500))).toHaveLength(81);
  });

  test('keeps its columns when it is a line of source', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (line) => {
        expect(shownLine(line)).toHaveLength(line.length);
        expect(shownLine(line)).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      }),
    );
  });
});
