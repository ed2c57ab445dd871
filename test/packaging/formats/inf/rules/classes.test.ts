import { describe, expect, test } from 'vitest';
import { classRules } from '../../../../../packaging/formats/inf/rules/classes.ts';
import { SETUP_CLASSES } from '../../../../../packaging/formats/inf/rules/setup-classes.ts';
import { describeData } from '../../../../support/outside.ts';
import { expectRule, findingsIn } from '../../../../support/rule-findings.ts';

const NET = '{4d36e972-e325-11ce-bfc1-08002be10318}';
const OWN = '{11111111-2222-3333-4444-555555555555}';

/** The whole INF stands in the text, so that the lines of [Version] can be marked. */
const versionOf = (name: string, guid: string, ...more: readonly string[]): string =>
  ['[Version]', 'Signature="$Windows NT$"', `Class=${name}`, `ClassGuid=${guid}`, ...more].join('\n');
const alone = { version: '', device: '' };

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: string;
  readonly good: string;
}

const CASES: readonly Case[] = [
  {
    code: 1010,
    rule: 'ClassGuid has braces',
    bad: versionOf('Net', '4d36e972-e325-11ce-bfc1-08002be10318 ; here'),
    good: versionOf('Net', NET),
  },
  {
    code: 1280,
    rule: 'a known GUID has its name',
    bad: versionOf('Network ; here', NET),
    good: versionOf('NET', NET.toUpperCase()),
  },
  {
    code: 1281,
    rule: 'a known name has its GUID',
    bad: versionOf('Net', `${OWN} ; here`),
    good: versionOf('Mine', OWN),
  },
  {
    code: 1284,
    rule: 'some classes are for Microsoft',
    bad: versionOf('LegacyDriver ; here', '{8ecc055d-047f-11d1-a537-0000f8753ed1}'),
    good: versionOf('USB', '{36fc9e60-c465-11cf-8056-444553540000}'),
  },
  {
    code: 1284,
    rule: 'the class of the samples is for samples',
    bad: versionOf('Sample ; here', '{78A1C341-4539-11d3-B88D-00C04FAD5171}'),
    good: versionOf('Samples', OWN),
  },
  {
    code: 1286,
    rule: 'a name has 31 characters',
    bad: versionOf(`${'a'.repeat(32)} ; here`, OWN),
    good: versionOf('a'.repeat(31), OWN),
  },
  {
    code: 1285,
    rule: 'only new classes are installed',
    bad: versionOf('Net', NET, '[ClassInstall32] ; here', 'AddReg=A'),
    good: versionOf('Mine', OWN, '[ClassInstall32]', 'AddReg=A'),
  },
  {
    code: 1019,
    rule: 'an interface class to install is a GUID',
    bad: versionOf('Mine', OWN, '[InterfaceInstall32]', 'interface=I ; here'),
    good: versionOf('Mine', OWN, '[InterfaceInstall32]', `${NET}=I`),
  },
];

describe('setup classes', () => {
  test.each(CASES)('$code: $rule', ({ code, bad, good }) => {
    expectRule(classRules, code, { bad, good }, alone);
  });

  test('are not judged while a token is open', () => {
    expect(findingsIn(classRules, versionOf('%Class%', '%Guid%'), alone)).toEqual([]);
  });
});

describe('an interface of a device', () => {
  const adding = (line: string): string => `[Install]\n[Install.Interfaces]\n${line}`;

  test('1019: is named by a GUID', () => {
    expectRule(classRules, 1019, { bad: adding('AddInterface={1-2} ; here'), good: adding(`AddInterface=${OWN}`) });
  });
});

interface ClassData {
  readonly classes: Readonly<Record<string, { readonly guid: string; readonly use: string }>>;
}

describeData('the table of setup classes', 'setup-classes.json', (data) => {
  test('has every documented class, and besides them that of the samples', () => {
    const documented = Object.entries((data as ClassData).classes).map(
      ([name, { guid, use }]) => `${name} ${guid.toLowerCase()} ${use === 'vendor' ? 'free' : 'reserved'}`,
    );
    const own = SETUP_CLASSES.map(({ name, guid, reserved }) => `${name} ${guid} ${reserved ? 'reserved' : 'free'}`);
    expect(own.filter((line) => !line.startsWith('Sample ')).sort()).toEqual(documented.sort());
  });
});
