import { describe, expect, test } from 'vitest';
import { verifyInf } from '../../../../../packaging/formats/inf/rules/verify.ts';
import {
  brokenRules,
  changed,
  checkRule,
  GOOD_INF,
  GOOD_PRIMITIVE,
  infBytes,
  type RuleCase,
} from '../../../../support/inf-rules.ts';

const MODES = ['none', 'h', 'u', 'w', 'k'] as const;

describe('an INF that follows the rules', () => {
  test.each(MODES)('a driver for a device is silent in mode %s', (mode) => {
    expect(brokenRules(GOOD_INF, { mode })).toEqual([]);
  });
  test.each(MODES)('a primitive driver is silent in mode %s', (mode) => {
    expect(brokenRules(GOOD_PRIMITIVE, { mode })).toEqual([]);
  });
});

const VERSION_CASES: readonly RuleCase[] = [
  {
    code: 1001,
    what: 'a signature of earlier times',
    bad: [['"$Windows NT$"', '"$Chicago$" ;!']],
    severity: 'warning',
  },
  {
    code: 1204,
    what: 'Microsoft as the provider',
    bad: [
      ['Provider = %Vendor%', 'Provider = %Vendor% ;!'],
      ['Vendor = "Acme"', 'Vendor = "Microsoft Corp."'],
    ],
    good: [['Vendor = "Acme"', 'Vendor = "Not Microsoft"']],
  },
  {
    code: 1210,
    what: 'a provider other than the expected one',
    bad: [
      ['Provider = %Vendor%', 'Provider = %Vendor% ;!'],
      ['Vendor = "Acme"', 'Vendor = "Other"'],
    ],
    options: { provider: 'Acme' },
  },
  {
    code: 1214,
    what: 'a catalog that is none',
    bad: [['disk.cat', 'disk.inf ;!']],
    good: [['CatalogFile = disk.cat', 'CatalogFile.NTamd64 = disk.cat']],
  },
  {
    code: 1217,
    what: 'a version of three numbers',
    bad: [['1.2.3.4', '1.2.3 ;!']],
    good: [['1.2.3.4', '0.0.0.65535']],
  },
  { code: 1217, what: 'a number of a version above 65535', bad: [['1.2.3.4', '1.2.3.65536 ;!']] },
  { code: 1217, what: 'the version 0.0.0.0', bad: [['1.2.3.4', '0.0.0.0 ;!']] },
  {
    code: 1218,
    what: 'a day that no calendar has',
    bad: [['02/03/2025,1.2.3.4', '02/30/2025,1.2.3.4 ;!']],
    good: [['02/03/2025', '02-29-2024']],
  },
  {
    code: 1233,
    what: 'no catalog',
    bad: [
      ['[Version]', '[Version] ;!'],
      ['CatalogFile = disk.cat\n', ''],
    ],
  },
  {
    code: 1234,
    what: 'no DriverVer',
    bad: [
      ['[Version]', '[Version] ;!'],
      ['DriverVer = 02/03/2025,1.2.3.4\n', ''],
    ],
  },
  { code: 1234, what: 'an empty Provider', bad: [['Provider = %Vendor%', 'Provider = ;!']] },
  {
    code: 1292,
    what: 'a provider that is no token',
    bad: [['Provider = %Vendor%', 'Provider = "Acme" ;!']],
    severity: 'warning',
  },
  {
    code: 1380,
    what: 'an ExtensionId that is no GUID',
    bad: [['PnpLockdown = 1', 'PnpLockdown = 1\nExtensionId = 12345 ;!']],
    good: [['PnpLockdown = 1', 'PnpLockdown = 1\nExtensionId = {11111111-2222-3333-4444-555555555555}']],
  },
  {
    code: 1208,
    what: 'a LayoutFile',
    bad: [['PnpLockdown = 1', 'PnpLockdown = 1\nLayoutFile = layout.inf ;!']],
    severity: 'warning',
  },
  { code: 1088, what: 'a second Provider', bad: [['PnpLockdown = 1', 'PnpLockdown = 1\nProvider = %Vendor% ;!']] },
];

describe('[Version]', () => {
  test.each(VERSION_CASES)('$code finds $what', (rule) => {
    checkRule(rule);
  });
});

describe('the text of an INF', () => {
  const inUtf8 = changed(GOOD_INF, ['"Acme disk"', '"Größe"']);
  test('1003: UTF-8 with its mark is no encoding of INFs', () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, ...infBytes(GOOD_INF));
    expect(verifyInf(bytes).findings.map(({ rule, severity }) => [rule, severity])).toEqual([[1003, 'error']]);
  });
  test('1003: a value in UTF-8 is read otherwise than it is meant', () => {
    const line = inUtf8.split('\n').findIndex((text) => text.includes('Größe')) + 1;
    expect(brokenRules(inUtf8)).toEqual([`1003@${line}`]);
  });
  test('1003: a comment may hold any character, and UTF-16 with its mark any text', () => {
    expect(brokenRules(`; Größe\n${GOOD_INF}`)).toEqual([]);
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${inUtf8}`, 'utf16le'));
    expect(verifyInf(utf16).findings).toEqual([]);
  });
  test('1003: ANSI beyond ASCII is a warning', () => {
    const bytes = new Uint8Array(Buffer.from(inUtf8, 'latin1'));
    expect(verifyInf(bytes)).toMatchObject({ verdict: 'valid', findings: [{ rule: 1003, severity: 'warning' }] });
  });
  test('1001, 1002: what cannot be read is invalid, with the place, and 1299 says that the rest was not tried', () => {
    const noVersion = verifyInf(infBytes('[Other]\na=b\n'), { file: 'x.inf' });
    expect(noVersion.verdict).toBe('invalid');
    expect(noVersion.findings.map(({ rule }) => rule)).toEqual([1001, 1299]);
    const open = verifyInf(infBytes(`${GOOD_INF}[Open\n`), { file: 'x.inf' });
    const line = GOOD_INF.split('\n').length;
    expect(open.findings[0]).toMatchObject({ rule: 1002, at: { file: 'x.inf', line } });
  });
  test('1274: $ARCH$ is found where it stands, and accepted with stampinf', () => {
    const inx = GOOD_INF.replaceAll('NTamd64', 'NT$ARCH$');
    const lines = inx.split('\n').flatMap((text, index) => (text.includes('$ARCH$') ? [`1274@${index + 1}`] : []));
    expect(lines).toHaveLength(2);
    expect(brokenRules(inx)).toEqual(lines);
    expect(brokenRules(inx, { stampinf: true })).toEqual([]);
    expect(brokenRules(inx.replace('02/03/2025,1.2.3.4', ''), { stampinf: true })).toEqual([]);
  });
});

describe('a finding', () => {
  test('points at the words at fault, and shows the line and what to do', () => {
    const [found] = verifyInf(infBytes(changed(GOOD_INF, ['%DiskName%', '%DiscName%'])), { file: 'disk.inf' }).findings;
    expect(found).toMatchObject({
      code: 'INF_1235',
      rule: 1235,
      severity: 'error',
      at: { file: 'disk.inf', line: 11, column: 5 },
      excerpt: '1 = %DiscName%',
    });
    expect(found?.hint).toContain('[Strings]');
  });
  test('is left out when it is newer than the rules asked for', () => {
    const text = changed(GOOD_INF, ['Disk.Files = 13', 'Disk.Files = 24']);
    const has1340 = (ruleVersion?: string): boolean =>
      brokenRules(text, { mode: 'h', ...(ruleVersion && { ruleVersion }) }).some((rule) => /^134[01]@/.test(rule));
    expect(has1340()).toBe(true);
    expect(has1340('vnext')).toBe(true);
    expect(has1340('10.0.22621')).toBe(false);
  });
});
