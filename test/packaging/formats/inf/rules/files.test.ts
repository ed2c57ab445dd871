import { describe, expect, test } from 'vitest';
import { fileRules } from '../../../../../packaging/formats/inf/rules/files.ts';
import { expectRule, findingsIn } from '../../../../support/rule-findings.ts';

/** A package of one file; each part can be replaced. */
interface Parts {
  readonly install?: string;
  readonly list?: string;
  readonly dirs?: string;
  readonly files?: string;
  readonly disks?: string;
  readonly more?: string;
}

const inf = (parts: Parts): string => {
  const { install = 'CopyFiles=Files', list = 'a.sys', dirs = 'Files=12', files = 'a.sys=1', disks = '1=Disk' } = parts;
  return [
    `[Install]\n${install}`,
    `[Files]\n${list}`,
    `[DestinationDirs]\n${dirs}`,
    `[SourceDisksFiles]\n${files}`,
    `[SourceDisksNames]\n${disks}`,
    parts.more ?? '',
  ].join('\n');
};

interface Case {
  readonly code: number;
  readonly rule: string;
  readonly bad: Parts;
  readonly good: Parts;
}

const CASES: readonly Case[] = [
  {
    code: 1230,
    rule: 'a file to copy is in the package',
    bad: { list: 'a.sys\nb.sys ; here' },
    good: { list: 'c.sys,a.sys\nA.SYS' },
  },
  {
    code: 1230,
    rule: 'a single file to copy is in the package',
    bad: { install: 'CopyFiles=@b.sys ; here' },
    good: { install: 'CopyFiles=@a.sys', dirs: 'DefaultDestDir=12' },
  },
  { code: 1229, rule: 'a line names a file', bad: { list: ',a.sys ; here' }, good: { list: 'a.sys,,,0x2' } },
  { code: 1083, rule: 'flags are a number', bad: { list: 'a.sys,,,NOSKIP ; here' }, good: { list: 'a.sys,,,%FLAG%' } },
  {
    code: 1275,
    rule: 'single files have a place',
    bad: { install: 'CopyFiles=@a.sys ; here' },
    good: { install: 'CopyFiles=@a.sys', dirs: 'DefaultDestDir=12' },
  },
  {
    code: 1100,
    rule: 'files of the driver store are not renamed',
    bad: { dirs: 'Files=13', list: 'b.sys,a.sys ; here' },
    good: { dirs: 'Files=13', list: 'a.sys,a.sys' },
  },
  {
    code: 1100,
    rule: 'files of the driver store keep their folder',
    bad: { dirs: 'Files=13,sub', files: 'a.sys=1,x64', list: 'a.sys ; here' },
    good: { dirs: 'Files=13,X64', files: 'a.sys=1,\\x64' },
  },
  {
    code: 1100,
    rule: 'the folder of the disk may count',
    bad: { dirs: 'Files=13,sub', disks: '1=Disk,,,\\x64', list: 'a.sys ; here' },
    good: { dirs: 'Files=13,x64', disks: '1=Disk,,,\\x64' },
  },
  {
    code: 1101,
    rule: 'files of the driver store have no security section',
    bad: { dirs: 'Files=13', more: '[Files.Security] ; here\n"D:P(A;;GA;;;SY)"' },
    good: { dirs: 'Files=12', more: '[Files.Security]\n"D:P(A;;GA;;;SY)"' },
  },
  {
    code: 1102,
    rule: 'files of the driver store are not deleted',
    bad: { install: 'DelFiles=Old', dirs: 'Old=13', more: '[Old]\nold.sys ; here' },
    good: { install: 'DelFiles=Old', dirs: 'Old=12', more: '[Old]\nold.sys' },
  },
  {
    code: 1103,
    rule: 'copying to the driver store has no condition',
    bad: { dirs: 'Files=13', list: 'a.sys,,,0x10 ; here' },
    good: { dirs: 'Files=13', list: 'a.sys,,,0x2' },
  },
  {
    code: 1229,
    rule: 'a file to rename has two names',
    bad: { install: 'RenFiles=Old', dirs: 'Old=12', more: '[Old]\nnew.sys ; here' },
    good: { install: 'RenFiles=Old', dirs: 'Old=12', more: '[Old]\nnew.sys,old.sys' },
  },
  {
    code: 1213,
    rule: 'the catalog is not listed',
    bad: { files: 'a.sys=1\na.cat=1 ; here' },
    good: { files: 'a.sys=1' },
  },
  {
    code: 1231,
    rule: 'names are those of expanded files',
    bad: { files: 'a.sys=1\nb.sy_=1 ; here' },
    good: { files: 'a.sys=1\nb_.sys=1' },
  },
  { code: 1008, rule: 'a disk is a number', bad: { files: 'a.sys=one ; here' }, good: { files: 'a.sys=01' } },
  { code: 1008, rule: 'a file has a disk', bad: { files: 'a.sys= ; here' }, good: { files: 'a.sys=0x1' } },
  { code: 1273, rule: 'the disk is defined', bad: { files: 'a.sys=2 ; here' }, good: { files: 'a.sys=01' } },
  {
    code: 1015,
    rule: 'a file is below the INF',
    bad: { files: 'a.sys=1\n..\\b.sys=1 ; here\nc.sys=1,..\\x64 ; here\nd.sys=1,C:\\x ; here' },
    good: { files: 'a.sys=1,.\\x64\nb..sys=1,a..b' },
  },
  {
    code: 1015,
    rule: 'the folder of a disk is below the INF',
    bad: { disks: '1=Disk,,,..\\x64 ; here' },
    good: { disks: '1=Disk,,,\\x64' },
  },
  {
    code: 1241,
    rule: 'programs do not define directories',
    bad: { dirs: 'Files=12\nOther=40000 ; here' },
    good: { dirs: 'Files=66001' },
  },
  {
    code: 1242,
    rule: 'a directory id is a number',
    bad: { dirs: 'Files=twelve ; here' },
    good: { dirs: 'Files=-1,C:\\x' },
  },
  { code: 1243, rule: 'a directory id is known', bad: { dirs: 'Files=99 ; here' }, good: { dirs: 'Files=16422' } },
];

describe('files', () => {
  test.each(CASES)('$code: $rule', ({ code, bad, good }) => {
    expectRule(fileRules, code, { bad: inf(bad), good: inf(good) });
  });

  test('of a plain package have no findings', () => {
    expect(findingsIn(fileRules, inf({}))).toEqual([]);
  });

  test('1275: a list has a place', () => {
    const bad = inf({ dirs: 'Other=12' }).replace('[Files]', '[Files] ; here');
    expectRule(fileRules, 1275, { bad, good: inf({ dirs: 'DefaultDestDir=12' }) });
  });
});

describe('architectures', () => {
  const device = `[Manufacturer]
M=Models,NTamd64,NTarm64
[Models.NTamd64]
D=Install,ROOT\\A
[Models.NTarm64]
D=Install,ROOT\\A`;

  test('1230: a file is in the section of each one or in the undecorated section', () => {
    const half = inf({ list: 'a.sys ; here' }).replace('[SourceDisksFiles]', '[SourceDisksFiles.amd64]');
    const whole = `${inf({})}\n[SourceDisksFiles.arm64]\na.sys=1`.replace(
      '[SourceDisksFiles]',
      '[SourceDisksFiles.amd64]',
    );
    expectRule(fileRules, 1230, { bad: half, good: whole }, { device });
    expect(findingsIn(fileRules, half, { device })[0]?.target).toBe('NTarm64');
  });

  test('1273: a disk is defined for each one', () => {
    const half = inf({ files: 'a.sys=1 ; here' }).replace('[SourceDisksNames]', '[SourceDisksNames.amd64]');
    expectRule(fileRules, 1273, { bad: half, good: inf({}) }, { device });
  });

  test('1273: a disk of an architecture that the INF is not for does not matter', () => {
    const text = inf({}).replace('[SourceDisksNames]', '[SourceDisksNames.amd64]');
    expect(findingsIn(fileRules, text)).toEqual([]);
  });
});

describe('an INF with LayoutFile', () => {
  test('1230: takes its files from another one', () => {
    const version = '[Version]\nSignature="$Windows NT$"\nLayoutFile=layout.inf';
    expect(findingsIn(fileRules, inf({ list: 'b.sys' }), { version })).toEqual([]);
  });
});
