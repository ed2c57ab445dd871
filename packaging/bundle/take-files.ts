import { driverVersion } from '../../branding/brand.ts';
import type { LoadedBrand } from '../../branding/load.ts';
import type { PatchQueue } from '../../branding/patches/queue.ts';
import type { Architecture } from '../../core/architecture.ts';
import type { CalendarDate } from '../../core/date.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import type { FourPartVersion } from '../../core/version.ts';
import type { DriverDefinition, DriverGeneration } from '../../drivers/contract.ts';
import type { CatalogOs } from '../formats/cat/os.ts';
import { checkPe } from '../formats/pe/flaws.ts';
import { isStandIn } from '../formats/pe/mark.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import { builtFile, checkSameBuild } from './builds.ts';
import type { ShippedFile } from './bundle.ts';
import { type CatalogInf, type ScopedFile, scopedFiles } from './catalog-scope.ts';
import { missingFileMode } from './check-files.ts';
import { brandedBinary } from './rewrite-versions.ts';
import { serviceStandIns } from './service-files.ts';
import { servicesOf } from './services.ts';
import type { DriverSource, SourceFile } from './source.ts';
import { standInBinary } from './stand-ins.ts';

/** One package of a release, before anything is made. */
export interface PackageRequest {
  readonly driver: DriverDefinition;
  readonly generation: DriverGeneration;
  readonly brand: LoadedBrand;
  /** The brand's patches. */
  readonly queue?: PatchQueue;
  readonly architecture: Architecture;
  readonly version: FourPartVersion;
  readonly date: CalendarDate;
  /** Inf2Cat's names, of this architecture. */
  readonly windows: readonly string[];
  readonly source: DriverSource;
  /** winpv's own template of the generation. */
  readonly ownTemplate: SourceFile;
  /** What the project says of sources that are signed. */
  readonly existing?: 'refuse' | 'replace' | undefined;
}

/** Whether a file that has to be an image is one, and for the package's processor. */
export const checkBinary = (file: SourceFile, architecture: Architecture): readonly Diagnostic[] => {
  const { path } = file;
  if (!/\.(sys|dll|exe)$/i.test(file.name)) return [];
  const at = { file: path };
  if (!isPe(file.bytes)) return [problem('BUNDLE_NOT_A_BINARY', `${file.name} is not a PE image.`, { at })];
  const image = parsePe(file.bytes, path);
  const flaws = checkPe(image);
  if (flaws.length > 0 || image.machine === architecture) return flaws;
  return [
    problem('BUNDLE_ARCHITECTURE', `${file.name} is for ${image.machine}, and the package for ${architecture}.`, {
      at,
      hint: `Put the ${architecture} build into the folder ${architecture}.`,
    }),
  ];
};

/** A driver that is part of another's package has the same binaries as there. */
const standInFiles = (request: PackageRequest): readonly SourceFile[] => {
  const { driver, generation, brand, architecture, date } = request;
  const carrier = driver.partOf ?? driver.name;
  const context = { driver: carrier, version: driverVersion(brand.brand, carrier), date, arch: architecture };
  const own = generation.files.map((file) => ({
    name: file.name,
    path: `stand-in ${file.name}`,
    bytes: standInBinary(file, brand.brand, context),
  }));
  return [...own, ...serviceStandIns(servicesOf(brand, 'driver', driver.name), brand.brand, context)];
};

const missingFile = (request: PackageRequest, inf: CatalogInf, { file }: ScopedFile): Diagnostic => {
  const { driver, architecture } = request;
  const lower = file.source.toLowerCase();
  const section = inf.document.sections.find((one) =>
    one.lines.some((line) => (line.fields[1] ?? line.fields[0])?.toLowerCase() === lower),
  );
  const line = section?.lines.find((one) => (one.fields[1] ?? one.fields[0])?.toLowerCase() === lower)?.line;
  return problem(
    'BUNDLE_FILE_MISSING',
    `${driver.name} for ${architecture} installs ${file.sourcePath}, which the source does not have.`,
    {
      at: { file: inf.document.file, ...(line === undefined ? {} : { line }) },
      ...missingFileMode(file.name),
      hint: `Add ${architecture}/${file.sourcePath} to the source, or take it out of the INF.`,
    },
  );
};

const missingExtra = ({ driver, architecture, brand }: PackageRequest, name: string): Diagnostic =>
  problem(
    'BUNDLE_FILE_MISSING',
    `${name}, which the brand ships with ${driver.name}, is not in the source for ${architecture}.`,
    {
      ...brand.keyPoint(['extraFiles', driver.name]),
      hint: `Add ${architecture}/${name} to the source, or take it out of \`extraFiles\`.`,
    },
  );

/** A file of the source and what the package ships of it. */
export interface Taken {
  readonly file: SourceFile;
  readonly shipped: ShippedFile;
}

/** The source's files that the package ships: those that the INF installs, then the brand's extras; each once. */
export const takeFiles = (request: PackageRequest, inf: CatalogInf, oses: readonly CatalogOs[]): readonly Taken[] => {
  const { driver, architecture, source, brand } = request;
  const at = filesAt(request);
  const byName = new Map(at.map((file) => [file.name.toLowerCase(), file]));
  const found: Diagnostic[] = [];
  const taken = new Map<SourceFile, Taken>();
  const take = (name: string, role: ShippedFile['role'], missing: () => Diagnostic): void => {
    const file = byName.get(name.toLowerCase());
    if (file === undefined) found.push(missing());
    if (file === undefined || taken.has(file)) return;
    const flaws = checkBinary(file, architecture);
    found.push(...flaws);
    if (flaws.length === 0) taken.set(file, { file, shipped: shippedFile(branded(file, request), role) });
  };
  for (const scoped of scopedFiles(inf, oses)) {
    take(scoped.file.sourcePath, 'binary', () => missingFile(request, inf, scoped));
  }
  const extras = source.kind === 'stand-in' ? [] : (brand.brand.extraFiles[driver.name] ?? []);
  for (const name of extras) take(name, 'extra', () => missingExtra(request, name));
  found.push(...checkBuildsBefore(request, [...taken.keys()]));
  stopOnErrors(found);
  return [...taken.values()];
};

/** Once version resources are rewritten, nothing shows any more that binaries are of different builds. */
const checkBuildsBefore = ({ brand }: PackageRequest, files: readonly SourceFile[]): readonly Diagnostic[] => {
  if (!brand.brand.rewriteVersions) return [];
  const built = files.map(({ name, path, bytes }) =>
    isPe(bytes) ? builtFile(name, parsePe(bytes, path), path) : undefined,
  );
  return checkSameBuild(built.filter((one) => one !== undefined));
};

/** With the brand's version resource, where the brand asks for that. The parts of a driver have its version. */
export const branded = (file: SourceFile, { brand: { brand }, driver, existing }: PackageRequest): SourceFile => {
  if (!brand.rewriteVersions) return file;
  const carrier = driver.partOf ?? driver.name;
  const bytes = brandedBinary(file, { brand, driver: carrier, version: driverVersion(brand, carrier), existing });
  return bytes === file.bytes ? file : { ...file, bytes };
};

/** What there is to take: the source's files of the architecture, or stand-ins. */
export const filesAt = (request: PackageRequest): readonly SourceFile[] =>
  request.source.kind === 'stand-in' ? standInFiles(request) : (request.source.files.get(request.architecture) ?? []);

/** A file of a source as a package ships it. */
export const shippedFile = ({ name, path, bytes }: SourceFile, role: ShippedFile['role']): ShippedFile => ({
  name,
  bytes,
  role,
  standIn: role === 'binary' && isPe(bytes) && isStandIn(parsePe(bytes, path)),
});

/** Files that explain a binary and are never installed. */
const SYMBOLS = /\.(pdb|map)$/i;

const stem = (name: string): string => name.replace(/\.[^./]*$/, '').toLowerCase();

/** `xenbus.pdb` explains `xenbus.sys`. */
const explains = (symbols: SourceFile, binaries: readonly ShippedFile[]): boolean =>
  binaries.some(({ name }) => stem(name) === stem(symbols.name));

/** The source's symbol files of these binaries. */
export const symbolsOf = (request: PackageRequest, binaries: readonly ShippedFile[]): readonly Taken[] =>
  filesAt(request)
    .filter((file) => SYMBOLS.test(file.name) && explains(file, binaries))
    .map((file) => ({ file, shipped: shippedFile(file, 'symbols') }));
