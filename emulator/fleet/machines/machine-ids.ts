import { shownText } from '../../../core/spelling.ts';
import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import type { MachineDevice } from './machine.ts';

const CHILD_CLASSES: Readonly<Record<string, readonly string[]>> = {
  XENBUS: ['VBD', 'VIF', 'IFACE', 'VKBD', 'CONS', 'CLASS', 'CONSOLE'],
  XENVIF: ['NET', 'DEVICE'],
  XENVKBD: ['HID', 'DEVICE'],
};
const FIRST_VENDOR_FUNCTION = 0xc000;
const LEGACY = ['0001', '0002'];

/** Identifiers hold no blanks, commas or characters beyond ASCII, and are shorter than 200 (spec pnp-install 1). */
const ID = /^(?!.*,)[\x21-\x7e]{1,199}$/;
/** Ids that PCI makes (spec windows-update 1.2). */
const PCI =
  /^PCI\\(VEN_[0-9A-F]{4}(&DEV_[0-9A-F]{4}(&SUBSYS_[0-9A-F]{8})?)?(&REV_[0-9A-F]{2})?|CC_[0-9A-F]{4,6})(&CC_[0-9A-F]{4,6})?(&DT_[0-9A-F]{1,2})?$/i;
/** Ids that the buses of the Xen family make, with or without vendor (spec xen-pv 1.4). */
const CHILD =
  /^XEN(BUS|VIF|VKBD)\\(VEN_[^\\&]+&DEV_[^\\&]+(&REV_[0-9A-F]{2,8})?|(CLASS_[^\\&]+|CLASS&[^\\&]+|DEVICE)(&REV_[0-9A-F]{2,8})?)$/i;

/** Why an id is none that a bus reports; undefined for one that may be (spec windows-update 1.2, xen-pv 1.1, 1.4). */
export const idComplaint = (id: string): string | undefined => {
  const shown = shownText(id);
  if (!ID.test(id) || /^\\|\\$/.test(id)) return `"${shown}" is no id of a device`;
  if (/^PCI\\/i.test(id) && !PCI.test(id)) return `"${shown}" is no id that PCI makes`;
  const pv = parsePvId(id);
  if (pv === undefined) return undefined;
  const { bus, platform, prefix, deviceClass } = pv;
  if (bus !== 'PCI' && !CHILD.test(id)) return `"${shown}" is no id that ${bus} makes`;
  if (platform !== undefined && !LEGACY.includes(platform) && Number.parseInt(platform, 16) < FIRST_VENDOR_FUNCTION)
    return `"${shown}": Xen has no function ${platform}`;
  if (bus !== 'PCI' && prefix !== undefined && !(CHILD_CLASSES[bus] ?? []).includes(deviceClass))
    return `"${shown}": no driver of the family makes a ${shownText(deviceClass)} below ${bus}`;
  return undefined;
};

/** The platform functions that a device names. */
const legacyFunctions = ({ hardwareIds, compatibleIds }: MachineDevice): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const id of [...hardwareIds, ...compatibleIds]) {
    const pv = parsePvId(id);
    if (pv?.bus === 'PCI' && pv.platform !== undefined && LEGACY.includes(pv.platform)) found.add(pv.platform);
  }
  return found;
};

/** Why a machine cannot have these platform functions together: a host gives one of 0001 and 0002 (spec xen-pv 1.1). */
export const platformComplaint = (devices: readonly MachineDevice[]): string | undefined => {
  const legacy = devices.flatMap((device) => {
    const functions = legacyFunctions(device);
    return functions.size === 0 ? [] : [{ id: shownText(device.id), functions }];
  });
  const both = legacy.find(({ functions }) => functions.size > 1);
  if (both !== undefined) return `The device ${both.id} cannot be 0001 and 0002 at once.`;
  if (legacy.length < 2) return undefined;
  const names = legacy.map(({ id }) => id).join(' and ');
  return `Two platform devices are active, ${names}: a host gives 0001 or 0002, and one of it.`;
};
