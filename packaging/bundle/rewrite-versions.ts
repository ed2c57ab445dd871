import type { Brand } from '../../branding/brand.ts';
import { type FourPartVersion, formatVersion } from '../../core/version.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import { rewriteVersionResource, type VersionChange } from '../formats/pe/rewrite-version.ts';
import { parseVersionResource, type VersionResource } from '../formats/pe/version-resource.ts';

export interface VersionBranding {
  readonly brand: Pick<Brand, 'vendorName' | 'copyright'>;
  /** `xenbus` */
  readonly driver: string;
  readonly version: FourPartVersion;
  /** What the project says of sources that are signed; refused when it is not said. */
  readonly existing?: 'refuse' | 'replace' | undefined;
}

/** A file of a source. */
interface Binary {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** For messages. */
  readonly path: string;
}

/** What Microsoft made is passed on as it is: co-installers of its frameworks have its signature. */
export const isMicrosofts = (resource: VersionResource): boolean =>
  resource.strings.some((table) => /^Microsoft\b/i.test(stringOf(table.values, 'CompanyName') ?? ''));

/** A string of a table; names are compared without case. */
export const stringOf = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];

const stem = (name: string): string => name.slice(name.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');

/**
 * What the version resource of a binary says under a brand (spec xen-pv 3.4). The name of the product is the driver's,
 * which is no brand's: where it is something else, such as another vendor's product, it becomes the name of the file.
 */
const brandedChange = (name: string, resource: VersionResource, branding: VersionBranding): VersionChange => {
  const { brand, driver, version } = branding;
  const numbers = formatVersion(version);
  const own = stem(name).toUpperCase();
  const products = resource.strings.flatMap(({ values }) => stringOf(values, 'ProductName') ?? []);
  const foreign = products.some((product) => ![own, driver.toUpperCase()].includes(product.toUpperCase()));
  return {
    fileVersion: version,
    productVersion: version,
    strings: new Map([
      ['CompanyName', brand.vendorName],
      ['FileVersion', numbers],
      ...(brand.copyright === undefined ? [] : [['LegalCopyright', brand.copyright] as const]),
      ...(foreign ? [['ProductName', own] as const] : []),
      ['ProductVersion', numbers],
    ]),
  };
};

/**
 * A binary as a brand ships it: vendor, copyright and versions of its version resource are the brand's, in every language;
 * everything else stays. A file that is no image, has no version resource or is Microsoft's is returned as it is.
 * @throws WinpvError PE_SIGNED for a signed image that would change, unless the project lets signatures be replaced;
 *   PE_NO_ROOM, PE_*
 */
export const brandedBinary = ({ name, bytes, path }: Binary, branding: VersionBranding): Uint8Array => {
  if (!/\.(sys|dll|exe)$/i.test(name) || !isPe(bytes)) return bytes;
  const resource = parseVersionResource(parsePe(bytes, path));
  if (resource === undefined || isMicrosofts(resource)) return bytes;
  const { existing } = branding;
  return rewriteVersionResource(bytes, path, brandedChange(name, resource, branding), { existing });
};
