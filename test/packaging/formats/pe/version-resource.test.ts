import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { versionResources } from '../../../../packaging/formats/pe/resources.ts';
import {
  encodeVersionResource,
  parseVersionInfo,
  parseVersionResource,
  type VersionResource,
} from '../../../../packaging/formats/pe/version-resource.ts';
import { hex } from '../../../support/hex.ts';
import { describeCorpus } from '../../../support/outside.ts';

const at = { file: 'a.sys', base: 0 };

const word = fc.integer({ min: 0, max: 0xffff });
const version = fc.tuple(word, word, word, word);
/** Any UTF-16 text without NUL. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.replaceAll('\0', ''));

const resources: fc.Arbitrary<VersionResource> = fc.record({
  fixed: fc.record({
    fileVersion: version,
    productVersion: version,
    fileType: fc.integer({ min: 0, max: 7 }),
    fileSubtype: fc.integer({ min: 0, max: 12 }),
    fileFlags: fc.integer({ min: 0, max: 0x3f }),
    fileOs: fc.constantFrom(0x4_0004, 4, 0),
  }),
  strings: fc.array(fc.record({ language: word, codepage: word, values: fc.dictionary(text, text, { maxKeys: 8 }) }), {
    maxLength: 4,
  }),
});

describeCorpus('version resources of real drivers', (corpus) => {
  test.each(['x64', 'x86', 'msvc64', 'arm64', 'msvc64-odd-rsrc'])('%s.sys says what it is', (name) => {
    const image = parsePe(corpus.file(`signed/pe/own/${name}.sys`), name);
    expect(parseVersionResource(image)).toMatchObject({
      fixed: {
        fileVersion: [8, 2, 1, 42],
        productVersion: [8, 2, 1, 42],
        fileType: 3,
        fileSubtype: 7,
        fileOs: 0x4_0004,
      },
      strings: [
        {
          language: 0x0409,
          codepage: 1200,
          values: { ProductName: 'Oracle Test Driver', OriginalFilename: 'xenvbd.sys' },
        },
      ],
    });
  });

  test.each(['x64', 'x86', 'msvc64', 'arm64'])(
    '%s.sys: encoding what was read gives the resource compiler’s bytes',
    (name) => {
      const image = parsePe(corpus.file(`signed/pe/own/${name}.sys`), name);
      const [stored] = versionResources(image);
      const resource = parseVersionResource(image);
      if (stored === undefined || resource === undefined) throw new Error('no version resource');
      expect(toHex(encodeVersionResource(resource))).toBe(toHex(stored.bytes));
    },
  );
});

describe('VS_VERSIONINFO', () => {
  test('reading what was written gives the same', () => {
    fc.assert(
      fc.property(resources, (resource) => {
        expect(parseVersionInfo(encodeVersionResource(resource), at)).toEqual(resource);
      }),
    );
  });

  test('keeps names that mean something to JavaScript', () => {
    const values = Object.fromEntries([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const resource = { ...sample, strings: [{ language: 0, codepage: 0, values }] };
    const read = parseVersionInfo(encodeVersionResource(resource), at);
    expect(Object.entries(read.strings[0]?.values ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('aligns every block and counts text in characters', () => {
    const strings = [{ language: 0x0409, codepage: 1200, values: { Ab: 'xyz' } }];
    expect(toHex(encodeVersionResource({ ...sample, strings }))).toBe(
      toHex(hex`
        f0 00 34 00 00 00          ; wLength 240, wValueLength 52, binary
        56 00 53 00 5f 00 56 00 45 00 52 00 53 00 49 00 4f 00 4e 00 5f 00 49 00 4e 00 46 00 4f 00 00 00
        00 00                      ; padding
        bd 04 ef fe 00 00 01 00    ; signature, structure version
        02 00 09 00 04 00 03 00    ; file version 9.2.3.4
        06 00 05 00 08 00 07 00    ; product version 5.6.7.8
        3f 00 00 00 00 00 00 00 04 00 04 00 03 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00
        50 00 00 00 01 00          ; StringFileInfo
        53 00 74 00 72 00 69 00 6e 00 67 00 46 00 69 00 6c 00 65 00 49 00 6e 00 66 00 6f 00 00 00
        2c 00 00 00 01 00          ; StringTable
        30 00 34 00 30 00 39 00 30 00 34 00 62 00 30 00 00 00
        14 00 04 00 01 00          ; String: 4 characters with the NUL
        41 00 62 00 00 00
        78 00 79 00 7a 00 00 00
        44 00 00 00 01 00          ; VarFileInfo
        56 00 61 00 72 00 46 00 69 00 6c 00 65 00 49 00 6e 00 66 00 6f 00 00 00
        00 00
        24 00 04 00 00 00          ; Var
        54 00 72 00 61 00 6e 00 73 00 6c 00 61 00 74 00 69 00 6f 00 6e 00 00 00
        00 00
        09 04 b0 04`),
    );
  });

  test('several languages stay apart', () => {
    const strings = [
      { language: 0x0409, codepage: 1200, values: { ProductName: 'Disk' } },
      { language: 0x0411, codepage: 1200, values: { ProductName: 'ディスク' } },
    ];
    expect(parseVersionInfo(encodeVersionResource({ ...sample, strings }), at).strings).toEqual(strings);
  });

  test('a resource that does not fit its 16-bit length is refused', () => {
    const strings = [{ language: 0, codepage: 0, values: { Comments: 'x'.repeat(40_000) } }];
    expect(() => encodeVersionResource({ ...sample, strings })).toThrow(
      expect.objectContaining({ code: 'PE_TOO_COMPLEX' }),
    );
  });

  test('changed or cut bytes give a resource or a PE error', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(resources, fc.array(change, { maxLength: 6 }), fc.nat(), (resource, changes, length) => {
        const whole = encodeVersionResource(resource);
        for (const [offset, value] of changes) whole[offset % whole.length] = value;
        try {
          parseVersionInfo(whole.subarray(0, length % (whole.length + 1)), at);
          parseVersionInfo(whole, at);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(error.code).toMatch(/^PE_/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

const sample: VersionResource = {
  fixed: {
    fileVersion: [9, 2, 3, 4],
    productVersion: [5, 6, 7, 8],
    fileType: 3,
    fileSubtype: 7,
    fileFlags: 0,
    fileOs: 0x4_0004,
  },
  strings: [],
};
