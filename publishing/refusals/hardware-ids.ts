/** Forms of hardware ids that Microsoft reviews before it publishes them (publishing-restrictions.md). */

const TWO_PART = /^(PCI\\VEN_[^&]+&DEV_[^&]+|HDAUDIO\\(FUNC_[^&]+&)?VEN_[^&]+&DEV_[^&]+)$/i;

/** A vendor and a device, and nothing that tells one board from another. */
export const isTwoPart = (id: string): boolean => TWO_PART.test(id);

const ENUMERATORS: ReadonlySet<string> = new Set(
  ['ActivCardBus', 'CIRCLASS', 'Irbus', 'PS2_', 'MIDI', 'PNP', 'ACP', 'IAN', 'AVM', 'STREAM', 'DISPLAY'].map((name) =>
    name.toLowerCase(),
  ),
);
const STARTS = /^(HID_DEVI|SERIAL_M|ISAPNP\\\*?PNP|SERENUM\\\*?PNP|PNP|[*_]PNP|BIOS\\\*?PNP|ACPI\\\*?PNP)/i;
const SINGLE = /^([*_]?DONTUSE|SERIAL_MOUSE|Root\\circlass|Hid\\irdevice|Storage\\VolumeSnapshot|Storage\\Volume)$/i;

type Flaw = readonly [pattern: RegExp, what: string];

const FLAWS: readonly Flaw[] = [
  [/@/, 'holds a token that was not filled in'],
  [STARTS, 'begins as ids of the system do'],
  [SINGLE, 'is one that many devices have'],
  [/^[^\\]*$/, 'has no enumerator before it'],
  [/(\\|&)(CLASS_|CC_)/i, 'is for a class of devices'],
  [/^PCI\\VEN_(0000|FFFF)(&|$)/i, 'names no vendor'],
  [/^PCI\\(?!.*VEN_[0-9A-F]{4})/i, 'names no vendor'],
  [/^PCI\\(?!.*DEV_[0-9A-F]{4})/i, 'names no device'],
  [/^USB\\VID_(?!.*PID_[0-9A-F]{4})/i, 'names no product'],
  [/(VEN|DEV|SUBSYS|VID|PID)_(&|$)/i, 'has a part without a value'],
];

/** What is wrong with an id, as a clause; undefined for one that is published. */
export const idFlaw = (id: string): string | undefined => {
  const enumerator = id.slice(0, Math.max(0, id.indexOf('\\'))).toLowerCase();
  if (ENUMERATORS.has(enumerator)) return 'has an enumerator that is not published for';
  return FLAWS.find(([pattern]) => pattern.test(id))?.[1];
};
