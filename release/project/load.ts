import { type LoadedBrand, parseBrand } from '../../branding/load.ts';
import { checkBrands, checkDriverNames, checkIdListSizes } from '../../branding/rules.ts';
import { SHIPPED_BRANDS, shippedBrand } from '../../branding/shipped.ts';
import { ARCHITECTURES, type Architecture } from '../../core/architecture.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Files, Http } from '../../core/ports.ts';
import { closestName } from '../../core/spelling.ts';
import type { DriverDefinition } from '../../drivers/contract.ts';
import { DRIVERS, FAMILY } from '../../drivers/index.ts';
import { isAddress } from '../../packaging/bundle/import/address.ts';
import { type OpenSource, sourceOpener } from '../../packaging/bundle/import/open-source.ts';
import { readSource, type SourceSettings } from '../../packaging/bundle/source.ts';
import type { Precious } from '../output.ts';
import { type BrandInput, type DriverInput, inReleaseOrder } from '../plan.ts';
import { withQueues } from './load-queue.ts';
import { isBrandFile, loadProject, type Project } from './project.ts';

/** How paths of winpv's own brands and templates begin in messages and plans. */
export const OWN_FILES = 'winpv:';

const MAX_BRAND_BYTES = 1024 * 1024;
const MAX_TEMPLATE_BYTES = 4 * 1024 * 1024;

/** What narrows a release, from the command line. */
export interface Selection {
  readonly brands?: readonly string[] | undefined;
  readonly drivers?: readonly string[] | undefined;
  readonly architectures?: readonly string[] | undefined;
}

export interface Loaded {
  readonly project: Project;
  readonly brands: readonly BrandInput[];
  readonly drivers: readonly DriverInput[];
  readonly architectures: readonly Architecture[];
  /** False when the command line narrows the drivers or architectures: then files of the others may lie about. */
  readonly whole: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoadPorts {
  readonly files: Files;
  /** The folder of the winpv package, below which its brands and templates stand. */
  readonly packageRoot: string;
}

const unknownName = (what: string, name: string, known: readonly string[]): WinpvError => {
  const meant = closestName(name, known);
  return new WinpvError('PROJECT_UNKNOWN_NAME', `There is no ${what} "${name}".`, {
    hint: meant === undefined ? `There is ${known.join(', ')}.` : `Did you mean \`${meant}\`?`,
  });
};

/** The chosen names in the order of `all`; every name of `all` when nothing is chosen. */
const narrow = (what: string, all: readonly string[], chosen: readonly string[] | undefined): readonly string[] => {
  for (const name of chosen ?? []) if (!all.includes(name)) throw unknownName(what, name, all);
  return chosen === undefined || chosen.length === 0 ? all : all.filter((name) => chosen.includes(name));
};

/** Reads a brand: a shipped one by its id, or a file. @throws WinpvError FILE_*, CONFIG_*, BRAND_*, PROJECT_UNKNOWN_NAME */
export const loadBrand = async (ports: LoadPorts, brand: string): Promise<BrandInput> => {
  const { files, packageRoot } = ports;
  if (isBrandFile(brand)) {
    const bytes = await files.read(brand, { maxBytes: MAX_BRAND_BYTES });
    return { loaded: parseBrand(bytes, brand), file: { name: files.basename(brand), path: brand, bytes } };
  }
  const shipped = shippedBrand(brand);
  if (shipped === undefined) {
    throw unknownName(
      'shipped brand',
      brand,
      SHIPPED_BRANDS.map(({ id }) => id),
    );
  }
  const path = files.join(packageRoot, ...shipped.file.split('/'));
  const bytes = await files.read(path, { maxBytes: MAX_BRAND_BYTES });
  return {
    loaded: parseBrand(bytes, path),
    file: { name: files.basename(path), path: `${OWN_FILES}${shipped.file}`, bytes },
  };
};

/** Reading sources may mean fetching them. */
export interface SourceLoadPorts extends LoadPorts {
  readonly http: () => Promise<Http>;
}

/** Where a project keeps what it fetched, by SHA-256. */
const cacheOf = (files: Files, { folder }: Project): string => files.join(folder, '.winpv', 'cache');

const loadDriver = async (
  ports: LoadPorts & { readonly open: OpenSource },
  project: Project,
  definition: DriverDefinition,
  architectures: readonly Architecture[],
): Promise<DriverInput> => {
  const { files, packageRoot, open } = ports;
  const settings = project.sourceOf(definition.name);
  if (settings === undefined) {
    throw new WinpvError('PROJECT_NO_SOURCE', `The driver ${definition.name} has no source.`, {
      ...project.settings.keyPoint(['sources']),
      hint: `Add \`${definition.name}:\` or \`default:\` to \`sources\`, or leave the driver out of \`drivers\`.`,
    });
  }
  const [generation] = definition.generations;
  const path = files.join(packageRoot, ...generation.template.split('/'));
  const bytes = await files.read(path, { maxBytes: MAX_TEMPLATE_BYTES });
  return {
    definition,
    generation,
    source: await readSource(
      { files, open },
      { driver: definition.name, settings, architectures, binaries: generation.files.map(({ name }) => name) },
    ),
    ownTemplate: { name: files.basename(path), path: `${OWN_FILES}${generation.template}`, bytes },
  };
};

const loadBrands = async (ports: LoadPorts, project: Project): Promise<readonly BrandInput[]> =>
  Promise.all(
    project.brands.map(async (brand, index) => {
      try {
        return await loadBrand(ports, brand);
      } catch (error) {
        const named = error instanceof WinpvError && ['PROJECT_UNKNOWN_NAME', 'FILE_NOT_FOUND'].includes(error.code);
        if (!named) throw error;
        const { code, message, diagnostics } = error;
        const hint = diagnostics[0]?.hint;
        const place = project.settings.point(['brands', index]);
        throw new WinpvError(code === 'FILE_NOT_FOUND' ? 'CONFIG_INVALID' : code, message, {
          ...place,
          ...(hint && { hint }),
        });
      }
    }),
  );

/** The most rows that a table of upstream's ever had in a release (spec xen-pv 2.3). */
const MOST_ROWS = 12;

/**
 * F10. The table is compiled into the bus driver: winpv's own template stands for the current one. With another INF it
 * may be any of upstream's; what is wrong with it is told of the package, by its children. Without one of them in the
 * release, what the longest table would break is a warning.
 */
const checkPrefixes = (brands: readonly LoadedBrand[], drivers: readonly DriverInput[]): readonly Diagnostic[] =>
  drivers.flatMap(({ definition: { name }, generation: { bus }, source }) => {
    if (bus === undefined) return [];
    const foreign = source.kind === 'tree' || source.template !== undefined;
    if (!foreign) return brands.flatMap((brand) => checkIdListSizes(brand, [bus]));
    if (drivers.some(({ definition }) => definition.parent === name)) return [];
    const longest = { ...bus, revisions: { length: MOST_ROWS } };
    return brands.flatMap((brand) =>
      checkIdListSizes(brand, [longest]).map((finding) => ({ ...finding, severity: 'warning' as const })),
    );
  });

/** A brand that names drivers has to share one with the release. */
const withoutDriver = ({ brand, keyPoint }: LoadedBrand, names: readonly string[]): readonly Diagnostic[] => {
  if (brand.drivers === undefined || brand.drivers.some((name) => names.includes(name))) return [];
  const message = `The brand "${brand.id}" has none of the release's drivers (${names.join(', ')}).`;
  return [problem('CONFIG_INVALID', message, keyPoint(['drivers']))];
};

/** A service goes with a package that the project makes and the brand has. */
const servicesWithoutPackage = ({ brand, point }: LoadedBrand, made: readonly string[]): readonly Diagnostic[] =>
  brand.services.flatMap(({ name, package: driver = '' }, index) => {
    if (made.includes(driver) && (brand.drivers ?? made).includes(driver)) return [];
    const message = `The service "${name}" goes with the package ${driver}, which the release of "${brand.id}" does not have.`;
    const hint = 'Name another package, or add it to `drivers`.';
    return [problem('CONFIG_INVALID', message, { ...point(['services', index, 'package']), hint })];
  });

/**
 * Reads everything that a release needs: project, brands, templates, sources; and checks what can be checked before
 * anything is made.
 * @throws WinpvError with every finding of the first stage that has one
 */
export const loadRelease = async (ports: SourceLoadPorts, folder: string, selection: Selection): Promise<Loaded> => {
  const project = await loadProject(ports.files, folder);
  const all = await loadBrands(ports, project);
  const ids = all.map(({ loaded }) => loaded.brand.id);
  const every = all.map(({ loaded }) => loaded);
  stopOnErrors(every.flatMap((brand) => checkDriverNames(brand, FAMILY)));
  const clashes = stopOnErrors(checkBrands(every));
  const chosen = narrow('brand', ids, selection.brands);
  const queued = await withQueues(
    ports.files,
    project,
    all.filter(({ loaded }) => chosen.includes(loaded.brand.id)),
  );
  const { brands } = queued;
  const names = narrow(
    'driver',
    inReleaseOrder(project.drivers).map((driver) => driver.name),
    selection.drivers,
  );
  const wanted = narrow('architecture', project.architectures, selection.architectures);
  const architectures = ARCHITECTURES.filter((architecture) => wanted.includes(architecture));
  const open = sourceOpener({ files: ports.files, http: ports.http, cache: cacheOf(ports.files, project) });
  const drivers = await Promise.all(
    inReleaseOrder(names).map((definition) => loadDriver({ ...ports, open }, project, definition, architectures)),
  );
  const loaded = brands.map((brand) => brand.loaded);
  const released = drivers.map(({ definition }) => definition.name);
  stopOnErrors(loaded.flatMap((brand) => withoutDriver(brand, released)));
  stopOnErrors(loaded.flatMap((brand) => servicesWithoutPackage(brand, project.drivers)));
  const sizes = stopOnErrors(checkPrefixes(loaded, drivers));
  return {
    project,
    brands,
    drivers,
    architectures,
    whole: selection.drivers === undefined && loaded.every(({ brand }) => brand.drivers === undefined),
    diagnostics: [...clashes, ...queued.diagnostics, ...sizes, ...loaded.flatMap(({ notes }) => notes)],
  };
};

/** Files that other drivers of the family install: they may lie in a folder that drivers share. */
export const belongsToOtherDriver = (name: string, drivers: readonly DriverInput[]): boolean =>
  DRIVERS.filter((driver) => !drivers.some(({ definition }) => definition.name === driver.name)).some((driver) =>
    driver.generations.some(({ files }) => files.some((file) => file.name.toLowerCase() === name.toLowerCase())),
  );

/** What the output must not be, hold or, where said, lie in. */
export const preciousOf = ({ project, brands, drivers, architectures }: Loaded): readonly Precious[] => [
  { what: 'the project', path: project.folder, mayHoldOutput: true },
  ...brands
    .filter(({ file }) => !file.path.startsWith(OWN_FILES))
    .map(({ file }) => ({ what: 'a brand file', path: file.path, mayHoldOutput: true })),
  ...brands.flatMap(({ queue }) =>
    queue === undefined ? [] : [{ what: 'a patch queue', path: queue.folder, mayHoldOutput: false }],
  ),
  ...drivers.flatMap(({ definition }) => sourcePlaces(project.sourceOf(definition.name), architectures)),
];

const sourcePlaces = (source: SourceSettings | undefined, architectures: readonly string[]): readonly Precious[] => {
  if (source === undefined || source.kind === 'stand-in') return [];
  const folder = source.kind === 'tree' ? source.tree : source.binaries;
  const template = source.kind === 'template' ? source.template : undefined;
  const { prebuilt } = source;
  const read = isAddress(folder) ? [] : architectures.map((name) => `${folder}/${name}`);
  return [
    ...(isAddress(folder) ? [] : [{ what: 'a source', path: folder, mayHoldOutput: true }]),
    ...read.map((path) => ({ what: 'a source', path, mayHoldOutput: false })),
    ...(prebuilt === undefined ? [] : [{ what: 'a prebuilt source', path: prebuilt, mayHoldOutput: false }]),
    ...(template === undefined ? [] : [{ what: 'a template', path: template, mayHoldOutput: true }]),
  ];
};
