import { type Diagnostic, problem, type Severity, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { DecoratedInstall } from '../formats/inf/decorated-installs.ts';
import { sectionOf } from '../formats/inf/document.ts';
import { nameFaults } from '../formats/inf/installed-names.ts';
import type { InfArch, InstalledFile } from '../formats/inf/model.ts';
import { checkPe } from '../formats/pe/flaws.ts';
import { type PeImage, type PeMachine, Subsystem } from '../formats/pe/model.ts';
import { fileNameOf } from './catalog-scope.ts';
import { type CheckedFile, type PackageInf, type PackageView, sourceFile } from './package-view.ts';

/** What is installed is there, and for the right processor; what is there is installed; names agree. */
export const checkPackageFiles = (view: PackageView): readonly Diagnostic[] => [
  ...view.infs.flatMap((inf) =>
    distinct([...missingFiles(view, inf), ...checkBinaries(view, inf), ...checkNames(view, inf)]),
  ),
  ...unnamedFiles(view),
];

const distinct = (findings: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(findings.map((one) => [`${one.code} ${one.at?.file} ${one.at?.line} ${one.message}`, one])).values(),
];

/** A file that an install section copies, for one decoration. */
export interface PlacedFile {
  readonly install: DecoratedInstall;
  readonly installed: InstalledFile;
  readonly file: CheckedFile;
}

/** The files of the folder that an INF installs. */
export const placedFiles = (view: PackageView, inf: PackageInf): readonly PlacedFile[] =>
  inf.installs.flatMap((install) =>
    install.files.flatMap((installed) => {
      const { sourcePath } = installed;
      const file = sourcePath === undefined ? undefined : sourceFile(view, inf, sourcePath);
      return file === undefined ? [] : [{ install, installed, file }];
    }),
  );

const missingFiles = (view: PackageView, inf: PackageInf): readonly Diagnostic[] =>
  inf.installs.flatMap(({ files }) =>
    files.flatMap(({ name, sourcePath, list, line }) => {
      if (sourcePath === undefined || sourceFile(view, inf, sourcePath) !== undefined) return [];
      const where = list === '@' ? 'CopyFiles' : `[${shownText(list)}]`;
      return problem('BUNDLE_FILE_MISSING', `${shownText(sourcePath)}, named in ${where}, is not in the folder.`, {
        at: { file: inf.document.file, line },
        ...failureModeOf(inf, name),
        hint: `Put ${shownText(fileNameOf(sourcePath))} there, or take the line out.`,
      });
    }),
  );

/** What becomes of a guest without a file that others of its package need. */
const FAILURE_MODES: ReadonlyMap<string, string> = new Map([
  ['xen.sys', 'F24'],
  ['xenfilt.sys', 'F19'],
  ['xencrsh.sys', 'F37'],
  ['xendisk.sys', 'F38'],
]);

/** The failure mode of a PV package that lacks a file, by its name as installed. */
export const missingFileMode = (name: string): { readonly failureMode?: string } => {
  // A program that is not there fails as one under another name does: its service does not start.
  const failureMode = FAILURE_MODES.get(name.toLowerCase()) ?? (/\.(exe|dll)$/i.test(name) ? 'F35' : undefined);
  return failureMode === undefined ? {} : { failureMode };
};

const failureModeOf = ({ pv }: PackageInf, name: string): { readonly failureMode?: string } =>
  pv === undefined ? {} : missingFileMode(name);

/** Files that explain a package and are not installed. */
const EXPLAINS = /\.(pdb|map|md|txt|rtf|license)$|(^|\/)(license|readme|copying|revision|\.revision)[^/]*$/i;

/** A file below the folder of some INF that no INF there installs. */
const unnamedFiles = (view: PackageView): readonly Diagnostic[] => {
  const named = new Set<string>();
  const listed = new Set<string>();
  for (const inf of view.infs) {
    const add = (to: Set<string>, path: string): unknown => to.add(`${inf.folder}${path}`.toLowerCase());
    for (const name of Object.values(inf.model.version.catalogFiles)) add(named, name);
    for (const { files } of inf.installs)
      for (const { sourcePath } of files) if (sourcePath !== undefined) add(named, sourcePath);
    for (const name of listedNames(inf)) listed.add(name);
  }
  return view.files
    .filter(({ path }) => view.infs.some(({ folder }) => path.startsWith(folder)))
    .filter(({ path }) => !named.has(path.toLowerCase()) && !/\.inf$/i.test(path) && !EXPLAINS.test(path))
    .map(({ path }) => {
      const onlyListed = listed.has(fileNameOf(path).toLowerCase());
      const message = onlyListed
        ? `${shownText(path)} is listed in SourceDisksFiles, but no install section copies it.`
        : `No INF of the folder names ${shownText(path)}.`;
      return problem('BUNDLE_FILE_NOT_NAMED', message, {
        severity: 'warning',
        at: { file: view.shown(path) },
        hint: 'Install it (SourceDisksFiles and CopyFiles), or leave it out of the package.',
      });
    });
};

const listedNames = ({ document }: PackageInf): readonly string[] =>
  ['', '.x86', '.amd64', '.arm', '.arm64', '.ia64']
    .flatMap((suffix) => sectionOf(document, `SourceDisksFiles${suffix}`)?.lines ?? [])
    .map(({ key }) => (key ?? '').toLowerCase());

const MACHINE_OF: Readonly<Record<InfArch, PeMachine>> = {
  x86: 'x86',
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia64: 'ia64',
};

/** Programs for other processors that a Windows runs; drivers run on their own only. */
const ALSO_RUNS: Readonly<Record<InfArch, readonly PeMachine[]>> = {
  x86: [],
  amd64: ['x86'],
  arm: [],
  arm64: ['x86', 'x64', 'arm'],
  ia64: ['x86'],
};

const isKernelBinary = ({ subsystem }: PeImage): boolean => subsystem === Subsystem.native;

const checkBinaries = (view: PackageView, inf: PackageInf): readonly Diagnostic[] =>
  placedFiles(view, inf).flatMap((placed) => {
    const { file, install } = placed;
    if (!/\.(sys|dll|exe)$/i.test(file.path)) return [];
    const at = { file: view.shown(file.path) };
    try {
      const image = view.imageOf(file);
      if (image === undefined) return notABinary(placed, at);
      const flaws = checkPe(image);
      return flaws.length > 0 ? flaws : wrongMachine(image, install, file, at);
    } catch (error) {
      if (error instanceof WinpvError) return error.diagnostics;
      throw error;
    }
  });

const notABinary = ({ file, installed, install }: PlacedFile, at: { file: string }): readonly Diagnostic[] => {
  const loads = install.services.some(
    ({ binary }) => fileNameOf(binary).toLowerCase() === installed.name.toLowerCase(),
  );
  const severity: Severity = loads ? 'error' : 'warning';
  return [problem('BUNDLE_NOT_A_BINARY', `${shownText(fileNameOf(file.path))} is not a PE image.`, { at, severity })];
};

const wrongMachine = (
  image: PeImage,
  { arch, os }: DecoratedInstall,
  file: CheckedFile,
  at: { file: string },
): readonly Diagnostic[] => {
  const runs = [MACHINE_OF[arch], ...(isKernelBinary(image) ? [] : ALSO_RUNS[arch])];
  // A library without an entry point holds texts and pictures, which any processor reads.
  if (runs.includes(image.machine) || (image.entryPoint === 0 && !isKernelBinary(image))) return [];
  const message = `${shownText(fileNameOf(file.path))} is for ${image.machine}, and the INF installs it on ${os || 'x86'}.`;
  return [problem('BUNDLE_ARCHITECTURE', message, { at, hint: `Put the ${MACHINE_OF[arch]} build there.` })];
};

/** `xenagent_9_1_0_30.exe` and `xenagent.exe` are one program. */
const stemOf = (name: string): string => name.toLowerCase().replace(/_\d+_\d+_\d+_\d+(?=\.[a-z]+$)/, '');

/** Names that disagree about a file of the folder. PV drivers have a rule of their own (F35). */
const checkNames = (view: PackageView, inf: PackageInf): readonly Diagnostic[] => {
  if (inf.pv !== undefined) return [];
  const there = new Set(
    view.files.filter(({ path }) => path.startsWith(inf.folder)).map(({ path }) => stemOf(fileNameOf(path))),
  );
  return inf.installs
    .flatMap((install) => nameFaults(inf.document, install))
    .filter(({ place }) => there.has(stemOf(place.name)))
    .map(({ what, place, line }) =>
      problem(
        'BUNDLE_NAMES_DIFFER',
        `${what} is ${shownText(place.name)}, but the INF copies no file to that name there.`,
        {
          severity: 'warning',
          at: { file: inf.document.file, line },
          hint: 'Use the same file name and folder in CopyFiles, ServiceBinary and event sources.',
        },
      ),
    );
};
