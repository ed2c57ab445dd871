import { expect, test } from 'vitest';
import { unsigned } from '../../drivers/unsigned.ts';

test.each([
  ['7', 7],
  [' \t12 ', 12],
  ['+3', 3],
  ['4 pages', 4],
  ['0x10', 0],
  ['1e3', 1],
  ['', 0],
  ['yes', 0],
  ['- 1', 0],
  ['-0', 0],
  ['-1', 0xffff_ffff],
  ['-4294967295', 1],
  ['4294967295', 0xffff_ffff],
  ['4294967296', 0xffff_ffff],
  ['-99999999999999999999', 0xffff_ffff],
  ['９', 0],
])('%j is %i, as strtoul has it', (text, value) => {
  expect(unsigned(text)).toBe(value);
});
