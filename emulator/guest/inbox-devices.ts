import { classByName } from '../../packaging/formats/inf/rules/setup-classes.ts';
import { Build } from '../../packaging/signing/policy-data.ts';
import { type InboxService, type InboxSource, NVME_BUILD } from './inbox-services.ts';

/** A line of a Models section that Windows brings along. */
export interface InboxModel extends Pick<InboxService, 'builds' | 'archs'> {
  readonly id: string;
  /** Name of Windows' own INF. */
  readonly inf: string;
  readonly section: string;
  /** Undefined for what needs no function driver. */
  readonly service: string | undefined;
  readonly className: string;
  /** In braces, lower case. */
  readonly classGuid: string;
  readonly description: string;
  /** Needed to reach the disk that Windows runs from. */
  readonly bootCritical: boolean;
  readonly source: InboxSource;
}

const END = Number.MAX_SAFE_INTEGER;
const EIGHT_ON = [Build.windows8, END] as const;
const BEFORE_EIGHT = [0, Build.windows8] as const;

type More = Partial<Pick<InboxModel, 'builds' | 'archs' | 'bootCritical' | 'source'>>;
/** INF and section joined by `:`; the ids are apart by blanks. An empty service is the null driver. */
type Row = readonly [ids: string, place: string, service: string, className: string, description: string, more?: More];

const BOOT: More = { bootCritical: true };
const SEEN: More = { bootCritical: true, source: 'observed' };

/** Ids of the IDE drivers: observed in `Control\CriticalDeviceDatabase` of registry files for offline repair. */
const STORAGE: readonly Row[] = [
  [
    'PCI\\VEN_8086&DEV_7010 PCI\\VEN_8086&DEV_7111',
    'mshdc.inf:intelide_Inst',
    'intelide',
    'HDC',
    'Intel PCI Bus Master IDE Controller',
    { ...SEEN, archs: ['x86', 'x64'] },
  ],
  ['PCI\\CC_0101', 'mshdc.inf:pciide_Inst', 'pciide', 'HDC', 'Standard Dual Channel PCI IDE Controller', SEEN],
  ['Primary_IDE_Channel', 'mshdc.inf:atapi_Inst_primary', 'atapi', 'HDC', 'IDE Channel', SEEN],
  ['Secondary_IDE_Channel', 'mshdc.inf:atapi_Inst_secondary', 'atapi', 'HDC', 'IDE Channel', SEEN],
  ['*PNP0600 Internal_IDE_Channel', 'mshdc.inf:atapi_Inst', 'atapi', 'HDC', 'ATA Channel', SEEN],
  [
    'PCI\\CC_010601',
    'mshdc.inf:msahci_Inst',
    'msahci',
    'HDC',
    'Standard AHCI 1.0 Serial ATA Controller',
    { ...SEEN, builds: BEFORE_EIGHT },
  ],
  [
    'PCI\\CC_010601',
    'mshdc.inf:storahci_Inst',
    'storahci',
    'HDC',
    'Standard SATA AHCI Controller',
    { ...SEEN, builds: EIGHT_ON },
  ],
  [
    'PCI\\CC_010802',
    'stornvme.inf:Stornvme_Inst',
    'stornvme',
    'SCSIAdapter',
    'Standard NVM Express Controller',
    { ...BOOT, builds: [NVME_BUILD, END] },
  ],
  ['GenDisk', 'disk.inf:disk_install.NT', 'disk', 'DiskDrive', 'Disk drive', SEEN],
  ['GenCdRom', 'cdrom.inf:cdrom_install', 'cdrom', 'CDROM', 'CD-ROM Drive'],
  ['STORAGE\\Volume', 'volume.inf:volume_install.NT', 'volume', 'Volume', 'Volume', { ...BOOT, builds: EIGHT_ON }],
  [
    'STORAGE\\Volume',
    'volume.inf:volume_install.NT',
    'volsnap',
    'Volume',
    'Generic volume',
    { ...BOOT, builds: BEFORE_EIGHT },
  ],
];

const SYSTEM: readonly Row[] = [
  ['ACPI_HAL\\PNP0C08 *PNP0C08', 'acpi.inf:ACPI_Inst', 'ACPI', 'System', 'Microsoft ACPI-Compliant System', BOOT],
  ['*PNP0A03', 'pci.inf:PCI_ROOT', 'pci', 'System', 'PCI Bus', BOOT],
  ['*PNP0A08', 'pci.inf:PCI_ROOT', 'pci', 'System', 'PCI Express Root Complex', BOOT],
  ['PCI\\CC_0604', 'pci.inf:PCI_BRIDGE', 'pci', 'System', 'PCI-to-PCI Bridge', BOOT],
  ['PCI\\CC_0601', 'machine.inf:MSISADRV', 'msisadrv', 'System', 'PCI standard ISA bridge', BOOT],
  ['PCI\\CC_0600', 'machine.inf:NO_DRV_X', '', 'System', 'PCI standard host CPU bridge', BOOT],
  ['PCI\\CC_0680', 'machine.inf:NO_DRV_X', '', 'System', 'Motherboard device'],
  ['ROOT\\VDRVROOT', 'vdrvroot.inf:VDRVROOT', 'vdrvroot', 'System', 'Microsoft Virtual Drive Enumerator', BOOT],
  ['ROOT\\VOLMGR', 'volmgr.inf:Volmgr', 'volmgr', 'System', 'Volume Manager', BOOT],
  ['ROOT\\MSSMBIOS', 'mssmbios.inf:MSSMBIOS_DRV', 'mssmbios', 'System', 'Microsoft System Management BIOS Driver'],
];

/** Names: observed in an installation log (10EC:8139) and in lists of in-box packages (8086:100E). */
const NETWORK: readonly Row[] = [
  [
    'PCI\\VEN_10EC&DEV_8139',
    'netrtl64.inf:RTL8139.ndi',
    'RTL8023x64',
    'Net',
    'Realtek RTL8139C+ Fast Ethernet NIC',
    { archs: ['x64'], source: 'observed' },
  ],
  [
    'PCI\\VEN_10EC&DEV_8139',
    'netrtl32.inf:RTL8139.ndi',
    'RTL8023xp',
    'Net',
    'Realtek RTL8139C+ Fast Ethernet NIC',
    { archs: ['x86'] },
  ],
  [
    'PCI\\VEN_8086&DEV_100E',
    'nete1g3e.inf:E100E.ndi',
    'E1G60',
    'Net',
    'Intel(R) PRO/1000 MT Network Connection',
    { archs: ['x64'], source: 'observed' },
  ],
  [
    'PCI\\VEN_8086&DEV_100E',
    'nete1g32.inf:E100E.ndi',
    'E1G60',
    'Net',
    'Intel(R) PRO/1000 MT Network Connection',
    { archs: ['x86'] },
  ],
];

const INPUT_AND_DISPLAY: readonly Row[] = [
  ['*PNP0303', 'keyboard.inf:STANDARD_Inst', 'i8042prt', 'Keyboard', 'Standard PS/2 Keyboard'],
  ['*PNP0F13 *PNP0F03', 'msmouse.inf:PS2_Inst', 'i8042prt', 'Mouse', 'PS/2 Compatible Mouse'],
  ['HID_DEVICE_SYSTEM_KEYBOARD', 'keyboard.inf:HID_Keyboard_Inst', 'kbdhid', 'Keyboard', 'HID Keyboard Device'],
  ['HID_DEVICE_SYSTEM_MOUSE', 'msmouse.inf:HID_Mouse_Inst', 'mouhid', 'Mouse', 'HID-compliant mouse'],
  ['HID_DEVICE', 'input.inf:HID_Raw_Inst', '', 'HIDClass', 'HID-compliant device'],
  ['PCI\\CC_0300', 'display.inf:VGA', 'vga', 'Display', 'Standard VGA Graphics Adapter', { builds: BEFORE_EIGHT }],
  [
    'PCI\\CC_0300',
    'display.inf:MSBDA',
    'BasicDisplay',
    'Display',
    'Microsoft Basic Display Adapter',
    { builds: EIGHT_ON },
  ],
  ['PCI\\CC_0C0300', 'usbport.inf:UHCI.Dev', 'usbuhci', 'USB', 'Standard Universal PCI to USB Host Controller'],
  ['PCI\\CC_0C0320', 'usbport.inf:EHCI.Dev', 'usbehci', 'USB', 'Standard Enhanced PCI to USB Host Controller'],
  [
    'PCI\\CC_0C0330',
    'usbxhci.inf:Generic.Install',
    'USBXHCI',
    'USB',
    'USB xHCI Compliant Host Controller',
    { builds: EIGHT_ON },
  ],
];

const modelsOf = ([ids, place, service, className, description, more = {}]: Row): readonly InboxModel[] => {
  const [inf = '', section = ''] = place.split(':');
  return ids.split(' ').map((id) => ({
    id,
    inf,
    section,
    service: service === '' ? undefined : service,
    className,
    classGuid: classByName(className)?.guid ?? '',
    description,
    builds: [0, END],
    bootCritical: false,
    source: 'unverified',
    ...more,
  }));
};

/** What Windows itself drives of the emulated machine's hardware, and of what PV drivers list. */
export const INBOX_MODELS: readonly InboxModel[] = [...STORAGE, ...SYSTEM, ...NETWORK, ...INPUT_AND_DISPLAY].flatMap(
  modelsOf,
);
