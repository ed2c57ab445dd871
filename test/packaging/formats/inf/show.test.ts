import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { parseInf } from '../../../../packaging/formats/inf/document.ts';
import { infModel, type WindowsTarget } from '../../../../packaging/formats/inf/model.ts';
import { infLines, showInf, showInfTarget } from '../../../../packaging/formats/inf/show.ts';

const TEXT = `[Version]
Signature="$Windows NT$"
Class=SCSIAdapter
Provider=%V%
CatalogFile=acme.cat
DriverVer=05/29/2026,9.1.0.31
[Manufacturer]
%V%=M,NTamd64,NTx86
[M.NTamd64]
Disk=I,ACME\\DISK,ACME\\ANY
[M.NTx86]
Disk32=I,ACME\\DISK32
[I]
CopyFiles=L
AddReg=R
[L]
acme_9.sys,acme.sys
[R]
HKR,Sub,List,0x10000,a,b
[I.Services]
AddService=acme,2,S
[S]
ServiceType=1
StartType=0
ServiceBinary=%12%\\acme_9.sys
[DestinationDirs]
DefaultDestDir=12
[SourceDisksFiles]
acme.sys=0
[Strings]
V=Acme
`;

const document = parseInf(utf8(TEXT), 'acme.inf');
const model = infModel(document);
const TARGET: WindowsTarget = { arch: 'amd64', major: 10, minor: 0, build: 19045 };

describe('an INF as data', () => {
  const shown = showInf(document, model);

  test('has its sections with keys, values and lines', () => {
    expect(shown.encoding).toBe('ansi');
    expect(shown.sections[1]).toEqual({
      name: 'Manufacturer',
      lines: [{ key: 'Acme', fields: ['M', 'NTamd64', 'NTx86'], line: 8 }],
    });
  });

  test('has its version with a plain date, and the devices of all systems', () => {
    expect(shown.version).toMatchObject({
      class: 'SCSIAdapter',
      provider: 'Acme',
      catalogFiles: { default: 'acme.cat' },
      driverVer: { date: '2026-05-29', version: '9.1.0.31', text: '05/29/2026,9.1.0.31' },
    });
    expect(shown.devices).toMatchObject([
      {
        section: 'M.NTamd64',
        description: 'Disk',
        manufacturer: 'Acme',
        ids: ['ACME\\DISK', 'ACME\\ANY'],
        os: 'NTamd64',
      },
      { section: 'M.NTx86', ids: ['ACME\\DISK32'], os: 'NTx86' },
    ]);
    expect(shown.target).toBeUndefined();
  });

  test('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(showInf(document, model, TARGET)))).toEqual(showInf(document, model, TARGET));
  });

  test('for a Windows has the devices of that Windows only, and what it installs', () => {
    const { devices, target } = showInf(document, model, TARGET);
    expect(devices.map(({ section }) => section)).toEqual(['M.NTamd64']);
    expect(target).toEqual(showInfTarget(document, model, TARGET));
    expect(target).toMatchObject({
      sections: ['I'],
      files: [{ name: 'acme_9.sys', source: 'acme.sys', sourcePath: 'acme.sys', dirid: 12 }],
      services: [{ name: 'acme', serviceType: 1, startType: 0, errorControl: null, binary: '%12%\\acme_9.sys' }],
      registry: [{ key: 'HKR\\Sub', name: 'List', type: 'REG_MULTI_SZ', value: ['a', 'b'] }],
    });
  });
});

describe('an INF for people', () => {
  test('has no control characters that a terminal would obey', () => {
    const hostile = parseInf(utf8('[Version]\nSignature="$Windows NT$"\nProvider=\u001b[31mred\n'), 'x.inf');
    expect(infLines(showInf(hostile, infModel(hostile)))).toContain('Provider  \ufffd[31mred');
  });

  test('says who, what, which devices, and what is installed', () => {
    const text = infLines(showInf(document, model, TARGET));
    expect(text.filter((line) => line.includes('\n'))).toEqual([]);
    expect(text).toEqual(
      expect.arrayContaining([
        'Class     SCSIAdapter',
        'Provider  Acme',
        'DriverVer 05/29/2026,9.1.0.31',
        'Disk (Acme)  [M.NTamd64] -> [I]',
        '  ACME\\DISK',
        '  file     acme_9.sys (from acme.sys) to dirid 12',
        '  service  acme  boot  %12%\\acme_9.sys',
        '  registry HKR\\Sub\\List = REG_MULTI_SZ a, b',
      ]),
    );
  });
});
