import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../../core/errors.ts';
import { checkPe } from '../../../../packaging/formats/pe/flaws.ts';
import { isPe, parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { describeCorpus } from '../../../support/outside.ts';
import { bareImage } from './bare-image.ts';
import { bestOf } from './best-of.ts';

const rulesOf = (bytes: Uint8Array): string[] => parsePe(bytes, 'a.sys').flaws.map(({ rule }) => rule);

const codeOf = (bytes: Uint8Array): string => {
  try {
    parsePe(bytes, 'a.sys');
    return 'none';
  } catch (error) {
    if (error instanceof WinpvError) return error.code;
    throw error;
  }
};

describeCorpus('reading images of the corpus', (corpus) => {
  test('the headers of a PE32+ driver made by mingw-w64', () => {
    const image = parsePe(corpus.file('signed/pe/own/x64.sys'), 'x64.sys');
    expect(image).toMatchObject({
      machine: 'x64',
      pe32Plus: true,
      subsystem: 1,
      characteristics: 0x22e,
      dllCharacteristics: 0x160,
      timeDateStamp: 1_700_000_000,
      checksum: 0xace2,
      sizeOfHeaders: 0x400,
      sectionAlignment: 0x1000,
      fileAlignment: 0x200,
      sizeOfImage: 0x9000,
      entryPoint: 0x1060,
      imageBase: 0x1_0000n,
      certificateTable: undefined,
      flaws: [],
    });
    expect(image.sections.map(({ name, rawOffset }) => [name, rawOffset])).toEqual([
      ['.text', 0x400],
      ['.rdata', 0x600],
      ['.pdata', 0x1c00],
      ['.xdata', 0x1e00],
      ['.idata', 0x2000],
      ['.rsrc', 0x2200],
      ['.reloc', 0x2600],
    ]);
    expect(image.directories[1]).toEqual({ rva: 0x6000, size: 0x1a0 });
  });

  test.each([
    ['x86.sys', 'x86', false],
    ['arm64.sys', 'arm64', true],
    ['msvc64.sys', 'x64', true],
  ] as const)('%s is for %s', (name, machine, pe32Plus) => {
    expect(parsePe(corpus.file(`signed/pe/own/${name}`), name)).toMatchObject({ machine, pe32Plus, subsystem: 1 });
  });

  test.each([
    ['pe-sections-overlap-raw.sys', ['overlap-raw']],
    ['pe-sections-overlap-virtual.sys', ['overlap-virtual']],
    ['pe-certtable-size-beyond-eof.sys', ['certificate-table-out-of-range']],
    ['pe-certtable-not-8-aligned.sys', ['certificate-table-unaligned']],
    ['pe-trailing-after-certtable.sys', ['trailing-data-after-certificates']],
    ['pe-certtable-byte-flipped.sys', []],
    ['pe-checksum-wrong.sys', []],
    ['pe-section-byte-flipped.sys', []],
  ])('tampered/%s has the flaws %j', (name, rules) => {
    expect(rulesOf(corpus.file(`signed/tampered/${name}`))).toEqual(rules);
  });

  test('MZ and text is no image', () => {
    const bytes = corpus.file('signed/pe/mz-but-not-pe.bin');
    expect(isPe(bytes)).toBe(false);
    expect(codeOf(bytes)).toBe('PE_NOT_AN_IMAGE');
  });

  test('a driver cut anywhere is no image, is truncated, or says which section is missing', () => {
    const whole = corpus.file('signed/pe/own/x64.sys');
    const endOfSectionTable = 0x400;
    for (let length = 0; length < whole.length; length += length < endOfSectionTable ? 1 : 97) {
      const cut = whole.subarray(0, length);
      const code = codeOf(cut);
      if (code === 'none') expect(rulesOf(cut), String(length)).toContain('section-out-of-range');
      else expect(['PE_NOT_AN_IMAGE', 'PE_TRUNCATED']).toContain(code);
    }
  });

  test('whatever 1 to 6 header bytes become, reading gives an image or a PE error', () => {
    const whole = corpus.file('signed/pe/own/x86-sha256-rfc3161.sys');
    const change = fc.tuple(fc.nat(0x3ff), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = whole.slice();
        for (const [offset, value] of changes) bytes[offset] = value;
        expect(codeOf(bytes)).toMatch(/^(none|PE_)/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what is not an image', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['only MZ', Uint8Array.of(0x4d, 0x5a)],
    ['e_lfanew beyond the end', bareImage({}).fill(0xff, 0x3c, 0x40)],
    ['no PE signature', bareImage({}).fill(0, 0x40, 0x44)],
    ['an unknown optional header', bareImage({}).fill(0, 0x58, 0x5a)],
  ])('%s', (_what, bytes) => {
    expect(codeOf(bytes)).toBe('PE_NOT_AN_IMAGE');
  });

  test('random bytes never get further than an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(bytes)).toMatch(/^PE_/);
      }),
    );
  });

  test('an error says where the file ended', () => {
    const cut = bareImage({}).subarray(0, 0x60);
    expect(() => parsePe(cut, 'xenvbd.sys')).toThrow(
      expect.objectContaining({ code: 'PE_TRUNCATED', at: { file: 'xenvbd.sys', offset: 0x58 + 108 } }),
    );
  });
});

describe('flaws', () => {
  test('a plain image has none', () => {
    expect(rulesOf(bareImage({}))).toEqual([]);
  });

  test('a section inside the headers overlaps them', () => {
    expect(rulesOf(bareImage({ sections: [[0x200, 0x400]] }))).toEqual(['overlap-raw']);
    expect(rulesOf(bareImage({ addresses: [0x200] }))).toEqual(['overlap-virtual']);
  });

  test('overlap is found between sections that are not neighbours in the table', () => {
    const sections = [
      [0x400, 0x600],
      [0xa00, 0x200],
      [0x600, 0x200],
    ] as const;
    const [flaw] = parsePe(bareImage({ sections }), 'a.sys').flaws;
    expect(flaw).toMatchObject({ rule: 'overlap-raw', offset: 0x58 + 112 + 128 + 80 });
  });

  test('a certificate table inside the image, empty, or at offset 0 is not followed', () => {
    const table = (offset: number, size: number): Uint8Array => {
      const bytes = bareImage({ tail: new Uint8Array(64) });
      const view = new DataView(bytes.buffer);
      view.setUint32(0x58 + 144, offset, true);
      view.setUint32(0x58 + 148, size, true);
      expect(parsePe(bytes, 'a.sys').certificateTable).toBeUndefined();
      return bytes;
    };
    expect(rulesOf(table(0x500, 64))).toEqual(['certificate-table-overlap']);
    expect(rulesOf(table(0, 64))).toEqual(['certificate-table-overlap']);
    expect(rulesOf(table(0x600, 0))).toEqual(['certificate-table-out-of-range']);
    expect(rulesOf(table(0xffff_fff8, 0xffff_fff8))).toEqual(['certificate-table-out-of-range']);
  });

  test('directories that would lie in the section table are reported and not read', () => {
    const bytes = bareImage({ directories: 4 });
    new DataView(bytes.buffer).setUint32(0x58 + 108, 16, true);
    const image = parsePe(bytes, 'a.sys');
    expect(image.directories).toHaveLength(4);
    expect(image.flaws.map(({ rule }) => rule)).toEqual(['directories-out-of-range']);
  });

  test('become findings with a position', () => {
    const bytes = bareImage({ sections: [[0x400, 0x7000_0000]], addresses: [0x200] });
    expect(checkPe(parsePe(bytes, 'a.sys'))).toMatchObject([
      { code: 'PE_TRUNCATED', at: { file: 'a.sys', offset: 0x58 + 240 } },
      { code: 'PE_MALFORMED', at: { file: 'a.sys', offset: 0x58 + 240 } },
    ]);
  });

  test('of 65,535 sections that all overlap the first ones are listed, soon', () => {
    const bytes = new Uint8Array(0x200 + 65_535 * 40);
    bytes.set(bareImage({}).subarray(0, 0x58 + 240));
    new DataView(bytes.buffer).setUint16(0x46, 65_535, true);
    for (let at = 0x58 + 240; at + 40 <= bytes.length; at += 40) bytes.fill(1, at + 8, at + 24);
    const flaws = rulesOf(bytes);
    for (const rule of ['section-out-of-range', 'overlap-raw', 'overlap-virtual']) {
      expect(flaws.filter((flaw) => flaw === rule).length).toBe(20);
    }
    expect(bestOf(3, () => parsePe(bytes, 'a.sys'))).toBeLessThan(1500);
  });
});
