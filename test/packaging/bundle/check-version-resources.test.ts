import { describe, expect, test } from 'vitest';
import type { FourPartVersion } from '../../../core/version.ts';
import { checkVersionResources, type VersionedFile } from '../../../packaging/bundle/check-version-resources.ts';

const BRAND = 'Acme Corp';
const INF = { name: 'xenvbd.inf', provider: BRAND, driverVer: [9, 1, 0, 7] as FourPartVersion };
const QUIET = { rewrites: false, told: false };

const file = (
  path: string,
  values: Readonly<Record<string, string>> = {},
  fileVersion: FourPartVersion = [9, 1, 0, 7],
): VersionedFile => ({
  path,
  version: {
    fixed: {
      ...{ fileVersion, productVersion: fileVersion },
      ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
    },
    strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: BRAND, ...values } }],
  },
});
const OLD: FourPartVersion = [9, 1, 0, 6];

const found = (files: readonly VersionedFile[], context = QUIET) =>
  checkVersionResources(INF, files, context).map(({ severity, message }) => `${severity} ${message}`);

describe('version resources against the INF', () => {
  test('that agree are not spoken of, whatever their product is called or numbered', () => {
    expect(found([file('xenvbd.sys', { ProductName: 'Acme', ProductVersion: '1.0' })])).toEqual([]);
  });

  test.each([
    [
      'another version',
      file('xenvbd.sys', {}, OLD),
      'error xenvbd.sys: the file version is 9.1.0.6, and xenvbd.inf is of 9.1.0.7.',
    ],
    [
      'another version in the text',
      file('xenvbd.sys', { FileVersion: '9.1.0.6' }),
      'error xenvbd.sys: FileVersion says 9.1.0.6, and xenvbd.inf is of 9.1.0.7.',
    ],
    [
      'another vendor',
      file('xenvbd.sys', { CompanyName: 'Elsewhere' }),
      'error xenvbd.sys: the version resource names "Elsewhere", and xenvbd.inf is by "Acme Corp".',
    ],
    [
      'another vendor of a program of upstream’s',
      file('xenagent.exe', { CompanyName: 'Elsewhere' }),
      'error xenagent.exe: the version resource names "Elsewhere", and xenvbd.inf is by "Acme Corp".',
    ],
  ])('%s is an error that names both sides', (_, other, message) => {
    expect(found([other])).toEqual([message]);
  });

  test('images that agree in nothing are warned of, and are errors beside one of the brand', () => {
    const foreign = file('xenvif.sys', { CompanyName: 'Elsewhere' }, OLD);
    expect(found([foreign]).map((text) => text.split(' ')[0])).toEqual(['warning', 'warning']);
    expect(found([file('xennet.sys'), foreign]).map((text) => text.split(' ')[0])).toEqual(['error', 'error']);
  });

  test('a program that the vendor adds may be somebody else’s', () => {
    expect(found([file('xenvbd.sys'), file('helper.exe', { CompanyName: 'Elsewhere' })])).toEqual([
      expect.stringMatching(/^warning helper\.exe: .*"Elsewhere"/),
    ]);
  });

  test('what another rule stops the release for is not an error twice', () => {
    const other = file('xenvbd.sys', { CompanyName: 'Elsewhere' });
    expect(found([other], { ...QUIET, told: true })).toEqual([expect.stringMatching(/^warning /)]);
    const mixed = [other, file('xencrsh.sys', {}, OLD)];
    expect(found(mixed)).toEqual([expect.stringMatching(/^warning xenvbd\.sys: .*"Elsewhere"/)]);
  });

  test('a file of the family that was built as another one is told', () => {
    expect(found([file('xenfilt.sys', { OriginalFilename: 'XEN.SYS' })])).toEqual([
      'warning xenfilt.sys: the version resource is that of XEN.SYS.',
    ]);
    expect(found([file('xenfilt.sys', { OriginalFilename: 'XENFILT.SYS' })])).toEqual([]);
  });
});
