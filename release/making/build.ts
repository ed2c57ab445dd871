import { type Diagnostic, stopOnErrors } from '../../core/errors.ts';
import { addCatalogs } from '../../packaging/bundle/add-catalogs.ts';
import {
  type AssembledInf,
  type AssembledPackage,
  assemblePackage,
  checkParts,
  checkUnused,
} from '../../packaging/bundle/assemble.ts';
import { type Bundle, type DriverPackage, infOf, packageFolder } from '../../packaging/bundle/bundle.ts';
import { assembleComponent } from '../../packaging/bundle/component-service.ts';
import {
  type InfOrigin,
  judgeBundle,
  mergedFindings,
  type PackageFinding,
} from '../../packaging/bundle/judge-bundle.ts';
import { checkStringNames } from '../../packaging/bundle/localised-strings.ts';
import { servicesOf } from '../../packaging/bundle/services.ts';
import type { PackageRequest } from '../../packaging/bundle/take-files.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import type { BrandFacts } from '../kept/kept.ts';
import { type PlannedBrand, type PlannedPackage, packageVersion } from '../plan.ts';
import { type Prepared, type ReleasePorts, step } from '../prepare.ts';
import { belongsToOtherDriver } from '../project/load.ts';
import { applyWaivers } from '../project/waivers.ts';

/** What packages are built from. */
export interface Building {
  readonly prepared: Prepared;
  readonly ports: ReleasePorts;
}

/** A brand's packages with their catalogs, before anything is signed, and where their INFs came from. */
export interface Catalogued {
  readonly plan: PlannedBrand;
  readonly bundle: Bundle<'catalogued'>;
  /** By folder of the package below the brand. */
  readonly origins: ReadonlyMap<string, AssembledInf>;
  /** Paths of the source files that went into some package. */
  readonly used: readonly string[];
}

/** The same after it was judged. */
export interface CheckedBrand extends Catalogued {
  /** By folder of the package below the brand: the sets of INF rules that it passes. */
  readonly modes: ReturnType<typeof judgeBundle>['modesPassed'];
  /** What its patches and its packages have wrong; findings that several brands share are told once, and not here. */
  readonly patchFindings: readonly PackageFinding[];
  readonly findings: readonly PackageFinding[];
}

/** Brands that were made before and need not be built, by their ids. */
export type FactsOfKept = ReadonlyMap<string, Pick<BrandFacts, 'patchFindings' | 'findings' | 'used'>>;

/** The brand that a plan speaks of. */
export const brandOf = (plan: PlannedBrand, { prepared }: Building) => {
  const brand = prepared.loaded.brands.find((one) => one.loaded.brand.id === plan.id);
  if (brand === undefined) throw new TypeError(`the plan names the brand ${plan.id}, which was not loaded`);
  return brand;
};

/** How a package of a driver is made. */
const requestFor = (driverName: string, planned: PlannedPackage, making: BrandBuilding): PackageRequest => {
  const { brand, loaded, date } = making;
  const driver = loaded.drivers.find((one) => one.definition.name === driverName);
  if (driver === undefined) throw new TypeError(`the plan names the driver ${driverName}, which was not loaded`);
  const { architecture, windows } = planned;
  const { definition, generation, source, ownTemplate } = driver;
  const version = packageVersion(brand.loaded.brand, definition);
  return {
    driver: definition,
    ...{ generation, source, ownTemplate, architecture, windows, version, date },
    brand: brand.loaded,
    ...(brand.queue === undefined ? {} : { queue: brand.queue }),
    existing: loaded.project.signing.existing,
  };
};

type BrandBuilding = Pick<Prepared, 'loaded' | 'date'> & { readonly brand: ReturnType<typeof brandOf> };

/** The software components that go with the packages that are made. */
const buildComponents = (
  plan: PlannedBrand,
  made: readonly AssembledPackage[],
  making: BrandBuilding,
): readonly AssembledPackage[] =>
  servicesOf(making.brand.loaded, 'component').flatMap((placed) =>
    made.flatMap(({ pack }): readonly AssembledPackage[] => {
      const planned = plan.packages.find(
        ({ component, architecture }) =>
          component?.service === placed.service.name &&
          component.package === pack.driver &&
          architecture === pack.architecture,
      );
      if (planned === undefined) return [];
      const { version } = making.brand.loaded.brand;
      const request = { ...requestFor(pack.driver, planned, making), version };
      return Object.values(assembleComponent({ placed, request, base: pack }));
    }),
  );

/** Renders, takes the binaries, and checks what a package must hold. */
const buildBrand = (plan: PlannedBrand, building: Building): readonly AssembledPackage[] => {
  const { loaded, date } = building.prepared;
  const brand = brandOf(plan, building);
  const making: BrandBuilding = { loaded, date, brand };
  const made = plan.packages
    .filter(({ component }) => component === undefined)
    .map((planned) => assemblePackage(requestFor(planned.driver, planned, making)));
  const assembled = [...made, ...buildComponents(plan, made, making)];
  if (loaded.drivers.length === loaded.project.drivers.length) {
    const infs = assembled.map(({ pack }) => parseInf(infOf(pack).bytes, infOf(pack).name));
    stopOnErrors(checkStringNames(brand.loaded, infs));
  }
  const drivers = loaded.drivers.map(({ definition }) => definition);
  stopOnErrors(
    checkParts(
      assembled.map(({ pack }) => pack),
      drivers,
    ),
  );
  return assembled;
};

const catalogBrand = async (plan: PlannedBrand, building: Building): Promise<Catalogued> => {
  const { ports, prepared } = building;
  const assembled = await step(ports, `${plan.id}: brand`, () => buildBrand(plan, building));
  const origins = new Map(assembled.map(({ pack, inf }) => [packageFolder(pack), inf]));
  const packages = assembled.map(({ pack }) => pack);
  const bundle = await step(ports, `${plan.id}: catalog`, () =>
    addCatalogs({ stage: 'branded', brandId: plan.id, packages }, prepared.date, (pack) =>
      origins.get(packageFolder(pack)),
    ),
  );
  return { plan, bundle, origins, used: assembled.flatMap(({ used }) => used) };
};

/** Judges a brand's packages, as `inf verify` does. */
const checkBrand = (one: Catalogued, building: Building): CheckedBrand => {
  const { ports, prepared } = building;
  const { plan, bundle, origins } = one;
  const { brand: own } = brandOf(plan, building).loaded;
  const { vendorPrefix, vendorDeviceId, objectPrefix, forceUnplug, rewriteVersions } = own;
  const brand = { vendorPrefix, vendorDeviceId, objectPrefix, forceUnplug, rewriteVersions };
  const origin = (pack: DriverPackage): InfOrigin => {
    const found = origins.get(packageFolder(pack));
    if (found === undefined) throw new TypeError(`the package ${packageFolder(pack)} was not assembled`);
    return found;
  };
  const { infMode: mode } = prepared.loaded.project;
  const { findings, modesPassed } = judgeBundle({ bundle, origin, ...brand, mode, nowMs: ports.clock.now() });
  const patchFindings = [...origins].flatMap(([folder, { patched }]) =>
    (patched?.diagnostics ?? []).map((finding) => ({ folder: `${plan.id}/${folder}`, finding })),
  );
  return { ...one, modes: modesPassed, patchFindings, findings };
};

/**
 * Judges the packages of every brand; nothing is signed before that.
 * @throws WinpvError with every error of every brand
 */
const checkBrands = (all: readonly Catalogued[], kept: FactsOfKept, building: Building): BuiltPackages => {
  const { prepared } = building;
  const brands = all.map((one) => checkBrand(one, building));
  const made = new Map(brands.map((brand) => [brand.plan.id, brand]));
  const facts = prepared.plan.brands.flatMap(({ id }) => kept.get(id) ?? made.get(id) ?? []);
  const found = [...facts.flatMap(({ patchFindings }) => patchFindings), ...facts.flatMap(({ findings }) => findings)];
  const { waivers } = prepared.loaded.project;
  return { brands, diagnostics: stopOnErrors(applyWaivers(waivers, mergedFindings(found))) };
};

/** Files of the sources that no package took; only told of a release that is whole, for other parts may take them. */
const unusedFiles = (used: readonly string[], { loaded, part }: Prepared): readonly Diagnostic[] => {
  if (!loaded.whole || part !== undefined) return [];
  return checkUnused(
    loaded.drivers.map(({ source }) => source),
    new Set(used),
    (name) => belongsToOtherDriver(name, loaded.drivers),
  );
};

export interface BuiltPackages {
  readonly brands: readonly CheckedBrand[];
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Builds the packages of every brand, catalogs included, and judges them; nothing is signed yet.
 * @param kept brands that are there already: they are not built, and count as they were judged then
 * @throws WinpvError with every finding of the stage that stopped
 */
export const buildPackages = async (building: Building, kept: FactsOfKept = new Map()): Promise<BuiltPackages> => {
  const { ports, prepared } = building;
  const all: Catalogued[] = [];
  for (const plan of prepared.plan.brands) if (!kept.has(plan.id)) all.push(await catalogBrand(plan, building));
  stopOnErrors(
    unusedFiles(
      [...all, ...kept.values()].flatMap(({ used }) => used),
      prepared,
    ),
  );
  return step(ports, 'check', () => checkBrands(all, kept, building));
};
