import { Build, type PolicyArch } from '../../packaging/signing/policy-data.ts';

/** A driver that Windows brings along, with what its service key says. */
export interface InboxService {
  readonly name: string;
  /** SERVICE_KERNEL_DRIVER or SERVICE_FILE_SYSTEM_DRIVER. */
  readonly type: 1 | 2;
  readonly start: 0 | 1 | 3;
  readonly errorControl: 0 | 1 | 3;
  readonly group: string;
  /** File in System32\drivers. */
  readonly image: string;
  readonly tag?: number;
  /** Builds that have it: from the first up to, not including, the second. */
  readonly builds: readonly [from: number, before: number];
  readonly archs?: readonly PolicyArch[];
  /** A miniport that boots only what its own hardware holds: kept from starting at boot while Windows runs from another. */
  readonly storage?: true;
  readonly source: InboxSource;
}

/**
 * Where a row comes from. `observed`: its start value, group or tag stands in public listings of the registry or in
 * installation logs; where that is only part of it, the rest is general knowledge. `unverified`: general knowledge.
 */
export type InboxSource = 'observed' | 'unverified';

const END = Number.MAX_SAFE_INTEGER;
const { windows8, windows10 } = Build;
const EIGHT_ON = [windows8, END] as const;
const BEFORE_EIGHT = [0, windows8] as const;
/** stornvme came with 8.1. */
export const NVME_BUILD = 9600;

type More = Partial<Pick<InboxService, 'type' | 'image' | 'tag' | 'builds' | 'archs' | 'storage' | 'source'>>;
type Row = readonly [
  name: string,
  start: InboxService['start'],
  errorControl: InboxService['errorControl'],
  group: string,
  more?: More,
];

const OBSERVED: More = { source: 'observed' };

/** Buses, and what lists volumes. */
const BUSES: readonly Row[] = [
  ['ACPI', 0, 3, 'Core', { builds: EIGHT_ON }],
  ['ACPI', 0, 3, 'Boot Bus Extender', { builds: BEFORE_EIGHT, source: 'observed' }],
  ['acpiex', 0, 3, 'Core', { builds: EIGHT_ON }],
  ['pci', 0, 3, 'Boot Bus Extender', OBSERVED],
  ['msisadrv', 0, 3, 'Boot Bus Extender', OBSERVED],
  ['vdrvroot', 0, 3, 'Boot Bus Extender', OBSERVED],
  ['partmgr', 0, 3, 'Boot Bus Extender', OBSERVED],
  ['spaceport', 0, 3, 'Boot Bus Extender', { builds: EIGHT_ON, source: 'observed' }],
  ['volmgr', 0, 3, 'System Bus Extender', OBSERVED],
  ['volmgrx', 0, 3, 'System Bus Extender', OBSERVED],
  ['mountmgr', 0, 3, 'System Bus Extender', OBSERVED],
  ['swenum', 3, 1, 'Extended Base'],
  ['CompositeBus', 3, 1, 'Extended Base', { builds: EIGHT_ON, source: 'observed' }],
  ['umbus', 3, 1, 'Extended Base', OBSERVED],
  ['mssmbios', 1, 1, 'System Bus Extender', OBSERVED],
];

/** What leads to a disk. Tags and group of the IDE drivers: observed in registry files for offline repair. */
const STORAGE: readonly Row[] = [
  ['pciide', 0, 3, 'System Bus Extender', { tag: 3, storage: true, source: 'observed' }],
  ['intelide', 0, 3, 'System Bus Extender', { tag: 4, storage: true, archs: ['x86', 'x64'], source: 'observed' }],
  ['atapi', 0, 3, 'SCSI Miniport', { tag: 25, storage: true, source: 'observed' }],
  ['msahci', 0, 3, 'SCSI Miniport', { storage: true, builds: BEFORE_EIGHT, source: 'observed' }],
  ['storahci', 0, 3, 'SCSI Miniport', { storage: true, builds: EIGHT_ON, source: 'observed' }],
  ['stornvme', 0, 3, 'SCSI Miniport', { tag: 32, storage: true, builds: [NVME_BUILD, END], source: 'observed' }],
  ['EhStorClass', 0, 3, 'SCSI Class', { builds: EIGHT_ON, source: 'observed' }],
  ['disk', 0, 3, 'SCSI Class'],
  ['cdrom', 1, 1, 'SCSI CDROM Class', OBSERVED],
  ['volume', 0, 3, '', { builds: EIGHT_ON, source: 'observed' }],
  ['volsnap', 0, 3, '', OBSERVED],
  ['fvevol', 0, 3, '', OBSERVED],
  ['iorate', 0, 3, '', { builds: [windows10, END], source: 'observed' }],
  ['rdyboost', 0, 3, 'PnP Filter', OBSERVED],
];

const FILE_SYSTEMS: readonly Row[] = [
  ['CLFS', 0, 3, 'Filter', OBSERVED],
  ['FltMgr', 0, 3, 'FSFilter Infrastructure', { type: 2 }],
  ['FileInfo', 0, 1, 'FSFilter Bottom', { type: 2, source: 'observed' }],
  ['Ntfs', 3, 1, 'Boot File System', { type: 2 }],
  ['Wdf01000', 0, 1, 'WdfLoadGroup'],
  ['KSecDD', 0, 3, 'Base'],
  ['KSecPkg', 0, 3, 'Cryptography', OBSERVED],
  ['CNG', 0, 3, 'Cryptography'],
  ['Null', 1, 1, 'Base', OBSERVED],
];

const INPUT_AND_DISPLAY: readonly Row[] = [
  ['i8042prt', 3, 1, 'Keyboard Port'],
  ['kbdclass', 3, 1, 'Keyboard Class'],
  ['mouclass', 3, 1, 'Pointer Class'],
  ['kbdhid', 3, 0, 'Keyboard Port'],
  ['mouhid', 3, 0, 'Pointer Port'],
  ['HidUsb', 3, 0, 'Extended Base'],
  ['vga', 3, 0, 'Video', { image: 'vgapnp.sys', builds: BEFORE_EIGHT }],
  ['BasicDisplay', 1, 0, 'Video', { builds: EIGHT_ON }],
  ['BasicRender', 1, 0, 'Video', { builds: EIGHT_ON }],
  ['usbuhci', 3, 1, 'Base'],
  ['usbehci', 3, 1, 'Base'],
  ['USBXHCI', 3, 1, 'Base', { builds: EIGHT_ON }],
  ['usbhub', 3, 1, 'Base'],
];

/** Names and files of the emulated cards' drivers: observed in an installation log and in lists of in-box packages. */
const NETWORK: readonly Row[] = [
  ['NDIS', 0, 3, 'NDIS Wrapper'],
  ['Tcpip', 0, 1, 'PNP_TDI'],
  ['tdx', 1, 1, 'PNP_TDI', OBSERVED],
  ['AFD', 1, 1, 'PNP_TDI'],
  ['NetBT', 1, 1, 'PNP_TDI', OBSERVED],
  ['RTL8023x64', 3, 1, 'NDIS', { image: 'Rtnic64.sys', archs: ['x64'], source: 'observed' }],
  ['RTL8023xp', 3, 1, 'NDIS', { image: 'Rtnicxp.sys', archs: ['x86'] }],
  ['E1G60', 3, 1, 'NDIS', { image: 'E1G6032E.sys', archs: ['x64'], source: 'observed' }],
  ['E1G60', 3, 1, 'NDIS', { image: 'E1G60I32.sys', archs: ['x86'] }],
];

const serviceOf = ([name, start, errorControl, group, more = {}]: Row): InboxService => ({
  name,
  type: 1,
  start,
  errorControl,
  group,
  image: `${name.toLowerCase()}.sys`,
  builds: [0, END],
  source: 'unverified',
  ...more,
});

/** In-box drivers as far as the emulated machine meets them; a name may stand for several Windows. */
export const INBOX_SERVICES: readonly InboxService[] = [
  ...BUSES,
  ...STORAGE,
  ...FILE_SYSTEMS,
  ...INPUT_AND_DISPLAY,
  ...NETWORK,
].map(serviceOf);

/** What decides which in-box drivers a guest has. */
export interface InboxTarget {
  readonly arch: PolicyArch;
  readonly windows: { readonly build: number };
}

/** Whether a row of an in-box table is for a guest. */
export const isFor = (
  { builds: [from, before], archs }: Pick<InboxService, 'builds' | 'archs'>,
  { arch, windows: { build } }: InboxTarget,
): boolean => build >= from && build < before && (archs === undefined || archs.includes(arch));

export const inboxServices = (guest: InboxTarget): readonly InboxService[] =>
  INBOX_SERVICES.filter((row) => isFor(row, guest));
