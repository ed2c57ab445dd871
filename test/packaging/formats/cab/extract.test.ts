import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../../../core/bytes.ts';
import { encodeCab } from '../../../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../../../packaging/formats/cab/parse.ts';
import { describeCorpus } from '../../../support/outside.ts';
import { codeOf, input, noise, patched, prose } from './samples.ts';

const extract = (bytes: Uint8Array) => extractCab(parseCab(bytes, 'a.cab'));

/** A cabinet with one file `a` of 3 bytes; CFFOLDER at 36, CFFILE at 44, CFDATA at 62. */
const tiny = encodeCab([input('a', Uint8Array.of(1, 2, 3))], { compress: 'none' });
const DATA = 62;

describe('unpacking a cabinet', () => {
  test('checks each block against its checksum, and takes a stored 0 for "not computed"', () => {
    expect(codeOf(() => extract(patched(tiny, DATA + 8, 9)))).toBe('CAB_CHECKSUM');
    const unchecked = patched(patched(tiny, DATA + 8, 9), DATA, 0, 0, 0, 0);
    expect(extract(unchecked)[0]?.bytes).toEqual(Uint8Array.of(9, 2, 3));
  });

  test('reads names with either slash as paths with /', () => {
    const cabinet = encodeCab([input('p\\q\\a.inf', Uint8Array.of(1))], { compress: 'mszip' });
    expect(extract(cabinet)[0]?.name).toBe('p/q/a.inf');
  });

  test.each([
    ['..', [0x2e, 0x2e]],
    ['an absolute path', [0x5c, 0x61]],
    ['a drive', [0x61, 0x3a]],
    ['a control character', [0x61, 0x01]],
  ])('refuses a name with %s', (_, name) => {
    const cabinet = encodeCab([input('ab', Uint8Array.of(1))], { compress: 'none' });
    expect(codeOf(() => extract(patched(cabinet, 60, ...name)))).toBe('CAB_NAME_UNSAFE');
  });

  test('refuses a name that stands twice', () => {
    const cabinet = encodeCab([input('a', Uint8Array.of(1)), input('b', Uint8Array.of(2))], { compress: 'none' });
    expect(codeOf(() => extract(patched(cabinet, 78, 0x41)))).toBe('CAB_NAME_TWICE');
  });

  test('refuses Quantum and LZX by name, and reads their lists', () => {
    const lzx = patched(tiny, 36 + 6, 3, 21);
    expect(parseCab(lzx, 'a.cab').folders[0]?.compression).toBe('lzx');
    expect(codeOf(() => extract(lzx))).toBe('CAB_UNSUPPORTED');
  });

  test('refuses to unpack more than it was allowed, before it unpacks anything', () => {
    const cabinet = parseCab(encodeCab([input('a', prose(70_000))], { compress: 'mszip' }), 'a.cab');
    expect(codeOf(() => extractCab(cabinet, { maxBytes: 69_999 }))).toBe('CAB_TOO_LARGE');
    expect(extractCab(cabinet, { maxBytes: 70_000 })[0]?.bytes.length).toBe(70_000);
  });

  test('refuses a block that yields more or less than it says', () => {
    for (const actual of [9, 11, 40_000]) {
      const block = concatBytes(Uint8Array.of(0x43, 0x4b), deflateRawSync(new Uint8Array(actual)));
      expect(codeOf(() => extract(oneBlock(block, 10)))).toBe('CAB_DATA_INVALID');
    }
    const right = concatBytes(Uint8Array.of(0x43, 0x4b), deflateRawSync(new Uint8Array(10)));
    expect(extract(oneBlock(right, 10))[0]?.bytes).toEqual(new Uint8Array(10));
  });

  test('refuses a block without CK, one over 32 KiB + 12, and one that is too short for its size', () => {
    expect(codeOf(() => extract(oneBlock(Uint8Array.of(0x43, 0x4c, 3, 0), 0x100)))).toBe('CAB_DATA_INVALID');
    expect(codeOf(() => extract(oneBlock(concatBytes(Uint8Array.of(0x43, 0x4b), noise(0x8000 + 11)), 0x8000)))).toBe(
      'CAB_DATA_INVALID',
    );
    expect(codeOf(() => extract(oneBlock(Uint8Array.of(0x43, 0x4b, 3, 0), 0x8000)))).toBe('CAB_DATA_INVALID');
  });

  /** A cabinet with the file `a` of `size` bytes in one MSZIP block that is given as it stands. */
  const oneBlock = (block: Uint8Array, size: number): Uint8Array => {
    const out = concatBytes(patched(tiny, 42, 1).subarray(0, DATA + 8), block);
    const view = new DataView(out.buffer);
    view.setUint32(8, out.length, true);
    view.setUint32(44, size, true);
    view.setUint32(DATA, 0, true);
    view.setUint16(DATA + 4, block.length, true);
    view.setUint16(DATA + 6, size, true);
    return out;
  };
});

describeCorpus('unpacking real cabinets', ({ file }) => {
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const own = ['x64.sys', 'x86.sys', 'msvc64.sys', 'arm64.sys'].map(
    (name) => [name, file(`signed/pe/own/${name}`)] as const,
  );

  test.each(['signed/cab/own/mszip.cab', 'signed/cab/own/mszip-sha256-rfc3161.cab'])(
    '%s yields the four drivers, the second block with the history of the first',
    (name) => {
      const files = extractCab(parseCab(file(name), name));
      expect(files.map((entry) => [entry.name, sha256(entry.bytes)])).toEqual(
        own.map(([driver, bytes]) => [driver, sha256(bytes)]),
      );
    },
  );

  test.each(['stored', 'reserve-cabinet-6144', 'reserve-data-16', 'reserve-folder-128'])(
    'own/%s.cab yields x64.sys',
    (name) => {
      const files = extractCab(parseCab(file(`signed/cab/own/${name}.cab`), name));
      expect(files.map((entry) => [entry.name, sha256(entry.bytes)])).toEqual([
        ['x64.sys', sha256(file('signed/pe/own/x64.sys'))],
      ]);
    },
  );

  test('with and without history, by gcab and by zlib, stored and packed: the same bytes', () => {
    const digests = ['gcab-mszip', 'gcab-stored', 'mszip-with-dictionary', 'mszip-without-dictionary'].map((name) => {
      const entry = extractCab(parseCab(file(`signed/cab/${name}.cab`), name))[0];
      return entry === undefined
        ? ''
        : `${entry.bytes.length} ${toHex(entry.bytes.subarray(0, 8))} ${sha256(entry.bytes)}`;
    });
    expect(digests[0]).toMatch(/^195001 /);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[3]).toBe(digests[2]);
  });
});
