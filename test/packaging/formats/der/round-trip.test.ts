import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import {
  type Der,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  unsignedInteger,
} from '../../../../packaging/formats/der/encode.ts';
import { decodeOid, parseDer } from '../../../../packaging/formats/der/parse.ts';
import { hex } from '../../../support/hex.ts';

const read = (der: Der) => parseDer(der, { file: 'a.der' });

describe('what is written is read back', () => {
  test.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [255, '020200ff'],
    [0x0200, '02020200'],
    [0x7fff, '02027fff'],
    [0x8000, '0203008000'],
    [0x1001_0001, '020410010001'],
    [0x7fff_ffff, '02047fffffff'],
    [0x8000_0000, '02050080000000'],
    [2n ** 64n, '0209010000000000000000'],
  ])('the INTEGER %s is %s', (value, expected) => {
    expect(toHex(integer(value))).toBe(expected);
    const magnitude = BigInt(value).toString(16);
    const octets = Buffer.from(magnitude.length % 2 === 0 ? magnitude : `0${magnitude}`, 'hex');
    expect(toHex(unsignedInteger(octets))).toBe(expected);
  });

  test('lengths around every change of form', () => {
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536, 16_777_216]) {
      const node = read(octetString(new Uint8Array(length).fill(1)));
      expect(node.value.length).toBe(length);
      expect(node.value.every((octet) => octet === 1)).toBe(true);
    }
  });

  test('object identifiers, with arcs of any size', () => {
    const arcs = fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom('0.9', '1.2', '1.3', '2.5', '2.999'), arcs, (top, rest) => {
        const dotted = [top, ...rest].join('.');
        expect(read(oid(dotted)).oid('id')).toBe(dotted);
      }),
    );
    expect(decodeOid(hex`69 83 ff ff ff ff ff ff ff 7f`)).toBe('2.25.288230376151711743');
    expect(decodeOid(hex`2a 84 80 80 80 80 80 80 80 80 00`)).toBe('1.2.36893488147419103232');
    expect(decodeOid(hex`2a 80 01`)).toBeUndefined();
    expect(decodeOid(hex`2a 86`)).toBeUndefined();
  });

  test('small values written one after the other do not touch each other', () => {
    const values = Array.from({ length: 50_000 }, (_, i) => integer(i));
    expect(values.every((value, i) => read(value).smallInteger('value') === i)).toBe(true);
  });

  test('a SET OF is in ascending order, a SEQUENCE as given', () => {
    const [a, b] = [integer(2), integer(1)];
    expect(toHex(setOf(a, b))).toBe('3106020101020102');
    expect(toHex(sequence(a, b))).toBe('3006020102020101');
  });

  test('times, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(read(time(seconds * 1000)).time('time')).toBe(seconds * 1000);
      }),
    );
  });
});

describe('bytes that are not DER', () => {
  test.each([
    ['an indefinite length', hex`30 80 00 00`, 'DER_NOT_CANONICAL'],
    ['a length in more octets than needed', hex`04 81 01 00`, 'DER_NOT_CANONICAL'],
    ['a value longer than its file', hex`04 05 00`, 'DER_TRUNCATED'],
    ['a high tag number', hex`1f 81 01 00`, 'DER_UNEXPECTED'],
    ['bytes after the value', hex`05 00 00`, 'DER_TRAILING_DATA'],
  ])('%s is refused', (_what, bytes, code) => {
    expect(() => read(bytes)).toThrow(WinpvError);
    try {
      read(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code });
    }
  });
});
