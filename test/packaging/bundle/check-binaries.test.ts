import { describe, expect, test } from 'vitest';
import { brandSchema } from '../../../branding/brand.ts';
import { parseVersion } from '../../../core/version.ts';
import type { DriverDefinition } from '../../../drivers/contract.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { prefixTextOf } from '../../../packaging/bundle/binary-ids.ts';
import { type CheckedFile, checkPackage } from '../../../packaging/bundle/check.ts';
import { checkBinaries } from '../../../packaging/bundle/check-binaries.ts';
import { packageView } from '../../../packaging/bundle/package-view.ts';
import { standInBinary } from '../../../packaging/bundle/stand-ins.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import type { StandIn } from '../../../packaging/formats/pe/stand-in.ts';
import type { VersionResource } from '../../../packaging/formats/pe/version-resource.ts';
import { TEST_BRANDS, type TestBrand, WITH_EVERYTHING, XEN_PROJECT } from '../../drivers/render.ts';
import { binaryOf, CATALOG_TIME, driverPackage, exchanged, withCatalogs } from '../../support/pv-package.ts';

const DRIVERS = [xenbus, xenvbd] as const;

const fileOf = (driver: DriverDefinition, name: string) => {
  const file = driver.generations[0].files.find((one) => one.name === name);
  if (file === undefined) throw new Error(`no file ${name}`);
  return file;
};

/** The stand-in that a release of the brand has. */
const brandStandIn = (driver: DriverDefinition, name: string, brand: TestBrand): Uint8Array => {
  const version = parseVersion(brand.version);
  if (version === undefined) throw new Error(`no version: ${brand.version}`);
  const { vendorName, vendorPrefix, productName, vendorDeviceId } = brand;
  const settings = { id: 'test', version: brand.version, vendorName, vendorPrefix, productName };
  const parsed = brandSchema.parse(vendorDeviceId === undefined ? settings : { ...settings, vendorDeviceId });
  const context = { driver: driver.name, version, date: { year: 2026, month: 5, day: 29 }, arch: 'x64' as const };
  return standInBinary(fileOf(driver, name), { ...parsed, version }, context);
};

/** A folder of bus and child, as a release of the brand has them; `replace` exchanges a binary. */
const release = (
  brand: TestBrand,
  replace: Readonly<Record<string, Uint8Array>> = {},
  drivers: readonly DriverDefinition[] = DRIVERS,
): readonly CheckedFile[] =>
  drivers.flatMap((driver) => {
    const files = driver.generations[0].files.reduce<readonly CheckedFile[]>(
      (all, { name }) => exchanged(all, name, replace[name] ?? brandStandIn(driver, name, brand)),
      driverPackage(driver, { brand }).filter(({ path }) => !path.endsWith('.cat')),
    );
    return withCatalogs(files, '10_X64').map(({ path, bytes }) => ({ path: `${driver.name}/${path}`, bytes }));
  });

/** Errors and warnings of everything that is checked in a folder. */
const findings = (files: readonly CheckedFile[]) =>
  checkPackage({ files, nowMs: CATALOG_TIME }).filter(({ severity }) => severity !== 'info');
const brief = (files: readonly CheckedFile[]): readonly string[] =>
  findings(files).map(({ severity, code, failureMode, at }) => `${severity} ${failureMode} ${code} ${at?.file}`);

/** A binary of a build with other texts. */
const built = (name: string, strings: readonly string[], brand: TestBrand = XEN_PROJECT, more: Partial<StandIn> = {}) =>
  binaryOf(fileOf(xenbus, name), brand.version, { strings, ...more });

/** What the sources since 2015 leave in xenbus.sys: the pattern in UTF-16, the prefix apart. */
const COMPOSED = 'XENBUS\\VEN_%hs&DEV_%hs&REV_%08X';

describe('binaries against their INFs', () => {
  test.each(TEST_BRANDS)('of one brand agree ($vendorPrefix)', (brand) => {
    expect(brief(release(brand))).toEqual([]);
  });

  test.each([
    ['written out', ['XENBUS\\VEN_XN']],
    ['written out with a function', ['XENBUS\\VEN_XN0001&DEV_VBD&REV_0900000B']],
    ['written out for a class', ['XENBUS\\VEN_XN&DEV_VBD']],
    ['put together', [COMPOSED, '%hs%04X', 'XN']],
    ['put together of a number, as until 2015', [COMPOSED, 'XN%04X']],
  ])('F01: xenbus.sys has another prefix, %s', (_, strings) => {
    const files = release(XEN_PROJECT, { 'xenbus.sys': built('xenbus.sys', strings) });
    expect(brief(files)).toEqual(['error F01 PV_BINARY_PREFIX xenbus/xenbus.sys']);
    expect(findings(files)[0]?.message).toMatch(/xenbus\.sys is built with .*, and the ids of xenvbd\.inf have "XP"/);
  });

  test('a text that a section begins with counts as one of its own', () => {
    const bytes = built('xenbus.sys', [COMPOSED]).slice();
    // The code of a stand-in: its other sections begin with tables, which hold no texts.
    const [code] = parsePe(bytes, 'xenbus.sys').sections;
    bytes.set(Buffer.from('XN\0'), code?.rawOffset ?? 0);
    expect(prefixTextOf(parsePe(bytes, 'xenbus.sys'), ['XS', 'XN'])).toBe('XN');
  });

  test.each<readonly [string, readonly string[], string]>([
    ['written out', ['XENBUS\\VEN_XCPNG'], '"VEN_XCPNG"'],
    // Texts begin one byte further on each time, so that one of them is aligned to nothing.
    ...['', 'a', 'ab', 'abc'].map((before) => [`apart, after "${before}"`, [COMPOSED, before, 'XN'], '"XN"'] as const),
  ])('F01: the prefix that is found instead is named: %s', (_, strings, named) => {
    const files = release(XEN_PROJECT, { 'xenbus.sys': built('xenbus.sys', strings) });
    expect(findings(files)[0]?.message).toContain('xenbus.sys is built with');
    expect(findings(files)[0]?.message).toContain(named);
  });

  test.each([
    ['written out', ['XENBUS\\VEN_XP&DEV_VBD']],
    ['written out in small letters', ['xenbus\\ven_xp0001&dev_vbd']],
    ['written out beside one of a vendor it knows', ['XENBUS\\VEN_XS', 'XENBUS\\VEN_XP']],
    ['put together', [COMPOSED, '%hs%04X', 'XP']],
    ['put together of a number', [COMPOSED, 'XP%04X']],
    ['not shown at all', ['XENBUS', 'XENBUS\\VEN_', 'VEN_XN', 'PCI\\VEN_8086&DEV_5845']],
  ])('the right prefix is right, %s', (_, strings) => {
    expect(brief(release(XEN_PROJECT, { 'xenbus.sys': built('xenbus.sys', strings) }))).toEqual([]);
  });

  test('F01: a bus alone is compared with the brand, where there is one', () => {
    const files = release(XEN_PROJECT, { 'xenbus.sys': built('xenbus.sys', ['XENBUS\\VEN_XN']) }, [xenbus]);
    expect(brief(files)).toEqual([]);
    const view = packageView(files, (path) => path);
    const found = checkBinaries(view, { vendorPrefix: 'XP', rewriteVersions: false });
    expect(found.map(({ failureMode, message }) => [failureMode, message])).toEqual([
      ['F01', 'xenbus.sys is built with "VEN_XN", and the brand has "XP".'],
    ]);
  });

  test('F02: a binary of the bus is built for a function that the INF does not name', () => {
    const foreign = 'PCI\\VEN_5853&DEV_C200&SUBSYS_C2005853&REV_01';
    for (const brand of [XEN_PROJECT, WITH_EVERYTHING]) {
      const files = release(brand, { 'xen.sys': built('xen.sys', [foreign], brand) });
      expect(brief(files)).toEqual(['error F02 PV_BINARY_FUNCTION xenbus/xen.sys']);
      expect(findings(files)[0]?.message).toMatch(/xen\.sys is built for .*C200, and xenbus\.inf is for .*0002/);
    }
  });

  test('F02: so is a driver below the bus that names one', () => {
    const foreign = 'PCI\\VEN_5853&DEV_C200&SUBSYS_C2005853&REV_01';
    const child = binaryOf(fileOf(xenvbd, 'xenvbd.sys'), XEN_PROJECT.version, { strings: [foreign] });
    expect(brief(release(XEN_PROJECT, { 'xenvbd.sys': child }))).toEqual([
      'error F02 PV_BINARY_FUNCTION xenvbd/xenvbd.sys',
    ]);
  });

  test.each([
    ['functions of everyone', ['PCI\\VEN_5853&DEV_0001', 'PCI\\VEN_5853&DEV_0002']],
    ['the beginning of an id', ['PCI\\VEN_5853&DEV_']],
    ['no function', ['']],
    ['another vendor’s device', ['PCI\\VEN_8086&DEV_7010']],
  ])('F02 is not said of %s', (_, strings) => {
    expect(brief(release(XEN_PROJECT, { 'xen.sys': built('xen.sys', strings) }))).toEqual([]);
  });

  test('a version resource of another version or vendor is a warning that names both', () => {
    const other = { ...WITH_EVERYTHING, version: '9.1.0.40', vendorName: 'Elsewhere', vendorPrefix: 'XP' };
    const { vendorDeviceId: _, ...brand } = other;
    const names = xenvbd.generations[0].files.map(({ name }) => name);
    const files = release(
      XEN_PROJECT,
      Object.fromEntries(names.map((name) => [name, brandStandIn(xenvbd, name, brand)])),
      [xenvbd],
    );
    expect(findings(files).map(({ severity, code, message }) => [severity, code, message])).toEqual([
      [
        'warning',
        'PV_VERSION_RESOURCE',
        expect.stringMatching(/xenvbd\.sys.*"Elsewhere", and xenvbd\.inf is by "Xen Project"/),
      ],
      [
        'warning',
        'PV_VERSION_RESOURCE',
        expect.stringMatching(/xenvbd\.sys.*9\.1\.0\.40, and xenvbd\.inf is of 9\.1\.0\.30/),
      ],
    ]);
  });

  test('what Microsoft made may be by Microsoft', () => {
    const version: VersionResource = {
      fixed: {
        fileVersion: [10, 0, 1, 1],
        productVersion: [10, 0, 1, 1],
        ...{ fileType: 2, fileSubtype: 0, fileFlags: 0, fileOs: 0x4_0004 },
      },
      strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: 'Microsoft Corporation' } }],
    };
    const files = release(XEN_PROJECT, {
      'xenbus_monitor.exe': built('xenbus_monitor.exe', [], XEN_PROJECT, { version }),
    });
    expect(brief(files)).toEqual([]);
  });

  test('a binary without a version resource is told only of a brand that wants to rewrite it', () => {
    const files = release(XEN_PROJECT, {}, [xenvbd]).map((file) => {
      if (!file.path.endsWith('xenvbd.sys')) return file;
      const bytes = file.bytes.slice();
      // Data directory 2 of a PE32+ image.
      const start = new DataView(bytes.buffer).getUint32(0x3c, true) + 24 + 112 + 16;
      bytes.fill(0, start, start + 8);
      return { ...file, bytes };
    });
    const view = packageView(files, (path) => path);
    expect(checkBinaries(view, { vendorPrefix: 'XP', rewriteVersions: false })).toEqual([]);
    expect(checkBinaries(view, { vendorPrefix: 'XP', rewriteVersions: true })).toMatchObject([
      { severity: 'warning', code: 'PV_VERSION_RESOURCE', message: expect.stringMatching(/^xenvbd\.sys: /) },
    ]);
  });
});
