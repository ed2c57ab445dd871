import type { z } from 'zod';
import type { brandSchema } from './brand.ts';

/** What a new brand has to know from its first day; the rest has a default. */
export type NewBrand = Pick<
  z.input<typeof brandSchema>,
  'id' | 'vendorName' | 'vendorPrefix' | 'productName' | 'vendorDeviceId' | 'objectPrefix'
> & { readonly version: string };

/** A JSON text is a YAML text; quotes where YAML would read a number or a list. */
const scalar = (text: string): string => JSON.stringify(text);

/** A C identifier of a vendor's name: `Acme Ltd.` gives `AcmeLtd`. */
export const objectPrefixOf = (vendorName: string): string | undefined => {
  const letters = vendorName.normalize('NFKD').replace(/[^A-Za-z0-9]/g, '');
  return /^[A-Za-z]/.test(letters) ? letters.slice(0, 64) : undefined;
};

/**
 * A brand file to start from: every key that most vendors set, with what it does and what goes wrong when it changes
 * later. The keys that are left out stand as comments. {@link parseBrand} is what says whether the values are allowed.
 */
export const newBrandFile = (brand: NewBrand): string => {
  const { id, version, vendorName, vendorPrefix, productName, vendorDeviceId, objectPrefix } = brand;
  const object = objectPrefix ?? objectPrefixOf(vendorName);
  return `# Who ships the drivers. \`winpv brand check\` says what is wrong with this file, \`winpv brand show\` fills in the defaults.
id: ${scalar(id)}

# Of every driver. It only goes forward: Windows does not replace a driver by one of a lower version.
version: ${scalar(version)}
# versions: { xenvbd: ${scalar(version)} }            # a single driver's own

# Provider and manufacturer in the INFs, company name in the version resources.
vendorName: ${scalar(vendorName)}
# Begins every display name.
productName: ${scalar(productName)}
copyright: ${scalar(`Copyright (c) ${vendorName.replace(/\.$/, '')}.`)}

# Begins every hardware id that the bus drivers make. It is compiled into them, so it is the same in every driver and
# never changes once machines have it: with another prefix, installed children find no driver (F01).
vendorPrefix: ${scalar(vendorPrefix)}
${object === undefined ? '# objectPrefix: MyCompany' : `objectPrefix: ${scalar(object)}`}                # begins the WMI class names of xeniface

# The vendor's own PCI function, C000 or above; C000 to C2FF are reserved for XenServer, XenClient and XCP-ng.
${vendorDeviceId === undefined ? '# vendorDeviceId: C8E0' : `vendorDeviceId: ${scalar(vendorDeviceId)}`}

# forceActivate: true       # let the INF install the bus filter and the order of the platform devices
# forceUnplug: true         # unplug emulated devices on every boot; a machine whose PV disk fails then stays at 0x7B (F14)

# supportUrl: https://example.com/support
# timestampServers: [http://timestamp.example.com]
`;
};
