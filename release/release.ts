import { expiredPatches } from '../branding/patches/queue.ts';
import type { CalendarDate } from '../core/date.ts';
import { type Diagnostic, stopOnErrors, WinpvError } from '../core/errors.ts';
import type { Clock, Reporter } from '../core/ports.ts';
import { addCatalogs } from '../packaging/bundle/add-catalogs.ts';
import { type AssembledInf, assemblePackage, checkParts, checkUnused } from '../packaging/bundle/assemble.ts';
import { type Bundle, type DriverPackage, packageFolder } from '../packaging/bundle/bundle.ts';
import { type InfOrigin, judgeBundle, mergedFindings } from '../packaging/bundle/judge-bundle.ts';
import { type SignatureCache, signBundle } from '../packaging/bundle/sign-bundle.ts';
import type { SignFile } from '../packaging/signing/sign-file.ts';
import { verifyTree } from '../packaging/signing/verify-package.ts';
import { releaseDate } from './date.ts';
import {
  belongsToOtherDriver,
  type Loaded,
  type LoadPorts,
  loadRelease,
  OWN_FILES,
  preciousOf,
  type Selection,
} from './load.ts';
import {
  checkOutput,
  checkOutputPlace,
  checksumFile,
  type OutputFile,
  type OutputStage,
  openOutput,
  RECORD_NAME,
} from './output.ts';
import { bundleFiles, packCabinet, packZip } from './pack.ts';
import { type Plan, type PlannedBrand, packageVersion, planRelease } from './plan.ts';
import { errorInProjectWords, inProjectWords } from './project-words.ts';
import { encodeRecord, type RecordedBrand, type ReleaseRecord, recordBrand, recordFile } from './record.ts';
import { plannedSigning, type ReadySigning, readySigning, type SigningPorts } from './signing.ts';

export interface ReleaseRequest extends Selection {
  readonly project: string;
  readonly out: string;
  readonly clean: boolean;
  readonly date?: string | undefined;
  readonly sourceDateEpoch?: string | undefined;
  /** Seconds since 1970 of the project's commit, where git knows one. */
  readonly commit: () => Promise<string | undefined>;
  readonly toolVersion: string;
}

export interface ReleasePorts extends LoadPorts, SigningPorts {
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly elapsedMs: () => number;
}

/** A release that is planned: the plan, and what it was planned from. */
export interface Prepared {
  readonly plan: Plan;
  readonly loaded: Loaded;
  readonly date: CalendarDate;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Released {
  readonly plan: Plan;
  readonly record: ReleaseRecord;
  readonly diagnostics: readonly Diagnostic[];
}

/** Adds the name and the time to a stage; it holds no logic. */
const step = async <T>(ports: ReleasePorts, name: string, body: () => Promise<T> | T): Promise<T> => {
  const start = ports.elapsedMs();
  ports.reporter.emit({ kind: 'step.started', step: name });
  const result = await body();
  ports.reporter.emit({ kind: 'step.finished', step: name, elapsedMs: ports.elapsedMs() - start });
  return result;
};

/** Reads and checks everything and works out the plan; makes nothing. @throws WinpvError with every finding */
export const prepareRelease = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Prepared> => {
  const { option, commit } = {
    option: request.date,
    commit: request.date === undefined ? await request.commit() : undefined,
  };
  const dated = releaseDate({ option, sourceDateEpoch: request.sourceDateEpoch, commit, now: ports.clock.now() });
  const loaded = await step(ports, 'load', () => loadRelease(ports, request.project, request));
  const { project } = loaded;
  stopOnErrors(loaded.brands.flatMap(({ queue }) => (queue === undefined ? [] : expiredPatches(queue, dated.date))));
  const plan = planRelease({
    shownPath: (path) => (path.startsWith(OWN_FILES) ? path : ports.files.relative(project.folder, path)),
    date: dated.date,
    signing: plannedSigning(project),
    rehearsal: project.settings.value.rehearse === false ? 'switched off' : 'not available yet',
    brands: loaded.brands,
    drivers: loaded.drivers,
    architectures: loaded.architectures,
    ...(project.windows === undefined ? {} : { windows: project.windows }),
    ...(project.submission === undefined ? {} : { submission: project.submission }),
  });
  return { plan, loaded, date: dated.date, diagnostics: [...dated.diagnostics, ...loaded.diagnostics] };
};

interface BrandResult {
  readonly record: RecordedBrand;
  readonly files: readonly OutputFile[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Making {
  readonly prepared: Prepared;
  readonly signing: ReadySigning;
  /** Signatures are shared by brands that sign alike. */
  readonly signatures: Map<SignFile, SignatureCache>;
  readonly ports: ReleasePorts;
  /** Paths of source files that went into some package. */
  readonly used: Set<string>;
  /** The path to show for what stands, or would stand, below OUT. */
  readonly shown: (path: string) => string;
}

/** A brand's packages with their catalogs, before anything is signed, and where their INFs came from. */
interface Catalogued {
  readonly plan: PlannedBrand;
  readonly bundle: Bundle<'catalogued'>;
  readonly origins: ReadonlyMap<string, AssembledInf>;
}

/** By folder of the package below the brand: the sets of INF rules that it passes. */
type ModesPassed = ReturnType<typeof judgeBundle>['modesPassed'];

const brandOf = (plan: PlannedBrand, { prepared }: Making) => {
  const brand = prepared.loaded.brands.find((one) => one.loaded.brand.id === plan.id);
  if (brand === undefined) throw new TypeError(`the plan names the brand ${plan.id}, which was not loaded`);
  return brand;
};

/** Renders, takes the binaries, and checks what a package must hold. */
const buildBrand = (plan: PlannedBrand, making: Making, origins: Map<string, AssembledInf>): Bundle<'branded'> => {
  const { prepared, used } = making;
  const { loaded, date } = prepared;
  const brand = brandOf(plan, making);
  const packages = plan.packages.map((planned) => {
    const driver = loaded.drivers.find((one) => one.definition.name === planned.driver);
    if (driver === undefined) throw new TypeError(`the plan names the driver ${planned.driver}, which was not loaded`);
    const { architecture, windows } = planned;
    const { definition, generation, source, ownTemplate } = driver;
    const version = packageVersion(brand.loaded.brand, definition);
    const assembled = assemblePackage({
      driver: definition,
      ...{ generation, source, ownTemplate, architecture, windows, version, date },
      brand: brand.loaded,
      ...(brand.queue === undefined ? {} : { queue: brand.queue }),
    });
    for (const path of assembled.used) used.add(path);
    origins.set(packageFolder(assembled.pack), assembled.inf);
    return assembled.pack;
  });
  stopOnErrors(
    checkParts(
      packages,
      loaded.drivers.map(({ definition }) => definition),
    ),
  );
  return { stage: 'branded', brandId: plan.id, packages };
};

/** Reads back what was made, from its bytes, trusting only the release's own root. */
const verifyBrand = (brandId: string, files: readonly OutputFile[], making: Making): readonly Diagnostic[] => {
  const { signing, ports, shown } = making;
  const report = verifyTree({ files, trust: signing.anchors(), atMs: ports.clock.now() });
  const diagnostics = report.diagnostics.map((finding): Diagnostic => {
    const { at } = finding;
    return at === undefined ? finding : { ...finding, at: { ...at, file: shown(`${brandId}/${at.file}`) } };
  });
  if (report.verdict === 'valid') return diagnostics.filter(({ severity }) => severity === 'warning');
  const errors = diagnostics.filter((finding) => finding.severity === 'error');
  throw errors.length > 0
    ? WinpvError.of(errors)
    : new WinpvError('RELEASE_NOT_VALID', `The release is ${report.verdict}.`);
};

const catalogBrand = async (plan: PlannedBrand, making: Making): Promise<Catalogued> => {
  const { ports, prepared } = making;
  const origins = new Map<string, AssembledInf>();
  const branded = await step(ports, `${plan.id}: brand`, () => buildBrand(plan, making, origins));
  const bundle = await step(ports, `${plan.id}: catalog`, () =>
    addCatalogs(branded, prepared.date, (pack) => origins.get(packageFolder(pack))),
  );
  return { plan, bundle, origins };
};

/**
 * Judges every brand's packages, as `inf verify` does; nothing is signed before that.
 * @throws WinpvError with every error of every brand
 */
const checkBrands = (all: readonly Catalogued[], making: Making) => {
  const { ports, prepared } = making;
  const { infMode: mode } = prepared.loaded.project;
  const judged = all.map(({ plan, bundle, origins }) => {
    const { vendorPrefix } = brandOf(plan, making).loaded.brand;
    const origin = (pack: DriverPackage): InfOrigin => {
      const found = origins.get(packageFolder(pack));
      if (found === undefined) throw new TypeError(`the package ${packageFolder(pack)} was not assembled`);
      return found;
    };
    return judgeBundle({ bundle, origin, vendorPrefix, mode, nowMs: ports.clock.now() });
  });
  const ofPatches = all.flatMap(({ plan, origins }) =>
    [...origins].flatMap(([folder, { patched }]) =>
      (patched?.diagnostics ?? []).map((finding) => ({ folder: `${plan.id}/${folder}`, finding })),
    ),
  );
  return {
    diagnostics: stopOnErrors(mergedFindings([...ofPatches, ...judged.flatMap(({ findings }) => findings)])),
    modes: new Map(all.map(({ plan }, index) => [plan.id, judged[index]?.modesPassed ?? new Map()] as const)),
  };
};

const makeBrand = async (
  { plan, bundle, origins }: Catalogued,
  modes: ModesPassed,
  making: Making,
): Promise<BrandResult> => {
  const { ports, prepared, signing, signatures, shown } = making;
  const { date } = prepared;
  const sign = signing.signFor(brandOf(plan, making).loaded.brand);
  const cache: SignatureCache = signatures.get(sign) ?? new Map();
  signatures.set(sign, cache);
  const named = (name: string): string => `${plan.id}: ${name}`;
  const signed = await step(ports, named('sign'), () => signBundle(bundle, sign, cache));
  const packages = bundleFiles(signed);
  const verified = await step(ports, named('verify'), () => verifyBrand(plan.id, packages, making));
  const content = [...packages, ...signing.trust];
  const { cabinets, zip } = await step(ports, named('pack'), async () => ({
    cabinets: await Promise.all(plan.cabinets.map((cabinet) => packCabinet(cabinet, signed, { date, sign, shown }))),
    zip: await packZip(plan, content, date),
  }));
  const archives = cabinets.map(({ file }) => file);
  return {
    record: recordBrand(plan, signed, { cabinets: archives, zip, modes, origins }),
    files: [...content.map(({ path, bytes }) => ({ path: `${plan.id}/${path}`, bytes })), ...archives, zip],
    diagnostics: [...verified, ...cabinets.flatMap(({ diagnostics }) => diagnostics)],
  };
};

const unusedFiles = ({ prepared, used }: Making): readonly Diagnostic[] => {
  const { loaded } = prepared;
  if (!loaded.whole) return [];
  return checkUnused(
    loaded.drivers.map(({ source }) => source),
    used,
    (name) => belongsToOtherDriver(name, loaded.drivers),
  );
};

const makeAll = async (making: Making, toolVersion: string, output: OutputStage): Promise<Released> => {
  const { prepared, signing } = making;
  const { plan } = prepared;
  const brands: RecordedBrand[] = [];
  const found: Diagnostic[] = [];
  const sums: { path: string; sha256: string }[] = [];
  const write = async (file: OutputFile): Promise<void> => {
    sums.push(recordFile(file.path, file.bytes));
    await output.write(file);
  };
  const catalogued: Catalogued[] = [];
  for (const brand of plan.brands) catalogued.push(await catalogBrand(brand, making));
  stopOnErrors(unusedFiles(making));
  const checked = await step(making.ports, 'check', () => checkBrands(catalogued, making));
  for (const brand of catalogued) {
    const made = await makeBrand(brand, checked.modes.get(brand.plan.id) ?? new Map(), making);
    for (const file of made.files) await write(file);
    brands.push(made.record);
    found.push(...made.diagnostics);
  }
  const { subject, thumbprint } = await signing.describe();
  const record: ReleaseRecord = {
    formatVersion: plan.formatVersion,
    tool: { name: 'winpv', version: toolVersion },
    date: plan.date,
    signing: { ...plan.signing, subject, thumbprint },
    rehearsal: plan.rehearsal,
    standIns: brands.some((brand) => brand.packages.some((pack) => pack.files.some((file) => file.standIn))),
    inputs: plan.inputs,
    brands,
  };
  await write({ path: RECORD_NAME, bytes: encodeRecord(record) });
  await output.write(checksumFile(sums));
  const { diagnostics } = prepared;
  return { plan, record, diagnostics: [...diagnostics, ...signing.diagnostics(), ...checked.diagnostics, ...found] };
};

/**
 * Makes a release: load, plan, brand, catalog, check, sign, verify from bytes, pack, record. OUT appears whole or not
 * at all.
 * @throws WinpvError with every finding of the stage that stopped
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Released> => {
  const options = { folder: request.out, clean: request.clean };
  await checkOutput(ports.files, options);
  const prepared = await prepareRelease(request, ports);
  await checkOutputPlace(ports.files, request.out, preciousOf(prepared.loaded));
  const output = await openOutput(ports.files, options);
  let signing: ReadySigning | undefined;
  try {
    signing = await step(ports, 'open key', () =>
      readySigning(prepared.loaded.project, prepared.date, ports, request.out),
    );
    const shown = (path: string): string => ports.files.join(request.out, path);
    const making: Making = { prepared, signing, signatures: new Map(), ports, used: new Set(), shown };
    const released = await makeAll(making, request.toolVersion, output);
    await step(ports, 'write', () => output.commit());
    return { ...released, diagnostics: released.diagnostics.map(inProjectWords) };
  } catch (error) {
    throw errorInProjectWords(error);
  } finally {
    signing?.close();
    await output.discard();
  }
};
