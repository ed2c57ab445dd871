/**
 * Keys of `Control\SafeBoot\Minimal` by what their default value calls them (observed: registry files that restore them).
 * Lists of newer Windows are longer by services that are not modelled.
 */
const BOTH = {
  'Driver Group': `Base; Boot Bus Extender; Boot file system; File system; Filter; PCI Configuration; PNP Filter;
Primary disk; SCSI Class; System Bus Extender`,
  Service: 'AppMgmt; CryptSvc; DcomLaunch; EventLog; Netlogon; PlugPlay; Power; ProfSvc; RpcSs; RpcEptMapper; WinMgmt',
  Driver: 'sermouse.sys; vga.sys; vgasave.sys; volmgr.sys; volmgrx.sys',
} as const;

/** Setup classes of both; the names are those of the classes. */
const CLASSES_OF_BOTH = `USB CDROM DiskDrive FDC HDC Keyboard Mouse PCMCIA SCSIAdapter System FloppyDisk Volume HIDClass`;

/** What `Control\SafeBoot\Network` has in addition. */
const NETWORK = {
  'Driver Group': `NDIS; NDIS Wrapper; NetBIOSGroup; NetDDEGroup; Network; NetworkProvider; PNP_TDI; Streams Drivers; TDI`,
  Service: 'AFD; Dhcp; DnsCache; LanmanServer; LanmanWorkstation; LmHosts; NetBIOS; NetBT; NetMan; Tcpip',
} as const;

const NETWORK_CLASSES = 'Net NetClient NetService NetTrans';

type Table = Readonly<Record<string, string>>;
export interface SafeBootKey {
  readonly name: string;
  /** Default value of the key. */
  readonly kind: string;
}

const keysOf = (table: Table): readonly SafeBootKey[] =>
  Object.entries(table).flatMap(([kind, names]) => names.split(';').map((name) => ({ name: name.trim(), kind })));

const classNames = (names: string): readonly string[] => names.split(' ');

export const SAFE_BOOT_KEYS: Readonly<
  Record<'Minimal' | 'Network', { readonly keys: readonly SafeBootKey[]; readonly classes: readonly string[] }>
> = {
  Minimal: { keys: keysOf(BOTH), classes: classNames(CLASSES_OF_BOTH) },
  Network: {
    keys: [...keysOf(BOTH), ...keysOf(NETWORK)],
    classes: [...classNames(CLASSES_OF_BOTH), ...classNames(NETWORK_CLASSES)],
  },
};
