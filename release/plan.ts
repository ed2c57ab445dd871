import { type Brand, driverVersion } from '../branding/brand.ts';
import type { LoadedBrand } from '../branding/load.ts';
import type { PatchQueue } from '../branding/patches/queue.ts';
import type { Architecture } from '../core/architecture.ts';
import { infArchitecture } from '../core/architecture.ts';
import { type CalendarDate, formatDate } from '../core/date.ts';
import { WinpvError } from '../core/errors.ts';
import { type FourPartVersion, formatVersion } from '../core/version.ts';
import type { DriverDefinition, DriverGeneration } from '../drivers/contract.ts';
import { DRIVERS } from '../drivers/index.ts';
import {
  COMPONENT_PARTS,
  type ComponentPart,
  componentPackageName,
  componentWindows,
  FIRST_COMPONENT_BUILD,
} from '../packaging/bundle/component-service.ts';
import { type PlacedService, servicesOf } from '../packaging/bundle/services.ts';
import type { DriverSource, SourceFile, SourceSettings } from '../packaging/bundle/source.ts';
import { parseOsList } from '../packaging/formats/cat/os.ts';
import { sha256Hex } from './output.ts';

/** Format of a plan and of the record made from it. */
export const PLAN_FORMAT = 1;

/** A file that goes into a release, by the path a user knows it by. */
export interface PlannedInput {
  readonly path: string;
  readonly sha256: string;
}

export interface PlannedPackage {
  readonly driver: string;
  readonly architecture: Architecture;
  readonly version: string;
  /** Below OUT/<brand>. */
  readonly folder: string;
  readonly source: SourceSettings['kind'];
  /** The upstream line of winpv's own template; absent when the source brings its INF. */
  readonly generation?: string;
  readonly template?: PlannedInput;
  /** The commit that the source says it was built from. */
  readonly sourceRevision?: string;
  readonly windows: readonly string[];
  /** The software component that the package is a part of; `driver` is then the name of that part. */
  readonly component?: { readonly service: string; readonly part: ComponentPart; readonly package: string };
}

export interface PlannedBrand {
  readonly id: string;
  readonly file: PlannedInput;
  /** Its patches in their order, whatever they are for. */
  readonly patches?: readonly PlannedInput[];
  readonly packages: readonly PlannedPackage[];
  readonly cabinets: readonly PlannedCabinet[];
  readonly zip: string;
}

export interface PlannedCabinet {
  readonly path: string;
  readonly architecture: Architecture;
  /** Folder names in the cabinet. */
  readonly packages: readonly string[];
}

/** In which guests and by which scenarios every brand is rehearsed; those that a brand is for. */
export interface PlannedRehearsal {
  readonly guests: readonly string[];
  readonly scenarios: readonly string[];
  /** Releases that machines may have now, beside those that winpv knows; paths as those of inputs. */
  readonly from?: readonly string[];
}

/** What a release will do: pure data, exactly what `--dry-run` prints and what the run then does. */
export interface Plan {
  readonly formatVersion: typeof PLAN_FORMAT;
  readonly date: string;
  readonly signing: {
    readonly kind: 'test' | 'pfx' | 'pem' | 'pkcs11' | 'cloud' | 'command' | 'file-command';
    /** `tool`: the tool that signs asks for them. */
    readonly timestamps: 'test' | 'none' | 'rfc3161' | 'tool';
  };
  readonly rehearsal: PlannedRehearsal | 'switched off';
  readonly inputs: readonly PlannedInput[];
  readonly brands: readonly PlannedBrand[];
}

/** All that a plan follows from, already read. */
export interface PlanRequest {
  /** The path of an input as the plan names it: from the project's folder. */
  readonly shownPath: (path: string) => string;
  readonly date: CalendarDate;
  readonly signing: Plan['signing'];
  readonly rehearsal: Plan['rehearsal'];
  readonly brands: readonly BrandInput[];
  readonly drivers: readonly DriverInput[];
  readonly architectures: readonly Architecture[];
  readonly windows?: readonly string[];
  /** Drivers that the submission cabinets hold; default: all that are not part of another driver's package. */
  readonly submission?: readonly string[];
}

export interface BrandInput {
  readonly loaded: LoadedBrand;
  readonly file: SourceFile;
  /** Its patches, applied to every template and INF that they are for. */
  readonly queue?: PatchQueue;
}

export interface DriverInput {
  readonly definition: DriverDefinition;
  readonly generation: DriverGeneration;
  readonly source: DriverSource;
  /** winpv's own template of that generation. */
  readonly ownTemplate: SourceFile;
}

/** Paths in a plan start from the project's folder, however it was named, so that two checkouts make the same plan. */
const inputOf = ({ shownPath }: PlanRequest, { path, bytes }: SourceFile): PlannedInput => ({
  path: shownPath(path),
  sha256: sha256Hex(bytes),
});

/** The Windows versions of one package: the project's list, or what the generation claims; of its architecture. */
export const windowsFor = (
  request: PlanRequest,
  driver: DriverInput,
  architecture: Architecture,
): readonly string[] => {
  const names = request.windows ?? driver.generation.windows[architecture] ?? [];
  if (names.length === 0) return [];
  return parseOsList(names)
    .filter((os) => os.arch === infArchitecture(architecture))
    .flatMap((os) => os.name ?? []);
};

const packageOf = (
  request: PlanRequest,
  brand: BrandInput,
  driver: DriverInput,
  architecture: Architecture,
): PlannedPackage => {
  const { definition, generation, source, ownTemplate } = driver;
  const own = source.kind === 'stand-in' || (source.kind === 'template' && source.template === undefined);
  const windows = windowsFor(request, driver, architecture);
  if (windows.length === 0) {
    throw new WinpvError(
      'BUNDLE_NO_WINDOWS',
      `No Windows version of the release is for ${definition.name} on ${architecture}.`,
      {
        hint:
          request.windows === undefined
            ? 'Leave the architecture out, or name versions in `windows`.'
            : 'Extend `windows` of the project.',
      },
    );
  }
  const template = source.template ?? (own ? ownTemplate : undefined);
  const revision = source.revisions?.get(architecture);
  return {
    driver: definition.name,
    architecture,
    version: formatVersion(packageVersion(brand.loaded.brand, definition)),
    folder: `${definition.name}/${architecture}`,
    source: source.kind,
    ...(own ? { generation: generation.name } : {}),
    ...(template === undefined ? {} : { template: inputOf(request, template) }),
    ...(revision === undefined ? {} : { sourceRevision: revision }),
    windows,
  };
};

/** The two packages of a service that is a software component, beside the package whose devices get it. */
const componentsOf = (brand: BrandInput, { service, point }: PlacedService, base: PlannedPackage) =>
  COMPONENT_PARTS.map((part): PlannedPackage => {
    const windows = componentWindows(base.windows);
    const name = componentPackageName(service, part);
    if (windows.length === 0) {
      const message = `No Windows version of ${base.driver} for ${base.architecture} installs software components.`;
      const hint = `They need Windows 10 1709 (build ${FIRST_COMPONENT_BUILD}) or later; or ship the service \`as: driver\`.`;
      throw new WinpvError('BUNDLE_NO_WINDOWS', message, { ...point('as'), hint });
    }
    return {
      driver: name,
      architecture: base.architecture,
      version: formatVersion(brand.loaded.brand.version),
      folder: `${name}/${base.architecture}`,
      source: base.source,
      windows,
      component: { service: service.name, part, package: base.driver },
    };
  });

const brandDrivers = (request: PlanRequest, brand: BrandInput): readonly DriverInput[] => {
  const wanted = brand.loaded.brand.drivers;
  return wanted === undefined
    ? request.drivers
    : request.drivers.filter((driver) => wanted.includes(driver.definition.name));
};

/** xendisk and xencrsh of their own are for servicing and tests: not submitted unless asked for. */
const isSubmitted = (request: PlanRequest, driver: DriverInput): boolean =>
  request.submission?.includes(driver.definition.name) ?? driver.definition.partOf === undefined;

const brandOf = (request: PlanRequest, brand: BrandInput): PlannedBrand => {
  const { id } = brand.loaded.brand;
  const drivers = brandDrivers(request, brand);
  const bases = drivers.filter((driver) => isSubmitted(request, driver)).map((driver) => driver.definition.name);
  const packages = drivers.flatMap((driver) =>
    request.architectures.map((architecture) => packageOf(request, brand, driver, architecture)),
  );
  const components = packages.flatMap((base) =>
    servicesOf(brand.loaded, 'component', base.driver).flatMap((placed) => componentsOf(brand, placed, base)),
  );
  const added = components.filter(({ component }) => bases.includes(component?.package ?? ''));
  const submitted = [...bases, ...new Set(added.map(({ driver }) => driver))];
  return {
    id,
    file: inputOf(request, brand.file),
    ...(brand.queue === undefined
      ? {}
      : { patches: brand.queue.patches.map(({ file, sha256 }) => ({ path: request.shownPath(file), sha256 })) }),
    packages: [...packages, ...components],
    cabinets:
      submitted.length === 0
        ? []
        : request.architectures.map((architecture) => ({
            path: `${id}-${architecture}-submission.cab`,
            architecture,
            packages: submitted,
          })),
    zip: `${id}.zip`,
  };
};

/** Archives by their own hash, and every file that was read, by path. */
const sourceInputs = (
  request: PlanRequest,
  { files, archive, prebuilt }: DriverSource,
): readonly (readonly [path: string, input: PlannedInput])[] => {
  const archives = [archive, prebuilt].flatMap((one) =>
    one?.sha256 === undefined ? [] : [{ path: request.shownPath(one.path), sha256: one.sha256 }],
  );
  const read = [...files.values(), ...(prebuilt?.files.values() ?? [])].flat().map((file) => inputOf(request, file));
  return [...archives, ...read].map((input) => [input.path, input] as const);
};

/** Works out a release. Pure: the same request gives the same plan. @throws WinpvError BUNDLE_NO_WINDOWS, CAT_OS_* */
export const planRelease = (request: PlanRequest): Plan => {
  const inputs = new Map(request.drivers.flatMap(({ source }) => sourceInputs(request, source)));
  return {
    formatVersion: PLAN_FORMAT,
    date: formatDate(request.date),
    signing: request.signing,
    rehearsal: request.rehearsal,
    inputs: [...inputs.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    brands: request.brands.map((brand) => brandOf(request, brand)),
  };
};

/** A driver that is part of another's package has that one's version unless the brand gives it its own. */
export const packageVersion = (brand: Brand, { name, partOf }: DriverDefinition): FourPartVersion =>
  driverVersion(brand, Object.hasOwn(brand.versions, name) ? name : (partOf ?? name));

/** Drivers in the order of releases, whatever order they were named in. */
export const inReleaseOrder = (names: readonly string[]): readonly DriverDefinition[] =>
  DRIVERS.filter((driver) => names.includes(driver.name));
