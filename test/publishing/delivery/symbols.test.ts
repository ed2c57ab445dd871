import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, u32leBytes, utf8 } from '../../../core/bytes.ts';
import { pdbIdentity } from '../../../packaging/formats/pdb/parse.ts';
import { codeViewOf } from '../../../packaging/formats/pe/debug-directory.ts';
import { isPe, parsePe } from '../../../packaging/formats/pe/parse.ts';
import { symbolFiles } from '../../../publishing/delivery/symbols.ts';
import { demoImage } from '../../support/demo-image.ts';

const PAGE = 512;
const padded = (bytes: Uint8Array): Uint8Array => {
  const page = new Uint8Array(Math.ceil(bytes.length / PAGE) * PAGE);
  page.set(bytes);
  return page;
};
const numbers = (...all: readonly number[]): Uint8Array => concatBytes(...all.map(u32leBytes));
const GUID = fromHex('33221100554477668899aabbccddeeff');

/** A PDB with the streams that say which build it is of: pages 0 header, 1–2 free maps, 3 PDB, 4 DBI, 5 directory, 6 its map. */
const pdb = ({
  age = 7,
  dbiAge = 3,
}: {
  readonly age?: number;
  readonly dbiAge?: number | undefined;
} = {}): Uint8Array => {
  const info = concatBytes(numbers(20_000_404, 0x5f5f5f5f, age), GUID);
  const dbi = numbers(0xffffffff, 19_990_903, dbiAge, 0);
  const directory = numbers(4, 0, info.length, 0, dbi.length, 3, 4);
  const header = concatBytes(
    utf8('Microsoft C/C++ MSF 7.00\r\n\x1aDS'),
    new Uint8Array(3),
    numbers(PAGE, 1, 7, directory.length, 0, 6),
  );
  const empty = new Uint8Array(PAGE);
  return concatBytes(...[header, empty, empty, info, dbi, directory, numbers(5)].map(padded));
};

/** An image with a debug directory behind its sections' own data: the RSDS record stands in a section's slack. */
const linked = (name: string, age: number): Uint8Array => {
  const image = parsePe(demoImage(), 'demo.sys');
  const bytes = Uint8Array.from(image.bytes);
  const section = image.sections.find(({ rawSize, virtualSize }) => rawSize - virtualSize >= 100);
  if (section === undefined) throw new Error('no section has room');
  const record = concatBytes(utf8('RSDS'), GUID, u32leBytes(age), utf8(`C:\\build\\${name}\0`));
  const at = section.rawOffset + section.rawSize - 28 - record.length;
  const entry = numbers(0, 0, 0, 2, record.length, 0, at + 28);
  bytes.set(concatBytes(entry, record), at);
  const directory = 6;
  const start = Number(image.certificateDirectoryOffset) + (directory - 4) * 8;
  bytes.set(numbers(section.virtualAddress + (at - section.rawOffset), 28), start);
  return bytes;
};

const shown = (name: string): string => `acme-x64-submission.cab/${name}`;

describe('symbols', () => {
  test('a PDB is filed by its GUID and the age of its DBI stream', () => {
    expect(pdbIdentity(pdb(), 'x.pdb')).toEqual({ guid: '00112233445566778899AABBCCDDEEFF', age: 3 });
    const { files, diagnostics } = symbolFiles([{ name: 'xenvbd/xenvbd.pdb', bytes: pdb({ dbiAge: 26 }) }], shown);
    expect(files.map(({ name }) => name)).toEqual(['xenvbd.pdb/00112233445566778899AABBCCDDEEFF1A/xenvbd.pdb']);
    expect(diagnostics).toEqual([]);
  });

  test('an image is filed by its time stamp, eight digits, and its size', () => {
    const image = parsePe(demoImage(), 'demo.sys');
    const [file] = symbolFiles([{ name: 'demo/demo.sys', bytes: image.bytes }], shown).files;
    const time = image.timeDateStamp.toString(16).toUpperCase().padStart(8, '0');
    expect(file?.name).toBe(`demo.sys/${time}${image.sizeOfImage.toString(16)}/demo.sys`);
  });

  test('an image names the PDB that it was linked with, and one of another build is told', () => {
    const bytes = linked('xenvbd.pdb', 3);
    expect(codeViewOf(parsePe(bytes, 'x.sys'))).toEqual({
      guid: '00112233445566778899AABBCCDDEEFF',
      age: 3,
      pdb: 'C:\\build\\xenvbd.pdb',
    });
    const both = (age: number) =>
      symbolFiles(
        [
          { name: 'xenvbd/xenvbd.sys', bytes: linked('xenvbd.pdb', age) },
          { name: 'xenvbd/xenvbd.pdb', bytes: pdb() },
        ],
        shown,
      ).diagnostics;
    expect(both(3)).toEqual([]);
    expect(both(4).map(({ code }) => code)).toEqual(['DELIVERY_SYMBOLS_FOREIGN']);
  });

  test('a release without symbols is told of', () => {
    expect(symbolFiles([], shown).diagnostics.map(({ code }) => code)).toEqual(['DELIVERY_NO_SYMBOLS']);
  });

  test('what is no PDB, cut short or with wrong numbers, is left out and told, and never thrown over', () => {
    const whole = pdb();
    // What the missing or wrong bytes do not touch may still be read; nothing else ever is.
    const readings = [undefined, pdbIdentity(whole, 'x.pdb')];
    expect(pdbIdentity(whole.subarray(0, 55), 'x.pdb')).toBeUndefined();
    for (let length = 0; length < whole.length; length += 37) {
      expect(readings).toContainEqual(pdbIdentity(whole.subarray(0, length), 'x.pdb'));
    }
    for (let at = 32; at < 56; at += 1) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = 0xff;
      expect(readings).toContainEqual(pdbIdentity(bytes, 'x.pdb'));
    }
    const { files, diagnostics } = symbolFiles([{ name: 'a/a.pdb', bytes: utf8('not one') }], shown);
    expect(files).toEqual([]);
    expect(diagnostics[0]?.code).toBe('DELIVERY_SYMBOLS_FOREIGN');
    expect(isPe(demoImage())).toBe(true);
  });
});
