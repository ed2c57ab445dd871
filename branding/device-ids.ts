/** A range of PCI device ids of vendor 5853 that somebody has reserved. */
export interface ReservedRange {
  readonly first: number;
  readonly last: number;
  /** Whose it is, as people know them. */
  readonly owner: string;
  /** Names that a vendor or product of the owner's goes by. */
  readonly names: RegExp;
}

/** Spec xen-pv 1.1; xen-project/xen docs/man/xen-pci-device-reservations.7.pod. */
export const RESERVED_DEVICE_IDS: readonly ReservedRange[] = [
  { first: 0xc000, last: 0xc0ff, owner: 'XenServer', names: /xenserver|citrix|cloud software group/i },
  { first: 0xc100, last: 0xc1ff, owner: 'XenClient and OpenXT', names: /xenclient|openxt/i },
  { first: 0xc200, last: 0xc2ff, owner: 'XCP-ng', names: /xcp-?ng|vates/i },
];

/** Below this are the platform's own functions (0001, 0002) and ids that nobody hands out to vendors. */
const FIRST_VENDOR_ID = 0xc000;

/** A graphics function of XenClient: a bus driver that binds it takes the screen away. */
const XENCLIENT_GRAPHICS = 0xc147;

/** Why a text cannot be a vendor device id; undefined when it can. The text goes on after the name of the key. */
export const deviceIdComplaint = (text: string): string | undefined => {
  if (!/^[0-9A-Fa-f]{4}$/.test(text)) return 'has to be four hex digits, for example C800';
  const id = Number.parseInt(text, 16);
  if (id < FIRST_VENDOR_ID) return 'has to be C000 or above: the ids below are the platform devices themselves';
  if (id === XENCLIENT_GRAPHICS) return 'is the graphics function of XenClient, which no bus driver may match';
  return undefined;
};

/** The reserved range that a device id (four hex digits) is in. */
export const reservedRangeOf = (deviceId: string): ReservedRange | undefined => {
  const id = Number.parseInt(deviceId, 16);
  return RESERVED_DEVICE_IDS.find(({ first, last }) => id >= first && id <= last);
};
