import { describe, expect, test } from 'vitest';
import type { InfMode } from '../../../../../packaging/formats/inf/rules/contract.ts';
import { isolationRules } from '../../../../../packaging/formats/inf/rules/isolation.ts';
import { expectRule, findingsIn, reportedLines } from '../../../../support/rule-findings.ts';

const addReg = (line: string): string => `[Install]\nAddReg=A\n[A]\n${line}`;
const hardware = (line: string): string => `[Install]\n[Install.HW]\nAddReg=A\n[A]\n${line}`;
const service = (line: string): string =>
  `[Install]\n[Install.Services]\nAddService=a,2,S\n[S]\nAddReg=A\n[A]\n${line}`;
const copying = (dirs: string): string => `[Install]\nCopyFiles=Files\n[Files]\na.sys\n[DestinationDirs]\n${dirs}`;

interface Case {
  readonly code: number;
  readonly mode: InfMode;
  readonly rule: string;
  readonly bad: string;
  readonly good: string;
}

const MF = 'HKLM,SOFTWARE\\Microsoft\\Windows Media Foundation\\X,A,,B';

const CASES: readonly Case[] = [
  {
    code: 1304,
    mode: 'u',
    rule: 'values are relative',
    bad: addReg('HKLM,SOFTWARE\\Acme,A,,B ; here'),
    good: addReg(MF),
  },
  {
    code: 1304,
    mode: 'k',
    rule: 'classes may be registered',
    bad: addReg('HKLM,SYSTEM\\CurrentControlSet\\Control,A,,B ; here'),
    good: addReg('HKCR,.acme,A,,B\nHKLM,SOFTWARE\\Classes\\.acme,A,,B'),
  },
  {
    code: 1321,
    mode: 'h',
    rule: 'values are in allowed places',
    bad: addReg('HKLM,SOFTWARE\\Acme,A,,B ; here\nHKCU,Software\\X,A,,B ; here'),
    good: addReg(`HKLM,SYSTEM\\CurrentControlSet\\Control,A,,B\nHKCR,.x,A,,B\n${MF}`),
  },
  {
    code: 1321,
    mode: 'h',
    rule: 'a place is a whole name',
    bad: addReg('HKLM,SOFTWARE\\ClassesOfAcme,A,,B ; here'),
    good: addReg('HKLM,software\\classes,A,,B'),
  },
  {
    code: 1320,
    mode: 'h',
    rule: 'keys are too',
    bad: addReg('HKLM,SOFTWARE\\Acme,,0x10 ; here'),
    good: addReg('HKR,A,,0x10'),
  },
  {
    code: 1321,
    mode: 'w',
    rule: 'all values are relative',
    bad: addReg('HKCR,.acme,A,,B ; here'),
    good: addReg('HKR,X,A,,B'),
  },
  {
    code: 1323,
    mode: 'w',
    rule: 'a service writes below Parameters',
    bad: service('HKR,,A,,B ; here\nHKR,ParametersOfMine,A,,B ; here'),
    good: service('HKR,Parameters,A,,B\nHKR,parameters\\X,A,,B'),
  },
  {
    code: 1329,
    mode: 'w',
    rule: 'filters are declared',
    bad: hardware('HKR,,UpperFilters,0x00010000,"f" ; here'),
    good: hardware('HKR,Sub,UpperFilters,0x00010000,"f"'),
  },
  {
    code: 1306,
    mode: 'u',
    rule: 'files go to the system',
    bad: copying('Files=24 ; here'),
    good: copying('Files=10,Acme'),
  },
  {
    code: 1322,
    mode: 'w',
    rule: 'files stay in the store',
    bad: copying('Files=12 ; here'),
    good: copying('Files=13'),
  },
  {
    code: 1340,
    mode: 'h',
    rule: 'old folders are given up',
    bad: copying('Files=24 ; here'),
    good: copying('Files=12'),
  },
  {
    code: 1341,
    mode: 'h',
    rule: 'folders of the shell are given up',
    bad: copying('Files=16419 ; here'),
    good: copying('Files=16422'),
  },
  {
    code: 1305,
    mode: 'h',
    rule: 'lists are not appended to',
    bad: hardware('HKR,,A,0x00010008,"f" ; here'),
    good: hardware('HKR,,A,0x00010000,"f"'),
  },
  {
    code: 1305,
    mode: 'h',
    rule: 'lists are not taken from',
    bad: '[Install]\nDelReg=A\n[A]\nHKR,,B,0x00018002,"f" ; here',
    good: '[Install]\nDelReg=A\n[A]\nHKR,,B',
  },
  {
    code: 1430,
    mode: 'h',
    rule: 'BootFlags is no value of a service',
    bad: service('HKR,,BootFlags,0x00010003,0x81 ; here'),
    good: service('HKR,Parameters,BootFlags,0x00010001,1'),
  },
];

describe('where an INF writes and copies', () => {
  test.each(CASES)('$code in mode $mode: $rule', ({ code, mode, bad, good }) => {
    expectRule(isolationRules, code, { bad, good }, { mode });
  });

  test('1324: [Version] locks the files', () => {
    const version = (line: string): string => `[Version]\nSignature="$Windows NT$"\n${line}`;
    const alone = { version: '', device: '' };
    const texts = { bad: version('PnpLockdown=0 ; here'), good: version('PnpLockdown=1') };
    expectRule(isolationRules, 1324, texts, alone);
    const missing = { bad: version('').replace('[Version]', '[Version] ; here'), good: version('PnpLockdown=0x1') };
    expectRule(isolationRules, 1324, missing, alone);
  });

  test('1384: an extension declares its filters', () => {
    const version = '[Version]\nSignature="$Windows NT$"\nClass=Extension\nPnpLockdown=1';
    const bad = hardware('HKR,,UpperFilters,0x00010000,"f" ; here');
    expectRule(isolationRules, 1384, { bad, good: hardware('HKR,,Other,0x00010000,"f"') }, { version });
    expect(reportedLines(isolationRules, 1384, bad)).toEqual([]);
  });
});

describe('the Windows that isolation counts for', () => {
  const device = `[Manufacturer]
M=Models,NTamd64,NTamd64.10.0...17763
[Models.NTamd64]
D=Old,ROOT\\A
[Models.NTamd64.10.0...17763]
D=New,ROOT\\A`;
  const both = `[Old]
AddReg=A
[New]
AddReg=B
[A]
HKLM,SOFTWARE\\Acme,A,,B
[B]
HKLM,SOFTWARE\\Acme,A,,B ; here`;

  test('1321: an older Models section is left alone when a newer one takes over', () => {
    const good = both.replace('HKLM,SOFTWARE\\Acme,A,,B ; here', 'HKR,,A,,B');
    expectRule(isolationRules, 1321, { bad: both, good }, { mode: 'w', device });
    expect(findingsIn(isolationRules, both, { mode: 'w', device }).map(({ target }) => target)).toEqual([
      'NTamd64.10.0...17763',
    ]);
  });

  test('1430: BootFlags may be a value below build 25398', () => {
    const boot = device.replaceAll('17763', '25398');
    const text = `[Old]
[Old.Services]
AddService=a,2,OldService
[OldService]
AddReg=A
[A]
HKR,,BootFlags,0x00010003,0x81
[New]
[New.Services]
AddService=a,2,NewService
[NewService]
BootFlags=0x81`;
    expect(findingsIn(isolationRules, text, { mode: 'h', device: boot })).toEqual([]);
    expect(reportedLines(isolationRules, 1430, text, { mode: 'h', device })).toEqual([]);
    const onlyOld = boot.replace(',NTamd64.10.0...25398', '');
    expect(reportedLines(isolationRules, 1430, text, { mode: 'h', device: onlyOld })).toHaveLength(1);
  });
});
