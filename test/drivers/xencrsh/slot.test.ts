import { describe, expect, test } from 'vitest';
import { toHex } from '../../../core/bytes.ts';
import { answerOf, encodeSlot } from '../../../drivers/xencrsh/slot.ts';

describe('a request of the crash dump library on the ring', () => {
  test('is a slot of 112 bytes, whatever is in it', () => {
    const segments = [
      { reference: 9, first: 0, last: 7 },
      { reference: 30, first: 0, last: 3 },
    ];
    const slot = encodeSlot({ operation: 'write', handle: 768, sector: 0x1_0008_0000, segments }, 0xabcd);
    expect(slot.length).toBe(112);
    const [head, rest] = [slot.subarray(0, 40), slot.subarray(40)];
    expect(toHex(head)).toBe(
      ['01020003', '00000000', 'cdab000000000000', '0000080001000000', '0900000000070000', '1e00000000030000'].join(''),
    );
    expect(rest.every((byte) => byte === 0)).toBe(true);
  });

  test.each([
    ['read', 0],
    ['write', 1],
    ['barrier', 2],
    ['flush', 3],
  ] as const)('%s is operation %i', (operation, code) => {
    expect(encodeSlot({ operation, handle: 1, sector: 0, segments: [] }, 0)[0]).toBe(code);
  });

  test.each([
    ['0102030405060708 01 00 0000', 'okay'],
    ['0102030405060708 01 00 ffff', 'error'],
    ['0102030405060708 02 00 feff', 'not supported'],
    ['0102030405060708 02 00', 'error'],
    ['', 'error'],
  ])('the answer %j says %s', (hex, answer) => {
    const bytes = Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(answerOf(bytes)).toBe(answer);
  });
});
