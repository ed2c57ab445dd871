import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, u16leBytes, u32leBytes } from '../../../../core/bytes.ts';
import { encodeCab } from '../../../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../../../packaging/formats/cab/parse.ts';
import { codeOf, input, noise, patched, prose } from './samples.ts';

const parse = (bytes: Uint8Array) => parseCab(bytes, 'a.cab');
const tiny = encodeCab([input('a', Uint8Array.of(1, 2, 3))], { compress: 'none' });

/** Header of `folders` folders and no files, then the folder rows given. */
const withFolders = (count: number, row: Uint8Array, tail: Uint8Array): Uint8Array => {
  const rows = concatBytes(...Array.from({ length: count }, () => row));
  const out = concatBytes(tiny.subarray(0, 36), rows, tail);
  const view = new DataView(out.buffer);
  view.setUint32(8, out.length, true);
  view.setUint32(16, 36 + rows.length, true);
  view.setUint16(26, count, true);
  view.setUint16(28, 0, true);
  return out;
};

describe('reading a cabinet', () => {
  test('says where a file is no cabinet or ends too early', () => {
    expect(codeOf(() => parse(new Uint8Array(0)))).toBe('CAB_NOT_A_CABINET');
    expect(codeOf(() => parse(patched(tiny, 3, 0)))).toBe('CAB_NOT_A_CABINET');
    for (let length = 4; length < tiny.length; length += 1) {
      expect(codeOf(() => parse(tiny.subarray(0, length)))).toBe('CAB_TRUNCATED');
    }
  });

  test('refuses one of a set, with a hint how to make one cabinet of it', () => {
    const names = Uint8Array.of(0x61, 0, 0x62, 0);
    const spanned = concatBytes(patched(tiny, 30, 2).subarray(0, 36), names, tiny.subarray(36));
    expect(codeOf(() => parse(spanned))).toBe('CAB_SPANNED');
    expect(codeOf(() => parse(patched(tiny, 52, 0xfe, 0xff)))).toBe('CAB_SPANNED');
  });

  test('refuses a file outside its folder, and a folder that is not there', () => {
    expect(codeOf(() => parse(patched(tiny, 44, 4)))).toBe('CAB_MALFORMED');
    expect(codeOf(() => parse(patched(tiny, 48, 1)))).toBe('CAB_MALFORMED');
    expect(codeOf(() => parse(patched(tiny, 52, 1)))).toBe('CAB_MALFORMED');
  });

  test('refuses files that share bytes of a folder', () => {
    const two = encodeCab([input('a', noise(10)), input('b', noise(10))], { compress: 'none' });
    expect(codeOf(() => parse(patched(two, 62 + 4, 9)))).toBe('CAB_MALFORMED');
  });

  test('refuses folders that share blocks: the way to a bomb of any size', () => {
    const block = concatBytes(u32leBytes(0), u16leBytes(1), u16leBytes(1), Uint8Array.of(7));
    const start = u32leBytes(36 + 2 * 8);
    const shared = withFolders(2, concatBytes(start, u16leBytes(1), u16leBytes(0)), concatBytes(block, block));
    expect(codeOf(() => parse(shared))).toBe('CAB_MALFORMED');
  });

  test('refuses 65,535 folders of 65,535 blocks at once, however few bytes there are', () => {
    const row = concatBytes(u32leBytes(0), u16leBytes(0xffff), u16leBytes(1));
    const before = process.hrtime.bigint();
    expect(codeOf(() => parse(withFolders(0xffff, row, new Uint8Array(100))))).toBe('CAB_MALFORMED');
    expect(Number(process.hrtime.bigint() - before) / 1e6).toBeLessThan(2000);
  });

  test('warns when the file table is not right behind the folders, where some readers look for it', () => {
    expect(parse(tiny).warnings).toEqual([]);
    const out = concatBytes(tiny.subarray(0, 44), new Uint8Array(6), tiny.subarray(44));
    const view = new DataView(out.buffer);
    view.setUint32(8, out.length, true);
    view.setUint32(16, 50, true);
    view.setUint32(36, 68, true);
    expect(parse(out).warnings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning CAB_NOT_ADJACENT',
    ]);
  });

  test('counts the bytes behind the cabinet that nothing describes', () => {
    expect(parse(tiny).trailingSize).toBe(0);
    expect(parse(concatBytes(tiny, noise(9))).trailingSize).toBe(9);
  });

  test('gives no date for a day that the calendar lacks', () => {
    expect(parse(patched(tiny, 54, 0, 0)).files[0]?.date).toBeUndefined();
    expect(parse(patched(tiny, 54, 30 | (2 << 5), 0x5c)).files[0]?.date).toBeUndefined();
  });
});

describe('a damaged cabinet', () => {
  const files = [
    input('pkg/a.sys', prose(40_000)),
    input('pkg/b.inf', noise(300)),
    input('pkg/c.txt', new Uint8Array(0)),
  ];
  const samples = [encodeCab(files, { compress: 'mszip' }), encodeCab(files.slice(1), { compress: 'none' })];

  test('gives a value or a WinpvError whatever bytes are changed, and never more than its blocks can hold', () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255), inHeader: fc.boolean() });
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.nat(40),
        (sample, changes, cut) => {
          const bytes = Uint8Array.from(sample.subarray(0, sample.length - (cut < 20 ? 0 : cut)));
          for (const { at, value, inHeader } of changes) bytes[at % (inHeader ? 120 : bytes.length)] = value;
          codeOf(() => {
            const unpacked = extractCab(parseCab(bytes, 'mutated.cab'));
            const total = unpacked.reduce((sum, entry) => sum + entry.bytes.length, 0);
            expect(total).toBeLessThanOrEqual(bytes.length * 1032);
          });
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('gives a value or a WinpvError for any bytes behind MSCF', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        codeOf(() => extractCab(parseCab(concatBytes(Uint8Array.of(0x4d, 0x53, 0x43, 0x46), tail), 'any.cab')));
      }),
      { numRuns: 2000 },
    );
  });
});
