import { type Diagnostic, problem, type Severity } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { compareVersions, type FourPartVersion, formatVersion } from '../../core/version.ts';
import { DRIVERS } from '../../drivers/index.ts';
import type { VersionResource } from '../formats/pe/version-resource.ts';
import { buildNumbers, checkSameBuild, textsNamed } from './builds.ts';
import { fileNameOf } from './catalog-scope.ts';

/** A binary that an INF installs. */
export interface VersionedFile {
  readonly path: string;
  readonly version: VersionResource | undefined;
}

/** What an INF says of its binaries. */
export interface InfIdentity {
  readonly name: string;
  readonly provider: string;
  readonly driverVer: FourPartVersion | undefined;
}

export interface VersionContext {
  /** The brand has version resources rewritten. */
  readonly rewrites: boolean;
  /** An error says already that binaries of the INF are not the brand's. */
  readonly told: boolean;
}

type Respect = 'vendor' | 'version' | 'name' | 'resource';

interface Difference {
  readonly respect: Respect;
  readonly text: string;
}

/** The files that the family of drivers is made of, in lower case. */
const FAMILY_FILES: ReadonlySet<string> = new Set(
  DRIVERS.flatMap(({ generations }) => generations.flatMap(({ files }) => files.map(({ name }) => name.toLowerCase()))),
);

const baseOf = (path: string): string => fileNameOf(path).toLowerCase();
const isKernelFile = ({ path }: VersionedFile): boolean => /\.sys$/i.test(path);

/** Kernel files, and the programs of the drivers: what a vendor adds may be somebody else's. */
const isOwn = (file: VersionedFile): boolean => isKernelFile(file) || FAMILY_FILES.has(baseOf(file.path));

/**
 * Who made the binaries of an INF, and in which version, as the INF says and as they say (spec xen-pv 3.4): one finding
 * for each difference, with the path of the first file that has it.
 *
 * A difference is an error where a binary, or another one beside it, is otherwise what the INF says. Binaries of an INF
 * that agree with it in nothing are somebody else's images, as in a trial: that is a warning.
 */
export const checkVersionResources = (
  inf: InfIdentity,
  files: readonly VersionedFile[],
  context: VersionContext,
): readonly (Omit<Diagnostic, 'at'> & { readonly at: string })[] => {
  const mixed = isMixed(files);
  const groups = new Map<string, { severity: Severity; text: string; files: VersionedFile[] }>();
  const complete = files.some((file) => isOwn(file) && respects(file, inf).every((one) => agrees(file, inf, one)));
  for (const file of files) {
    for (const { respect, text } of differences(file, inf, context)) {
      // Drivers of several builds are told as that.
      if (respect === 'version' && mixed && isKernelFile(file)) continue;
      const sure = complete || agrees(file, inf, respect === 'vendor' ? 'version' : 'vendor');
      const isError = !context.told && !mixed && sure && isOwn(file) && (respect === 'vendor' || respect === 'version');
      const severity: Severity = isError ? 'error' : 'warning';
      const group = groups.get(severity + text);
      if (group === undefined) groups.set(severity + text, { severity, text, files: [file] });
      else group.files.push(file);
    }
  }
  return [...groups.values()].map(({ severity, text, files: own }) => ({
    ...problem('PV_VERSION_RESOURCE', `${listed(own.map(({ path }) => shownText(fileNameOf(path))))}: ${text}.`, {
      severity,
      hint: 'Build the binaries for the brand, or write `rewriteVersions: true` in the brand file.',
    }),
    at: own[0]?.path ?? '',
  }));
};

const isMixed = (files: readonly VersionedFile[]): boolean =>
  checkSameBuild(
    files.map(({ path, version }) => ({
      ...{ name: baseOf(path), path },
      numbers: version === undefined ? undefined : buildNumbers(version),
    })),
  ).length > 0;

const companies = ({ version }: VersionedFile): readonly string[] =>
  version === undefined
    ? []
    : textsNamed(version, 'CompanyName')
        .map((one) => one.trim())
        .filter((one) => one !== '');

const fileVersions = ({ version }: VersionedFile): readonly FourPartVersion[] => {
  if (version === undefined) return [];
  const { file, fileTexts } = buildNumbers(version);
  return [file, ...fileTexts];
};

const otherCompany = (file: VersionedFile, { provider }: InfIdentity): string | undefined =>
  provider.trim() === '' ? undefined : companies(file).find((one) => one !== provider.trim());

const otherVersion = (file: VersionedFile, { driverVer }: InfIdentity): FourPartVersion | undefined =>
  driverVer === undefined ? undefined : fileVersions(file).find((one) => compareVersions(one, driverVer) !== 0);

/** In what an INF can be compared with its binaries. */
const respects = (file: VersionedFile, inf: InfIdentity): readonly ('vendor' | 'version')[] => [
  ...(inf.driverVer === undefined || file.version === undefined ? [] : (['version'] as const)),
  'vendor',
];

const agrees = (file: VersionedFile, inf: InfIdentity, respect: 'vendor' | 'version'): boolean =>
  respect === 'vendor'
    ? companies(file).length > 0 && otherCompany(file, inf) === undefined
    : fileVersions(file).length > 0 && inf.driverVer !== undefined && otherVersion(file, inf) === undefined;

const differences = (file: VersionedFile, inf: InfIdentity, { rewrites }: VersionContext): readonly Difference[] => {
  if (file.version === undefined) {
    const text = 'there is no version resource that `rewriteVersions` could change';
    return rewrites ? [{ respect: 'resource', text }] : [];
  }
  const name = shownText(inf.name);
  const company = otherCompany(file, inf);
  const version = otherVersion(file, inf);
  const called = otherName(file, file.version);
  return [
    ...(company === undefined
      ? []
      : difference('vendor', `names "${shownText(company)}", and ${name} is by "${shownText(inf.provider.trim())}"`)),
    ...(version === undefined || inf.driverVer === undefined
      ? []
      : [{ respect: 'version' as const, text: versionText(file.version, version, inf) }]),
    ...(called === undefined ? [] : difference('name', `is that of ${shownText(called)}`)),
  ];
};

const difference = (respect: Respect, said: string): readonly Difference[] => [
  { respect, text: `the version resource ${said}` },
];

const versionText = (resource: VersionResource, version: FourPartVersion, { name, driverVer }: InfIdentity): string => {
  const own = compareVersions(resource.fixed.fileVersion, version) === 0 ? 'the file version is' : 'FileVersion says';
  return `${own} ${formatVersion(version)}, and ${shownText(name)} is of ${driverVer === undefined ? '' : formatVersion(driverVer)}`;
};

/** Another file of the family that a file was built as. */
const otherName = ({ path }: VersionedFile, resource: VersionResource): string | undefined =>
  textsNamed(resource, 'OriginalFilename').find(
    (name) => FAMILY_FILES.has(name.toLowerCase()) && name.toLowerCase() !== baseOf(path),
  );

const MAX_NAMED = 6;
const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`
    : names.join(', ');
