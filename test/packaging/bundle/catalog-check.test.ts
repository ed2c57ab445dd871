import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { checkCatalogs } from '../../../packaging/bundle/catalog-check.ts';
import { demo, inf, NOW, request } from '../../support/catalog-sample.ts';

const found = (of: Parameters<typeof checkCatalogs>[0]): readonly string[] =>
  checkCatalogs(of).map(({ code, severity, at }) => `${severity} ${code} ${at?.file ?? ''}:${at?.line ?? ''}`);

const version = (text: string) => [demo({ version: text })];

describe('before a catalog is made', () => {
  test('a whole package passes', () => {
    expect(found(request('10_X64,10_X86,10_VB_ARM64'))).toEqual([]);
  });

  test('no INF is an error', () => {
    expect(found(request('10_X64', []))).toEqual(['error CAT_NO_INF :']);
  });

  test('22.9.1: a file that is not there is named with its section and line, once', () => {
    const of = request('10_CO_X64,10_NI_X64', [demo()], { 'x64/demo.sys': 'x' });
    expect(checkCatalogs(of)).toMatchObject([
      { code: 'CAT_FILE_MISSING', message: '"extra.dll" in [Extra] is not in the package.', at: { file: 'Demo.inf' } },
    ]);
  });

  test('22.9.4: an architecture without a catalog', () => {
    expect(found(request('10_X64,10_X86', version('CatalogFile.NTamd64=a.cat\nDriverVer=11/24/2026,1.2.3.4')))).toEqual(
      ['error CAT_NO_CATALOG_ENTRY Demo.inf:1'],
    );
  });

  test.each(['..\\\\evil.cat', 'sub/evil.cat', 'C:evil.cat', 'noextension'])(
    'the catalog name %s is refused',
    (name) => {
      const of = request('10_VB_X64', version(`CatalogFile=${name}\nDriverVer=11/24/2026,1.2.3.4`));
      expect(found(of)).toEqual(['error CAT_NAME_REFUSED Demo.inf:3']);
    },
  );

  test.each([
    ['', 'CAT_DRIVERVER Demo.inf:1'],
    ['DriverVer=2026-11-24,1.2.3.4', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=11.24.2026,1.2.3.4', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=1/2/2026,1.2.3.4', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=02/30/2026,1.2.3.4', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=11/24/2026,0.0.0.0', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=11/24/2026,1.2.3.70000', 'CAT_DRIVERVER Demo.inf:4'],
    ['DriverVer=11/25/2026,1.2.3.4', 'CAT_DRIVERVER_DATE Demo.inf:4'],
    ['DriverVer=04/20/2009,1.2.3.4', 'CAT_DRIVERVER_DATE Demo.inf:4'],
  ])('22.9.6 and .7: "%s" is refused', (line, expected) => {
    expect(found(request('10_VB_X64', version(`CatalogFile=a.cat\n${line}`)))).toEqual([`error ${expected}`]);
  });

  test('a date of today, one of 2009-04-21 and a version left out pass; dashes are a warning', () => {
    const of = (line: string) => found(request('10_VB_X64', version(`CatalogFile=a.cat\n${line}`)));
    expect(of('DriverVer=11/24/2026')).toEqual([]);
    expect(of('DriverVer=04/21/2009,1.0.0.0')).toEqual([]);
    expect(of('DriverVer=11-24-2026,1.0.0.0')).toEqual(['warning CAT_DRIVERVER Demo.inf:4']);
  });

  test('a date before 2009-04-21 passes when no system is newer than Vista', () => {
    const of = request('Vista_X64,XP_X64', version('CatalogFile=a.cat\nDriverVer=01/02/2006,1.0.0.0'));
    expect(found(of)).toEqual([]);
  });

  test('today is the day in UTC of the time of the catalog', () => {
    const of = request('10_VB_X64', version('CatalogFile=a.cat\nDriverVer=11/25/2026,1.0.0.0'));
    expect(found({ ...of, thisUpdate: Date.UTC(2026, 10, 24, 23, 59, 59) })).toHaveLength(1);
    expect(found({ ...of, thisUpdate: NOW + 12 * 3_600_000 })).toEqual([]);
  });

  test('a system for which the INF has no models', () => {
    expect(checkCatalogs(request('8_ARM,10_VB_X64'))).toMatchObject([
      { code: 'CAT_NO_MODELS', message: 'The INF has no models and no install section for 8_ARM.' },
    ]);
  });

  const copying = (name: string, more: string) =>
    inf(
      'copy.inf',
      `[Version]
       Signature="$Windows NT$"
       CatalogFile=a.cat
       DriverVer=11/24/2026,1.0.0.0
       ${more}
       [Manufacturer]
       V=M,NTamd64
       [M.NTamd64]
       d=I,ROOT\\X
       [I]
       CopyFiles=@${name}
       [SourceDisksNames]
       1=disk
       [SourceDisksFiles]
       own.sys=1
       usbser.sys=1`,
    );

  test('22.9.10: a copied file without a place is an error, unless Windows has it', () => {
    const files = { 'own.sys': 'x' };
    expect(found(request('10_X64', [copying('own.sys', '')], files))).toEqual([]);
    expect(found(request('10_X64', [copying('gone.sys', '')], files))).toEqual([
      'error CAT_NO_SOURCE_ENTRY copy.inf:10',
    ]);
    expect(found(request('10_X64', [copying('gone.sys', 'LayoutFile=layout.inf')], files))).toEqual([
      'warning CAT_NO_SOURCE_ENTRY copy.inf:11',
    ]);
  });

  test('22.9.8: a file named like one of Windows is a warning', () => {
    expect(found(request('10_X64', [copying('usbser.sys', '')], { 'usbser.sys': 'x' }))).toEqual([
      'warning CAT_OS_FILE copy.inf:10',
    ]);
  });

  test('an image that cannot be hashed is reported with its own error', () => {
    const broken = new Uint8Array(70);
    broken.set(utf8('MZ'));
    broken[0x3c] = 64;
    broken.set(utf8('PE'), 64);
    expect(found(request('10_X64', [copying('own.sys', '')], { 'own.sys': broken }))).toEqual([
      'error PE_TRUNCATED own.sys:',
    ]);
  });
});
