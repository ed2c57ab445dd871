import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, u16leBytes, utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { assembleZip, packedInput } from '../../../../packaging/formats/zip/assemble.ts';
import { parseZip, type ZipParseOptions } from '../../../../packaging/formats/zip/parse.ts';
import { type OddZip, oddZip, u64leBytes } from '../../../support/odd-zip.ts';
import { oracle, withTempFolder } from '../../../support/outside.ts';
import { codeOf, MODIFIED, noise, prose } from '../cab/samples.ts';

const files = [
  { name: 'b.txt', bytes: prose(70_000) },
  { name: 'a/noise', bytes: noise(1_500_000) },
  { name: 'empty', bytes: new Uint8Array() },
];
const read = (bytes: Uint8Array, options: ZipParseOptions = { zip64: 'read' }) => parseZip(bytes, 'a.zip', options);
const contentOf = (i: number): Uint8Array => files[i]?.bytes ?? utf8('none');
const gathered = async (entry: { chunks(): AsyncGenerator<Uint8Array> }): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of entry.chunks()) pieces.push(piece);
  return concatBytes(...pieces);
};

describe('archives of other writers', () => {
  test.each<[string, OddZip]>([
    ['in one go', {}],
    ['without packing', { stored: true }],
    ['with the sizes after the data', { descriptors: true }],
    ['with the sizes after stored data', { descriptors: true, stored: true }],
    ['with room in the local headers', { room: true }],
    ['with a comment', { comment: 'made by somebody' }],
    ['in the large form', { zip64: true }],
    ['in the large form, with sizes after the data', { zip64: true, descriptors: true, comment: 'x' }],
  ])('%s are read whole and piece by piece', async (_what, how) => {
    const entries = read(oddZip(files, how));
    expect(entries.map(({ name, zip64 }) => [name, zip64])).toEqual(
      files.map(({ name }) => [name, how.zip64 === true]),
    );
    for (const [i, entry] of entries.entries()) {
      // Comparing millions of elements one by one takes minutes.
      expect(equalBytes(entry.bytes(), contentOf(i))).toBe(true);
      expect(equalBytes(await gathered(entry), contentOf(i))).toBe(true);
    }
  });

  test('in the large form are refused by whoever does not ask for them', () => {
    expect(codeOf(() => read(oddZip(files, { zip64: true }), {}))).toBe('ZIP_UNSUPPORTED');
  });

  test.each<[string, OddZip]>([
    ['a second end record of another count', { end64: { count: 2 } }],
    ['a second end record somewhere else', { end64: { at: 0 } }],
    ['a second end record behind the end', { end64: { at: 2 ** 40 } }],
    ['a directory somewhere else', { end64: { offset: 5 } }],
    ['a directory of no size', { end64: { size: 2 ** 52 } }],
    ['more entries than anybody has', { end64: { count: 2 ** 52 } }],
    ['a second end record that is longer', { end64: { length: 45 } }],
    ['no field with the sizes', { extra64: new Uint8Array() }],
    ['a field that is cut short', { extra64: concatBytes(u16leBytes(1), u16leBytes(8), u64leBytes(70_000)) }],
    ['a field that goes on beyond its end', { extra64: concatBytes(u16leBytes(1), u16leBytes(900)) }],
    [
      'sizes beyond the file',
      { extra64: concatBytes(u16leBytes(1), u16leBytes(24), u64leBytes(9e15), u64leBytes(9e15), u64leBytes(0)) },
    ],
    ['sizes of 64 bits in full', { extra64: concatBytes(u16leBytes(1), u16leBytes(24), new Uint8Array(24).fill(255)) }],
  ])('in the large form with %s are refused with a place', (_what, how) => {
    try {
      read(oddZip(files, { zip64: true, ...how }));
    } catch (error) {
      expect(error).toBeInstanceOf(WinpvError);
      expect((error as WinpvError).code).toMatch(/^ZIP_(MALFORMED|TRUNCATED|TOO_LARGE)$/);
      expect((error as WinpvError).at?.offset).toBeTypeOf('number');
      return;
    }
    expect.unreachable();
  });

  test('are refused piece by piece when data, size or checksum are spoilt', async () => {
    const whole = oddZip([{ name: 'a', bytes: prose(5_000_000) }]);
    for (const at of [60, 31 + 14, 31 + 14 + 2000]) {
      const spoilt = whole.slice();
      spoilt[at] = (spoilt[at] ?? 0) ^ 0x55;
      const [entry] = read(spoilt);
      if (entry === undefined) return expect.unreachable();
      await expect(gathered(entry)).rejects.toMatchObject({ code: 'ZIP_DATA_INVALID' });
      expect(codeOf(() => entry.bytes())).toBe('ZIP_DATA_INVALID');
    }
  });
});

describe('an archive put together from packed entries', () => {
  const taken = () =>
    read(oddZip(files, { descriptors: true, zip64: true })).map(({ name, size, packed }) => ({ name, size, packed }));
  const assembled = () => assembleZip([...taken(), packedInput('ä.xml', utf8('<x/>'.repeat(50)))], MODIFIED);

  test('has what was taken over, as it was packed, and what was added, in that order', () => {
    const entries = read(assembled(), {});
    expect(entries.map(({ name }) => name)).toEqual(['b.txt', 'a/noise', 'empty', 'ä.xml']);
    for (const [i, entry] of entries.slice(0, 3).entries()) {
      expect(equalBytes(entry.bytes(), contentOf(i))).toBe(true);
      expect(equalBytes(entry.packed.data, taken()[i]?.packed.data ?? utf8('none'))).toBe(true);
      expect(entry.packed.crc).toBe(crc32(files[i]?.bytes ?? ''));
    }
    expect(entries[3]?.packed.method).toBe('deflated');
  });
  test('stores what does not become smaller', () => {
    expect(packedInput('a', noise(1000)).packed.method).toBe('stored');
    expect(packedInput('a', new Uint8Array()).packed).toMatchObject({ method: 'stored', crc: 0 });
  });
  test('is refused where only the large form could hold it', () => {
    const big = { name: 'a', size: 2 ** 32 - 1, packed: { method: 'stored', crc: 0, data: new Uint8Array() } } as const;
    expect(codeOf(() => assembleZip([big], MODIFIED))).toBe('ZIP_TOO_LARGE');
    const many = Array.from({ length: 65_535 }, (_, i) => packedInput(`${i}`, new Uint8Array()));
    expect(codeOf(() => assembleZip(many, MODIFIED))).toBe('ZIP_TOO_LARGE');
  });
  test.each([
    [0, '1980'],
    [Date.UTC(2200, 0, 1), '2107'],
  ])('takes any date: %d is %s', (modified, year) => {
    const bytes = assembleZip([packedInput('a', utf8('x'))], modified);
    expect(1980 + ((bytes[13] ?? 0) >> 1)).toBe(Number(year));
  });

  oracle('python3', 'reads all of it, and agrees on names and sizes', (run) =>
    withTempFolder((folder) => {
      const path = join(folder, 'a.zip');
      writeFileSync(path, assembled());
      const script =
        'import zipfile, sys; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])';
      const said = run('-c', script, path).stdout.toString().trim();
      expect(said).toBe("None [('b.txt', 70000), ('a/noise', 1500000), ('empty', 0), ('ä.xml', 200)]");
    }),
  );
});
