import { describe, expect, test } from 'vitest';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xeniface } from '../../../drivers/xeniface/definition.ts';
import { objectPrefixesIn } from '../../../packaging/bundle/check-object-prefix.ts';
import { checkPvPackage } from '../../../packaging/bundle/check-pv-package.ts';
import { type CheckedFile, packageView } from '../../../packaging/bundle/package-view.ts';
import { binaryOf, driverPackage, exchanged } from '../../support/pv-package.ts';

const wide = (text: string): Uint8Array => Buffer.from(`\0${text}\0`, 'utf16le');
const narrow = (text: string): Uint8Array => Buffer.from(`\0${text}\0`, 'latin1');

describe('object prefixes in a file', () => {
  test.each([
    ['XenProjectXenStoreBase', ['XenProject']],
    ['SELECT * FROM CitrixXenStoreSession WHERE SessionId=1', ['Citrix']],
    ['Acme_2XenStoreWatchEvent', ['Acme_2']],
    ['XenStoreBase', []],
    ['getXenStoreSession', []],
    ['XenProjectXenStoreBaseClass', []],
    ['AcmeXenStore', []],
  ])('"%s" names %j', (text, expected) => {
    expect(objectPrefixesIn(wide(text), false)).toEqual(expected);
    expect(objectPrefixesIn(narrow(text), true)).toEqual(expected);
    expect(objectPrefixesIn(narrow(text), false)).toEqual([]);
  });

  test('at odd places, at the start, and cut off at the end', () => {
    const text = Buffer.from('XenProjectXenStoreBase', 'utf16le');
    expect(objectPrefixesIn(text, false)).toEqual(['XenProject']);
    expect(objectPrefixesIn(Buffer.concat([Buffer.alloc(3), text]), false)).toEqual(['XenProject']);
    expect(objectPrefixesIn(text.subarray(0, 36), false)).toEqual([]);
  });

  test('of a file full of names take linear time', () => {
    const bytes = Buffer.from('XenStore'.repeat(500_000), 'utf16le');
    const start = performance.now();
    expect(objectPrefixesIn(bytes, true)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('F01: the object prefix of the files of xeniface', () => {
  const files = (names: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(names).reduce<readonly CheckedFile[]>(
      (all, [name, strings]) => {
        const file = xeniface.generations[0].files.find((one) => one.name === name);
        if (file === undefined) throw new Error(name);
        return exchanged(all, name, binaryOf(file, '9.1.0.30', { strings }));
      },
      [...driverPackage(xenbus), ...driverPackage(xeniface)],
    );
  const found = (names: Readonly<Record<string, readonly string[]>>, objectPrefix?: string): readonly string[] =>
    checkPvPackage(
      packageView(files(names), (path) => path),
      { objectPrefix },
    )
      .filter(({ severity }) => severity === 'error')
      .map(({ failureMode, code, message }) => `${failureMode} ${code} ${message}`);

  test('is the one of the brand, in whatever case', () => {
    const own = { 'xeniface.sys': ['AcmeXenStoreBase'], 'xenagent.exe': ['AcmeXenStoreSession'] };
    expect(found(own, 'Acme')).toEqual([]);
    expect(found(own, 'ACME')).toEqual([]);
    expect(found(own)).toEqual([]);
  });

  test('is told where a binary has another one', () => {
    expect(found({ 'xenagent.exe': ['CitrixXenStoreBase'] }, 'Acme')).toEqual([
      'F01 PV_OBJECT_PREFIX xenagent.exe is built with the object prefix "Citrix", and the brand has "Acme".',
    ]);
    expect(found({ 'xeniface.sys': ['AcmeXenStoreBase'], 'xenagent.exe': ['CitrixXenStoreBase'] })).toEqual([
      'F01 PV_OBJECT_PREFIX xenagent.exe is built with the object prefix "Citrix", and xeniface.sys has "Acme".',
    ]);
  });

  test('may stand beside those of other vendors in an agent that knows them', () => {
    expect(found({ 'xenagent.exe': ['CitrixXenStoreBase', 'AcmeXenStoreBase'] }, 'Acme')).toEqual([]);
  });
});
