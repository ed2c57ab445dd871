import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { compareVersions, formatVersion } from '../../core/version.ts';
import type { PvFacts } from '../formats/inf/pv/facts.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parseVersionResource, type VersionResource } from '../formats/pe/version-resource.ts';
import { type BinaryIds, binaryIds, type ChildBus, hasPrefixText, holdsPrefix, isVendorOf } from './binary-ids.ts';
import { fileNameOf } from './catalog-scope.ts';
import { placedFiles } from './check-files.ts';
import type { CheckedFile, PackageInf, PackageView } from './package-view.ts';
import { isMicrosofts, stringOf } from './rewrite-versions.ts';

/** What is known of the brand besides its packages. */
export interface BrandFacts {
  readonly vendorPrefix: string;
  /** Whether version resources were to be rewritten. */
  readonly rewriteVersions: boolean;
}

type PvInf = PackageInf & { readonly pv: PvFacts };

/** An image of a package, and the INF that installs it. */
interface PlacedImage {
  readonly inf: PvInf;
  readonly file: CheckedFile;
  readonly image: PeImage;
  readonly ids: BinaryIds;
  readonly version: VersionResource | undefined;
}

/**
 * What is compiled into the binaries of Xen PV packages against their INFs: vendor prefix (F01), platform functions (F02),
 * and the version resources (spec xen-pv 1.4, 1.5, 3.4). A binary that does not show a thing is not judged by it.
 * Whether files are of one build (F24, F37, F39) is judged in check-pv-package.ts.
 */
export const checkBinaries = (view: PackageView, brand?: BrandFacts): readonly Diagnostic[] => {
  const infs = view.infs.filter((inf): inf is PvInf => inf.pv !== undefined);
  const images = infs.flatMap((inf) => imagesOf(view, inf));
  const prefix = expectedPrefix(view, brand);
  return [
    ...(prefix === undefined ? [] : images.flatMap((one) => checkPrefix(view, one, prefix))),
    ...images.flatMap((one) => checkFunctions(view, one)),
    ...infs.flatMap((inf) =>
      checkVersions(
        view,
        images.filter((one) => one.inf === inf),
        brand,
      ),
    ),
  ];
};

const imagesOf = (view: PackageView, inf: PvInf): readonly PlacedImage[] =>
  [...new Set(placedFiles(view, inf).map(({ file }) => file))].flatMap((file): PlacedImage[] => {
    try {
      const image = view.imageOf(file);
      if (image === undefined) return [];
      const version = parseVersionResource(image);
      return version !== undefined && isMicrosofts(version)
        ? []
        : [{ inf, file, image, ids: binaryIds(image.bytes), version }];
    } catch (error) {
      // A damaged image is told where files are checked.
      if (error instanceof WinpvError) return [];
      throw error;
    }
  });

/** Where the expected prefix comes from: a brand, or the ids of an INF. */
interface ExpectedPrefix {
  readonly prefix: string;
  /** As a message names it: `the ids of xenvbd.inf have`. */
  readonly source: string;
}

/** The prefix of the child INFs, or the brand's. Where INFs disagree, that is told by its own rule. */
const expectedPrefix = (view: PackageView, brand: BrandFacts | undefined): ExpectedPrefix | undefined => {
  const found = new Map<string, string>();
  for (const { pv, path } of view.infs) {
    for (const { prefix } of pv?.ids ?? []) if (prefix) found.set(prefix, found.get(prefix) ?? fileNameOf(path));
  }
  const [only, ...others] = [...found];
  if (others.length > 0) return undefined;
  if (only !== undefined) return { prefix: only[0], source: `the ids of ${shownText(only[1])} have` };
  return brand === undefined ? undefined : { prefix: brand.vendorPrefix, source: 'the brand has' };
};

const nameOf = ({ file }: PlacedImage): string => shownText(fileNameOf(file.path));
const placeOf = (view: PackageView, { file }: PlacedImage) => ({ file: view.shown(file.path) });

/** The bus whose children a driver makes. */
const BUS_OF_FILE: Readonly<Record<string, ChildBus>> = {
  'xenbus.sys': 'XENBUS',
  'xenvif.sys': 'XENVIF',
  'xenvkbd.sys': 'XENVKBD',
};

/** Prefixes that releases were made with (spec xen-pv 7.3), to say what a binary has instead. */
const KNOWN_PREFIXES = ['XP', 'XS', 'XN', 'XCPng'];

/** F01: a bus whose binary was built with another prefix makes devices that no INF of the release matches. */
const checkPrefix = (view: PackageView, image: PlacedImage, expected: ExpectedPrefix): readonly Diagnostic[] => {
  if (!/\.sys$/i.test(image.file.path)) return [];
  const { vendors, composed } = image.ids;
  const written = [...new Set(vendors.map(({ vendor }) => vendor))];
  if (written.length > 0) {
    if (written.some((vendor) => isVendorOf(vendor, expected.prefix))) return [];
    return [otherPrefix(view, image, `"VEN_${shownText(written[0] ?? '')}"`, expected)];
  }
  const bus = BUS_OF_FILE[fileNameOf(image.file.path).toLowerCase()];
  if (bus === undefined || !composed.has(bus) || holdsPrefix(image.image, expected.prefix)) return [];
  const other = KNOWN_PREFIXES.find((one) => hasPrefixText(image.image, one));
  return [otherPrefix(view, image, other === undefined ? 'another prefix' : `the prefix "${other}"`, expected)];
};

const otherPrefix = (
  view: PackageView,
  image: PlacedImage,
  found: string,
  { prefix, source }: ExpectedPrefix,
): Diagnostic =>
  problem('PV_BINARY_PREFIX', `${nameOf(image)} is built with ${found}, and ${source} "${prefix}".`, {
    at: placeOf(view, image),
    failureMode: 'F01',
    hint: `Build ${nameOf(image)} with VENDOR_PREFIX=${prefix}, or take the binaries of the brand that has the other one.`,
  });

/** Every platform function that all builds know. */
const COMMON_FUNCTIONS: ReadonlySet<string> = new Set(['0001', '0002']);

/** F02: the vendor's own platform function is compiled into the bus and named by its INF. */
const checkFunctions = (view: PackageView, image: PlacedImage): readonly Diagnostic[] => {
  const { inf, ids } = image;
  if (inf.pv.kind !== 'xenbus') return [];
  const named = [...new Set(inf.pv.ids.flatMap(({ platform }) => platform ?? []))];
  const own = ids.functions.filter((one) => !COMMON_FUNCTIONS.has(one));
  const foreign = own.filter((one) => !named.includes(one));
  if (foreign.length === 0 || named.length === 0) return [];
  const message = `${nameOf(image)} is built for the platform function ${foreign.join(', ')}, and ${shownText(fileNameOf(inf.path))} is for ${named.join(', ')}.`;
  return [
    problem('PV_BINARY_FUNCTION', message, {
      at: placeOf(view, image),
      failureMode: 'F02',
      hint: 'Build the binary with the VENDOR_DEVICE_ID of the brand, or add the id to the INF.',
    }),
  ];
};

/** Who made the binaries of an INF, and in which version, as the INF says and as they say: one finding for each difference. */
const checkVersions = (
  view: PackageView,
  images: readonly PlacedImage[],
  brand: BrandFacts | undefined,
): readonly Diagnostic[] => {
  const kernel = images.filter(({ file }) => /\.sys$/i.test(file.path));
  const versions = new Set(kernel.flatMap(({ version }) => (version ? formatVersion(version.fixed.fileVersion) : [])));
  // Drivers of several builds are told as that.
  const mixed = versions.size > 1 ? new Set(kernel) : new Set<PlacedImage>();
  const groups = new Map<string, PlacedImage[]>();
  for (const image of images) {
    const differences = [
      resourceMissing(image, brand),
      vendorDifference(image),
      mixed.has(image) ? undefined : versionDifference(image),
    ];
    for (const difference of differences.filter((one) => one !== undefined)) {
      groups.set(difference, [...(groups.get(difference) ?? []), image]);
    }
  }
  return [...groups].map(([difference, [first, ...others]]) => {
    const names = [first, ...others].flatMap((one) => (one === undefined ? [] : nameOf(one)));
    return problem('PV_VERSION_RESOURCE', `${listed(names)}: ${difference}.`, {
      ...(first === undefined ? {} : { at: placeOf(view, first) }),
      severity: 'warning',
      hint: 'Build the binaries for the brand, or write `rewriteVersions: true` in the brand file.',
    });
  });
};

const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`
    : names.join(', ');
const MAX_NAMED = 6;

const resourceMissing = ({ version }: PlacedImage, brand: BrandFacts | undefined): string | undefined =>
  version !== undefined || brand?.rewriteVersions !== true
    ? undefined
    : 'there is no version resource that `rewriteVersions` could change';

const vendorDifference = ({ version, inf }: PlacedImage): string | undefined => {
  const provider = inf.model.version.provider.trim();
  const company = version?.strings
    .flatMap(({ values }) => stringOf(values, 'CompanyName') ?? [])
    .find((one) => one.trim() !== '' && one.trim() !== provider);
  if (company === undefined || provider === '') return undefined;
  return `the version resource names "${shownText(company.trim())}", and ${infNameOf(inf)} is by "${shownText(provider)}"`;
};

const versionDifference = ({ version, inf }: PlacedImage): string | undefined => {
  const driverVer = inf.model.version.driverVer?.version;
  if (version === undefined || driverVer === undefined) return undefined;
  const { fileVersion } = version.fixed;
  if (compareVersions(fileVersion, driverVer) === 0) return undefined;
  return `the file version is ${formatVersion(fileVersion)}, and ${infNameOf(inf)} is of ${formatVersion(driverVer)}`;
};

const infNameOf = ({ path }: PvInf): string => shownText(fileNameOf(path));
