import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { cabChecksum, cfdataChecksum } from '../../../../packaging/formats/cab/checksum.ts';
import { encodeCab, packCab } from '../../../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../../../packaging/formats/cab/extract.ts';
import { encodeMszipBlock } from '../../../../packaging/formats/cab/mszip.ts';
import { parseCab } from '../../../../packaging/formats/cab/parse.ts';
import { hex } from '../../../support/hex.ts';
import { codeOf, input, MODIFIED, noise, prose } from './samples.ts';

const ABC = Uint8Array.of(0x61, 0x62, 0x63);

describe('a cabinet that we write', () => {
  test('is laid out field by field as [MS-CAB] says, files right after folders', () => {
    expect(toHex(encodeCab([input('p/a.inf', ABC)], { compress: 'none' }))).toBe(
      toHex(hex`
        4d 53 43 46  00 00 00 00 ; MSCF
        4f 00 00 00  00 00 00 00 ; cbCabinet 79
        2c 00 00 00  00 00 00 00 ; coffFiles 44
        03 01 01 00 01 00 00 00  ; version 1.3, one folder, one file, no flags
        00 00 00 00              ; setID 0, iCabinet 0
        44 00 00 00 01 00 00 00  ; CFFOLDER: data at 68, one block, not compressed
        03 00 00 00 00 00 00 00  ; CFFILE: 3 bytes, at 0 of the folder
        00 00 78 5d 5c 64 20 00  ; folder 0, 2026-11-24, 12:34:56, archive
        70 5c 61 2e 69 6e 66 00  ; p\a.inf
        60 62 62 00 03 00 03 00  ; CFDATA: csum, 3 bytes from 3 bytes
        61 62 63`),
    );
  });

  test('stores the date as UTC and moves one outside 1980 to 2107 to the nearest that fits', () => {
    const dateOf = (modified: number): number | undefined =>
      parseCab(encodeCab([{ name: 'a', bytes: ABC, modified }], { compress: 'none' }), 'a.cab').files[0]?.date;
    expect(dateOf(MODIFIED)).toBe(MODIFIED);
    expect(dateOf(MODIFIED + 1999)).toBe(MODIFIED);
    expect(dateOf(0)).toBe(Date.UTC(1980, 0, 1));
    expect(dateOf(Date.UTC(2200, 0, 1))).toBe(Date.UTC(2107, 11, 31, 23, 59, 58));
  });

  test('marks a name as UTF-8 only when it is not ASCII', () => {
    const cabinet = parseCab(encodeCab([input('a.inf', ABC), input('ü.inf', ABC)], { compress: 'none' }), 'a.cab');
    expect(cabinet.files.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['a.inf', 0x20],
      ['ü.inf', 0xa0],
    ]);
  });

  test('is the same when it is written again', () => {
    const files = [input('p/a.sys', prose(100_000)), input('p/b.sys', noise(50_000))];
    const [once, again] = [encodeCab(files, { compress: 'mszip' }), encodeCab(files, { compress: 'mszip' })];
    expect(Buffer.compare(once, again)).toBe(0);
  });

  test('gains from what earlier blocks hold', () => {
    const repeated = encodeCab([input('a', prose(120_000))], { compress: 'mszip' });
    // Every 20,000 bytes the text is the same noise: without history each block would cost 20,000 bytes.
    expect(repeated.length).toBeLessThan(26_000);
  });

  test('is refused when it would be empty, or hold a name twice or outside its folder', () => {
    expect(codeOf(() => encodeCab([], { compress: 'none' }))).toBe('CAB_EMPTY');
    expect(codeOf(() => encodeCab([input('a', ABC), input('A', ABC)], { compress: 'none' }))).toBe('CAB_NAME_TWICE');
    expect(codeOf(() => encodeCab([input('../a', ABC)], { compress: 'none' }))).toBe('CAB_NAME_UNSAFE');
    expect(codeOf(() => encodeCab([input('ü'.repeat(128), ABC)], { compress: 'none' }))).toBe('CAB_NAME_UNSAFE');
  });

  test.each(['mszip', 'none'] as const)('round trip (%s): what is packed is unpacked', (compress) => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.record({ length: fc.nat(70_000), seed: fc.integer({ min: 1 }) }).map((n) => noise(n.length, n.seed)),
      fc.nat(70_000).map(prose),
    );
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 5 }), (contents) => {
        const files = contents.map((bytes, index) => input(`package ${index}/file.bin`, bytes));
        const unpacked = extractCab(parseCab(encodeCab(files, { compress }), 'a.cab'));
        expect(unpacked.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
        for (const [index, { bytes }] of unpacked.entries()) {
          expect(Buffer.compare(bytes, contents[index] ?? new Uint8Array(1))).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the CFDATA checksum', () => {
  test('covers the data, then the block sizes, four bytes at a time', () => {
    const head = hex`
      03 00   ; cbData
      03 00   ; cbUncomp`;
    expect(cfdataChecksum(head, ABC)).toBe(0x00_62_62_60); // the value gcab writes
  });

  test('turns an odd tail round: the first byte is the highest', () => {
    expect(cabChecksum(hex`61`)).toBe(0x61);
    expect(cabChecksum(hex`61 62`)).toBe(0x6162);
    expect(cabChecksum(hex`61 62 63`)).toBe(0x616263);
    expect(cabChecksum(hex`01 00 00 80 61 62 63`)).toBe(0x80616262);
  });

  test('does not depend on where the bytes lie in memory', () => {
    const bytes = noise(1003);
    const shifted = new Uint8Array(1004);
    shifted.set(bytes, 1);
    expect(cabChecksum(shifted.subarray(1))).toBe(cabChecksum(bytes));
  });
});

describe('an MSZIP block', () => {
  test('of bytes that do not shrink is one stored block, within the limit of 12 extra bytes', () => {
    const packed = encodeMszipBlock(noise(0x8000), new Uint8Array(0), 5);
    expect(toHex(packed.subarray(0, 7))).toBe('434b010080ff7f');
    expect(packed.length).toBe(0x8000 + 7);
  });

  test('of one byte is as short as DEFLATE allows', () => {
    expect(encodeMszipBlock(Uint8Array.of(0x41), new Uint8Array(0), 5).length).toBeLessThanOrEqual(8);
  });
});

describe('packing with all cores', () => {
  test.each(['mszip', 'none'] as const)('gives the same bytes as packing with one (%s)', async (compress) => {
    const files = [
      input('a/text.txt', prose(300_000)),
      input('a/noise.bin', noise(100_001)),
      input('b/empty.txt', new Uint8Array(0)),
    ];
    expect(Buffer.compare(await packCab(files, { compress }), encodeCab(files, { compress }))).toBe(0);
  });

  test('refuses what packing with one refuses', async () => {
    await expect(packCab([], { compress: 'mszip' })).rejects.toMatchObject({ code: 'CAB_EMPTY' });
    await expect(packCab([input('../x', ABC)], { compress: 'mszip' })).rejects.toMatchObject({
      code: 'CAB_NAME_UNSAFE',
    });
  });

  test('codes hex digits without a pattern by frequency alone, and hex digits with one by their repetitions', () => {
    const digits = new Uint8Array(Buffer.from(Buffer.from(noise(100_000)).toString('hex')));
    const packed = encodeCab([input('dump.hex', digits)], { compress: 'mszip' });
    expect(packed.length).toBeLessThan(digits.length * 0.51);
    expect(extractCab(parseCab(packed, 'x.cab'))[0]?.bytes).toEqual(digits);
    const page = digits.subarray(0, 8192);
    const repeated = new Uint8Array(Buffer.concat(Array.from({ length: 25 }, () => Buffer.from(page))));
    expect(encodeCab([input('dump.hex', repeated)], { compress: 'mszip' }).length).toBeLessThan(8192);
  });
});
