import { describe, expect, test } from 'vitest';
import { problem } from '../../../core/errors.ts';
import { mergedFindings, templateLine } from '../../../packaging/bundle/judge-bundle.ts';

const finding = (message: string, line = 7) =>
  problem('INF_1329', message, { severity: 'warning', at: { file: 't.inf', line } });
const merged = (...all: readonly (readonly [string, string, number?])[]): readonly string[] =>
  mergedFindings(all.map(([folder, message, line]) => ({ folder, finding: finding(message, line) }))).map(
    ({ message }) => message,
  );

describe('findings of several packages', () => {
  test('that say the same are told once, with the packages named or counted', () => {
    expect(merged(['a/x/x64', 'A.'], ['a/x/x86', 'A.'])).toEqual(['A. (In a/x/x64, a/x/x86.)']);
    expect(merged(['a', 'A.'], ['b', 'A.'], ['c', 'A.'], ['d', 'A.'])).toEqual(['A. (In a and 3 more packages.)']);
  });

  test('that differ in the target alone are one without it; of one target they keep it', () => {
    expect(merged(['a', 'A. (Target NTx86.)'], ['b', 'A. (Target NTamd64.10.0...17763.)'])).toEqual(['A. (In a, b.)']);
    expect(merged(['a', 'A. (Target NTx86.)'], ['b', 'A. (Target NTx86.)'])).toEqual(['A. (Target NTx86.) (In a, b.)']);
  });

  test('at other lines, or of another severity, stay apart', () => {
    expect(merged(['a', 'A.', 1], ['a', 'A.', 2])).toHaveLength(2);
    const error = problem('INF_1329', 'A.', { at: { file: 't.inf', line: 7 } });
    expect(
      mergedFindings([
        { folder: 'a', finding: finding('A.') },
        { folder: 'b', finding: error },
      ]),
    ).toHaveLength(2);
  });
});

test('a line of a rendered INF is found in its template, past the lines that fell away', () => {
  // Of six lines the second, the third and the fifth are gone.
  expect([1, 2, 3].map((line) => templateLine([2, 3, 5], line))).toEqual([1, 4, 6]);
  expect(templateLine([1], 1)).toBe(2);
  expect(templateLine([], 9)).toBe(9);
});
