import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, infArchitecture } from '../../core/architecture.ts';
import type { DriverDefinition, DriverGeneration } from '../../drivers/contract.ts';
import type { VendorIdentity } from '../../drivers/ids.ts';
import { renderTemplate, type TemplateToken } from '../../packaging/bundle/render-template.ts';
import { type InfDocument, parseInf } from '../../packaging/formats/inf/document.ts';
import { type InfModel, infModel } from '../../packaging/formats/inf/model.ts';
import type { WindowsTarget } from '../../packaging/formats/inf/target-os.ts';
import { projectRoot } from '../support/outside.ts';

export interface TestBrand extends VendorIdentity {
  readonly vendorName: string;
  readonly productName: string;
  /** Begins the WMI class names of xeniface. */
  readonly objectPrefix?: string;
  /** Four numbers, with dots. */
  readonly version: string;
  /** mm/dd/yyyy */
  readonly infDate: string;
  readonly forced: boolean;
}

export const XEN_PROJECT: TestBrand = {
  vendorName: 'Xen Project',
  productName: 'Xen',
  objectPrefix: 'XenProject',
  vendorPrefix: 'XP',
  version: '9.1.0.30',
  infDate: '05/29/2026',
  forced: false,
};

/** Every conditional line is present. */
export const WITH_EVERYTHING: TestBrand = {
  vendorName: 'Example Vendor',
  productName: 'Example',
  vendorPrefix: 'XZ',
  vendorDeviceId: 'C1F0',
  version: '9.1.0.31',
  infDate: '05/29/2026',
  forced: true,
};

/** Characters that have a meaning somewhere on the way: in regular expressions, in shells, in INF syntax. */
export const AWKWARD: TestBrand = {
  vendorName: "A$1 & Söhne; 'Storage' \\1",
  productName: 'P,roduct = $& [x]',
  vendorPrefix: 'ABCDE',
  vendorDeviceId: 'C0FF',
  version: '1.2.3.65535',
  infDate: '01/02/2026',
  forced: false,
};

export const TEST_BRANDS = [XEN_PROJECT, WITH_EVERYTHING, AWKWARD] as const;

/** The ordered table, as branding makes it. */
export const tokensFor = (brand: TestBrand, architecture: Architecture): readonly TemplateToken[] => {
  const [major = '', minor = '', micro = '', build = ''] = brand.version.split('.');
  const forced = brand.forced ? '1' : '';
  return [
    { name: 'VENDOR_NAME', value: brand.vendorName },
    { name: 'PRODUCT_NAME', value: brand.productName },
    { name: 'VENDOR_PREFIX', value: brand.vendorPrefix },
    { name: 'VENDOR_DEVICE_ID', value: brand.vendorDeviceId ?? '' },
    { name: 'OBJECT_PREFIX', value: brand.objectPrefix ?? '' },
    { name: 'MAJOR_VERSION', value: major },
    { name: 'MINOR_VERSION', value: minor },
    { name: 'MICRO_VERSION', value: micro },
    { name: 'BUILD_NUMBER', value: build },
    { name: 'FORCE_ACTIVATE', value: forced },
    { name: 'FORCE_UNPLUG', value: forced },
    { name: 'INF_DATE', value: brand.infDate },
    { name: 'INF_ARCH', value: infArchitecture(architecture) },
  ];
};

export interface RenderedInf {
  readonly bytes: Uint8Array;
  readonly document: InfDocument;
  readonly model: InfModel;
}

export const readInf = (bytes: Uint8Array, file: string): RenderedInf => {
  const document = parseInf(bytes, file);
  return { bytes, document, model: infModel(document) };
};

/** The template of a generation, as `winpv release` renders it. */
export const renderDriver = (
  driver: DriverDefinition,
  generation: DriverGeneration,
  brand: TestBrand,
  architecture: Architecture = 'x64',
): RenderedInf => {
  const template = new Uint8Array(readFileSync(join(projectRoot, generation.template)));
  const tokens = tokensFor(brand, architecture);
  const { bytes } = renderTemplate(template, generation.template, tokens, { lineEnds: 'crlf' });
  return readInf(bytes, `${driver.name}.inf`);
};

const windows = (architecture: Architecture, build: number): WindowsTarget => ({
  arch: infArchitecture(architecture),
  major: 10,
  minor: 0,
  build,
  productType: 1,
});

/** Windows 10 22H2. */
export const windows10 = (architecture: Architecture): WindowsTarget => windows(architecture, 19045);

/** Windows 11 24H2, which knows what build 25398 brought. */
export const windows11 = (architecture: Architecture): WindowsTarget => windows(architecture, 26100);
