import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { type InfDocument, parseInf } from '../../../../packaging/formats/inf/document.ts';
import {
  type InfArch,
  type InfModel,
  infModel,
  installTarget,
  packageFiles,
  parseDriverVer,
  resolveInstallSection,
  selectModels,
  type WindowsTarget,
} from '../../../../packaging/formats/inf/model.ts';
import { parseTargetOs } from '../../../../packaging/formats/inf/target-os.ts';

const read = (...lines: readonly string[]): { readonly document: InfDocument; readonly model: InfModel } => {
  const document = parseInf(utf8(['[Version]', 'Signature="$Windows NT$"', ...lines, ''].join('\n')), 'test.inf');
  return { document, model: infModel(document) };
};

const windows = (arch: InfArch, version: string, extra: Partial<WindowsTarget> = {}): WindowsTarget => {
  const [major = 0, minor = 0, build = 0] = version.split('.').map(Number);
  return { arch, major, minor, build, ...extra };
};
const WINDOWS_10 = windows('amd64', '10.0.19045');

describe('[Version]', () => {
  test('is read with its strings, its catalogs by platform, and every entry', () => {
    const { version } = read(
      'Class=SCSIAdapter',
      'ClassGUID={4D36E97B-E325-11CE-BFC1-08002BE10318}',
      'Provider=%V%',
      'CatalogFile=a.cat',
      'CatalogFile.NTamd64=b.cat',
      'DriverVer=05/29/2026,9.1.0.31',
      'PnpLockdown=1',
      '[Strings]',
      'V="Acme, Inc."',
    ).model;
    expect(version).toMatchObject({
      class: 'SCSIAdapter',
      classGuid: '{4D36E97B-E325-11CE-BFC1-08002BE10318}',
      provider: 'Acme, Inc.',
      catalogFiles: { default: 'a.cat', amd64: 'b.cat' },
      pnpLockdown: true,
      extensionId: '',
      driverVer: { date: { year: 2026, month: 5, day: 29 }, version: [9, 1, 0, 31] },
    });
    expect(version.entries).toMatchObject({ Signature: '$Windows NT$', DriverVer: '05/29/2026,9.1.0.31' });
  });

  test.each([
    ['05-29-2026,1.2', { year: 2026, month: 5, day: 29 }, [1, 2, 0, 0]],
    ['5/29/2026', { year: 2026, month: 5, day: 29 }, undefined],
    ['02/30/2026,1.2.3.4', undefined, [1, 2, 3, 4]],
    ['@INF_DATE@,@MAJOR@.1.2.3', undefined, undefined],
    ['01/01/2020,0.0.0.0', { year: 2020, month: 1, day: 1 }, undefined],
    ['01/01/2020,1.2.3.65536', { year: 2020, month: 1, day: 1 }, undefined],
  ])('DriverVer %s', (text, date, version) => {
    expect(parseDriverVer(text.split(','))).toEqual({ date, version, text });
  });
});

describe('a decoration', () => {
  test.each([
    ['NT', { valid: true }],
    ['ntAMD64', { valid: true, arch: 'amd64' }],
    ['NTarm64.10.0', { valid: true, arch: 'arm64', major: 10, minor: 0 }],
    ['NTarm.6.2', { valid: true, arch: 'arm', major: 6, minor: 2 }],
    ['NTamd64.10.0...17763', { valid: true, arch: 'amd64', major: 10, minor: 0, build: 17763 }],
    ['NTx86.5.1.3.0x80', { valid: true, arch: 'x86', major: 5, minor: 1, productType: 3, suiteMask: 0x80 }],
    ['NT....0x80', { valid: true, suiteMask: 0x80 }],
    ['$ARCH$', { valid: false }],
    ['NTmips', { valid: false }],
    ['NT.ten', { valid: false }],
    ['NT.-5', { valid: false }],
    ['NT.1.2.3.4.5.6', { valid: false }],
  ])('%s', (text, parts) => {
    expect(parseTargetOs(text)).toEqual({ text, ...parts });
  });
});

describe('the Models section that a Windows uses', () => {
  /** The decoration chosen when each has one device; '-' when the line does not apply. */
  const chosen = (target: WindowsTarget, decorations: readonly string[], undecorated = false): string => {
    const { model } = read(
      '[Manufacturer]',
      `M=${['Mod', ...decorations].join(',')}`,
      ...decorations.flatMap((os) => [`[Mod.${os}]`, 'D=I,ID']),
      ...(undecorated ? ['[Mod]', 'D=I,ID'] : []),
    );
    return selectModels(model, target)[0]?.os ?? '-';
  };

  test.each<[string, WindowsTarget, readonly string[], string]>([
    ['its own architecture only', WINDOWS_10, ['NTx86', 'NTarm64'], '-'],
    ['case does not matter', WINDOWS_10, ['ntAmd64'], 'ntAmd64'],
    [
      'the highest version that is not above its own',
      windows('amd64', '6.1.7601'),
      ['NTamd64', 'NTamd64.6.0', 'NTamd64.6.2'],
      'NTamd64.6.0',
    ],
    [
      'the highest build that is not above its own',
      WINDOWS_10,
      ['NTamd64.10.0', 'NTamd64.10.0...17763', 'NTamd64.10.0...22000'],
      'NTamd64.10.0...17763',
    ],
    [
      'the build does not matter when the version is lower',
      windows('amd64', '10.0.10240'),
      ['NTamd64.6.3...99999'],
      'NTamd64.6.3...99999',
    ],
    ['the version before the product type', WINDOWS_10, ['NTamd64.6.0.1', 'NTamd64.6.1'], 'NTamd64.6.1'],
    ['with product type before without', WINDOWS_10, ['NTamd64.6.1', 'NTamd64.6.1.1'], 'NTamd64.6.1.1'],
    ['no other product type', windows('amd64', '10.0.20348', { productType: 3 }), ['NTamd64.6.1.1'], '-'],
    [
      'the version before the suite (XP Datacenter)',
      windows('x86', '5.1.2600', { suiteMask: 0x80 }),
      ['NT....0x80', 'NT.5'],
      'NT.5',
    ],
    ['with suite before without', windows('x86', '5.1.2600', { suiteMask: 0x80 }), ['NT', 'NT....0x80'], 'NT....0x80'],
    ['all bits of the suite', windows('x86', '5.1.2600', { suiteMask: 0x80 }), ['NT....0x82'], '-'],
    ['with architecture before without', windows('x86', '6.1.7601'), ['NT', 'NTx86'], 'NTx86'],
    ['NT without architecture means x86', WINDOWS_10, ['NT', 'NT.6.0'], '-'],
    ['except before Server 2003', windows('ia64', '5.1.2600'), ['NT.5'], 'NT.5'],
    ['a decoration that is none never applies', WINDOWS_10, ['$ARCH$'], '-'],
  ])('%s', (_rule, target, decorations, expected) => {
    expect(chosen(target, decorations)).toBe(expected);
  });

  test('among decorations of a lower version the build ranks nothing: the first counts', () => {
    expect(chosen(WINDOWS_10, ['NTamd64.6.3', 'NTamd64.6.3...9600'])).toBe('NTamd64.6.3');
  });

  test('written twice in different case is one section', () => {
    expect(chosen(WINDOWS_10, ['NTamd64', 'ntAMD64'])).toBe('NTamd64');
  });

  test('is the undecorated one on x86 when no decoration applies', () => {
    expect(chosen(windows('x86', '6.1.7601'), ['NTamd64'], true)).toBe('');
    expect(chosen(WINDOWS_10, ['NTarm64'], true)).toBe('-');
  });

  test('may be empty to exclude a Windows: there is no second best', () => {
    const { model } = read(
      '[Manufacturer]',
      'M=Mod,NTamd64,NTamd64.10.0',
      '[Mod.NTamd64]',
      'D=I,ID',
      '[Mod.NTamd64.10.0]',
    );
    expect(selectModels(model, WINDOWS_10)).toEqual([]);
    expect(selectModels(model, windows('amd64', '6.3.9600'))).toHaveLength(1);
  });

  test('is chosen for each line of [Manufacturer] on its own', () => {
    const { model } = read(
      '[Manufacturer]',
      'M=A,NTamd64',
      'M=B,NTamd64',
      '[A.NTamd64]',
      'D=I,ID1',
      '[B.NTamd64]',
      'E=J,ID2',
    );
    expect(selectModels(model, WINDOWS_10).map(({ devices }) => devices[0]?.ids)).toEqual([['ID1'], ['ID2']]);
  });
});

describe('devices', () => {
  test('stand in the order of manufacturers, decorations and lines, with hardware and compatible ids', () => {
    const { model } = read(
      '[Manufacturer]',
      '%A%=One,NTx86,NTamd64',
      'Two',
      '[Two]',
      'D4=I4,ID4',
      '[One.NTamd64]',
      '%D%=I2,ID2,C2,C3',
      'D3=I3,,C4',
      '[One.NTx86]',
      'D1=I1,ID1',
      '[Strings]',
      'A=Acme',
      'D=Disk',
    );
    expect(model.devices.map(({ ids }) => ids)).toEqual([['ID1'], ['ID2', 'C2', 'C3'], ['C4'], ['ID4']]);
    expect(model.devices[1]).toMatchObject({
      section: 'One.NTamd64',
      description: 'Disk',
      manufacturer: 'Acme',
      installSection: 'I2',
      hardwareId: 'ID2',
      os: 'NTamd64',
      line: 9,
    });
    expect(model.devices[2]).toMatchObject({ hardwareId: '', installSection: 'I3' });
    expect(model.devices[3]).toMatchObject({ manufacturer: 'Two', os: '' });
  });

  test('of the same line written again are not repeated', () => {
    const { model } = read(
      '[Manufacturer]',
      ...Array.from({ length: 2000 }, () => 'M=A'),
      '[A]',
      ...Array.from({ length: 2000 }, () => 'D=I,X'),
    );
    expect(model.devices).toHaveLength(2000);
  });

  test('that thousands of lines name thousands of times are refused', () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `M${index}=A`);
    expect(() => read('[Manufacturer]', ...lines, '[A]', ...Array.from({ length: 2000 }, () => 'D=I,X'))).toThrowError(
      expect.objectContaining({ code: 'INF_TOO_LARGE' }),
    );
  });
});

describe('an install section', () => {
  test.each<[InfArch, readonly string[], string | undefined]>([
    ['amd64', ['I', 'I.NT', 'I.NTamd64'], 'I.NTamd64'],
    ['amd64', ['I', 'i.nt', 'I.NTx86'], 'i.nt'],
    ['arm64', ['I', 'I.NTarm'], 'I'],
    ['x86', ['I.NTamd64'], undefined],
  ])('for %s among %j is %s', (arch, sections, expected) => {
    const { document } = read(...sections.map((name) => `[${name}]`));
    expect(resolveInstallSection(document, 'I', arch)).toBe(expected);
  });

  test('gives its decoration to the sections that belong to it', () => {
    const { document, model } = read(
      '[Manufacturer]',
      'M=A,NTamd64',
      '[A.NTamd64]',
      'D=I,X',
      '[I.NT]',
      '[I.Services]',
      'AddService=wrong,2,S',
      '[I.NT.Services]',
      'AddService=right,2,S',
      '[S]',
    );
    const { sections, services } = installTarget(document, model, WINDOWS_10);
    expect(sections).toEqual(['I.NT']);
    expect(services.map(({ name }) => name)).toEqual(['right']);
  });

  test('takes in the sections that it needs, each once, even in a circle', () => {
    const { document, model } = read(
      '[Manufacturer]',
      'M=A,NTamd64',
      '[A.NTamd64]',
      'D=I,X',
      '[I]',
      'Needs=N,Windows.Own',
      'CopyFiles=@a.sys',
      '[N]',
      'Needs=I',
      'CopyFiles=@b.sys',
    );
    expect(installTarget(document, model, WINDOWS_10).files.map(({ name }) => name)).toEqual(['a.sys', 'b.sys']);
  });

  test('takes them in in the order in which they are named', () => {
    const { document, model } = read(
      '[DefaultInstall]',
      'Needs=N1,N2',
      '[N1]',
      'CopyFiles=@a.sys',
      '[N2]',
      'CopyFiles=@b.sys',
    );
    expect(installTarget(document, model, WINDOWS_10).files.map(({ name }) => name)).toEqual(['a.sys', 'b.sys']);
  });

  test('is DefaultInstall in an INF without devices', () => {
    const { document, model } = read('[DefaultInstall.NTamd64]', 'CopyFiles=@a.sys', '[SourceDisksFiles]', 'a.sys=1');
    expect(model).toMatchObject({ primitive: true, defaultInstallSections: ['DefaultInstall.NTamd64'] });
    expect(installTarget(document, model, WINDOWS_10)).toMatchObject({
      sections: ['DefaultInstall.NTamd64'],
      files: [{ name: 'a.sys' }],
    });
    expect(installTarget(document, model, windows('x86', '10.0.19045')).files).toEqual([]);
  });

  test('named by thousands of devices with thousands of lines is refused, not read for ever', () => {
    const many = Array.from({ length: 3000 }, (_, index) => index);
    const { document, model } = read(
      '[Manufacturer]',
      'M=A,NTamd64',
      '[A.NTamd64]',
      ...many.map((index) => `D=I${index},X`),
      ...many.flatMap((index) => [`[I${index}]`, 'AddReg=R']),
      '[R]',
      ...many.map((index) => `HKR,,v${index},,x`),
    );
    expect(() => installTarget(document, model, WINDOWS_10)).toThrowError(
      expect.objectContaining({ code: 'INF_TOO_LARGE' }),
    );
  });
});

describe('files', () => {
  const PACKAGE = [
    '[Manufacturer]',
    'M=A,NTx86,NTamd64',
    '[A.NTx86]',
    'D=I,X',
    '[A.NTamd64]',
    'D=I,X',
    '[I]',
    'CopyFiles=Drivers,@direct.dll',
    'CopyFiles=Tools',
    '[I.CoInstallers]',
    'CopyFiles=Co',
    '[Drivers]',
    'a.sys,,,0x4000',
    '[Tools]',
    'tool_9.exe,tool.exe',
    'inbox.sys',
    '[Co]',
    'co.dll',
    '[DestinationDirs]',
    'DefaultDestDir=12',
    'Tools=10,System32\\acme',
    '[SourceDisksNames]',
    '1=Disk,,,\\files',
    '[SourceDisksNames.amd64]',
    '1=Disk,,,"x64\\"',
    '2=Other',
    '[SourceDisksFiles]',
    'A.SYS=1',
    'tool.exe=1,bin',
    'co.dll=01,..',
    'direct.dll=1,,4096',
    'unused.sys=1',
    '[SourceDisksFiles.amd64]',
    'tool.exe=2,tools\\bin',
  ] as const;

  test('have their name, source, place in the package, and destination', () => {
    const { document, model } = read(...PACKAGE);
    expect(installTarget(document, model, WINDOWS_10).files).toMatchObject([
      {
        name: 'a.sys',
        source: 'a.sys',
        sourcePath: 'x64/a.sys',
        dirid: 12,
        subdir: '',
        flags: 0x4000,
        list: 'Drivers',
      },
      { name: 'direct.dll', sourcePath: 'x64/direct.dll', dirid: 12, list: '@' },
      { name: 'tool_9.exe', source: 'tool.exe', sourcePath: 'tools/bin/tool.exe', dirid: 10, subdir: 'System32\\acme' },
      { name: 'inbox.sys', sourcePath: undefined, dirid: 10 },
      { name: 'co.dll', sourcePath: 'co.dll', dirid: 12 },
    ]);
  });

  test('of the package are those that some target installs and the INF places', () => {
    const { document, model } = read(...PACKAGE);
    const x86 = windows('x86', '6.1.7601');
    const files = packageFiles(document, model, [x86, WINDOWS_10]);
    expect(
      files.map(({ name, sourcePath, targets }) => [name, sourcePath, targets.map(({ arch }) => arch).join()]),
    ).toEqual([
      ['direct.dll', 'files/direct.dll', 'x86'],
      ['direct.dll', 'x64/direct.dll', 'amd64'],
      ['a.sys', 'files/a.sys', 'x86'],
      ['a.sys', 'x64/a.sys', 'amd64'],
      ['tool_9.exe', 'files/bin/tool.exe', 'x86'],
      ['tool_9.exe', 'tools/bin/tool.exe', 'amd64'],
      ['co.dll', 'co.dll', 'x86,amd64'],
    ]);
  });

  test('of class installers and interface classes belong to the package', () => {
    const { document, model } = read(
      '[Manufacturer]',
      'M=A,NTamd64',
      '[A.NTamd64]',
      'D=I,X',
      '[I]',
      '[I.Interfaces]',
      'AddInterface={6994AD05-93EF-11D0-A3CC-00A0C9223196},Wave,If',
      '[If]',
      'CopyFiles=@interface.dll',
      '[ClassInstall32.NT]',
      'CopyFiles=@class.dll',
      '[InterfaceInstall32]',
      '{6994AD05-93EF-11D0-A3CC-00A0C9223196}=Ic',
      '[Ic]',
      'CopyFiles=@interfaceclass.dll',
      '[SourceDisksFiles]',
      'interface.dll=1',
      'class.dll=1',
      'interfaceclass.dll=1',
    );
    const names = (target: WindowsTarget): readonly string[] =>
      packageFiles(document, model, [target]).map(({ name }) => name);
    expect(names(WINDOWS_10)).toEqual(['interface.dll', 'class.dll', 'interfaceclass.dll']);
    expect(names(windows('arm64', '10.0.22000'))).toEqual([]);
  });

  test.each(['a.sys=1,..\\..', 'a.sys=1,C:\\Windows', 'a.sys=1,../../etc'])(
    'may not come from elsewhere: %s',
    (line) => {
      const { document, model } = read('[DefaultInstall]', 'CopyFiles=@a.sys', '[SourceDisksFiles]', line);
      expect(() => installTarget(document, model, WINDOWS_10)).toThrowError(
        expect.objectContaining({ code: 'INF_PATH_OUTSIDE', exit: 4, at: { file: 'test.inf', line: 6 } }),
      );
    },
  );
});

describe('services and the registry', () => {
  const installed = (...lines: readonly string[]) => {
    const { document, model } = read('[Manufacturer]', 'M=A,NTamd64', '[A.NTamd64]', 'D=I,X', ...lines);
    return installTarget(document, model, WINDOWS_10);
  };

  test('a service has its numbers, its binary as written and its own registry lines', () => {
    const { services, registry } = installed(
      '[I.Services]',
      'AddService=acme,0x2,Svc,Log',
      '[I]',
      '[Svc]',
      'DisplayName=%Name%',
      'ServiceType=%SERVICE_KERNEL_DRIVER%',
      'StartType=0',
      'ErrorControl=3',
      'ServiceBinary=%12%\\acme.sys',
      'LoadOrderGroup="Boot Bus Extender"',
      'AddReg=Par, Unplug',
      '[Par]',
      'HKR,"Parameters",,0x00000010',
      '[Unplug]',
      'HKLM,%Key%,"NICS",0x00010001,0',
      '[Log]',
      'AddReg=LogReg',
      '[LogReg]',
      'HKR,,TypesSupported,0x00010001,7',
      '[Strings]',
      'Name="Acme Bus"',
      'SERVICE_KERNEL_DRIVER=0x1',
      'Key="SYSTEM\\Unplug"',
    );
    expect(services).toMatchObject([
      {
        name: 'acme',
        flags: 2,
        serviceType: 1,
        startType: 0,
        errorControl: 3,
        binary: '%12%\\acme.sys',
        loadOrderGroup: 'Boot Bus Extender',
        displayName: 'Acme Bus',
        registry: [
          { key: 'HKR\\Parameters', name: '', type: 'KEY', scope: 'service' },
          { key: 'HKLM\\SYSTEM\\Unplug', name: 'NICS', type: 'REG_DWORD', value: 0 },
          { key: 'HKR', name: 'TypesSupported', value: 7, scope: 'event-log' },
        ],
      },
    ]);
    expect(registry).toEqual([]);
  });

  test('a device may have no service, and a service may lack its section', () => {
    expect(installed('[I]', '[I.Services]', 'AddService=,2', 'AddService=lost,,Nowhere').services).toMatchObject([
      { name: '', flags: 2, serviceType: undefined, binary: '' },
      { name: 'lost', flags: 0, startType: undefined },
    ]);
  });

  test.each<[string, string, unknown]>([
    ['HKR,,V,,text', 'REG_SZ', 'text'],
    ['HKR,,V,0,', 'REG_SZ', ''],
    ['HKR,,V', 'REG_SZ', ''],
    ['HKR,,V,0x00020000,"%%SystemRoot%%\\x"', 'REG_EXPAND_SZ', '%SystemRoot%\\x'],
    ['HKR,,V,0x00010000,a,"b,c"', 'REG_MULTI_SZ', ['a', 'b,c']],
    ['HKR,,V,0x00010008,', 'REG_MULTI_SZ', []],
    ['HKR,,V,0x00010001,0x0900000B', 'REG_DWORD', 0x0900000b],
    ['HKR,,V,65537,-1', 'REG_DWORD', 0xffffffff],
    ['HKR,,V,0x00010001,78,56,34,12', 'REG_DWORD', 0x12345678],
    ['HKR,,V,0x000B0001,4294967296', 'REG_QWORD', 4294967296],
    ['HKR,,V,0x00000001,de,0xAD,b', 'REG_BINARY', 'dead0b'],
    ['HKR,,V,0x00000001,0de,0x00AD,000', 'REG_BINARY', 'dead00'],
    ['HKR,,V,1', 'REG_BINARY', ''],
    ['HKR,,V,0x00020001', 'REG_NONE', ''],
    ['HKR,,V,0x00070001,01', 'REG_TYPE_7', '01'],
    ['HKR,Sub,,0x2000', 'KEY', null],
  ])('%s is %s', (line, type, value) => {
    expect(installed('[I]', 'AddReg=R', '[R]', line).registry).toMatchObject([{ type, value, line: 10 }]);
  });

  test('a line has the scope that HKR means, and is written once', () => {
    const { registry } = installed(
      '[I]',
      'AddReg=R',
      'AddReg=R',
      '[I.HW]',
      'AddReg=R,Missing',
      '[ClassInstall32]',
      'AddReg=R',
      '[R]',
      'HKR,,UpperFilters,0x00010000,"xendisk"',
      'HKR,,Gone,0x8004',
    );
    expect(registry.map(({ key, name, scope }) => [key, name, scope])).toEqual([
      ['HKR', 'UpperFilters', 'software'],
      ['HKR', 'UpperFilters', 'hardware'],
      ['HKR', 'UpperFilters', 'class'],
    ]);
  });
});
