import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { PvFacts } from '../formats/inf/pv/facts.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parseVersionResource, type VersionResource } from '../formats/pe/version-resource.ts';
import { type BinaryIds, binaryIds, type ChildBus, holdsPrefix, isVendorOf, prefixTextOf } from './binary-ids.ts';
import { fileNameOf } from './catalog-scope.ts';
import { placedFiles } from './check-files.ts';
import { checkVersionResources } from './check-version-resources.ts';
import type { CheckedFile, PackageInf, PackageView } from './package-view.ts';
import { isMicrosofts } from './rewrite-versions.ts';

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
  const prefix = expectedPrefix(view, brand);
  return infs.flatMap((inf) => {
    const images = imagesOf(view, inf);
    const compiledIn = [
      ...(prefix === undefined ? [] : images.flatMap((one) => checkPrefix(view, one, prefix))),
      ...images.flatMap((one) => checkFunctions(view, one)),
    ];
    const context = { rewrites: brand?.rewriteVersions === true, told: compiledIn.length > 0 };
    const { provider, driverVer } = inf.model.version;
    const identity = { name: fileNameOf(inf.path), provider, driverVer: driverVer?.version };
    const files = images.map(({ file, version }) => ({ path: file.path, version }));
    const versions = checkVersionResources(identity, files, context);
    return [...compiledIn, ...versions.map((finding) => ({ ...finding, at: { file: view.shown(finding.at) } }))];
  });
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

const isKernelFile = ({ file }: PlacedImage): boolean => /\.sys$/i.test(file.path);
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
  if (!isKernelFile(image)) return [];
  const { vendors, composed } = image.ids;
  const written = [...new Set(vendors.map(({ vendor }) => vendor))];
  if (written.length > 0) {
    if (written.some((vendor) => isVendorOf(vendor, expected.prefix))) return [];
    return [otherPrefix(view, image, `"VEN_${shownText(written[0] ?? '')}"`, expected)];
  }
  const bus = BUS_OF_FILE[fileNameOf(image.file.path).toLowerCase()];
  if (bus === undefined || !composed.has(bus) || holdsPrefix(image.image, expected.prefix)) return [];
  const other = prefixTextOf(image.image, KNOWN_PREFIXES);
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

/**
 * F02: the vendor's own platform function is compiled into the bus and named by its INF; a driver below the bus that
 * names one is judged by its own INF. Programs of other packages may know the functions of many vendors.
 */
const checkFunctions = (view: PackageView, image: PlacedImage): readonly Diagnostic[] => {
  const { inf, ids } = image;
  if (inf.pv.kind !== 'xenbus' && !isKernelFile(image)) return [];
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
