import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../../core/errors.ts';
import { peExports, peImports } from '../../../../packaging/formats/pe/imports.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { describeCorpus, oracle } from '../../../support/outside.ts';
import { bareImage } from './bare-image.ts';
import { objdumpImports } from './objdump.ts';

describeCorpus('imports of real drivers', (corpus) => {
  test('modules and names stand in file order', () => {
    const image = parsePe(corpus.file('signed/pe/own/x64.sys'), 'x64.sys');
    expect(peImports(image)).toEqual([
      { module: 'storport.sys', names: ['StorPortDebugPrint', 'StorPortInitialize'] },
      {
        module: 'ntoskrnl.exe',
        names: ['DbgPrint', 'ExAllocatePoolWithTag', 'ExFreePoolWithTag', 'IofCompleteRequest', 'RtlInitUnicodeString'],
      },
    ]);
    expect(peExports(image)).toEqual([]);
  });

  for (const name of ['x64.sys', 'x86.sys', 'msvc64.sys', 'x64-dual-sha1-nested-sha256.sys']) {
    oracle('objdump', `lists the same imports of ${name}`, (objdump) => {
      const path = `signed/pe/own/${name}`;
      const expected = objdumpImports(objdump('-p', corpus.path(path)).stdout.toString('latin1'));
      expect(expected.length).toBeGreaterThan(0);
      expect(peImports(parsePe(corpus.file(path), name))).toEqual(expected);
    });
  }

  test.each(['x64.sys', 'x86.sys', 'arm64.sys'])(
    '%s with changed bytes gives tables or a PE error, quickly',
    (name) => {
      const whole = corpus.file(`signed/pe/own/${name}`);
      const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 400 }), (changes) => {
          const bytes = whole.slice();
          for (const [offset, value] of changes) if (offset >= 0x200) bytes[offset] = value;
          try {
            const image = parsePe(bytes, name);
            peImports(image);
            peExports(image);
          } catch (error) {
            if (!(error instanceof WinpvError)) throw error;
            expect(error.code).toMatch(/^PE_/);
          }
        }),
        { numRuns: 500 },
      );
    },
  );
});

/** An image with one section at RVA 0x1000 holding the table that directory `index` points to. */
const imageWithTable = (index: number, table: Uint8Array): Uint8Array => {
  const bytes = bareImage({ sections: [[0x400, table.length]], tail: new Uint8Array(0) });
  const view = new DataView(bytes.buffer);
  view.setUint32(0x58 + 112 + 8 * index, 0x1000, true);
  view.setUint32(0x58 + 116 + 8 * index, table.length, true);
  bytes.set(table, 0x400);
  return bytes;
};

const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

describe('hostile tables', () => {
  test('descriptors that all name the same long table stop at a limit', () => {
    // 5,000 descriptors, each with the same 8,000 thunks, each of the same name: 40 million names when followed blindly.
    const descriptors = new Uint32Array(5 * 5001);
    const thunksAt = 0x1000 + descriptors.byteLength;
    const nameAt = thunksAt + 8 * 8001;
    for (let i = 0; i < 5000; i += 1) descriptors.set([thunksAt, 0, 0, nameAt + 2, thunksAt], 5 * i);
    const thunks = new Uint32Array(2 * 8001);
    for (let i = 0; i < 8000; i += 1) thunks[2 * i] = nameAt;
    const table = new Uint8Array([
      ...new Uint8Array(descriptors.buffer),
      ...new Uint8Array(thunks.buffer),
      ...Buffer.from('\0\0aVeryUsualName\0'),
    ]);
    const image = parsePe(imageWithTable(1, table), 'a.sys');
    expect(() => peImports(image)).toThrow(expect.objectContaining({ code: 'PE_TOO_COMPLEX' }));
  });

  test('an export count beyond reason stops before anything is read', () => {
    const table = words(0, 0, 0, 0, 1, 0xffff_ffff, 0xffff_ffff, 0x1000, 0x1000, 0x1000);
    const image = parsePe(imageWithTable(0, table), 'a.sys');
    expect(() => peExports(image)).toThrow(expect.objectContaining({ code: 'PE_TOO_COMPLEX' }));
  });

  test('a table address outside the file is named', () => {
    const image = parsePe(imageWithTable(1, words(0x9000, 0, 0, 0x1000, 0x9000)), 'a.sys');
    expect(() => peImports(image)).toThrow(/OriginalFirstThunk points to 0x9000/);
  });

  test('a descriptor list without end runs into the end of the file', () => {
    const image = parsePe(imageWithTable(1, words(0x1040, 0, 0, 0x1040, 0x1040, ...Array(15).fill(0))), 'a.sys');
    expect(peImports(image)).toEqual([{ module: '', names: [] }]);
    const endless = parsePe(imageWithTable(1, words(0x1014, 0, 0, 0x1004, 0x1014, 0, 0)), 'a.sys');
    expect(() => peImports(endless)).toThrow(expect.objectContaining({ code: 'PE_TRUNCATED' }));
  });
});

describe('ordinals', () => {
  test('an import by ordinal n is #n', () => {
    const table = words(0x1030, 0, 0, 0x1040, 0x1030, 0, 0, 0, 0, 0, 0, 0, 17, 0x8000_0000, 0, 0, 0x79732e61, 0x73);
    expect(peImports(parsePe(imageWithTable(1, table), 'a.sys'))).toEqual([{ module: 'a.sys', names: ['#17'] }]);
  });

  test('an export without a name is # and its ordinal', () => {
    const table = words(0, 0, 0, 0, 5, 3, 0, 0x1028, 0, 0, 0x1000, 0, 0x1000);
    expect(peExports(parsePe(imageWithTable(0, table), 'a.sys'))).toEqual(['#5', '#7']);
  });
});
