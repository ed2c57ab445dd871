import { toHex } from '../../core/bytes.ts';
import { dateOfEpochMs, formatDate } from '../../core/date.ts';
import { type Diagnostic, problem, type Severity, type SourcePosition, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type Catalog, type CatalogMember, findText, tagHash } from '../formats/cat/model.ts';
import { type CatalogOs, osByCode } from '../formats/cat/os.ts';
import { osCodesOf } from '../formats/cat/show.ts';
import { subjectOf } from '../formats/cat/subject.ts';
import { sectionOf } from '../formats/inf/document.ts';
import { selectModels } from '../formats/inf/model.ts';
import type { InfArch } from '../formats/inf/target-os.ts';
import { catalogNameFor, fileNameOf, scopedFiles, windowsTargets } from './catalog-scope.ts';
import { type CheckedFile, type PackageInf, type PackageView, sourceFile } from './package-view.ts';

/** A catalog that an INF names, and the architectures that it names it for. */
interface NamedCatalog {
  readonly name: string;
  readonly arches: readonly InfArch[];
  readonly file: CheckedFile | undefined;
}

const namedCatalogs = (view: PackageView, inf: PackageInf): readonly NamedCatalog[] => {
  const byName = new Map<string, InfArch[]>();
  for (const arch of new Set(inf.installs.map((install) => install.arch))) {
    const name = catalogNameFor(inf, arch);
    if (name === undefined) continue;
    const own = byName.get(name.toLowerCase());
    if (own === undefined) byName.set(name.toLowerCase(), [arch]);
    else own.push(arch);
  }
  return [...byName].map(([name, arches]) => ({ name, arches, file: sourceFile(view, inf, name) }));
};

/** The systems of the catalogs that an INF names, for an architecture; none when no catalog says. */
export const cataloguedSystems = (view: PackageView, inf: PackageInf, arch: InfArch): readonly CatalogOs[] =>
  namedCatalogs(view, inf).flatMap(({ file, arches }) => {
    if (file === undefined || !arches.includes(arch)) return [];
    try {
      return systemsOf(view.catalogOf(file)).filter((os) => os.arch === arch);
    } catch (error) {
      if (error instanceof WinpvError) return [];
      throw error;
    }
  });

const systemsOf = ({ content }: Catalog): readonly CatalogOs[] =>
  osCodesOf(content.attributes).flatMap((code) => osByCode(code) ?? []);

/** F34: the catalog lists the INF and all that it installs, for every Windows that it installs on, and is not from the future. */
export const checkPackageCatalogs = (view: PackageView, nowMs: number | undefined): readonly Diagnostic[] =>
  view.infs.flatMap((inf) =>
    namedCatalogs(view, inf).flatMap(({ name, arches, file }) => {
      if (file === undefined) return [missing(inf, name)];
      try {
        const catalog = view.catalogOf(file);
        const check: CatalogCheck = { view, inf, file, catalog, arches };
        return [...checkDate(check, nowMs), ...checkSystems(check), ...checkMembers(check)];
      } catch (error) {
        if (error instanceof WinpvError) return error.diagnostics;
        throw error;
      }
    }),
  );

interface CatalogCheck {
  readonly view: PackageView;
  readonly inf: PackageInf;
  readonly file: CheckedFile;
  readonly catalog: Catalog;
  readonly arches: readonly InfArch[];
}

const failureModeOf = ({ pv }: PackageInf): { readonly failureMode?: string } =>
  pv === undefined ? {} : { failureMode: 'F34' };

const missing = (inf: PackageInf, name: string): Diagnostic => {
  const version = sectionOf(inf.document, 'Version');
  const line = version?.lines.find(
    ({ key, fields }) => /^catalogfile/i.test(key ?? '') && fields[0]?.toLowerCase() === name,
  )?.line;
  const at: SourcePosition = { file: inf.document.file, ...(line === undefined ? {} : { line }) };
  return problem('BUNDLE_CATALOG_MISSING', `The catalog ${shownText(name)} is not in the folder.`, {
    severity: 'warning',
    at,
    ...failureModeOf(inf),
    hint: 'Make it with `winpv cat create`.',
  });
};

const checkDate = ({ view, inf, file, catalog }: CatalogCheck, nowMs: number | undefined): readonly Diagnostic[] => {
  const { thisUpdate } = catalog.content;
  if (nowMs === undefined || thisUpdate <= nowMs) return [];
  const message = `The catalog is from ${formatDate(dateOfEpochMs(thisUpdate))}, which is in the future.`;
  return [problem('BUNDLE_CATALOG_DATE', message, { at: { file: view.shown(file.path) }, ...failureModeOf(inf) })];
};

const checkSystems = (check: CatalogCheck): readonly Diagnostic[] => {
  const { inf, catalog, view, file, arches } = check;
  const say = (message: string, severity: Severity): Diagnostic =>
    problem('BUNDLE_CATALOG_OS', message, {
      severity,
      at: { file: view.shown(file.path) },
      ...failureModeOf(inf),
      hint: 'Make the catalog again with every system that the INF installs on.',
    });
  if (osCodesOf(catalog.content.attributes).length === 0) {
    return [say('The catalog names no operating system.', inf.pv === undefined ? 'warning' : 'error')];
  }
  const systems = systemsOf(catalog);
  return arches.flatMap((arch) => {
    const own = systems.filter((os) => os.arch === arch);
    const name = shownText(fileNameOf(inf.path));
    if (own.length === 0)
      return [say(`The catalog is for no Windows of ${arch}, on which ${name} installs.`, 'warning')];
    return unused(inf, arch, own).map((os) =>
      say(`The catalog is for no Windows that uses ${os} of ${name}.`, 'warning'),
    );
  });
};

/** The decorations of an architecture that none of the systems chooses. */
const unused = (inf: PackageInf, arch: InfArch, systems: readonly CatalogOs[]): readonly string[] => {
  const used = new Set(
    systems
      .flatMap((os) => windowsTargets(os, inf.model))
      .flatMap((target) => selectModels(inf.model, target).map(({ os }) => os.toLowerCase())),
  );
  const decorations = new Map(inf.model.devices.map(({ os }) => [os.toLowerCase(), os]));
  const own = inf.installs.filter((install) => install.arch === arch).map(({ os }) => os.toLowerCase());
  return (
    [...new Set(own)]
      // A placeholder that was left is told of as such.
      .filter((os) => decorations.has(os) && os !== '' && !used.has(os) && !/[@$]/.test(os))
      .map((os) => decorations.get(os) ?? os)
  );
};

const checkMembers = (check: CatalogCheck): readonly Diagnostic[] => {
  const { view, inf, catalog, arches } = check;
  const members = new Map<string, CatalogMember>();
  for (const member of catalog.content.members) {
    const hash = tagHash(member.tag);
    if (hash !== undefined) members.set(toHex(hash.digest), member);
  }
  const systems = systemsOf(catalog).filter((os) => arches.includes(os.arch));
  const infFile = view.byPath.get(inf.path.toLowerCase());
  const files = new Map<CheckedFile, ReadonlySet<CatalogOs>>();
  if (infFile !== undefined) files.set(infFile, new Set(systems));
  for (const { file, oses } of scopedFiles(inf, systems)) {
    const there = sourceFile(view, inf, file.sourcePath);
    if (there !== undefined) files.set(there, new Set([...(files.get(there) ?? []), ...oses]));
  }
  return [...files].flatMap(([file, oses]) => {
    try {
      return checkMember(check, members, file, oses);
    } catch (error) {
      // A damaged image or cabinet has no hash to look for.
      if (error instanceof WinpvError) return error.diagnostics;
      throw error;
    }
  });
};

const checkMember = (
  { view, inf, file: catalogFile, catalog }: CatalogCheck,
  members: ReadonlyMap<string, CatalogMember>,
  file: CheckedFile,
  oses: ReadonlySet<CatalogOs>,
): readonly Diagnostic[] => {
  const subject = subjectOf(file.bytes, view.shown(file.path));
  const member = members.get(toHex(subject.digest('sha256'))) ?? members.get(toHex(subject.digest('sha1')));
  const name = fileNameOf(file.path);
  const at = { file: view.shown(catalogFile.path) };
  if (member === undefined) {
    const older = catalog.content.members.some(
      ({ attributes }) => findText(attributes, 'File')?.toLowerCase() === name.toLowerCase(),
    );
    const message = `The catalog does not list ${shownText(name)}${older ? '; it lists another version of the file' : ''}.`;
    return [
      problem('BUNDLE_CATALOG_INCOMPLETE', message, { at, ...failureModeOf(inf), hint: 'Make the catalog again.' }),
    ];
  }
  const claimed = new Set((findText(member.attributes, 'OSAttr') ?? '').split(','));
  const lacking = new Set([...oses].flatMap(({ osAttr }) => osAttr.filter((version) => !claimed.has(version))));
  if (lacking.size === 0) return [];
  const message = `The catalog lists ${shownText(name)} not for the systems ${[...lacking].join(', ')}, on which the INF installs it.`;
  return [
    problem('BUNDLE_CATALOG_OS', message, {
      at,
      severity: inf.pv === undefined ? 'warning' : 'error',
      ...failureModeOf(inf),
      hint: 'Make the catalog again with every system that the INF installs on.',
    }),
  ];
};
