import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import type { WinpvError } from '../../../core/errors.ts';
import { encodeOpc } from '../../../packaging/formats/opc/encode.ts';
import { encodePackageInfo } from '../../../publishing/hlk/encode-package.ts';
import { readHlkPackage } from '../../../publishing/hlk/package.ts';
import { parsePackageInfo } from '../../../publishing/hlk/package-info.ts';
import { HLK_NOW, hlkBytes, hlkInfo, hlkPackage, instance } from '../../support/hlk-sample.ts';

const refusal = (body: () => unknown): WinpvError => {
  try {
    body();
  } catch (error) {
    return error as WinpvError;
  }
  return expect.fail('nothing was refused');
};

describe('the summary of an HLK package', () => {
  test('is read as it was written', () => {
    expect(parsePackageInfo(encodePackageInfo(hlkInfo()), 'a')).toEqual(hlkInfo());
  });
  // Attributes as AutoHCK's own tests have them: the roll-up line is real.
  test('in the form with attributes', () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?>
      <Package Type="SubmissionPackage" KitVersion="10.1.20348.1"><Project Name="p" CreationDate="2026-01-02T03:04:05">
      <ProductInstances><ProductInstance Status="Pass"><OperatingSystem Architecture="X64"><Codes><Code Name="WINDOWS_v100_SERVER_X64_FE_FULL" /></Codes></OperatingSystem>
      <ProductTypes><ProductType Name="Storage Controller" /></ProductTypes>
      <Targets><Target Key="XENBUS\\VEN_XP0001&amp;DEV_VBD\\1" TargetType="Device" /></Targets></ProductInstance></ProductInstances>
      <TestRollup Passed="2" Failed="0" NotRun="22" /></Project></Package>`;
    const { kitVersion, projects } = parsePackageInfo(utf8(xml), 'a');
    expect(kitVersion).toBe('10.1.20348.1');
    expect(projects[0]?.rollup).toEqual({ passed: 2, failed: 0, notRun: 22 });
    expect(projects[0]?.instances[0]).toMatchObject({
      status: 'Pass',
      codes: ['WINDOWS_v100_SERVER_X64_FE_FULL'],
      productTypes: ['Storage Controller'],
      targets: [{ key: 'XENBUS\\VEN_XP0001&DEV_VBD\\1', drivers: [] }],
    });
  });
  test('in the form with elements, in a namespace', () => {
    const xml = `<Package xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><KitVersion>10.1.26100.1</KitVersion>
      <Projects><Project><Name>p</Name><ProductInstances><ProductInstance><Status>Pass</Status><OperatingSystem><Architecture>X64</Architecture>
      <Codes><Code>WINDOWS_v100_X64_GE_FULL</Code></Codes></OperatingSystem><ProductTypes /></ProductInstance></ProductInstances>
      <TestRollup><Passed>1</Passed><Failed>0</Failed><NotRun>0</NotRun></TestRollup></Project></Projects></Package>`;
    const { kitVersion, projects } = parsePackageInfo(utf8(xml), 'a');
    expect(kitVersion).toBe('10.1.26100.1');
    expect(projects[0]).toMatchObject({ name: 'p', rollup: { passed: 1, failed: 0, notRun: 0 } });
    expect(projects[0]?.instances[0]).toMatchObject({
      codes: ['WINDOWS_v100_X64_GE_FULL'],
      productTypes: ['Unclassified'],
    });
  });
  test.each([
    ['another root', '<Playlist/>'],
    ['no project', '<Package/>'],
    ['a count that is none', '<Package><Project><TestRollup Passed="all" Failed="0" NotRun="0"/></Project></Package>'],
    ['a negative count', '<Package><Project><TestRollup Passed="1" Failed="-1" NotRun="0"/></Project></Package>'],
    ['a count left out', '<Package><Project><TestRollup Passed="1" NotRun="0"/></Project></Package>'],
    [
      'two sums',
      '<Package><Project><TestRollup Passed="1" Failed="0" NotRun="0"/><TestRollup Passed="1" Failed="0" NotRun="0"/></Project></Package>',
    ],
  ])('is refused with %s', (_what, xml) => {
    expect(refusal(() => parsePackageInfo(utf8(xml), 'a')).code).toBe('HLK_PACKAGE_INFO');
  });
  test('is refused with a document type', () => {
    const xml =
      '<!DOCTYPE Package [<!ENTITY e "0">]><Package><Project><TestRollup Passed="1" Failed="&e;" NotRun="0"/></Project></Package>';
    expect(refusal(() => parsePackageInfo(utf8(xml), 'a')).code).toBe('XML_DOCTYPE');
  });
});

describe('an HLK package', () => {
  test('tells its data by the relationships, and verifies', async () => {
    const hlk = await hlkPackage();
    expect(hlk.data.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['core', 8192],
      ['stream', 20_000],
    ]);
    expect(hlk).toMatchObject({ kind: 'hlkx', signature: { verdict: 'valid' }, diagnostics: [] });
  });
  test('of the kit for Windows 8 is an .hckx', async () => {
    const hlk = await hlkPackage({
      info: { kitVersion: '8.100.9900.0' },
      instances: [instance({ codes: ['WINDOWS_v63_X64'] })],
    });
    expect(hlk.kind).toBe('hckx');
  });
  test.each(['schemas', 'shcemas'])('has its summary behind a relationship of %s, as both are known', async (word) => {
    const part = (name: string, bytes: Uint8Array) => ({ name, contentType: 'application/octet', bytes });
    const link = (id: string, kind: string, name: string) => ({
      ...{
        id,
        type: `http://microsoft.com/${word}/windows/kits/hardware/2010/${kind}`,
        target: name,
        mode: 'Internal' as const,
      },
    });
    const bytes = await encodeOpc(
      {
        parts: [part('/a.xml', encodePackageInfo(hlkInfo())), part('/b', utf8('b')), part('/c', utf8('c'))],
        relationships: new Map([
          ['/', [link('1', 'packageinfo', '/a.xml'), link('2', 'coredata', '/b'), link('3', 'streamdata', '/c')]],
        ]),
      },
      HLK_NOW,
    );
    expect(readHlkPackage(bytes, 'a', HLK_NOW).info).toEqual(hlkInfo());
  });
  test('that is something else is refused by name', async () => {
    expect(refusal(() => readHlkPackage(utf8('MSCF and so on'), 'a', HLK_NOW)).code).toBe('HLK_NOT_A_PACKAGE');
    expect(refusal(() => readHlkPackage(utf8('<html>no</html>, and long enough for an end'), 'a', HLK_NOW)).code).toBe(
      'ZIP_NOT_A_ZIP',
    );
    const plain = await encodeOpc({ parts: [], relationships: new Map([['/', []]]) }, HLK_NOW);
    expect(refusal(() => readHlkPackage(plain, 'a', HLK_NOW)).code).toBe('HLK_NOT_A_PACKAGE');
  });
  test('cut anywhere is refused by name', async () => {
    const bytes = await hlkBytes();
    for (let length = 0; length < bytes.length; length += 97) {
      expect(refusal(() => readHlkPackage(bytes.subarray(0, length), 'a', HLK_NOW)).code).toMatch(/^ZIP_/);
    }
  });
});
