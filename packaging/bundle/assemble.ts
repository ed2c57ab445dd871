import { driverVersion } from '../../branding/brand.ts';
import type { LoadedBrand } from '../../branding/load.ts';
import { tokenTable } from '../../branding/tokens.ts';
import type { Architecture } from '../../core/architecture.ts';
import { infArchitecture } from '../../core/architecture.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { CalendarDate } from '../../core/date.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { type FourPartVersion, formatVersion } from '../../core/version.ts';
import type { DriverDefinition, DriverGeneration } from '../../drivers/contract.ts';
import { type CatalogOs, parseOsList } from '../formats/cat/os.ts';
import { parseInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { verifyInf } from '../formats/inf/rules/verify.ts';
import { decodeInfText } from '../formats/inf/text.ts';
import { checkPe } from '../formats/pe/flaws.ts';
import { isStandIn } from '../formats/pe/mark.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import type { DriverPackage, ShippedFile } from './bundle.ts';
import { type CatalogInf, reachesInf, type ScopedFile, scopedFiles } from './catalog-scope.ts';
import { leavesStampingToTool, renderTemplate } from './render-template.ts';
import type { DriverSource, SourceFile } from './source.ts';
import { stampTemplate } from './stamp.ts';
import { standInBinary } from './stand-ins.ts';

/** One package of a release, before anything is made. */
export interface PackageRequest {
  readonly driver: DriverDefinition;
  readonly generation: DriverGeneration;
  readonly brand: LoadedBrand;
  readonly architecture: Architecture;
  readonly version: FourPartVersion;
  readonly date: CalendarDate;
  /** Inf2Cat's names, of this architecture. */
  readonly windows: readonly string[];
  readonly source: DriverSource;
  /** winpv's own template of the generation. */
  readonly ownTemplate: SourceFile;
}

export interface AssembledPackage {
  readonly pack: DriverPackage;
  /** Paths of the source files that went into it, the template among them. */
  readonly used: readonly string[];
  /** About the INF: warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
}

interface RenderedInf {
  readonly bytes: Uint8Array;
  readonly path: string;
}

/** Files that explain a binary and are never installed. */
const SYMBOLS = /\.(pdb|map)$/i;
/** What a build leaves beside its result, made anew here. */
const REMADE = /\.(cat|cdf)$/i;

const finishedInf = ({ driver, source, architecture }: PackageRequest): RenderedInf => {
  const infs = (source.files.get(architecture) ?? []).filter((file) => /\.inf$/i.test(file.name));
  const inf =
    infs.find((file) => file.name.toLowerCase() === `${driver.name}.inf`) ?? (infs.length === 1 ? infs[0] : undefined);
  if (inf === undefined) {
    throw new WinpvError(
      'SOURCE_LAYOUT',
      `The build tree of ${driver.name} has no ${driver.name}.inf for ${architecture}.`,
    );
  }
  return { bytes: inf.bytes, path: inf.path };
};

const renderedInf = (request: PackageRequest): RenderedInf => {
  const { driver, source, brand, architecture, version, date } = request;
  if (source.kind === 'tree') return finishedInf(request);
  const template = source.template ?? request.ownTemplate;
  const tokens = tokenTable(brand.brand, { driver: driver.name, version, date, arch: architecture });
  const lineEnds = source.template === undefined ? 'crlf' : 'kept';
  const { bytes } = renderTemplate(template.bytes, template.path, tokens, { lineEnds });
  const { text } = decodeInfText(template.bytes, template.path);
  const stamped = leavesStampingToTool(text)
    ? stampTemplate(bytes, template.path, { date, version, architecture })
    : bytes;
  return { bytes: stamped, path: template.path };
};

/** A finished INF is taken as it is, so it has to be the brand's own, in the brand's version. */
const checkFinished = (
  { source, brand, version }: PackageRequest,
  { document, model }: CatalogInf,
): readonly Diagnostic[] => {
  if (source.kind !== 'tree') return [];
  const { driverVer, provider } = model.version;
  const own = driverVer?.version === undefined ? 'none' : formatVersion(driverVer.version);
  const differences = [
    ...(own === formatVersion(version) ? [] : [`has the version ${own}, and the brand says ${formatVersion(version)}`]),
    ...(provider === brand.brand.vendorName
      ? []
      : [`is by "${provider}", and the brand is "${brand.brand.vendorName}"`]),
  ];
  return differences.map((difference) =>
    problem('BUNDLE_TREE_DIFFERS', `The finished INF ${difference}.`, {
      at: { file: document.file },
      hint: 'Build the tree for this brand, or use its template and binaries.',
    }),
  );
};

/**
 * What the rules of the INF language say: an undefined %token% is an error, for it would reach machines as it stands.
 * Everything else is a warning here; `inf verify` is what judges.
 */
const infFindings = ({ document }: CatalogInf): readonly Diagnostic[] => [
  ...document.warnings,
  ...verifyInf(document, { mode: 'none', file: document.file })
    .findings.filter(({ severity }) => severity === 'error')
    .map((finding) => (finding.rule === UNDEFINED_TOKEN ? finding : { ...finding, severity: 'warning' as const })),
];
const UNDEFINED_TOKEN = 1235;

/** The first build of Windows that installs a primitive package, Windows 10 1903 (spec inf 11). */
const FIRST_PRIMITIVE_BUILD = 18362;

const installs = (os: CatalogOs, inf: CatalogInf): boolean =>
  reachesInf(os, inf) && (!inf.model.primitive || (os.major >= 10 && os.builds[1] >= FIRST_PRIMITIVE_BUILD));

/** Reads the INF that was made; findings point at the template or file it was made from. */
const installable = (inf: RenderedInf, oses: readonly CatalogOs[]): CatalogInf => {
  const document = parseInf(inf.bytes, inf.path);
  const parsed: CatalogInf = { document, model: infModel(document) };
  const hint = parsed.model.primitive
    ? 'A primitive package needs Windows 10 1903 or later.'
    : 'Compare the [Manufacturer] decorations with `windows` of the project.';
  stopOnErrors(
    oses
      .filter((os) => !installs(os, parsed))
      .map((os) =>
        problem('BUNDLE_NO_WINDOWS', `The INF does not install on ${os.name}, for which a catalog is asked.`, {
          at: { file: inf.path },
          hint,
        }),
      ),
  );
  return parsed;
};

const checkBinary = (file: ShippedFile, path: string, architecture: Architecture): readonly Diagnostic[] => {
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
  return generation.files.map((file) => ({
    name: file.name,
    path: `stand-in ${file.name}`,
    bytes: standInBinary(file, brand.brand, context),
  }));
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
      hint: `Add ${architecture}/${file.sourcePath} to the source, or take it out of the INF.`,
    },
  );
};

/**
 * Makes one branded package: renders the INF, and takes from the source exactly the files that the INF installs on the
 * Windows versions asked for. No catalog yet.
 * @throws WinpvError with every finding: TOKEN_*, INF_*, BUNDLE_*, PE_*
 */
export const assemblePackage = (request: PackageRequest): AssembledPackage => {
  const { driver, architecture, source, version, windows } = request;
  const rendered = renderedInf(request);
  const oses = parseOsList(windows).filter((os) => os.arch === infArchitecture(architecture));
  const inf = installable(rendered, oses);
  const diagnostics = stopOnErrors([...checkFinished(request, inf), ...infFindings(inf)]);
  const at = source.kind === 'stand-in' ? standInFiles(request) : (source.files.get(architecture) ?? []);
  const byName = new Map(at.map((file) => [file.name.toLowerCase(), file]));

  const found: Diagnostic[] = [];
  const used = new Set([rendered.path]);
  const files = new Map<string, ShippedFile>();
  for (const scoped of scopedFiles(inf, oses)) {
    const file = byName.get(scoped.file.sourcePath.toLowerCase());
    if (file === undefined) {
      found.push(missingFile(request, inf, scoped));
      continue;
    }
    if (files.has(file.name)) continue;
    const shipped = shippedFile(file, 'binary');
    found.push(...checkBinary(shipped, file.path, architecture));
    files.set(file.name, shipped);
    used.add(file.path);
  }
  stopOnErrors(found);
  const symbols = at.filter((file) => SYMBOLS.test(file.name) && explains(file, files.keys()));
  for (const file of symbols) used.add(file.path);
  const infFile: ShippedFile = { name: `${driver.name}.inf`, bytes: rendered.bytes, role: 'inf', standIn: false };
  return {
    pack: {
      driver: driver.name,
      architecture,
      version,
      infName: infFile.name,
      windows: oses.flatMap((os) => os.name ?? []),
      files: [infFile, ...files.values()],
      symbols: symbols.map((file) => shippedFile(file, 'symbols')),
    },
    used: [...used],
    diagnostics,
  };
};

const shippedFile = ({ name, path, bytes }: SourceFile, role: ShippedFile['role']): ShippedFile => ({
  name,
  bytes,
  role,
  standIn: role === 'binary' && isPe(bytes) && isStandIn(parsePe(bytes, path)),
});

const stem = (name: string): string => name.replace(/\.[^./]*$/, '').toLowerCase();

/** `xenbus.pdb` explains `xenbus.sys`. */
const explains = (symbols: SourceFile, binaries: Iterable<string>): boolean =>
  [...binaries].some((name) => stem(name) === stem(symbols.name));

/**
 * The other direction: nothing lies in a source that no package of the release takes (a forgotten file, or an INF that
 * forgot to copy one).
 */
export const checkUnused = (
  sources: readonly DriverSource[],
  used: ReadonlySet<string>,
  isExpected: (name: string) => boolean,
): readonly Diagnostic[] => {
  const files = new Map(
    sources.flatMap((source) => [...source.files.values()].flat()).map((file) => [file.path, file]),
  );
  return [...files.values()]
    .filter((file) => !used.has(file.path) && !REMADE.test(file.name) && !isExpected(file.name))
    .map((file) =>
      problem('BUNDLE_FILE_NOT_NAMED', `${file.name} is in the source, but no INF of the release installs it.`, {
        at: { file: file.path },
        hint: 'Remove it from the source, or name it in the INF (SourceDisksFiles and CopyFiles).',
      }),
    );
};

/** xendisk and xencrsh on their own are the same binaries as in xenvbd's package, to the byte. */
export const checkParts = (
  packages: readonly DriverPackage[],
  drivers: readonly DriverDefinition[],
): readonly Diagnostic[] =>
  packages.flatMap((part) => {
    const { partOf } = drivers.find((driver) => driver.name === part.driver) ?? {};
    const whole = packages.find((pack) => pack.driver === partOf && pack.architecture === part.architecture);
    if (partOf === undefined || whole === undefined) return [];
    return part.files
      .filter((file) => file.role === 'binary')
      .filter((file) => {
        const twin = whole.files.find((other) => other.name.toLowerCase() === file.name.toLowerCase());
        return twin === undefined || !equalBytes(twin.bytes, file.bytes);
      })
      .map((file) =>
        problem(
          'BUNDLE_PART_DIFFERS',
          `${file.name} of the ${part.driver} package is not the one of the ${partOf} package (${part.architecture}).`,
          {
            failureMode: file.name.toLowerCase() === 'xencrsh.sys' ? 'F37' : 'F39',
            hint: `Give ${part.driver} the same binaries as ${partOf}, or leave its source out.`,
          },
        ),
      );
  });
