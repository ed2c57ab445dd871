import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { concatBytes, toHex, u16leBytes, u32leBytes, utf8 } from '../../../../core/bytes.ts';
import { encodeZip } from '../../../../packaging/formats/zip/encode.ts';
import { parseZip } from '../../../../packaging/formats/zip/parse.ts';
import { codeOf, MODIFIED, noise, patched, prose } from '../cab/samples.ts';

const options = { modified: MODIFIED };
const entry = (name: string, bytes: Uint8Array = Uint8Array.of(1, 2, 3)) => ({ name, bytes });
const list = (bytes: Uint8Array) => parseZip(bytes, 'a.zip');

/** What a hand-made archive says of an entry; everything else is taken from the data. */
interface Record {
  readonly name: string;
  readonly localName?: string;
  readonly data?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly size?: number;
  readonly crc?: number;
  readonly mode?: number;
  readonly at?: number;
}

const archive = (records: readonly Record[], comment: Uint8Array = new Uint8Array(0)): Uint8Array => {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const record of records) {
    const { name, localName = name, data = new Uint8Array(0), method = 0, flags = 0, crc = 0, mode = 0 } = record;
    const sizes = concatBytes(u32leBytes(crc), u32leBytes(data.length), u32leBytes(record.size ?? data.length));
    const middle = concatBytes(u16leBytes(flags), u16leBytes(method), u32leBytes(0), sizes);
    const local = concatBytes(u32leBytes(0x04034b50), u16leBytes(20), middle, u16leBytes(utf8(localName).length));
    locals.push(local, u16leBytes(0), utf8(localName), data);
    centrals.push(u32leBytes(0x02014b50), u16leBytes((3 << 8) | 20), u16leBytes(20), middle);
    centrals.push(u16leBytes(utf8(name).length), u32leBytes(0), u32leBytes(0), u32leBytes(mode << 16));
    centrals.push(u32leBytes(record.at ?? offset), utf8(name));
    offset += local.length + 2 + utf8(localName).length + data.length;
  }
  const directory = concatBytes(...centrals);
  const counts = concatBytes(u16leBytes(records.length), u16leBytes(records.length));
  const end = concatBytes(
    u32leBytes(0x06054b50),
    u32leBytes(0),
    counts,
    u32leBytes(directory.length),
    u32leBytes(offset),
  );
  return concatBytes(...locals, directory, end, u16leBytes(comment.length), comment);
};

describe('backslashes in names', () => {
  const names = (...records: readonly string[]) =>
    parseZip(archive(records.map((name) => ({ name }))), 'a.zip', { backslashSeparates: true }).map(({ name }) => name);

  test('separate when the reader is asked for that, of folders too', () => {
    expect(names('xenbus\\', 'xenbus\\x64\\', 'xenbus\\x64\\xen.sys', 'revision')).toEqual([
      'xenbus/x64/xen.sys',
      'revision',
    ]);
  });

  test.each([
    ['ZIP_NAME_UNSAFE', 'a lead out', ['a\\..\\..\\b']],
    ['ZIP_NAME_UNSAFE', 'a server', ['\\\\server\\share\\b']],
    ['ZIP_NAME_UNSAFE', 'a drive', ['C:\\b']],
    ['ZIP_NAME_UNSAFE', 'both slashes', ['a/b\\c']],
    ['ZIP_NAME_TWICE', 'the same name with the other slash', ['a\\b', 'a/B']],
  ])('%s: %s', (code, _, records) => {
    expect(codeOf(() => names(...records))).toBe(code);
  });
});

test('what cannot be seen in a name is written out in the message', () => {
  expect(() => list(archive([{ name: 'x\u202esys.exe' }]))).toThrow(/x\\u\{202e\}sys\.exe/);
});

describe('a ZIP that we write', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test('has sorted names with /, whatever order and slashes they came in', async () => {
    const zip = await encodeZip([entry('b/z'), entry('b\\a'), entry('a.txt')], options);
    expect(list(zip).map(({ name }) => name)).toEqual(['a.txt', 'b/a', 'b/z']);
  });

  test('is the same in another order, at another time and in another time zone', async () => {
    const files = [entry('a', prose(50_000)), entry('b', noise(5000)), entry('c', new Uint8Array(0))];
    process.env.TZ = 'America/New_York';
    const there = await encodeZip(files, options);
    process.env.TZ = 'Asia/Tokyo';
    const here = await encodeZip([...files].reverse(), options);
    expect(Buffer.compare(there, here)).toBe(0);
  });

  test('stores the date in UTC and mode 0644', async () => {
    const zip = await encodeZip([entry('a')], options);
    const central = Buffer.from(zip).indexOf('PK\u0001\u0002', 0, 'latin1');
    const view = new DataView(zip.buffer, zip.byteOffset + central);
    // 2026-11-24 12:34:56 in MS-DOS form
    expect(view.getUint32(12, true)).toBe(((46 << 25) | (11 << 21) | (24 << 16) | (12 << 11) | (34 << 5) | 28) >>> 0);
    expect((view.getUint32(38, true) >>> 16).toString(8)).toMatch(/644$/);
  });

  test('holds no name twice and none outside its folder', async () => {
    await expect(encodeZip([entry('a'), entry('A')], options)).rejects.toMatchObject({ code: 'ZIP_NAME_TWICE' });
    await expect(encodeZip([entry('../a')], options)).rejects.toMatchObject({ code: 'ZIP_NAME_UNSAFE' });
  });

  test('round trip: what is packed is unpacked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 }), async (contents) => {
        const zip = await encodeZip(
          contents.map((bytes, index) => entry(`ordner ü/${index}.bin`, bytes)),
          options,
        );
        expect(list(zip).map((file) => [file.name, file.size, toHex(file.bytes())])).toEqual(
          contents.map((bytes, index) => [`ordner ü/${index}.bin`, bytes.length, toHex(bytes)]),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('a ZIP that we read', () => {
  const data = Uint8Array.of(0x61, 0x62, 0x63);
  const CRC_ABC = 0x352441c2;
  const stored = { name: 'p/a.txt', data, crc: CRC_ABC };

  test('may be stored or deflated, with folders, which are left out, and a comment', () => {
    const packed = { name: 'p/b.txt', data: deflateRawSync(data), method: 8, size: 3, crc: CRC_ABC };
    const zip = archive([{ name: 'p/', mode: 0o040755 }, stored, packed], utf8('a comment'));
    expect(list(zip).map((file) => [file.name, toHex(file.bytes())])).toEqual([
      ['p/a.txt', '616263'],
      ['p/b.txt', '616263'],
    ]);
  });

  test.each<[string, string, readonly Record[]]>([
    ['ZIP_NAME_UNSAFE', 'a name with ..', [{ ...stored, name: '../a' }]],
    ['ZIP_NAME_UNSAFE', 'an absolute name', [{ ...stored, name: '/a' }]],
    ['ZIP_NAME_UNSAFE', 'a backslash', [{ ...stored, name: 'a\\b' }]],
    ['ZIP_NAME_UNSAFE', 'a folder outside', [{ name: '../' }]],
    ['ZIP_NAME_TWICE', 'a name twice', [stored, stored]],
    ['ZIP_NAME_TWICE', 'a name twice but for its case', [stored, { ...stored, name: 'P/A.txt' }]],
    ['ZIP_NAME_TWICE', 'a file that is also a folder', [stored, { ...stored, name: 'p' }]],
    ['ZIP_NAME_TWICE', 'a file that is also a listed folder', [{ name: 'p/' }, { ...stored, name: 'p' }]],
    ['ZIP_MALFORMED', 'another name in the local header', [{ ...stored, localName: 'p/b.txt' }]],
    [
      'ZIP_MALFORMED',
      'two entries with the same data',
      [stored, { ...stored, name: 'p/b.txt', localName: 'p/a.txt', at: 0 }],
    ],
    ['ZIP_MALFORMED', 'a stored entry with two sizes', [{ ...stored, size: 4 }]],
    ['ZIP_MALFORMED', 'a size that its data cannot hold', [{ ...stored, method: 8, size: 4000 }]],
    ['ZIP_UNSUPPORTED', 'an encrypted entry', [{ ...stored, flags: 1 }]],
    ['ZIP_UNSUPPORTED', 'another method', [{ ...stored, method: 12 }]],
    ['ZIP_UNSUPPORTED', 'a symbolic link', [{ ...stored, mode: 0o120777 }]],
    ['ZIP_UNSUPPORTED', 'a ZIP64 entry', [{ ...stored, size: 0xffffffff }]],
    ['ZIP_TRUNCATED', 'an entry beyond the data', [{ ...stored, at: 5000 }]],
  ])('is refused as %s for %s', (code, _, records) => {
    expect(codeOf(() => list(archive(records)))).toBe(code);
  });

  test('is refused when it would unpack to more than allowed', () => {
    expect(codeOf(() => parseZip(archive([stored]), 'a.zip', { maxBytes: 2 }))).toBe('ZIP_TOO_LARGE');
  });

  test('is refused when something follows its comment or the directory is elsewhere', () => {
    const zip = archive([stored]);
    expect(codeOf(() => list(concatBytes(zip, noise(1))))).toBe('ZIP_NOT_A_ZIP');
    expect(codeOf(() => list(concatBytes(noise(1), zip)))).toBe('ZIP_MALFORMED');
    expect(codeOf(() => list(new Uint8Array(0)))).toBe('ZIP_NOT_A_ZIP');
  });

  test('gives no bytes whose CRC-32 or length differs from the directory', () => {
    const wrongCrc = list(archive([{ ...stored, crc: 1 }]))[0];
    expect(codeOf(() => wrongCrc?.bytes())).toBe('ZIP_DATA_INVALID');
    for (const size of [2, 4]) {
      const packed = { name: 'a', data: deflateRawSync(data), method: 8, size, crc: CRC_ABC };
      const wrongSize = list(archive([packed]))[0];
      expect(codeOf(() => wrongSize?.bytes())).toBe('ZIP_DATA_INVALID');
    }
  });

  test('gives a value or a WinpvError whatever bytes are changed', async () => {
    const zip = await encodeZip([entry('p/a', prose(25_000)), entry('p/b', noise(50)), entry('c')], options);
    const change = fc.record({ at: fc.nat(zip.length - 1), value: fc.nat(255) });
    const nearEnd = fc.record({ at: fc.integer({ min: zip.length - 200, max: zip.length - 1 }), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(fc.oneof(change, nearEnd), { minLength: 1, maxLength: 5 }), (changes) => {
        let bytes: Uint8Array = zip;
        for (const { at, value } of changes) bytes = patched(bytes, at, value);
        codeOf(() => {
          const total = list(bytes).reduce((sum, file) => sum + file.bytes().length, 0);
          expect(total).toBeLessThanOrEqual(bytes.length * 1032);
        });
      }),
      { numRuns: 3000 },
    );
  });
});
