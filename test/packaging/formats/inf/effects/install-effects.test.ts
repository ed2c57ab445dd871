import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../../core/bytes.ts';
import { parseInf } from '../../../../../packaging/formats/inf/document.ts';
import { installEffects } from '../../../../../packaging/formats/inf/effects/install-effects.ts';
import type { InfArch } from '../../../../../packaging/formats/inf/target-os.ts';

const effects = (text: string, { arch = 'amd64', classGuid = '' }: { arch?: InfArch; classGuid?: string } = {}) =>
  installEffects(
    parseInf(utf8(`[Version]\nSignature="$Windows NT$"\nClassGuid=${classGuid}\n${text}`), 'demo.inf'),
    'Demo.NT',
    arch,
  );

const registry = (line: string, directive = 'AddReg') => effects(`[Demo.NT]\n${directive}=R\n[R]\n${line}`).software[0];

describe('a line of AddReg', () => {
  test.each([
    ['HKR,,Plain,,text', { does: 'set', type: 'REG_SZ', data: 'text' }],
    ['HKR,,List,0x00010008,a,b', { does: 'append', type: 'REG_MULTI_SZ', data: ['a', 'b'] }],
    ['HKR,,Kept,0x00010003,5', { does: 'set-if-missing', type: 'REG_DWORD', data: 5 }],
    ['HKR,,Kept,0x0001000A,a', { does: 'set-if-missing', type: 'REG_MULTI_SZ', data: ['a'] }],
    ['HKR,,There,0x00010021,5', { does: 'set-if-present', type: 'REG_DWORD', data: 5 }],
    ['HKR,Sub,,0x10', { does: 'make-key', key: 'Sub', name: '' }],
    ['HKR,Sub,Gone,0x4', { does: 'delete-value', key: 'Sub', name: 'Gone' }],
    ['HKR,Sub,,0x4', { does: 'delete-key', key: 'Sub' }],
    ['HKR,,Number,0x00010001,none', { does: 'set', type: 'REG_DWORD', data: 0 }],
    ['HKLM,SOFTWARE\\Acme,A,,x', { root: 'HKLM', key: 'SOFTWARE\\Acme' }],
    ['HKCR,.acme,,,x', { root: 'HKLM', key: 'SOFTWARE\\Classes\\.acme' }],
    ['HKCU,Acme,A,,x', { root: 'other', key: 'HKCU\\Acme' }],
  ])('%s', (line, expected) => {
    expect(registry(line)).toMatchObject(expected);
  });

  test('marked as one of DelReg is left out', () => {
    expect(registry('HKR,,List,0x00018002,a')).toBeUndefined();
  });

  test('for the 32-bit view goes there, but on a 32-bit Windows', () => {
    const text = '[Demo.NT]\nAddReg=R\n[R]\nHKLM,Software\\Acme,A,0x4000,x';
    expect(effects(text).software[0]?.key).toBe('Software\\Wow6432Node\\Acme');
    expect(effects(text, { arch: 'x86' }).software[0]?.key).toBe('Software\\Acme');
  });
});

describe('a line of DelReg or BitReg', () => {
  test.each([
    ['HKR,Sub', { does: 'delete-key', key: 'Sub' }],
    ['HKR,Sub,Value', { does: 'delete-value', key: 'Sub', name: 'Value' }],
    ['HKR,Sub,Value,0x2000', { does: 'delete-key', key: 'Sub' }],
    ['HKR,,UpperFilters,0x00018002,acme', { does: 'remove-text', name: 'UpperFilters', data: 'acme' }],
  ])('DelReg %s', (line, expected) => {
    expect(registry(line, 'DelReg')).toMatchObject(expected);
  });

  test.each([
    ['HKR,,Mask,1,0x80,3', { does: 'set-bits', name: 'Mask', data: ['80', '3'] }],
    ['HKR,,Mask,0,80,0', { does: 'clear-bits', name: 'Mask', data: ['80', '0'] }],
  ])('BitReg %s', (line, expected) => {
    expect(registry(line, 'BitReg')).toMatchObject(expected);
  });
});

describe('an install section', () => {
  test('deletes before it adds, and needed sections come after the ones that need them', () => {
    const { software } = effects(
      '[Demo.NT]\nAddReg=A\nNeeds=More\nDelReg=D\n[More]\nAddReg=B\n[A]\nHKR,,A,,1\n[B]\nHKR,,A,,2\n[D]\nHKR,,A',
    );
    expect(software.map(({ does, data }) => [does, data])).toEqual([
      ['delete-value', null],
      ['set', '1'],
      ['set', '2'],
    ]);
  });

  test('names what included INFs must have, and processes a section once that is needed twice', () => {
    const { includes, elsewhere, software } = effects(
      '[Demo.NT]\nInclude=input.inf\nNeeds=HID_Inst.NT,Own,Own\nAddReg=R\n[Own]\nNeeds=Demo.NT\nAddReg=R\n[R]\nHKR,,A,,1',
    );
    expect([includes, elsewhere]).toEqual([['input.inf'], ['HID_Inst.NT']]);
    expect(software).toHaveLength(2);
  });

  test('has its own score, version, excluded ids and wish to restart, and none of those of needed sections', () => {
    const text = 'FeatureScore=0xFE\nExcludeID=PCI\\A,PCI\\B\nReboot\nDriverVer=05/29/2026,1.2.3.4\n';
    expect(effects(`[Demo.NT]\n${text}`)).toMatchObject({
      featureScore: 0xfe,
      excludedIds: ['PCI\\A', 'PCI\\B'],
      reboot: true,
      driverVer: { version: [1, 2, 3, 4] },
    });
    const needed = effects(`[Demo.NT]\nNeeds=More\n[More]\n${text}`);
    expect(needed).toMatchObject({ featureScore: undefined, excludedIds: [], reboot: false, driverVer: undefined });
  });

  test('copies, deletes and renames files', () => {
    const { copied, deleted, renamed } = effects(
      `[Demo.NT]\nCopyFiles=C,@one.sys\nDelFiles=D\nRenFiles=R\n[C]\ntarget.exe,source.exe,,0x10\n[D]\nold.dll\n[R]\nnew.dll,old.dll
[DestinationDirs]\nDefaultDestDir=12\nC=11,Acme\n[SourceDisksNames]\n1=Disk,,,\\bin\n[SourceDisksFiles]\nsource.exe=1\none.sys=1`,
    );
    expect(copied).toMatchObject([
      { name: 'target.exe', source: 'source.exe', sourcePath: 'bin/source.exe', dirid: 11, subdir: 'Acme', flags: 16 },
      { name: 'one.sys', source: 'one.sys', sourcePath: 'bin/one.sys', dirid: 12 },
    ]);
    expect(deleted).toMatchObject([{ name: 'old.dll', dirid: 12 }]);
    expect(renamed).toMatchObject([{ name: 'new.dll', source: 'old.dll' }]);
  });

  test('makes and removes services in the order of its lines', () => {
    const { services } = effects(
      `[Demo.NT.Services]\nDelService=old,0x204\nAddService=demo,0x802,S,E,Application,Demo\nAddService=,2
[S]\nServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%12%\\demo.sys\nLoadOrderGroup="SCSI miniport"\nDependencies=a,+b
BootFlags=0x81\nDelayedAutoStart=1\nAddReg=R\n[R]\nHKR,Parameters,A,0x00010001,1\n[E]\nAddReg=L\n[L]\nHKR,,TypesSupported,0x00010001,7\n[Demo.NT]`,
    );
    expect(services).toMatchObject([
      { does: 'delete', name: 'old', flags: 0x204 },
      {
        ...{ does: 'add', name: 'demo', flags: 0x802, type: 1, start: 3, errorControl: 1, group: 'SCSI miniport' },
        ...{ binary: '%12%\\demo.sys', dependencies: ['a', '+b'], bootFlags: 0x81, other: ['DelayedAutoStart'] },
        registry: [{ key: 'Parameters', name: 'A', data: 1 }],
        eventLog: { log: 'Application', source: 'Demo', registry: [{ name: 'TypesSupported', data: 7 }] },
      },
      { does: 'add', name: '', flags: 2 },
    ]);
  });

  test('has filters with a position or a level, components and interfaces', () => {
    const { filters, components, interfaces } = effects(
      `[Demo.NT]\n[Demo.NT.Filters]\nAddFilter=low,,L\nAddFilter=mid,,M\n[L]\nFilterPosition=Lower\n[M]\nFilterLevel=Middle
[Demo.NT.Components]\nAddComponent=one,,C\n[C]\nComponentIDs=VID_1,VID_2
[Demo.NT.Interfaces]\nAddInterface={AAAAAAAA-0000-0000-0000-000000000000},,I\n[I]\nAddReg=R\n[R]\nHKR,,A,,1`,
    );
    expect(filters).toEqual([
      { service: 'low', position: 'lower' },
      { service: 'mid', position: 'by-level', level: 'Middle' },
    ]);
    expect(components).toEqual(['VID_1', 'VID_2']);
    expect(interfaces).toMatchObject([
      { guid: '{aaaaaaaa-0000-0000-0000-000000000000}', registry: [{ name: 'A', data: '1' }] },
    ]);
  });

  test("keeps the Net class's own entries as values of the software key", () => {
    const text = '[Demo.NT]\nCharacteristics=0x84\nBusType=1\n*IfType=6';
    const { software, other } = effects(text, { classGuid: '{4D36E972-E325-11CE-BFC1-08002BE10318}' });
    expect(software.map(({ name, type, data }) => [name, type, data])).toEqual([
      ['Characteristics', 'REG_DWORD', 0x84],
      ['BusType', 'REG_SZ', '1'],
      ['*IfType', 'REG_DWORD', 6],
    ]);
    expect(other).toEqual([]);
    expect(effects(text).other).toEqual(['[Demo.NT] Characteristics', '[Demo.NT] BusType', '[Demo.NT] *IfType']);
  });

  test('says which directives have an effect that is not told', () => {
    expect(effects('[Demo.NT]\nCopyINF=a.inf\nRegisterDlls=R\n[Demo.NT.Wdf]\nKmdfService=a,b\n[R]\nx').other).toEqual([
      '[Demo.NT] CopyINF',
      '[Demo.NT] RegisterDlls',
      '[Demo.NT.Wdf] KmdfService',
    ]);
  });

  test('is not read without end', () => {
    const lists = Array.from({ length: 2500 }, () => 'AddReg=R').join('\n');
    const lines = Array.from({ length: 1000 }, (_, i) => `HKR,,V${i},,x`).join('\n');
    expect(() => effects(`[Demo.NT]\n${lists}\n[R]\n${lines}`)).toThrow(
      expect.objectContaining({ code: 'INF_TOO_LARGE' }),
    );
  });
});
