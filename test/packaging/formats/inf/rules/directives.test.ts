import { describe, expect, test } from 'vitest';
import { verifyInf } from '../../../../../packaging/formats/inf/rules/verify.ts';
import { changed, checkRule, GOOD_INF, infBytes, type RuleCase } from '../../../../support/inf-rules.ts';

const INSTALL = '[Disk.NT]\n';
const SERVICE = 'AddService = acmedisk,2,Disk.Service';
const STRINGS = '[Strings]\n';
const MANUFACTURER = '%Vendor% = Models,NTamd64.10.0...17763';
const MODELS = '[Models.NTamd64.10.0...17763]';

/** The INF for older systems: its decoration without a build. */
const FOR_ALL = [
  [MANUFACTURER, '%Vendor% = Models,NTamd64'],
  [MODELS, '[Models.NTamd64]'],
] as const;

const DIRECTIVE_CASES: readonly RuleCase[] = [
  { code: 1006, what: 'an Include of nothing', bad: [[INSTALL, `${INSTALL}Include = ;!\n`]] },
  {
    code: 1085,
    what: 'a registration without a file',
    bad: [[INSTALL, `[Register]\n11,,;!\n${INSTALL}RegisterDlls = Register\n`]].map(
      ([a, b]) => [a ?? '', (b ?? '').replace('11,,;!', '11 ;!')] as const,
    ),
  },
  { code: 1088, what: 'a second StartType', bad: [['StartType = 3', 'StartType = 3\nStartType = 0 ;!']] },
  {
    code: 1110,
    what: 'CopyINF of a driver',
    bad: [[INSTALL, `${INSTALL}CopyINF = disk.sys ;!\n`]],
    good: [[INSTALL, `${INSTALL}CopyINF = sub\\other.inf\n`]],
  },
  {
    code: 1201,
    what: 'a field too many',
    bad: [['disk.sys = 1', 'disk.sys = 1,,,x ;!']],
    good: [['disk.sys = 1', 'disk.sys = 1,,']],
    severity: 'warning',
  },
  {
    code: 1245,
    what: 'a FeatureScore of three digits',
    bad: [[INSTALL, `${INSTALL}FeatureScore = 100 ;!\n`]],
    good: [[INSTALL, `${INSTALL}FeatureScore = 0xC0\n`]],
  },
  {
    code: 1289,
    what: 'power settings without SubGroup',
    bad: [[INSTALL, `${INSTALL}AddPowerSetting = Power\n[Power] ;!\nSetting = {1},{2}\n[Rest]\n`]],
  },
  {
    code: 1290,
    what: 'AddService in an install section',
    bad: [[INSTALL, `${INSTALL}AddService = other,,Other ;!\n`]],
  },
  {
    code: 1217,
    what: 'DriverVer of an install section with two numbers',
    bad: [[INSTALL, `${INSTALL}DriverVer = 01/02/2024,1.0 ;!\n`]],
  },
  {
    code: 1017,
    what: 'the service of a sample',
    bad: [
      ['acmedisk', 'toaster'],
      [SERVICE.replace('acmedisk', 'toaster'), `${SERVICE.replace('acmedisk', 'toaster')} ;!`],
    ],
    severity: 'warning',
  },
  {
    code: 1293,
    what: 'the service of a part of Windows',
    bad: [[SERVICE, 'AddService = disk,2,Disk.Service ;!']],
    severity: 'warning',
  },
];

const SINCE_CASES: readonly RuleCase[] = [
  {
    code: 1199,
    what: 'AddFilter for all systems',
    bad: [
      ...FOR_ALL,
      ['Disk.Files = 13', 'Disk.Files = 12'],
      [STRINGS, `[Disk.NT.Filters]\nAddFilter = acmefilter,,Filter ;!\n[Filter]\nFilterPosition = Upper\n${STRINGS}`],
    ],
    good: [
      [MANUFACTURER, '%Vendor% = Models,NTamd64.10.0...18362'],
      [MODELS, '[Models.NTamd64.10.0...18362]'],
      [STRINGS, `[Disk.NT.Filters]\nAddFilter = acmefilter,,Filter\n[Filter]\nFilterPosition = Upper\n${STRINGS}`],
    ],
  },
  {
    code: 1199,
    what: 'FailureActions before Windows 11 22H2',
    bad: [['StartType = 3', 'StartType = 3\nFailureActions = Fail ;!\n[Fail]\nAction = 1,10\n[Rest]']],
  },
  { code: 1199, what: 'BootFlags before build 25398', bad: [['StartType = 3', 'StartType = 3\nBootFlags = 1 ;!']] },
  {
    code: 1199,
    what: 'the driver store as destination on all systems',
    bad: [...FOR_ALL, ['Disk.Files = 13', 'Disk.Files = 13 ;!']],
    options: { mode: 'w' },
  },
  {
    code: 1199,
    what: 'the driver store as destination, without a mode',
    bad: [...FOR_ALL, ['Disk.Files = 13', 'Disk.Files = 13 ;!']],
    severity: 'warning',
  },
];

const LEGACY_CASES: readonly RuleCase[] = [
  {
    code: 1300,
    what: 'settings for hardware without plug and play',
    bad: [[STRINGS, `[Disk.NT.FactDef] ;!\n${STRINGS}`]],
    options: { mode: 'u' },
  },
  {
    code: 1300,
    what: 'ClassInstall32 in a universal INF',
    bad: [[STRINGS, `[ClassInstall32] ;!\n${STRINGS}`]],
    options: { mode: 'u' },
  },
  {
    code: 2009,
    what: 'the same without a mode, where it is only ignored',
    bad: [[STRINGS, `[Disk.NT.FactDef] ;!\n${STRINGS}`]],
    severity: 'warning',
  },
  {
    code: 1301,
    what: 'LogConfig',
    bad: [[INSTALL, `${INSTALL}LogConfig = Conf ;!\n[Conf]\n[Rest]\n`]],
    options: { mode: 'u' },
  },
  {
    code: 1302,
    what: 'RegisterDlls',
    bad: [[INSTALL, `[Register]\n11,,x.dll,1\n${INSTALL}RegisterDlls = Register ;!\n`]],
    options: { mode: 'k' },
  },
  {
    code: 1303,
    what: 'a co-installer once, where it is registered',
    bad: [
      [
        STRINGS,
        `[Disk.NT.CoInstallers]\nAddReg = Co.Reg\n[Co.Reg]\nHKR,,CoInstallers32,0x00010000,"a.dll" ;!\n${STRINGS}`,
      ],
    ],
  },
  { code: 1303, what: 'a section of co-installers', bad: [[STRINGS, `[Disk.NT.CoInstallers] ;!\n${STRINGS}`]] },
  {
    code: 1303,
    what: 'a registration of a co-installer',
    bad: [[INSTALL, `[Disk.Reg]\nHKR,,CoInstallers32,0x10000,"x.dll" ;!\n${INSTALL}AddReg = Disk.Reg\n`]],
    good: [[INSTALL, `[Disk.Reg]\nHKR,,CoInstaller,,"x.dll"\n${INSTALL}AddReg = Disk.Reg\n`]],
  },
  {
    code: 1307,
    what: 'a decoration for servers',
    bad: [[MANUFACTURER, `${MANUFACTURER},NTamd64.10.0.3 ;!`]],
    options: { mode: 'u' },
  },
  {
    code: 1308,
    what: 'a registry entry that deletes',
    bad: [[INSTALL, `[Disk.Reg]\nHKR,,Old,0x4 ;!\n${INSTALL}AddReg = Disk.Reg\n`]],
    options: { mode: 'u' },
    good: [[INSTALL, `[Disk.Reg]\nHKR,,New,0x2\n${INSTALL}AddReg = Disk.Reg\n`]],
  },
  {
    code: 1309,
    what: 'DelReg',
    bad: [[INSTALL, `[Disk.Del]\nHKR,,Old\n${INSTALL}DelReg = Disk.Del ;!\n`]],
    options: { mode: 'u' },
  },
];

const EXTENSION = [
  ['Class = SCSIAdapter', 'Class = Extension'],
  ['{4D36E97B-E325-11CE-BFC1-08002BE10318}', '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}'],
] as const;
const EXTENSION_ID = [
  'PnpLockdown = 1',
  'PnpLockdown = 1\nExtensionId = {11111111-2222-3333-4444-555555555555}',
] as const;

const EXTENSION_CASES: readonly RuleCase[] = [
  {
    code: 1381,
    what: 'no ExtensionId',
    bad: [...EXTENSION, ['[Version]', '[Version] ;!']],
    good: [...EXTENSION, EXTENSION_ID],
  },
  {
    code: 1382,
    what: 'a class to install',
    bad: [...EXTENSION, EXTENSION_ID, [STRINGS, `[ClassInstall32] ;!\n${STRINGS}`]],
    good: [[STRINGS, `[ClassInstall32]\n${STRINGS}`]],
  },
  {
    code: 1383,
    what: 'a function driver',
    bad: [...EXTENSION, EXTENSION_ID, [SERVICE, `${SERVICE} ;!`]],
    good: [...EXTENSION, EXTENSION_ID, [SERVICE, 'AddService = acmedisk,,Disk.Service']],
  },
];

const wdf = (...lines: readonly string[]): readonly [string, string] => [STRINGS, `${lines.join('\n')}\n${STRINGS}`];

const WDF_CASES: readonly RuleCase[] = [
  {
    code: 1084,
    what: 'a KMDF driver without a library version',
    bad: [wdf('[Disk.NT.Wdf]', 'KmdfService = acmedisk,Disk.Kmdf', '[Disk.Kmdf] ;!')],
    good: [wdf('[Disk.NT.Wdf]', 'KmdfService = acmedisk,Disk.Kmdf', '[Disk.Kmdf]', 'KmdfLibraryVersion = 1.15')],
  },
  {
    code: 1400,
    what: 'a UMDF driver outside the order',
    bad: [wdf('[Disk.NT.Wdf]', 'UmdfService = acmeuser,Disk.Umdf ;!', '[Disk.Umdf]', 'UmdfLibraryVersion = 2.15.0')],
    good: [
      wdf(
        '[Disk.NT.Wdf]',
        'UmdfService = acmeuser,Disk.Umdf',
        'UmdfServiceOrder = AcmeUser',
        '[Disk.Umdf]',
        'UmdfLibraryVersion = 2.15.0',
      ),
    ],
  },
  {
    code: 2501,
    what: 'an unknown driver in the order',
    bad: [
      wdf(
        '[Disk.NT.Wdf]',
        'UmdfService = acmeuser,Disk.Umdf',
        'UmdfServiceOrder = acmeuser,other ;!',
        '[Disk.Umdf]',
        'UmdfLibraryVersion = 2.15.0',
      ),
    ],
  },
  {
    code: 1401,
    what: 'a class id in UMDF 2',
    bad: [
      wdf(
        '[Disk.NT.Wdf]',
        'UmdfService = acmeuser,Disk.Umdf',
        'UmdfServiceOrder = acmeuser',
        '[Disk.Umdf]',
        'UmdfLibraryVersion = 2.15.0',
        'DriverCLSID = {11111111-2222-3333-4444-555555555555} ;!',
      ),
    ],
  },
  {
    code: 1402,
    what: 'UMDF 1',
    bad: [
      wdf(
        '[Disk.NT.Wdf]',
        'UmdfService = acmeuser,Disk.Umdf',
        'UmdfServiceOrder = acmeuser',
        '[Disk.Umdf]',
        'UmdfLibraryVersion = 1.11.0 ;!',
      ),
    ],
    options: { mode: 'w' },
  },
];

describe.each([
  ['directives', DIRECTIVE_CASES],
  ['when syntax came', SINCE_CASES],
  ['what earlier INFs did', LEGACY_CASES],
  ['Extension INFs', EXTENSION_CASES],
  ['the driver frameworks', WDF_CASES],
] as const)('rules about %s', (_, cases) => {
  test.each(cases)('$code finds $what', (rule) => {
    checkRule(rule);
  });
});

describe('the mode', () => {
  const deletes = changed(GOOD_INF, [INSTALL, `[Disk.Del]\nHKR,,Old\n${INSTALL}DelReg = Disk.Del\n`]);
  test.each([
    ['none', 'warning'],
    ['k', 'warning'],
    ['h', 'warning'],
    ['u', 'error'],
    ['w', 'error'],
  ] as const)('%s makes 1309 a finding of severity %s', (mode, severity) => {
    const found = verifyInf(infBytes(deletes), { mode }).findings.find(({ rule }) => rule === 1309);
    expect(found?.severity).toBe(severity);
  });
  test('one target only is judged with osver', () => {
    const two = changed(
      GOOD_INF,
      [MANUFACTURER, `${MANUFACTURER},NTx86.10.0...17763`],
      [STRINGS, `[Models.NTx86.10.0...17763]\n%DeviceName% = Gone,ACME\\Disk\n${STRINGS}`],
    );
    const rules = (osver?: string): readonly (number | undefined)[] =>
      verifyInf(infBytes(two), osver === undefined ? {} : { osver }).findings.map(({ rule }) => rule);
    expect(rules()).toContain(1261);
    expect(rules('NTx86.10.0...17763')).toContain(1261);
    expect(rules('ntAMD64.10.0...17763')).not.toContain(1261);
  });
});
