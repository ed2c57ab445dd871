import { describe, expect, test } from 'vitest';
import { comRules } from '../../../../../packaging/formats/inf/rules/com.ts';
import { componentRules } from '../../../../../packaging/formats/inf/rules/components.ts';
import type { RuleGroup } from '../../../../../packaging/formats/inf/rules/contract.ts';
import { eventRules } from '../../../../../packaging/formats/inf/rules/events.ts';
import { filterRules } from '../../../../../packaging/formats/inf/rules/filters.ts';
import { numberRules } from '../../../../../packaging/formats/inf/rules/numbers.ts';
import { propertyRules } from '../../../../../packaging/formats/inf/rules/properties.ts';
import { expectRule, findingsIn } from '../../../../support/rule-findings.ts';

const GUID = '{65A9A6CF-64CD-480B-843E-32C86E1BA19F}';

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: readonly string[];
  readonly good: readonly string[];
}

/** Tests of one group; every text begins with the related section of the install section. */
const describeGroup = (name: string, group: RuleGroup, suffix: string, cases: readonly Case[]): void => {
  const whole = (lines: readonly string[]): string => ['[Install]', `[Install.${suffix}]`, ...lines].join('\n');
  describe(name, () => {
    test.each(cases)('$code: $rule', ({ code, bad, good }) => {
      expectRule(group, code, { bad: whole(bad), good: whole(good) });
    });
    test('of the good texts have no findings at all', () => {
      const found = cases.flatMap(({ good }) => findingsIn(group, whole(good)));
      expect(found.filter(({ code }) => code !== 1144)).toEqual([]);
    });
  });
};

describeGroup('filters', filterRules, 'Filters', [
  {
    code: 1080,
    rule: 'a filter has a name',
    bad: ['AddFilter=,,F ; here', '[F]', 'FilterPosition=Upper'],
    good: ['AddFilter=a,,F', '[F]', 'FilterPosition=upper'],
  },
  {
    code: 1083,
    rule: 'a filter has no flags',
    bad: ['AddFilter=a,1,F ; here', '[F]', 'FilterPosition=Upper'],
    good: ['AddFilter=a,0,F', '[F]', 'FilterPosition=Lower'],
  },
  {
    code: 1086,
    rule: 'a filter is added once',
    bad: ['AddFilter=a,,F', 'AddFilter=A,,F ; here', '[F]', 'FilterPosition=Upper'],
    good: ['AddFilter=a,,F', 'AddFilter=b,,F', '[F]', 'FilterPosition=Upper'],
  },
  {
    code: 1087,
    rule: 'a filter has a level or a position',
    bad: ['AddFilter=a,,F', '[F]', 'FilterLevel=Mine', 'FilterPosition=Upper ; here'],
    good: ['AddFilter=a,,F', '[F]', 'FilterLevel=Mine'],
  },
  {
    code: 1013,
    rule: 'a filter is somewhere',
    bad: ['AddFilter=a,,F', '[F] ; here'],
    good: ['AddFilter=a,,F', '[F]', 'FilterLevel=Mine'],
  },
  {
    code: 1081,
    rule: 'a position is Upper or Lower',
    bad: ['AddFilter=a,,F', '[F]', 'FilterPosition=Middle ; here'],
    good: ['AddFilter=a,,F', '[F]', 'FilterPosition=LOWER'],
  },
]);

describe('filter levels', () => {
  const extension = `[Version]
Signature="$Windows NT$"
Class=Extension
ClassGuid={e2f84ce7-8efa-411c-aa69-97454ca4cb57}`;
  const levels = '[Install]\n[Install.HW]\nAddReg=Levels\n[Levels]\nHKR,,UpperFilterLevels,0x00010000,"Mine" ; here';

  test('1430: belong to the base INF', () => {
    expectRule(filterRules, 1430, { bad: levels, good: '[Install]' }, { version: extension });
    expect(findingsIn(filterRules, levels)).toEqual([]);
  });
});

describeGroup('components', componentRules, 'Components', [
  {
    code: 1086,
    rule: 'a component is added once',
    bad: ['AddComponent=a,,C', 'AddComponent=a,,C ; here', '[C]', 'ComponentIDs=id'],
    good: ['AddComponent=a,,C', 'AddComponent=b,,C', '[C]', 'ComponentIDs=id'],
  },
  {
    code: 1013,
    rule: 'a component has an id',
    bad: ['AddComponent=a,,C', '[C] ; here', 'DisplayName=C'],
    good: ['AddComponent=a,,C', '[C]', 'ComponentIDs=id'],
  },
  {
    code: 1150,
    rule: 'a component id has no backslash and no comma',
    bad: ['AddComponent=a,,C', '[C]', 'ComponentIDs=SWC\\id ; here'],
    good: ['AddComponent=a,,C', '[C]', 'ComponentIDs=id,VID0001&PID0002'],
  },
]);

describeGroup('software', componentRules, 'Software', [
  {
    code: 1013,
    rule: 'software has a type',
    bad: ['AddSoftware=a,,S', '[S] ; here', 'SoftwareID=pfn://a'],
    good: ['AddSoftware=a,1,S', '[S]', 'SoftwareType=2', 'SoftwareID=pfn://a'],
  },
  {
    code: 1081,
    rule: 'the type is known',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=3 ; here'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=0x2', 'SoftwareID=pfn://a'],
  },
  {
    code: 1142,
    rule: 'a program has a version',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1 ; here', 'SoftwareBinary=%13%\\a.exe'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1', 'SoftwareBinary=%13%\\a.exe', 'SoftwareVersion=1.0.0.0'],
  },
  {
    code: 1142,
    rule: 'an app has an id',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=2 ; here'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=2', 'SoftwareID=pfn://a'],
  },
  {
    code: 1141,
    rule: 'a program is in the package',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1', 'SoftwareBinary=%11%\\a.exe ; here', 'SoftwareVersion=1.0.0.0'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1', 'SoftwareBinary=a.exe', 'SoftwareVersion=1.0.0.0'],
  },
  {
    code: 1144,
    rule: 'a program is for desktop systems',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1 ; here', 'SoftwareBinary=a.exe', 'SoftwareVersion=1.0.0.0'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=2', 'SoftwareID=pfn://a'],
  },
  {
    code: 1217,
    rule: 'a version has four numbers',
    bad: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1', 'SoftwareBinary=a.exe', 'SoftwareVersion=1.0 ; here'],
    good: ['AddSoftware=a,,S', '[S]', 'SoftwareType=1', 'SoftwareBinary=a.exe', 'SoftwareVersion=1.2.3.65535'],
  },
]);

const provider = (...lines: readonly string[]): readonly string[] => [
  `AddEventProvider=${GUID},P`,
  '[P]',
  'ProviderName=Acme',
  'ResourceFile=%13%\\a.dll',
  ...lines,
];
const logger = (...lines: readonly string[]): readonly string[] => [
  `AddAutoLogger=Acme,${GUID},L`,
  '[L]',
  'Start=1',
  ...lines,
];

describeGroup('events', eventRules, 'Events', [
  {
    code: 1019,
    rule: 'a provider is named by GUID',
    bad: ['AddEventProvider={1},P ; here', '[P]', 'ProviderName=a', 'ResourceFile=%13%\\a.dll'],
    good: provider(),
  },
  {
    code: 1080,
    rule: 'a trace session has a provider',
    bad: ['AddAutoLogger=Acme,,L ; here', '[L]', 'Start=1'],
    good: logger(),
  },
  {
    code: 1013,
    rule: 'a provider has a name and a file',
    bad: [`AddEventProvider=${GUID},P`, '[P] ; here', 'ProviderName=a'],
    good: provider('ImportChannel=Other/Admin'),
  },
  {
    code: 1081,
    rule: 'a channel has a type',
    bad: provider('AddChannel=Acme/Admin,5 ; here'),
    good: provider('AddChannel=Acme/Admin,0x4'),
  },
  {
    code: 1081,
    rule: 'a name has no forbidden characters',
    bad: provider('AddChannel=Acme:Admin,1 ; here'),
    good: provider('AddChannel=Acme/Admin,1'),
  },
  {
    code: 1286,
    rule: 'a name is not too long',
    bad: provider(`AddChannel=${'a'.repeat(256)},1 ; here`),
    good: provider(`AddChannel=${'a'.repeat(255)},1`),
  },
  {
    code: 1180,
    rule: 'channels have different values',
    bad: provider('AddChannel=A,1,C', 'AddChannel=B,1,D', '[C]', 'Value=16', '[D]', 'Value=0x10 ; here'),
    good: provider('AddChannel=A,1,C', 'AddChannel=B,1,D', '[C]', 'Value=16', '[D]', 'Value=17'),
  },
  {
    code: 1181,
    rule: 'a debug channel has no backup',
    bad: provider('AddChannel=A,4,C', '[C]', 'LoggingRetention=2', 'LoggingAutoBackup=1 ; here'),
    good: provider('AddChannel=A,1,C', '[C]', 'LoggingRetention=2', 'LoggingAutoBackup=1'),
  },
  {
    code: 1182,
    rule: 'a backup is of a sequential log',
    bad: provider('AddChannel=A,1,C', '[C]', 'LoggingAutoBackup=1 ; here'),
    good: provider('AddChannel=A,1,C', '[C]', 'LoggingAutoBackup=0'),
  },
  {
    code: 1014,
    rule: 'a log has at least 1 MiB',
    bad: provider('AddChannel=A,1,C', '[C]', 'LoggingMaxSize=1000 ; here'),
    good: provider('AddChannel=A,1,C', '[C]', 'LoggingMaxSize=1048576'),
  },
  {
    code: 1260,
    rule: 'an isolation is a number',
    bad: provider('AddChannel=A,1,C', '[C]', 'Isolation=System ; here'),
    good: provider('AddChannel=A,1,C', '[C]', 'Isolation=2'),
  },
  {
    code: 1326,
    rule: 'a log file is below DriverData',
    bad: logger('FileName="%%SystemRoot%%\\a.etl" ; here'),
    good: logger('FileName="%%DriverData%%\\Acme\\a.etl"'),
  },
]);

describeGroup('COM servers', comRules, 'COM', [
  {
    code: 1083,
    rule: 'a server has no flags',
    bad: ['AddComServer=a,1,C ; here', '[C]', 'ServerType=1', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
    good: ['AddComServer=a,,C', '[C]', 'ServerType=1', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
  },
  {
    code: 1013,
    rule: 'a server has a class',
    bad: ['AddComServer=a,,C', '[C] ; here', 'ServerType=1', 'ServerBinary=%13%\\a.dll'],
    good: ['AddComServer=a,,C', '[C]', 'ServerType=1', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
  },
  {
    code: 1014,
    rule: 'a server is in-process',
    bad: ['AddComServer=a,,C', '[C]', 'ServerType=2 ; here', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
    good: ['AddComServer=a,,C', '[C]', 'ServerType=0x1', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
  },
  {
    code: 1019,
    rule: 'a class is a GUID',
    bad: ['AddComServer=a,,C', '[C]', 'ServerType=1', 'ServerBinary=%13%\\a.dll', 'AddComClass=a ; here'],
    good: ['AddComServer=a,,C', '[C]', 'ServerType=1', 'ServerBinary=%13%\\a.dll', `AddComClass=${GUID}`],
  },
  {
    code: 1160,
    rule: 'a threading model is known',
    bad: [
      'AddComServer=a,,C',
      '[C]',
      'ServerType=1',
      'ServerBinary=%13%\\a.dll',
      `AddComClass=${GUID},,D`,
      '[D]',
      'ThreadingModel=Single ; here',
    ],
    good: [
      'AddComServer=a,,C',
      '[C]',
      'ServerType=1',
      'ServerBinary=%13%\\a.dll',
      `AddComClass=${GUID},,D`,
      '[D]',
      'ThreadingModel=both',
    ],
  },
]);

describe('COM classes of AddReg', () => {
  const adding = (line: string): string => `[Install]\nAddReg=A\n[A]\n${line}`;

  test('1325: are in-process', () => {
    expectRule(comRules, 1325, {
      bad: adding(`HKCR,CLSID\\${GUID}\\LocalServer32,,,"%13%\\a.exe" ; here`),
      good: adding(`HKCR,CLSID\\${GUID}\\InprocServer32,,,"%13%\\a.dll"`),
    });
  });

  test('1160: have a threading model that is known', () => {
    expectRule(comRules, 1160, {
      bad: adding(`HKR,CLSID\\${GUID}\\InprocServer32,ThreadingModel,,Many ; here`),
      good: adding(`HKR,CLSID\\${GUID}\\InprocServer32,ThreadingModel,,Both`),
    });
  });
});

describeGroup('WMI interfaces', numberRules, 'WMI', [
  {
    code: 1256,
    rule: 'flags are 0 or 1',
    bad: [`WMIInterface=${GUID},2,S ; here`, '[S]', 'Security="D:P"'],
    good: [`WMIInterface=${GUID},1,S`, '[S]', 'Security="D:P"'],
  },
]);

describe('properties', () => {
  const adding = (line: string): string => `[Install]\nAddProperty=A\n[A]\n${line}`;

  test('1019: have a format that is a GUID', () => {
    expectRule(propertyRules, 1019, {
      bad: adding('{65A9A6CF},2,18,,text ; here'),
      good: adding(`${GUID},2,18,,text\nDeviceModel,,,,"X"`),
    });
  });

  test('1268: have an id from 2', () => {
    expectRule(propertyRules, 1268, { bad: adding(`${GUID},1,18,,text ; here`), good: adding(`${GUID},0x2,18,,text`) });
  });
});
