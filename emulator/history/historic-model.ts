import { formatRevision } from '../../drivers/ids.ts';
import type { DriverModel } from '../../drivers/model.ts';
import type { RegisteredBuild } from './register.ts';
import { buildVersion } from './releases.ts';

/** Whose drivers they are: what was compiled in and written into the INFs. */
export interface HistoricVendor {
  readonly vendorName: string;
  readonly productName: string;
  readonly vendorPrefix: string;
  /** Upper case; undefined when the vendor has no platform function of its own. */
  readonly vendorDeviceId?: string;
}

/** The day on which prefix and function of the vendor became settings (bd0d255); before, they were Citrix's. */
const VENDORS_SINCE = '2015-09-08';

/** The vendor of a build: until prefixes could be set, there was one. */
export const vendorAt = (vendor: HistoricVendor, { build, release }: RegisteredBuild): HistoricVendor =>
  release.line !== 'master' || build.built >= VENDORS_SINCE
    ? vendor
    : { ...vendor, vendorPrefix: 'XS', vendorDeviceId: 'C000' };

/** Whether all builds of such days have this vendor's ids. */
export const isVendorsOwn = (vendor: HistoricVendor, registered: RegisteredBuild): boolean => {
  const { vendorPrefix, vendorDeviceId } = vendorAt(vendor, registered);
  return vendorPrefix === vendor.vendorPrefix && vendorDeviceId === vendor.vendorDeviceId;
};

/** What an image of a known build does. @param image lower case, without extension */
export const historicModel = (image: string, registered: RegisteredBuild, vendor: HistoricVendor): DriverModel => {
  const { build, release, state, need } = registered;
  const { vendorName, vendorPrefix, vendorDeviceId } = vendorAt(vendor, registered);
  return {
    image,
    version: buildVersion(release, build),
    prefix: vendorPrefix,
    vendorName,
    ...(vendorDeviceId === undefined ? {} : { vendorDeviceId }),
    built: build.built,
    line: release.line,
    ...(state === undefined
      ? {}
      : {
          rows: state.table.rows.map(({ revision }) => formatRevision(revision)),
          provides: Object.fromEntries(state.provides),
        }),
    ...(need === undefined ? {} : { needs: Object.fromEntries(need.interfaces) }),
  };
};
