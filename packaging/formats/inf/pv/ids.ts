/** An id of the Xen PV family, taken apart. */
export interface PvId {
  readonly text: string;
  /** PCI for the platform functions. */
  readonly bus: 'PCI' | 'XENBUS' | 'XENVIF' | 'XENVKBD';
  /** Vendor prefix of a child's id, in upper case; undefined in the form of 2013. */
  readonly prefix: string | undefined;
  /** PCI device id of the function, four hex digits in upper case; undefined in the form of 2013. */
  readonly platform: string | undefined;
  /** `VBD`; empty for a platform function. */
  readonly deviceClass: string;
  /** Eight hex digits in upper case. */
  readonly revision: string | undefined;
}

/** A graphics function of another product, which a bus driver must never match (spec xen-pv 1.1). */
export const GRAPHICS_FUNCTION = 'C147';

const PLATFORM = /^PCI\\VEN_5853&DEV_([0-9A-F]{4})(?:&|$)/;
const CHILD = /^(XENBUS|XENVIF|XENVKBD)\\VEN_([^&]*?)([0-9A-F]{4})&DEV_([^&]+)(?:&REV_([0-9A-F]+))?$/;
const CHILD_2013 = /^(XENBUS|XENVIF|XENVKBD)\\CLASS_([^&]+)(?:&REV_([0-9A-F]+))?$/;
const OTHER_CHILD = /^(XENBUS|XENVIF|XENVKBD)\\/;

/** Reads an id (spec xen-pv 1.4); undefined when it is not of the family. */
export const parsePvId = (text: string): PvId | undefined => {
  const upper = text.trim().toUpperCase();
  const platform = PLATFORM.exec(upper);
  if (platform !== null) {
    return { text, bus: 'PCI', prefix: undefined, platform: platform[1], deviceClass: '', revision: undefined };
  }
  const child = CHILD.exec(upper);
  if (child !== null) {
    const [, bus, prefix, function_, deviceClass = '', revision] = child;
    return { text, bus: bus as PvId['bus'], prefix, platform: function_, deviceClass, revision };
  }
  const [, bus, deviceClass = '', revision] = CHILD_2013.exec(upper) ?? OTHER_CHILD.exec(upper) ?? [];
  if (bus === undefined) return undefined;
  return { text, bus: bus as PvId['bus'], prefix: undefined, platform: undefined, deviceClass, revision };
};
