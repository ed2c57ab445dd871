import { tokenTable } from '../../branding/tokens.ts';
import { infArchitecture } from '../../core/architecture.ts';
import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { formatVersion } from '../../core/version.ts';
import type { DriverDefinition } from '../../drivers/contract.ts';
import { type CatalogOs, parseOsList } from '../formats/cat/os.ts';
import { parseInf, printInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { stampInf } from '../formats/inf/stamp.ts';
import { decodeInfText } from '../formats/inf/text.ts';
import type { DriverPackage, ShippedFile } from './bundle.ts';
import { type CatalogInf, reachesInf } from './catalog-scope.ts';
import { isBuildCompanion } from './import/companions.ts';
import { composeAdded } from './inf-additions.ts';
import type { InfOrigin } from './judge-bundle.ts';
import { addLocalisedStrings } from './localised-strings.ts';
import { type PatchedTarget, patchTemplate } from './patches/patch-template.ts';
import { leavesStampingToTool, renderTemplate } from './render-template.ts';
import { checkServiceFiles } from './service-files.ts';
import { addServices } from './services.ts';
import type { DriverSource } from './source.ts';
import { filesAt, type PackageRequest, symbolsOf, takeFiles } from './take-files.ts';

export interface AssembledPackage {
  readonly pack: DriverPackage;
  /** Paths of the source files that went into it, the template among them. */
  readonly used: readonly string[];
  /** What the INF was made from. */
  readonly inf: AssembledInf;
}

export interface AssembledInf extends InfOrigin {
  /** What the brand's patches did to the template; absent when the brand has none. */
  readonly patched?: PatchedTarget;
}

interface RenderedInf extends AssembledInf {
  readonly bytes: Uint8Array;
}

const finishedInf = (request: PackageRequest): RenderedInf => {
  const { driver, source, architecture } = request;
  const infs = (source.files.get(architecture) ?? []).filter((file) => /\.inf$/i.test(file.name));
  const inf =
    infs.find((file) => file.name.toLowerCase() === `${driver.name}.inf`) ?? (infs.length === 1 ? infs[0] : undefined);
  if (inf === undefined) {
    throw new WinpvError(
      'SOURCE_LAYOUT',
      `The build tree of ${driver.name} has no ${driver.name}.inf for ${architecture}.`,
    );
  }
  return { ...patchedBytes(request, inf.bytes), path: inf.path, dropped: [], own: false };
};

/** The bytes with the brand's patches, which are made against what the source has. */
const patchedBytes = (request: PackageRequest, bytes: Uint8Array): Pick<RenderedInf, 'bytes' | 'patched'> => {
  const { queue, driver, version } = request;
  if (queue === undefined) return { bytes };
  const patched = patchTemplate(queue, { driver: driver.name, version, bytes });
  return { bytes: patched.bytes, patched };
};

const renderedInf = (request: PackageRequest): RenderedInf => {
  const { driver, source, brand, architecture, version, date } = request;
  if (source.kind === 'tree') return finishedInf(request);
  const template = source.template ?? request.ownTemplate;
  const tokens = tokenTable(brand.brand, { driver: driver.name, version, date, arch: architecture });
  const lineEnds = source.template === undefined ? 'crlf' : 'kept';
  const { bytes: input, ...patched } = patchedBytes(request, template.bytes);
  const { bytes, dropped } = renderTemplate(input, template.path, tokens, { lineEnds });
  const { text } = decodeInfText(input, template.path);
  const stamped = leavesStampingToTool(text)
    ? stampInf(bytes, template.path, { date, version, arch: infArchitecture(architecture) }).bytes
    : bytes;
  const own = source.template === undefined && patched.patched === undefined;
  return { bytes: stamped, path: template.path, dropped, own, ...patched };
};

/** With what the brand adds to the INF: services and strings of other languages. */
const extendedInf = (request: PackageRequest, rendered: RenderedInf): RenderedInf => {
  const { brand, driver, architecture, version } = request;
  const { services, strings } = brand.brand;
  if (services.length === 0 && Object.keys(strings).length === 0) return rendered;
  const document = parseInf(rendered.bytes, rendered.path);
  const served = addServices(document, { brand, driver: driver.name, architecture, version });
  const spoken = addLocalisedStrings(served.document, brand);
  if (spoken.document === document) return rendered;
  return { ...rendered, bytes: printInf(spoken.document), added: composeAdded(served.added, spoken.added) };
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

/**
 * Makes one branded package: renders the INF, and takes from the source exactly the files that the INF installs on the
 * Windows versions asked for, and the brand's extras. No catalog yet.
 * @throws WinpvError with every finding: TOKEN_*, INF_*, BUNDLE_*, PE_*
 */
export const assemblePackage = (request: PackageRequest): AssembledPackage => {
  const { driver, architecture, version, windows } = request;
  const rendered = extendedInf(request, renderedInf(request));
  const oses = parseOsList(windows).filter((os) => os.arch === infArchitecture(architecture));
  const inf = installable(rendered, oses);
  stopOnErrors(checkFinished(request, inf));
  stopOnErrors(checkServiceFiles(request, inf.document, filesAt(request)));
  const taken = takeFiles(request, inf, oses);
  const binaries = taken.map(({ shipped }) => shipped);
  const symbols = symbolsOf(request, binaries);
  const infFile: ShippedFile = { name: `${driver.name}.inf`, bytes: rendered.bytes, role: 'inf', standIn: false };
  return {
    pack: {
      driver: driver.name,
      architecture,
      version,
      infName: infFile.name,
      windows: oses.flatMap((os) => os.name ?? []),
      files: [infFile, ...binaries],
      symbols: symbols.map(({ shipped }) => shipped),
    },
    used: [rendered.path, ...[...taken, ...symbols].map(({ file }) => file.path)],
    inf: rendered,
  };
};

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
    .filter((file) => !used.has(file.path) && !isBuildCompanion(file.name) && !isExpected(file.name))
    .map((file) =>
      problem('BUNDLE_FILE_NOT_NAMED', `${file.name} is in the source, but no INF of the release installs it.`, {
        at: { file: file.path },
        hint: "Name it in the INF (SourceDisksFiles and CopyFiles), in `extraFiles` of the brand, or in the source's `ignore`.",
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
