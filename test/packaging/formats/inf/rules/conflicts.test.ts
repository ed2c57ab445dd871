import { describe, expect, test } from 'vitest';
import { conflictRules } from '../../../../../packaging/formats/inf/rules/conflicts.ts';
import { expectRule, findingsIn, reportedLines } from '../../../../support/rule-findings.ts';

/** Two devices that one Windows may have at the same time. */
const device = `[Manufacturer]
M=Models,NTamd64
[Models.NTamd64]
D=One,ROOT\\A
D=Two,ROOT\\B`;

/** The same install sections, each for another architecture. */
const apart = `[Manufacturer]
M=Models,NTamd64,NTarm64
[Models.NTamd64]
D=One,ROOT\\A
[Models.NTarm64]
D=Two,ROOT\\B`;

const files = (one: string, two: string): string =>
  `[One]\nCopyFiles=F\n[Two]\nCopyFiles=G\n[F]\n${one}\n[G]\n${two}\n[DestinationDirs]\nDefaultDestDir=12`;
const values = (one: string, two: string): string => `[One]\nAddReg=F\n[Two]\nAddReg=G\n[F]\n${one}\n[G]\n${two}`;
const services = (one: string, two: string): string =>
  [
    '[One]\n[Two]\n[One.Services]\nAddService=s,2,F\n[Two.Services]\nAddService=S,2,G',
    `[F]\nStartType=3\n${one}\n[G]\n${two}`,
  ].join('\n');

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: string;
  readonly good: string;
}

const CASES: readonly Case[] = [
  {
    code: 1330,
    rule: 'a file has one source',
    bad: files('a.sys,one.sys', 'A.sys,two.sys ; here'),
    good: files('a.sys,one.sys', 'a.sys,ONE.SYS\nb.sys,two.sys'),
  },
  {
    code: 1331,
    rule: 'a global value is one',
    bad: values('HKLM,SOFTWARE\\A,V,,1', 'HKLM,Software\\a,v,,2 ; here'),
    good: values('HKLM,SOFTWARE\\A,V,,1\nHKR,,W,,1', 'HKLM,SOFTWARE\\A,V,,1\nHKR,,W,,2'),
  },
  {
    code: 1331,
    rule: 'a value that is kept is no conflict',
    bad: values('HKLM,SOFTWARE\\A,V,0x00010001,1', 'HKLM,SOFTWARE\\A,V,,1 ; here'),
    good: values('HKLM,SOFTWARE\\A,V,0x00010001,1', 'HKLM,SOFTWARE\\A,V,0x00010003,2'),
  },
  {
    code: 1332,
    rule: 'a value of a service is one',
    bad: services('AddReg=X', 'AddReg=Y\n[X]\nHKR,P,V,,1\n[Y]\nHKR,P,V,,2 ; here'),
    good: services('AddReg=X', 'AddReg=Y\n[X]\nHKR,P,V,,1\n[Y]\nHKR,P,V,,1'),
  },
  {
    code: 1333,
    rule: 'a service is described once',
    bad: services('ErrorControl=1', 'StartType=3\nErrorControl=0 ; here'),
    good: services('ErrorControl=1', 'StartType=3\nErrorControl=1\nDescription=Other'),
  },
];

describe('sections that one Windows may read together', () => {
  test.each(CASES)('$code: $rule', ({ code, bad, good }) => {
    expectRule(conflictRules, code, { bad, good }, { device });
  });

  test.each(CASES)('$code: does not count between architectures', ({ code, bad }) => {
    expect(reportedLines(conflictRules, code, bad, { device: apart })).toEqual([]);
  });

  test('1330: names both sources and the lines', () => {
    const [finding] = findingsIn(conflictRules, files('a.sys,one.sys', 'a.sys,two.sys'), { device, mode: 'h' });
    expect(finding).toMatchObject({ target: 'NTamd64', token: 'two.sys' });
    expect(finding?.message).toContain('"one.sys"');
  });
});
