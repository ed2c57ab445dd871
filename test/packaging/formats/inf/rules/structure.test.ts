import { describe, expect, test } from 'vitest';
import { parseInf } from '../../../../../packaging/formats/inf/document.ts';
import {
  brokenRules,
  changed,
  checkRule,
  GOOD_INF,
  GOOD_PRIMITIVE,
  infBytes,
  type RuleCase,
} from '../../../../support/inf-rules.ts';

const INSTALL = '[Disk.NT]\n';
const SERVICES = '[Disk.NT.Services]\n';
const SERVICE = 'AddService = acmedisk,2,Disk.Service';
const MODELS = '%DeviceName% = Disk,ACME\\Disk';
const MANUFACTURER = '%Vendor% = Models,NTamd64.10.0...17763';
const STRINGS = '[Strings]\n';

const INBOX = {
  'winusb.inf':
    '[Version]\nSignature="$Windows NT$"\n[WINUSB.NT]\nAddReg=WinUsb.Reg\n[WinUsb.Reg]\n[WINUSB.NT.Services]\n[Plain]\n',
  'other.inf': '[Version]\nSignature="$Windows NT$"\n[Other.NT]\n',
};

const SECTION_CASES: readonly RuleCase[] = [
  { code: 1005, what: 'AddReg without a section', bad: [[INSTALL, `${INSTALL}AddReg = ;!\n`]] },
  {
    code: 1078,
    what: '@file in DelFiles',
    bad: [[INSTALL, `${INSTALL}DelFiles = @old.sys ;!\n`]],
    severity: 'warning',
  },
  {
    code: 1203,
    what: 'a list that is not there',
    bad: [['CopyFiles = Disk.Files', 'CopyFiles = Disk.Files,More ;!']],
    good: [['CopyFiles = Disk.Files', 'CopyFiles = disk.FILES,@disk.sys']],
  },
  {
    code: 1205,
    what: 'a list that CopyFiles and DelFiles share',
    bad: [
      ['CopyFiles = Disk.Files', 'CopyFiles = Disk.Files\nDelFiles = Disk.Files'],
      ['[Disk.Files]', '[Disk.Files] ;!'],
    ],
    severity: 'warning',
  },
  {
    code: 1206,
    what: 'a section that CopyFiles and AddReg share',
    bad: [
      ['CopyFiles = Disk.Files', 'CopyFiles = Disk.Files\nAddReg = Disk.Files'],
      ['[Disk.Files]', '[Disk.Files] ;!'],
    ],
  },
  { code: 1209, what: 'a section that begins twice', bad: [['[Strings]', '[Disk.Files] ;!\n[Strings]']] },
  {
    code: 2083,
    what: 'a section that is like one of printers',
    bad: [['[Strings]', '[PrinterPackages.amd64] ;!\n[Strings]']],
    good: [['[Strings]', '[PrinterPackageInstallation.amd64]\nPackageAware = TRUE\n[Strings]']],
    severity: 'warning',
  },
  {
    code: 2083,
    what: 'a section that nothing names',
    bad: [['[Strings]', '[Lonely] ;!\n[Strings]']],
    severity: 'warning',
    good: [['[Strings]', '[Disk.NTx86]\n[Strings]']],
  },
  { code: 1212, what: 'DefaultInstall beside devices', bad: [['[Strings]', '[DefaultInstall.NTamd64] ;!\n[Strings]']] },
];

const MODEL_CASES: readonly RuleCase[] = [
  {
    code: 1011,
    what: 'a Models section that is not there',
    bad: [[MANUFACTURER, '%Vendor% = Gone,NTamd64.10.0...17763 ;!']],
  },
  {
    code: 1203,
    what: 'one of two Models sections missing',
    bad: [[MANUFACTURER, `${MANUFACTURER},NTarm64 ;!`]],
    good: [
      [MANUFACTURER, `${MANUFACTURER},NTarm64`],
      [STRINGS, `[Models.NTarm64]\n${STRINGS}`],
    ],
  },
  { code: 1261, what: 'an install section that is not there', bad: [[MODELS, '%DeviceName% = Disc,ACME\\Disk ;!']] },
  { code: 1271, what: 'a device without an install section', bad: [[MODELS, '%DeviceName% = ,ACME\\Disk ;!']] },
  { code: 1287, what: 'a decoration that is none', bad: [[MANUFACTURER, `${MANUFACTURER},NTamd46 ;!`]] },
  {
    code: 1288,
    what: 'a build number for Windows 8',
    bad: [[MANUFACTURER, '%Vendor% = Models,NTamd64.10.0...17763,NTamd64.6.2...9200 ;!']],
    good: [[MANUFACTURER, `${MANUFACTURER},NTamd64.10.0...0x4000`]],
  },
  {
    code: 1296,
    what: 'firmware without a service, as earlier instructions have it',
    bad: [
      ['[Disk.NT]', '[Disk.NT] ;!'],
      ['AddService = acmedisk,2,Disk.Service', 'AddService = acmedisk,,Disk.Service'],
      ['Class = SCSIAdapter', 'Class = Firmware'],
    ],
    severity: 'warning',
  },
  {
    code: 1296,
    what: 'a device without a service',
    bad: [
      [INSTALL, '[Disk.NT] ;!\n'],
      [SERVICE, 'AddService = acmedisk,,Disk.Service'],
    ],
    good: [[SERVICE, 'AddService = acmedisk,,Disk.Service\nAddService = ,2']],
  },
  {
    code: 1297,
    what: 'no device id',
    bad: [
      ['[Manufacturer]', '[Manufacturer] ;!'],
      [MODELS, '%DeviceName% = Disk'],
    ],
  },
  {
    code: 2010,
    what: 'a Models section without architecture',
    bad: [
      [MANUFACTURER, '%Vendor% = Models ;!'],
      ['[Models.NTamd64.10.0...17763]', '[Models]'],
    ],
    severity: 'warning',
  },
  {
    code: 1270,
    what: 'a made device that the INF is not for',
    bad: [
      [
        STRINGS,
        `[DeviceInstall32]\nAddDevice = ROOT\\disk\\0000,,Made ;!\n[Made]\nHardwareIds = ROOT\\Disk\n${STRINGS}`,
      ],
    ],
    good: [
      [STRINGS, `[DeviceInstall32]\nAddDevice = ROOT\\disk\\0000,,Made\n[Made]\nHardwareIds = ACME\\Disk\n${STRINGS}`],
    ],
  },
];

const STRING_CASES: readonly RuleCase[] = [
  {
    code: 1235,
    what: 'an environment variable with single percent signs',
    bad: [[INSTALL, `[Disk.Reg]\nHKR,,Path,,"%SystemRoot%\\x" ;!\n${INSTALL}AddReg = Disk.Reg\n`]],
    good: [[INSTALL, `[Disk.Reg]\nHKR,,Path,0x20000,"%%SystemRoot%%\\x %13%\\y 100%"\n${INSTALL}AddReg = Disk.Reg\n`]],
  },
  {
    code: 1295,
    what: 'a language with fewer strings',
    bad: [['[Strings]', '[Strings.0407] ;!\nVendor = "Acme"\n[Strings]']],
    good: [['[Strings]', '[Strings.0407]\nVendor = "A"\nDiskName = "B"\nDeviceName = "C"\n[Strings]']],
  },
  {
    code: 1294,
    what: 'a string that stands twice',
    bad: [['Vendor = "Acme"', 'Vendor = "Acme"\nVENDOR = "Other" ;!']],
    severity: 'warning',
  },
];

const NEEDS_CASES: readonly RuleCase[] = [
  {
    code: 1202,
    what: 'an INF that is not of Windows',
    bad: [[INSTALL, `${INSTALL}Include = acmebase.inf ;!\n`]],
    good: [[INSTALL, `${INSTALL}Include = WinUSB.inf,machine.inf\n`]],
  },
  {
    code: 1202,
    what: 'an INF that has a name as Windows gives them, and is not known',
    bad: [[INSTALL, `${INSTALL}Include = netacme.inf ;!\n`]],
    good: [[INSTALL, `${INSTALL}Include = netrndis.inf, C_Net.INF\n`]],
    severity: 'warning',
  },
  {
    code: 1310,
    what: 'a needed section with another suffix',
    bad: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = WINUSB.NT.Services ;!\n`]],
    good: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = WINUSB.NT\n`]],
  },
  {
    code: 1311,
    what: 'a needed section without the suffix',
    bad: [[SERVICES, `${SERVICES}Include = winusb.inf\nNeeds = WINUSB.NT ;!\n`]],
    good: [[SERVICES, `${SERVICES}Include = winusb.inf\nNeeds = WINUSB.NT.Services\n`]],
  },
  {
    code: 1311,
    what: 'a section of machine.inf as the instructions for PCI devices have it',
    bad: [['[Strings]', '[Disk.NT.HW]\nInclude = machine.inf\nNeeds = PciIoSpaceNotRequired ;!\n[Strings]']],
    good: [['[Strings]', '[Disk.NT.HW]\nInclude = pci.inf\nNeeds = PciIoSpaceNotRequired.HW\n[Strings]']],
    severity: 'warning',
  },
  {
    code: 1312,
    what: 'another suffix two steps away',
    bad: [[INSTALL, `${INSTALL}Needs = More\n[More]\nInclude = winusb.inf\nNeeds = WINUSB.NT.HW ;!\n[Rest]\n`]],
  },
  {
    code: 1313,
    what: 'a missing suffix two steps away',
    bad: [
      [SERVICES, `[More.Services]\nInclude = winusb.inf\nNeeds = WINUSB.NT ;!\n${SERVICES}Needs = More.Services\n`],
    ],
  },
  {
    code: 1314,
    what: 'a needed section of an INF that is not included',
    bad: [[INSTALL, `${INSTALL}Include = machine.inf\nNeeds = WINUSB.NT ;!\n`]],
    good: [[INSTALL, `${INSTALL}Include = machine.inf,winusb.inf\nNeeds = WINUSB.NT\n`]],
  },
  {
    code: 1315,
    what: 'a needed section that no included INF has',
    bad: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = Nowhere ;!\n`]],
    library: INBOX,
  },
  {
    code: 1316,
    what: 'a needed section with a decoration that it does not have',
    bad: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = Plain.NTamd64 ;!\n`]],
    library: INBOX,
    good: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = Plain\n`]],
  },
  {
    code: 1319,
    what: 'Needs of another INF without Include',
    bad: [[INSTALL, `${INSTALL}Needs = WINUSB.NT ;!\n`]],
    good: [[INSTALL, `${INSTALL}Needs = Own\n[Own]\nDelFiles = Disk.Files\n[Rest]\n`]],
  },
  {
    code: 1220,
    what: 'a section of an included INF in AddReg',
    bad: [[INSTALL, `${INSTALL}Include = winusb.inf\nNeeds = WINUSB.NT\nAddReg = WinUsb.Reg ;!\n`]],
    library: INBOX,
  },
  {
    code: 2008,
    what: 'a section that an included INF has too',
    bad: [[INSTALL, `${INSTALL}Include = winusb.inf\nAddReg = WinUsb.Reg\n[WinUsb.Reg] ;!\n[Rest]\n`]],
    library: INBOX,
  },
];

const DEFAULT_CASES: readonly RuleCase[] = [
  {
    code: 1420,
    what: 'a primitive driver without Class',
    inf: GOOD_PRIMITIVE,
    bad: [
      ['[Version]', '[Version] ;!'],
      ['Class = ActivityMonitor\n', ''],
    ],
  },
  {
    code: 1421,
    what: 'DefaultInstall without architecture',
    inf: GOOD_PRIMITIVE,
    bad: [['[Strings]', '[DefaultInstall] ;!\n[Strings]']],
  },
  {
    code: 1420,
    what: 'a primitive driver that is undecorated too',
    inf: GOOD_PRIMITIVE,
    bad: [
      ['[Version]', '[Version] ;!'],
      ['[Strings]', '[DefaultInstall]\n[Strings]'],
    ],
  },
  {
    code: 1421,
    what: 'DefaultUninstall without architecture, whatever it says',
    inf: GOOD_PRIMITIVE,
    bad: [['[Strings]', '[DefaultUninstall] ;!\nLegacyUninstall = 1\n[Strings]']],
    good: [['[Strings]', '[DefaultUninstall.NTamd64]\nLegacyUninstall = 1\n[Strings]']],
  },
  {
    code: 1422,
    what: 'DefaultUninstall that does not say it is of earlier times',
    inf: GOOD_PRIMITIVE,
    bad: [['[Strings]', '[DefaultUninstall.NTamd64] ;!\n[Strings]']],
    good: [['[Strings]', '[DefaultUninstall.NTamd64]\nLegacyUninstall = 1\n[Strings]']],
  },
  {
    code: 1423,
    what: 'neither devices nor DefaultInstall',
    inf: GOOD_PRIMITIVE,
    bad: [
      ['[Version]', '[Version] ;!'],
      ['[DefaultInstall.NTamd64]', '[Something]'],
      ['[DefaultInstall.NTamd64.Services]', '[Something.Services]'],
    ],
  },
];

describe.each([
  ['sections', SECTION_CASES],
  ['devices', MODEL_CASES],
  ['strings', STRING_CASES],
  ['Include and Needs', NEEDS_CASES],
  ['DefaultInstall', DEFAULT_CASES],
] as const)('rules about %s', (_, cases) => {
  test.each(cases)('$code finds $what', (rule) => {
    checkRule(rule);
  });
});

describe('files that another INF places', () => {
  const rule: RuleCase = {
    code: 1230,
    what: 'a file that LayoutFile does not place',
    bad: [
      ['disk.sys = 1\n', ''],
      ['CatalogFile', 'LayoutFile = Layout.inf\nCatalogFile'],
      ['[Disk.Files]\ndisk.sys', '[Disk.Files]\ndisk.sys ;!'],
    ],
    good: [['CatalogFile', 'LayoutFile = Layout.inf\nCatalogFile']],
    library: { 'LAYOUT.INF': '[Version]\nSignature="$Windows NT$"\n[SourceDisksFiles]\nother.sys = 1\n' },
  };

  test('1230: are looked for in the INF that is handed in', () => {
    checkRule(rule);
    const placed = changed(GOOD_INF, ...rule.bad.slice(0, 2));
    const layout = '[Version]\nSignature="$Windows NT$"\n[SourceDisksFiles.amd64]\nDISK.sys = 1\n';
    const library = new Map([['layout.inf', parseInf(infBytes(layout), 'layout.inf')]]);
    expect(brokenRules(placed, { library }).map((text) => text.slice(0, 4))).toEqual(['1208']);
  });

  test('1230: are taken to be placed when it is not', () => {
    const text = changed(GOOD_INF, ...rule.bad.slice(0, 2));
    expect(brokenRules(text).map((found) => found.slice(0, 4))).toEqual(['1208']);
  });
});

describe('sections of mdmcpq.inf', () => {
  test('may be named directly, as the instructions for serial devices do: 1220 is a warning', () => {
    const text = changed(GOOD_INF, [INSTALL, `${INSTALL}Include = mdmcpq.inf\nAddReg = LowerFilterAddReg\n`]);
    expect(brokenRules(text).map((rule) => rule.slice(0, 4))).toEqual(['1220']);
  });
});
