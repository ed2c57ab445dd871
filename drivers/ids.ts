/** The two brand values that hardware ids are made of. */
export interface VendorIdentity {
  /** A letter, then letters or digits: `XP`. */
  readonly vendorPrefix: string;
  /** Four hex digits, upper case, of the vendor's own PCI function: `C000`. Undefined or empty when it has none. */
  readonly vendorDeviceId?: string | undefined;
}

/** The PCI vendor of every Xen platform function. */
const XEN_PCI_VENDOR = '5853';

/** Eight hex digits, as a bus writes a revision. */
export const formatRevision = (revision: number): string => revision.toString(16).toUpperCase().padStart(8, '0');

const vendorDevice = ({ vendorDeviceId }: VendorIdentity): readonly string[] =>
  vendorDeviceId === undefined || vendorDeviceId === '' ? [] : [vendorDeviceId];

/**
 * The PCI ids that a bus driver matches, best first: the vendor's own function, then 0002, then 0001.
 * Without a vendor device id its line falls away and 0002 becomes the hardware id (spec xen-pv 1.2, F28).
 */
export const platformIds = (vendor: VendorIdentity): readonly string[] => [
  ...vendorDevice(vendor).map((id) => `PCI\\VEN_${XEN_PCI_VENDOR}&DEV_${id}&SUBSYS_${id}${XEN_PCI_VENDOR}&REV_01`),
  `PCI\\VEN_${XEN_PCI_VENDOR}&DEV_0002`,
  `PCI\\VEN_${XEN_PCI_VENDOR}&DEV_0001`,
];

export interface BusChild {
  /** `XENBUS`, `XENVIF`, `XENVKBD` */
  readonly bus: string;
  /** `VBD`, `NET`, `HID` */
  readonly device: string;
  /** The one row of the bus's table that the INF binds: `0x0900000b`. */
  readonly revision: number;
}

/** One id of a bus child, for the platform function `pciDevice` (four hex digits); spec xen-pv 1.4. */
export const busChildId = (child: BusChild, vendorPrefix: string, pciDevice: string): string =>
  `${child.bus}\\VEN_${vendorPrefix}${pciDevice}&DEV_${child.device}&REV_${formatRevision(child.revision)}`;

/** The ids that a child INF binds: the vendor's function first, then 0001, then 0002 (spec xen-pv 2.1, rule 1). */
export const busChildIds =
  (child: BusChild) =>
  (vendor: VendorIdentity): readonly string[] =>
    [...vendorDevice(vendor), '0001', '0002'].map((pciDevice) => busChildId(child, vendor.vendorPrefix, pciDevice));

/** What a bus writes into the hardware id list of one child. */
export interface IdList {
  readonly bus: string;
  readonly device: string;
  readonly vendorPrefix: string;
  /** Rows of the revision table; each gives one id. */
  readonly rows: number;
  /** The id that ends the list: `XENCLASS` on xenbus, `XENDEVICE` on xenvif and xenvkbd. */
  readonly lastId: string;
}

/** A list of this many bytes or more trips the assertion of a checked build; a free build hands it on (F10). */
export const ID_LIST_LIMIT_BYTES = 1024;

/**
 * Size of that list in bytes, as the bus counts it: UTF-16 with one NUL after each id, without the NUL that ends the
 * list (spec xen-pv 1.4: twelve IFACE rows of a two-letter prefix are 1002).
 */
export const idListSizeBytes = ({ bus, device, vendorPrefix, rows, lastId }: IdList): number => {
  const entry = busChildId({ bus, device, revision: 0 }, vendorPrefix, '0000').length + 1;
  return 2 * (rows * entry + lastId.length + 1);
};
