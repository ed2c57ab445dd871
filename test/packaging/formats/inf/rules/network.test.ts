import { describe, test } from 'vitest';
import { checkRule, GOOD_INF, type RuleCase } from '../../../../support/inf-rules.ts';

const STRINGS = '[Strings]\n';
const NET = ['Class = SCSIAdapter', 'Class = NetDriver'] as const;

const netDriver = (adder: string, ...lines: readonly string[]): readonly (readonly [string, string])[] => [
  NET,
  [STRINGS, `[Disk.NT.NetDrivers]\n${adder}\n[Net]\n${lines.join('\n')}\n${STRINGS}`],
];

const GOOD = netDriver(
  'AddNetFilter = acme_filter,Net',
  'FilterType = Modifying',
  'FilterClass = compression',
  'BindTokens = acme.tokens',
  'BindName = AcmeFilter',
  'InstanceGuid = {11111111-2222-3333-4444-555555555555}',
  'IsMandatory = false',
);

const NETWORK_CASES: readonly RuleCase[] = [
  { code: 2400, what: 'a filter without a section', bad: netDriver('AddNetFilter = acme_filter ;!') },
  { code: 2402, what: 'another directive', bad: netDriver('AddReg = Net ;!\nAddNetFilter = acme_filter,Net') },
  {
    code: 2403,
    what: 'a class of two values',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'FilterClass = a,b ;!'),
  },
  {
    code: 2405,
    what: 'network drivers of another class',
    bad: [[STRINGS, `[Disk.NT.NetDrivers] ;!\nAddNetFilter = acme_filter,Net\n[Net]\n${STRINGS}`]],
  },
  {
    code: 2411,
    what: 'a GUID without braces',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'InstanceGuid = 1234 ;!'),
    severity: 'warning',
  },
  { code: 2412, what: 'capitals in a component id', bad: netDriver('AddNetFilter = AcmeFilter,Net ;!') },
  {
    code: 2413,
    what: 'True in capitals',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'IsMandatory = True ;!'),
    severity: 'warning',
  },
  {
    code: 2414,
    what: 'a dash in a filter class',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'FilterClass = load-balance ;!'),
  },
  { code: 2415, what: 'a component id of Microsoft', bad: netDriver('AddNetProtocol = vms_acme,Net ;!') },
  {
    code: 2416,
    what: 'a dash in a bind token',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'BindTokens = acme-token ;!'),
    severity: 'warning',
  },
  {
    code: 2417,
    what: 'a dot in a bind name',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'BindName = Acme.Filter ;!'),
    severity: 'warning',
  },
  {
    code: 2418,
    what: 'a modifying filter without class',
    bad: [
      NET,
      [STRINGS, `[Disk.NT.NetDrivers]\nAddNetFilter = acme_filter,Net\n[Net] ;!\nFilterType = Modifying\n${STRINGS}`],
    ],
  },
  {
    code: 2419,
    what: 'a bind token of Microsoft',
    bad: netDriver('AddNetFilter = acme_filter,Net', 'BindTokens = acme,ndis_x ;!'),
    severity: 'warning',
  },
  { code: 2420, what: 'a network driver that adds nothing', bad: [NET, ['[Version]', '[Version] ;!']] },
];

describe('rules about network drivers', () => {
  test.each(NETWORK_CASES)('$code finds $what', (rule) => {
    checkRule({ good: GOOD, inf: GOOD_INF, ...rule });
  });
});

const REG = (...lines: readonly string[]): readonly [string, string] => [
  '[Disk.NT]\n',
  `[Reg]\n${lines.join('\n')}\n[Disk.NT]\nAddReg = Reg\n`,
];

const AUDIO_CASES: readonly RuleCase[] = [
  {
    code: 2660,
    what: 'an audio object registered under HKCR',
    bad: [REG('HKCR,AudioEngine\\AudioProcessingObjects\\{1},Name,,x ;!')],
    good: [REG('HKCR,Software\\Acme,Name,,x')],
    options: { mode: 'w' },
  },
  {
    code: 2661,
    what: 'an audio object of another class',
    bad: [REG('HKR,AudioEngine\\AudioProcessingObjects\\{1},Name,,x ;!')],
    good: [
      ['Class = SCSIAdapter', 'Class = AudioProcessingObject'],
      REG('HKR,AudioEngine\\AudioProcessingObjects\\{1},Name,,x'),
    ],
    options: { mode: 'w' },
  },
];

describe('rules about audio processing objects', () => {
  test.each(AUDIO_CASES)('$code finds $what', (rule) => {
    checkRule(rule);
  });
});
