import { describe, expect, test } from 'vitest';
import { registryRules } from '../../../../../packaging/formats/inf/rules/registry.ts';
import { expectRule, findingsIn } from '../../../../support/rule-findings.ts';

const addReg = (...lines: readonly string[]): string => ['[Install]', 'AddReg=Values', '[Values]', ...lines].join('\n');
const hardware = (...lines: readonly string[]): string =>
  ['[Install]', '[Install.HW]', 'AddReg=Values', '[Values]', ...lines].join('\n');

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: string;
  readonly good: string;
}

const LINES: readonly Case[] = [
  { code: 1224, rule: 'the root is one of five', bad: 'HKEY_LOCAL_MACHINE,A,B,,C ; here', good: 'hklm,A,B,,C' },
  { code: 1006, rule: 'there is a root', bad: ',A,B,,C ; here', good: 'HKR,A,B,,C' },
  { code: 1083, rule: 'flags are a number', bad: 'HKR,,A,REG_DWORD,1 ; here', good: 'HKR,,A,%REG_DWORD%,1' },
  {
    code: 1263,
    rule: 'REG_MULTI_SZ is no custom type',
    bad: 'HKR,,A,0x00070001,1 ; here',
    good: 'HKR,,A,0x00080001,1',
  },
  { code: 1264, rule: 'a custom type is binary', bad: 'HKR,,A,0x00040000,1 ; here', good: 'HKR,,A,0x00040001,1' },
  { code: 1265, rule: 'only lists are appended to', bad: 'HKR,,A,0x00000008,B ; here', good: 'HKR,,A,0x00010008,B' },
  { code: 1267, rule: 'binary data are bytes', bad: 'HKR,,A,1,01,100 ; here', good: 'HKR,,A,1,01,0xff,00' },
  {
    code: 1267,
    rule: 'four bytes may stand for a number',
    bad: 'HKR,,A,0x00010001,01,02,03,GG ; here',
    good: 'HKR,,A,0x00010001,01,02,03,04',
  },
  {
    code: 1268,
    rule: 'REG_DWORD has 32 bits',
    bad: 'HKR,,A,0x00010001,0x100000000 ; here',
    good: 'HKR,,A,0x00010001,0xFFFFFFFF\nHKR,,B,0x00010001,-1\nHKR,,C,0x00010001\nHKR,,D,0x00010001,%Undefined%',
  },
  { code: 1268, rule: 'hexadecimal has 0x', bad: 'HKR,,A,0x00010001,FF ; here', good: 'HKR,,A,0x00010001,0xFF' },
  {
    code: 1268,
    rule: 'REG_QWORD has 64 bits',
    bad: 'HKR,,A,0x000B0001,0x10000000000000000 ; here',
    good: 'HKR,,A,0x000B0001,0xFFFFFFFFFFFFFFFF',
  },
  {
    code: 1257,
    rule: 'the folder of Windows is not written out',
    bad: 'HKR,,A,,"C:\\Windows\\a.dll" ; here',
    good: 'HKR,,A,0x00020000,"%%SystemRoot%%\\a.dll"\nHKR,,B,,"C:\\WindowsApps"',
  },
  {
    code: 1258,
    rule: 'the resolved folder of the system is not stored',
    bad: 'HKR,,A,,"%11%\\a.dll" ; here',
    good: 'HKR,,A,,"%13%\\a.dll"\nHKR,,B,0x00020000,"%%SystemRoot%%\\System32\\a.dll"',
  },
  {
    code: 1222,
    rule: 'only the current control set is written to',
    bad: 'HKLM,SYSTEM\\ControlSet001\\Services\\X,A,,B ; here',
    good: 'HKLM,SYSTEM\\CurrentControlSet\\Services\\X,A,,B',
  },
  {
    code: 1223,
    rule: 'Enum belongs to Plug and Play',
    bad: 'HKLM,SYSTEM\\CurrentControlSet\\Enum\\ROOT\\X,A,,B ; here',
    good: 'HKLM,SYSTEM\\CurrentControlSet\\Enumerators,A,,B',
  },
];

describe('a line of AddReg', () => {
  test.each(LINES)('$code: $rule', ({ code, bad, good }) => {
    expectRule(registryRules, code, { bad: addReg(bad), good: addReg(good) });
  });

  test('has no data when it makes a key or deletes', () => {
    expect(findingsIn(registryRules, addReg('HKR,A,,0x10', 'HKR,A,B,0x00010005,none'))).toEqual([]);
  });

  test('counts for DelReg only when it has its bit', () => {
    expect(findingsIn(registryRules, addReg('HKR,,A,0x00018002,B'))).toEqual([]);
  });
});

describe('values that become properties of the device', () => {
  test('1225: have the type of the property', () => {
    expectRule(registryRules, 1225, {
      bad: hardware('HKR,,DeviceType,,34 ; here', 'HKR,,UpperFilters,,"filter" ; here'),
      good: hardware('HKR,,DeviceType,0x00010001,34', 'HKR,,UpperFilters,0x00010008,"filter"'),
    });
  });

  test('1225: have any type elsewhere', () => {
    expect(findingsIn(registryRules, addReg('HKR,,DeviceType,,"adapter"'))).toEqual([]);
  });
});

describe('the security of an AddReg section', () => {
  const security = (line: string): string => addReg(line, '[Values.Security]', '"D:P(A;;GA;;;SY)(A;;GA;;;BA)"');

  test('1226: is for subkeys', () => {
    expectRule(registryRules, 1226, {
      bad: security('HKR,,A,,B ; here'),
      good: security('HKR,Parameters,A,,B'),
    });
  });
});

describe('DelReg and BitReg', () => {
  const delReg = (line: string): string => `[Install]\nDelReg=Old\n[Old]\n${line}`;
  const bitReg = (line: string): string => `[Install]\nBitReg=Bits\n[Bits]\n${line}`;

  test('1266: a text to delete from a list is named', () => {
    const [bad, good] = ['HKR,,A,0x00018002 ; here', 'HKR,,A,0x00018002,"text"'];
    expectRule(registryRules, 1266, { bad: delReg(bad), good: delReg(good) });
  });

  test('1224: have a root of the registry', () => {
    expectRule(registryRules, 1224, { bad: delReg('HKXX,A ; here'), good: delReg('HKR,A') });
  });

  test('1262: a mask is one byte', () => {
    expectRule(registryRules, 1262, {
      bad: bitReg('HKR,,A,0x1,0x100,0 ; here'),
      good: bitReg('HKR,,A,0x1,0x80,0'),
    });
  });

  test('1085: BitReg says which byte', () => {
    expectRule(registryRules, 1085, { bad: bitReg('HKR,,A,0x1,0x80 ; here'), good: bitReg('HKR,,A,0x1,0x80,0') });
  });
});

describe('rules younger than the signatures of many INFs', () => {
  const levelIn = (mode: 'none' | 'h'): unknown =>
    findingsIn(registryRules, addReg('HKR,,A,,"%11%\\a.dll"'), { mode })[0]?.atMost;

  test('warn without a mode and are errors in mode h', () => {
    expect([levelIn('none'), levelIn('h')]).toEqual(['W', undefined]);
  });
});
