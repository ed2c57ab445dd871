import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAMILY } from '../../drivers/index.ts';
import type { HistoricVendor } from '../../emulator/history/historic-model.ts';
import {
  type HistoricPackage,
  historicPackage,
  historicTemplates,
  type Templates,
} from '../../emulator/history/historic-package.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import { projectRoot } from './outside.ts';

/** winpv's own templates, as the command line reads them. */
export const TEMPLATES: Templates = new Map(
  historicTemplates(FAMILY).map((path) => [path, new Uint8Array(readFileSync(join(projectRoot, path)))]),
);

/** Upstream's names. */
export const UPSTREAM: HistoricVendor = { vendorName: 'Xen Project', productName: 'Xen', vendorPrefix: 'XP' };

/** The only vendor until 2015. */
export const CITRIX: HistoricVendor = {
  vendorName: 'Citrix Systems Inc.',
  productName: 'XenServer',
  vendorPrefix: 'XS',
  vendorDeviceId: 'C000',
};

/** A known build for 64-bit guests. */
export const knownPackage = (driver: string, commit: string, vendor: HistoricVendor = UPSTREAM): HistoricPackage => {
  const found = historicPackage({ driver, commit, vendor, arch: 'x64', templates: TEMPLATES });
  if (found === undefined) throw new Error(`no build ${commit} of ${driver}`);
  return found;
};

/** What a guest needs to know of some packages. */
export const libraryOf = (...packages: readonly HistoricPackage[]): PackageLibrary => ({
  packages: Object.fromEntries(packages.map(({ facts }) => [facts.key, facts])),
  images: Object.fromEntries(packages.flatMap(({ images }) => images.map((image) => [image.key, image]))),
});
