import { type Architecture, infArchitecture } from '../core/architecture.ts';
import { type CalendarDate, formatInfDate } from '../core/date.ts';
import type { FourPartVersion } from '../core/version.ts';
import { type Brand, driverVersion } from './brand.ts';

/** One row of the ordered token table. An empty value makes a template lose every line that names the token. */
export interface Token {
  /** Without the at-signs: `VENDOR_NAME`. */
  readonly name: string;
  readonly value: string;
  /** The brand key that feeds it; absent when the release does (date, architecture, revision). */
  readonly key?: string;
}

/** What one package of a release adds to its brand. */
export interface TokenContext {
  /** The package: `xenvbd`. */
  readonly driver: string;
  /** Default: the brand's version for the driver. */
  readonly version?: FourPartVersion;
  readonly date: CalendarDate;
  readonly arch: Architecture;
  /** Source commit of the driver. */
  readonly revision?: string;
}

/** What of a brand the table holds. */
export type TokenBrand = Pick<
  Brand,
  | 'vendorName'
  | 'productName'
  | 'vendorDeviceId'
  | 'vendorPrefix'
  | 'objectPrefix'
  | 'copyright'
  | 'forceActivate'
  | 'forceUnplug'
  | 'version'
  | 'versions'
>;

const flag = (set: boolean): string => (set ? '1' : '');

const names = (brand: TokenBrand): readonly Token[] => [
  { name: 'VENDOR_NAME', value: brand.vendorName, key: 'vendorName' },
  { name: 'PRODUCT_NAME', value: brand.productName, key: 'productName' },
  { name: 'VENDOR_DEVICE_ID', value: brand.vendorDeviceId ?? '', key: 'vendorDeviceId' },
  { name: 'VENDOR_PREFIX', value: brand.vendorPrefix, key: 'vendorPrefix' },
  { name: 'OBJECT_PREFIX', value: brand.objectPrefix ?? '', key: 'objectPrefix' },
  { name: 'COPYRIGHT', value: brand.copyright ?? '', key: 'copyright' },
];

const numbers = (version: FourPartVersion, key: string): readonly Token[] =>
  ['MAJOR_VERSION', 'MINOR_VERSION', 'MICRO_VERSION', 'BUILD_NUMBER'].map((name, index) => ({
    name,
    value: String(version[index]),
    key,
  }));

const policies = (brand: TokenBrand): readonly Token[] => [
  { name: 'FORCE_ACTIVATE', value: flag(brand.forceActivate), key: 'forceActivate' },
  { name: 'FORCE_UNPLUG', value: flag(brand.forceUnplug), key: 'forceUnplug' },
];

const made = ({ date, arch, revision = '' }: TokenContext): readonly Token[] => [
  { name: 'GIT_REVISION', value: revision },
  { name: 'INF_DATE', value: formatInfDate(date) },
  { name: 'INF_ARCH', value: infArchitecture(arch) },
  // Without leading zeros, as upstream's script has them.
  { name: 'YEAR', value: String(date.year) },
  { name: 'MONTH', value: String(date.month) },
  { name: 'DAY', value: String(date.day) },
];

/** The id parts of the first generation (2013), whose INF matched one function of the platform. */
const firstGeneration = (brand: TokenBrand): readonly Token[] => [
  { name: 'COMPANY_NAME', value: brand.vendorName, key: 'vendorName' },
  { name: 'PCI_VENDOR_ID', value: '5853' },
  { name: 'PCI_DEVICE_ID', value: brand.vendorDeviceId ?? '0001', key: 'vendorDeviceId' },
  { name: 'PCI_REVISION', value: '01' },
];

/**
 * The values of `@TOKENS@` for one package, in the order in which upstream's script replaces them, older names last
 * (spec xen-pv 3.3.4). Empty when unset: VENDOR_DEVICE_ID, OBJECT_PREFIX, COPYRIGHT, FORCE_ACTIVATE, FORCE_UNPLUG,
 * GIT_REVISION. A policy that is set has the value `1`.
 */
export const tokenTable = (brand: TokenBrand, context: TokenContext): readonly Token[] => {
  const { driver, version = driverVersion(brand, driver) } = context;
  const key = Object.hasOwn(brand.versions, driver) ? `versions.${driver}` : 'version';
  return [...names(brand), ...numbers(version, key), ...policies(brand), ...made(context), ...firstGeneration(brand)];
};
