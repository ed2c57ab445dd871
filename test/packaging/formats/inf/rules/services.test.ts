import { describe, expect, test } from 'vitest';
import { serviceRules } from '../../../../../packaging/formats/inf/rules/services.ts';
import { expectRule, findingsIn } from '../../../../support/rule-findings.ts';

const ENTRIES = ['ServiceType=1', 'StartType=3', 'ErrorControl=1', 'ServiceBinary=%13%\\a.sys'];
const FILES = `[Install]
CopyFiles=Files
[Files]
a.sys
[DestinationDirs]
Files=13
[SourceDisksFiles]
a.sys=1
[Drv]
${ENTRIES.join('\n')}`;

const adding = (...lines: readonly string[]): string => [FILES, '[Install.Services]', ...lines].join('\n');

/** A service section with some entries replaced; the first line is the header. */
const describing = (header: string, ...entries: readonly string[]): string => {
  const keys = entries.map((entry) => entry.split('=')[0]);
  const kept = ENTRIES.filter((entry) => !keys.includes(entry.split('=')[0]));
  const files = FILES.slice(0, FILES.indexOf('[Drv]'));
  return [files, '[Install.Services]', 'AddService=a,2,Drv', header, ...kept, ...entries].join('\n');
};

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: string;
  readonly good: string;
}

const ADD_SERVICE: readonly Case[] = [
  { code: 1253, rule: 'a service has a name', bad: 'AddService=,0 ; here', good: 'AddService=,2' },
  { code: 1253, rule: 'a service to delete has a name', bad: 'DelService=,0x200 ; here', good: 'DelService=a,0x200' },
  { code: 1272, rule: 'no driver has no section', bad: 'AddService=,2,Drv ; here', good: 'AddService=,2' },
  { code: 1005, rule: 'a service has a section', bad: 'AddService=a,2 ; here', good: 'AddService=a,2,Drv' },
  { code: 2006, rule: 'the section is there', bad: 'AddService=a,2,Other ; here', good: 'AddService=a,2,Drv' },
  { code: 1083, rule: 'flags are a number', bad: 'AddService=a,two,Drv ; here', good: 'AddService=a,0x2,Drv' },
  {
    code: 1250,
    rule: 'the event log is known',
    bad: 'AddService=a,2,Drv,,Mine ; here',
    good: 'AddService=a,2,Drv,,System',
  },
  {
    code: 1211,
    rule: 'one service is the function driver',
    bad: 'AddService=a,2,Drv\nAddService=b,2,Drv ; here',
    good: 'AddService=a,2,Drv\nAddService=b,,Drv',
  },
  {
    code: 1022,
    rule: 'a name is unique everywhere or nowhere',
    bad: 'AddService=a,0x10002,Drv\nAddService=a,,Drv ; here',
    good: 'AddService=a,0x10002,Drv\nAddService=b,,Drv',
  },
  {
    code: 1021,
    rule: 'a unique name is not too long',
    bad: `AddService=${'a'.repeat(257)},0x10002,Drv ; here`,
    good: `AddService=${'a'.repeat(200)},0x10002,Drv`,
  },
  {
    code: 1286,
    rule: 'a name is not too long',
    bad: `AddService=${'a'.repeat(257)},2,Drv ; here`,
    good: `AddService=${'a'.repeat(256)},2,Drv`,
  },
];

describe('AddService and DelService', () => {
  test.each(ADD_SERVICE)('$code: $rule', ({ code, bad, good }) => {
    expectRule(serviceRules, code, { bad: adding(bad), good: adding(good) });
  });

  test('an unnamed service with a token for its flags is not judged', () => {
    expect(findingsIn(serviceRules, adding('AddService=,%ASSOC%'))).toEqual([]);
  });
});

describe('a service section', () => {
  test('of a plain driver has no findings', () => {
    expect(findingsIn(serviceRules, describing('[Drv]', 'LoadOrderGroup=Extended Base'))).toEqual([]);
  });

  test.each(['ServiceType', 'StartType', 'ErrorControl', 'ServiceBinary'])('1013: has %s', (key) => {
    const without = describing('[Drv] ; here', `${key}=`).replace(`\n${key}=`, '');
    expectRule(serviceRules, 1013, { bad: without, good: describing('[Drv]') });
  });

  test.each([
    ['ServiceType=0x1000', 'ServiceType=0x110'],
    ['StartType=5', 'StartType=4'],
    ['ErrorControl=4', 'ErrorControl=0'],
    ['ErrorControl=', 'ErrorControl=0'],
  ])('1014: cannot say %s', (bad, good) => {
    expectRule(serviceRules, 1014, { bad: describing('[Drv]', `${bad} ; here`), good: describing('[Drv]', good) });
  });

  test('1260: numbers are numbers', () => {
    expectRule(serviceRules, 1260, {
      bad: describing('[Drv]', 'StartType=demand ; here'),
      good: describing('[Drv]', 'StartType=0x3'),
    });
  });

  test.each([
    ['RequiredPrivileges="SeDebugPrivilege"', 'ServiceType=1'],
    ['StartType=0', 'ServiceType=0x10'],
  ])('1252: %s does not go with %s', (entry, type) => {
    const other = type === 'ServiceType=1' ? 'ServiceType=0x10' : 'ServiceType=1';
    expectRule(serviceRules, 1252, {
      bad: describing('[Drv]', type, `${entry} ; here`),
      good: describing('[Drv]', other, entry),
    });
  });

  test('1251: the function driver is not disabled', () => {
    expectRule(serviceRules, 1251, {
      bad: describing('[Drv]', 'StartType=4 ; here'),
      good: describing('[Drv]', 'StartType=0'),
    });
  });

  test('1254: the binary is a path', () => {
    expectRule(serviceRules, 1254, {
      bad: describing('[Drv]', 'ServiceBinary=%13%\\a?.sys ; here'),
      good: describing('[Drv]', 'ServiceBinary="""%13%\\a.sys"" /name ""x"""'),
    });
  });

  test('2085: the binary is in a folder of Windows or of the package', () => {
    expectRule(serviceRules, 2085, {
      bad: describing('[Drv]', 'ServiceBinary=System32\\drivers\\a.sys ; here'),
      good: describing('[Drv]', 'ServiceBinary=%13%\\a.sys'),
    });
  });

  test('2084: the binary is a file that the INF copies', () => {
    expectRule(serviceRules, 2084, {
      bad: describing('[Drv]', 'ServiceBinary=%12%\\a.sys ; here'),
      good: describing('[Drv]', 'ServiceBinary=%13%\\A.SYS'),
    });
  });

  test('2084: different ids of one folder of the system are the same', () => {
    const text = describing('[Drv]', 'ServiceBinary=%12%\\a.sys').replace('Files=13', 'Files=10,System32\\drivers');
    expect(findingsIn(serviceRules, text)).toEqual([]);
  });
});

describe('a trigger section', () => {
  const trigger = (...lines: readonly string[]): string =>
    [describing('[Drv]', 'AddTrigger=Trigger'), ...lines].join('\n');
  const GUID = 'SubType={65A9A6CF-64CD-480B-843E-32C86E1BA19F}';

  test('1013: has its type and its action', () => {
    expectRule(serviceRules, 1013, {
      bad: trigger('[Trigger] ; here', 'TriggerType=1', GUID),
      good: trigger('[Trigger]', 'TriggerType=1', 'Action=1', GUID),
    });
  });

  test('1019: names an interface class by GUID', () => {
    expectRule(serviceRules, 1019, {
      bad: trigger('[Trigger]', 'TriggerType=1', 'Action=1', 'SubType=65A9A6CF ; here'),
      good: trigger('[Trigger]', 'TriggerType=1', 'Action=1', GUID),
    });
  });
});
