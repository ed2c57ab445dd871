import { describe, expect, test } from 'vitest';
import { type BuildNumbers, type BuiltFile, builtFile, checkSameBuild } from '../../../packaging/bundle/builds.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import { encodeStandIn } from '../../../packaging/formats/pe/stand-in.ts';
import { image } from '../../support/pv-package.ts';

/** A binary whose version resource has these texts, one block of strings each. */
const built = (
  name: string,
  { fixed = 7, product = 7, texts = [] }: { fixed?: number; product?: number; texts?: readonly string[] } = {},
): BuiltFile => {
  const bytes = image({
    name,
    version: {
      fixed: {
        fileVersion: [9, 1, 0, fixed],
        productVersion: [9, 1, 0, product],
        ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
      },
      strings: texts.map((text, i) => ({
        ...{ language: 0x409 + i, codepage: 1200 },
        values: { FileVersion: text, ProductVersion: text },
      })),
    },
  });
  const file = builtFile(name, parsePe(bytes, name), name);
  if (file === undefined) throw new Error(name);
  return file;
};

const without = (name: string): BuiltFile => ({ name, path: name, numbers: undefined });
const found = (...files: readonly BuiltFile[]) =>
  checkSameBuild(files).map(({ failureMode, message }) => `${failureMode} ${message}`);

const SAME = ['9.1.0.7', '9, 1, 0, 7', '9.1.0.7 (main)'];

describe('files of one build carry the same four numbers', () => {
  test('wherever a resource script writes them, and however', () => {
    for (const text of SAME) {
      const files = ['xenbus.sys', 'xen.sys', 'xenfilt.sys'].map((name, i) =>
        built(name, { texts: [i === 0 ? '9.1.0.7' : text] }),
      );
      expect(found(...files)).toEqual([]);
    }
  });

  test.each([
    ['the version of the file', { fixed: 6 }, 'F24 xen.sys is of build 9.1.0.6, and xenbus.sys of 9.1.0.7.'],
    [
      'the version of the product',
      { product: 6 },
      'F24 xen.sys has the product version 9.1.0.6, and xenbus.sys 9.1.0.7.',
    ],
    ['the text for people', { texts: ['9.1.0.6'] }, 'F24 xen.sys has the FileVersion 9.1.0.6, and xenbus.sys 9.1.0.7.'],
    [
      'the text in one language of two',
      { texts: ['9.1.0.7', '9.1.0.6'] },
      'F24 xen.sys has the FileVersion 9.1.0.6, and xenbus.sys 9.1.0.7.',
    ],
  ])('and not others as %s', (_, change, message) => {
    const bus = built('xenbus.sys', { texts: ['9.1.0.7'] });
    expect(found(bus, built('xen.sys', { texts: ['9.1.0.7'], ...change }))).toEqual([message]);
  });

  test('a product may have a version of its own, when all files say the same', () => {
    expect(found(built('xenbus.sys', { product: 1 }), built('xen.sys', { product: 1 }))).toEqual([]);
  });

  test.each([
    ['xen.sys', 'xenbus.sys', 'F24'],
    ['xenbus.sys', 'xen.sys', 'F24'],
    ['xencrsh.sys', 'xenvbd.sys', 'F37'],
    ['xenvbd.sys', 'xencrsh.sys', 'F37'],
    ['xendisk.sys', 'xenvbd.sys', 'F39'],
  ])('%s without any beside %s with them is of another build (%s)', (name, other, mode) => {
    expect(found(built(other), without(name))).toEqual([
      `${mode} ${name} has no version, and ${other} is of build 9.1.0.7.`,
    ]);
  });

  test('images none of which has a version are not judged, and neither is one that cannot be read', () => {
    expect(found(without('xenbus.sys'), without('xen.sys'))).toEqual([]);
    const bytes = encodeStandIn({
      ...{ name: 'xen.sys', machine: 'x64', kind: 'driver', imports: [], exports: [], strings: [], timeDateStamp: 1 },
      version: {
        fixed: {
          ...{ fileVersion: [9, 1, 0, 7], productVersion: [9, 1, 0, 7] },
          ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
        },
        strings: [],
      },
    });
    const signature = Buffer.from(bytes).indexOf(Buffer.from([0xbd, 0x04, 0xef, 0xfe]));
    bytes[signature] = 0;
    expect(builtFile('xen.sys', parsePe(bytes, 'xen.sys'), 'xen.sys')).toBeUndefined();
  });

  test('text that is no version says nothing', () => {
    const numbers: BuildNumbers | undefined = built('xen.sys', {
      texts: ['built in May', '9.1', '99999999.1.1.1'],
    }).numbers;
    expect(numbers?.fileTexts).toEqual([]);
  });
});
