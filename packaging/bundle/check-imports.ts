import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { InfArch } from '../formats/inf/target-os.ts';
import { linkableExports, peImports } from '../formats/pe/imports.ts';
import { type PeImage, Subsystem } from '../formats/pe/model.ts';
import { fileNameOf } from './catalog-scope.ts';
import { type PlacedFile, placedFiles } from './check-files.ts';
import { JOINED_HAL_BUILD, kernelExport, kernelExports } from './exports/lookup.ts';
import type { WindowsVersion } from './exports/table.ts';
import type { CheckedFile, PackageInf, PackageView } from './package-view.ts';

/** The oldest Windows that an INF, with its catalog, says it is for; undefined when neither says. */
export type DeclaredMinimum = (inf: PackageInf, placed: readonly PlacedFile[]) => WindowsVersion | undefined;

/**
 * Every import of every kernel binary is exported by a file of the package, or by the oldest Windows that the INF is for
 * (spec kernel-exports). A name that the tables do not have is a note: they are not complete.
 */
export const checkImports = (view: PackageView, minimum: DeclaredMinimum): readonly Diagnostic[] =>
  view.infs.flatMap((inf) => {
    const byFile = new Map<CheckedFile, PlacedFile[]>();
    const all = placedFiles(view, inf);
    for (const placed of all) {
      const own = byFile.get(placed.file);
      if (own === undefined) byFile.set(placed.file, [placed]);
      else own.push(placed);
    }
    return [...byFile].flatMap(([file, placed]) => {
      try {
        const image = view.imageOf(file);
        if (image?.subsystem !== Subsystem.native) return [];
        return checkImage({ view, inf, file, image, placed, all, oldest: minimum(inf, placed) });
      } catch (error) {
        // A damaged image is told where files are checked.
        if (error instanceof WinpvError) return [];
        throw error;
      }
    });
  });

interface Importer {
  readonly view: PackageView;
  readonly inf: PackageInf;
  readonly file: CheckedFile;
  readonly image: PeImage;
  /** Where the INF installs the file. */
  readonly placed: readonly PlacedFile[];
  /** All that the INF installs. */
  readonly all: readonly PlacedFile[];
  readonly oldest: WindowsVersion | undefined;
}

const MAX_FINDINGS = 50;

const checkImage = (importer: Importer): readonly Diagnostic[] => {
  const imports = peImports(importer.image);
  // A program of the native subsystem runs in user mode.
  if (imports.some(({ module }) => /^ntdll\.dll$/i.test(module))) return [];
  const found = imports.flatMap(({ module, names }) => {
    const provider = providerOf(importer, module);
    if (provider !== undefined) return fromPackage(importer, module, names, provider);
    return kernelExports(module) === undefined ? fromElsewhere(importer, module) : fromWindows(importer, module, names);
  });
  return found.slice(0, MAX_FINDINGS);
};

/** The file of the package that is installed under the module's name. */
const providerOf = ({ placed, all }: Importer, module: string): CheckedFile | undefined => {
  const wanted = module.toLowerCase();
  const sections = new Set(placed.map(({ install }) => install.section));
  return all.find(({ installed, install }) => sections.has(install.section) && installed.name.toLowerCase() === wanted)
    ?.file;
};

/** What links PV drivers together: without it the loader refuses the importer (F37), or the bus is inert (F24). */
const failureModeOf = ({ inf }: Importer, module: string): { readonly failureMode?: string } => {
  if (inf.pv === undefined) return {};
  if (/^xencrsh\.sys$/i.test(module)) return { failureMode: 'F37' };
  return /^xen(filt|bus)?\.sys$/i.test(module) ? { failureMode: 'F24' } : {};
};

const nameOf = ({ file }: Importer): string => shownText(fileNameOf(file.path));

const fromPackage = (
  importer: Importer,
  module: string,
  names: readonly string[],
  provider: CheckedFile,
): readonly Diagnostic[] => {
  const image = importer.view.imageOf(provider);
  if (image === undefined) return [];
  const exported = linkableExports(image);
  const missing = names.filter((name) => !exported.has(name));
  if (missing.length === 0) return [];
  const message = `${nameOf(importer)} imports ${listed(missing)} from ${shownText(module)}, and the one in the package does not export ${missing.length === 1 ? 'it' : 'them'}.`;
  return [
    problem('BUNDLE_IMPORT_MISSING', message, {
      at: { file: importer.view.shown(importer.file.path) },
      ...failureModeOf(importer, module),
      hint: 'Take both files from one build.',
    }),
  ];
};

/** A module that is neither in the package nor known as one of Windows. */
const fromElsewhere = (importer: Importer, module: string): readonly Diagnostic[] => {
  const at = { file: importer.view.shown(importer.file.path) };
  const mode = failureModeOf(importer, module);
  // The files of one PV package are linked to each other; what another package brings is checked with it.
  const own = mode.failureMode === 'F37' || (mode.failureMode === 'F24' && importer.inf.pv?.kind === 'xenbus');
  if (own) {
    const message = `${nameOf(importer)} imports from ${shownText(module)}, which the package does not install.`;
    return [
      problem('BUNDLE_IMPORT_MISSING', message, { at, ...mode, hint: `Add ${shownText(module)} of the same build.` }),
    ];
  }
  const message = `${nameOf(importer)} imports from ${shownText(module)}, which is not in the package and not known as a part of Windows.`;
  return [problem('BUNDLE_IMPORT_UNKNOWN', message, { at, severity: 'info' })];
};

const ARCH_OF: Readonly<Record<string, InfArch>> = {
  x86: 'x86',
  x64: 'amd64',
  arm: 'arm',
  arm64: 'arm64',
  ia64: 'ia64',
};

const fromWindows = (importer: Importer, module: string, names: readonly string[]): readonly Diagnostic[] => {
  const unknown: string[] = [];
  const found: Diagnostic[] = [];
  for (const name of names) {
    if (name.startsWith('#')) continue;
    const row = kernelExport(module, name);
    const other = row?.found.only?.includes(ARCH_OF[importer.image.machine] ?? 'ia64') === false;
    if (row === undefined || other || row.found.inline) unknown.push(name);
    else found.push(...checkSince(importer, module, name, row));
  }
  if (unknown.length === 0) return found;
  const message = `${nameOf(importer)} imports ${listed(unknown)} from ${shownText(module)}; winpv does not know since when Windows has ${unknown.length === 1 ? 'it' : 'them'}.`;
  const at = { file: importer.view.shown(importer.file.path) };
  return [...found, problem('BUNDLE_IMPORT_UNKNOWN', message, { at, severity: 'info' })];
};

/** The export lists of the kernel are complete up to Windows 8.1; of other modules only what is documented is known. */
const isKernel = (module: string): boolean => /^(ntoskrnl\.exe|hal\.dll)$/i.test(module);

const checkSince = (
  importer: Importer,
  module: string,
  name: string,
  { found, joined }: NonNullable<ReturnType<typeof kernelExport>>,
): readonly Diagnostic[] => {
  const { oldest, inf } = importer;
  const since: WindowsVersion | undefined = joined ? [10, 0, JOINED_HAL_BUILD] : found.since;
  if (oldest === undefined || since === undefined || !(found.exact || joined) || compare(since, oldest) <= 0) return [];
  const message = `${nameOf(importer)} imports ${shownText(name)} from ${shownText(module)}, which Windows has since ${since.join('.')}; the INF is for ${oldest.join('.')} and later.`;
  return [
    problem('BUNDLE_IMPORT_NEWER', message, {
      at: { file: importer.view.shown(importer.file.path) },
      severity: isKernel(module) && !joined ? 'error' : 'warning',
      ...(inf.pv === undefined ? {} : { failureMode: 'F46' }),
      hint: 'Raise the version in the decoration of [Manufacturer], or look the function up at run time.',
    }),
  ];
};

const compare = (a: WindowsVersion, b: WindowsVersion): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

const SHOWN_NAMES = 5;
const listed = (names: readonly string[]): string => {
  const first = names.slice(0, SHOWN_NAMES).map(shownText).join(', ');
  return names.length > SHOWN_NAMES ? `${first} and ${names.length - SHOWN_NAMES} more names` : first;
};
