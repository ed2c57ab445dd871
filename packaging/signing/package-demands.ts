import { type Diagnostic, problem, type Severity, WinpvError } from '../../core/errors.ts';
import { catalogNameFor, fileNameOf, reachesInf, scopedFiles } from '../bundle/catalog-scope.ts';
import { CATALOG_OSES, type CatalogOs, osByCode } from '../formats/cat/os.ts';
import { osCodesOf } from '../formats/cat/show.ts';
import { type InfDocument, parseInf } from '../formats/inf/document.ts';
import { type InfModel, infModel } from '../formats/inf/model.ts';
import type { VerifyCode } from './verdict.ts';
import type { FileBytes } from './verify.ts';
import type { JudgedCatalog } from './verify-catalog.ts';

/** Everything below the folder that is verified, and the catalogs that serve there. */
export interface TreeView {
  /** Files by their path in lower case. */
  readonly files: ReadonlyMap<string, FileBytes>;
  readonly catalogs: readonly JudgedCatalog[];
  /** Catalogs given apart from the tree stand for those of the same name beside an INF. */
  readonly catalogsApart: boolean;
}

/** What an INF asks of its package. */
export interface PackageDemands {
  /** Lower-case paths of files that must be in catalogs, with the paths of those catalogs. */
  readonly listed: ReadonlyMap<string, readonly string[]>;
  /** The names, in lower case, that those files are installed under. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** About the INF itself: catalogs and files that are not there. */
  readonly findings: readonly Diagnostic[];
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * The INF, and every file that it installs on a system of a catalog's list, must be in that catalog; a file that is to be
 * installed must be there (spec signing-formats 2.4, 6.3).
 */
export const packageDemands = (inf: FileBytes, view: TreeView): PackageDemands => {
  try {
    const document = parseInf(inf.bytes, inf.path);
    return demandsOf(inf.path, { document, model: infModel(document) }, view);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const at = error.at ?? { file: inf.path };
    return { listed: new Map(), names: new Map(), findings: [problem('VERIFY_INF_UNREADABLE', error.message, { at })] };
  }
};

interface ReadInf {
  readonly document: InfDocument;
  readonly model: InfModel;
}

const demandsOf = (path: string, inf: ReadInf, view: TreeView): PackageDemands => {
  const listed = new Map<string, string[]>();
  const names = new Map<string, string[]>();
  const findings: Diagnostic[] = [];
  const say = (code: VerifyCode, message: string, severity: Severity = 'error'): void => {
    findings.push(problem(code, message, { severity, at: { file: path } }));
  };
  const wantedNames = [...new Set(Object.values(inf.model.version.catalogFiles).map((text) => text.toLowerCase()))];
  const someThere = wantedNames.some((name) => namedCatalog(name, path, view) !== undefined);
  for (const name of wantedNames) {
    const catalog = namedCatalog(name, path, view);
    if (catalog === undefined) {
      if (!servesSomebody(name, inf)) continue;
      // A folder for one architecture needs no catalog of the others.
      const severity = someThere ? 'warning' : 'error';
      say('VERIFY_CATALOG_MISSING', `The catalog ${name}, which the INF names, is not there.`, severity);
      continue;
    }
    const demand = (wanted: string, installedAs: string): void => {
      const catalogs = listed.get(wanted) ?? [];
      if (!catalogs.includes(catalog.path)) listed.set(wanted, [...catalogs, catalog.path]);
      names.set(wanted, [...(names.get(wanted) ?? []), installedAs.toLowerCase()]);
    };
    demand(path.toLowerCase(), fileNameOf(path));
    for (const { file } of scopedFiles(inf, systemsOf(catalog, name, inf))) {
      const wanted = `${folderOf(path)}${file.sourcePath}`;
      if (view.files.has(wanted.toLowerCase())) demand(wanted.toLowerCase(), file.name);
      else say('VERIFY_FILE_MISSING', `${file.sourcePath}, which the INF installs, is not there.`);
    }
  }
  return { listed, names, findings: distinct(findings) };
};

/** Whether some Windows that installs anything of the INF looks for this catalog. */
const servesSomebody = (name: string, inf: ReadInf): boolean =>
  CATALOG_OSES.some((os) => catalogNameFor(inf, os.arch)?.toLowerCase() === name && reachesInf(os, inf));

const namedCatalog = (name: string, infPath: string, { catalogs, catalogsApart }: TreeView) =>
  catalogs.find(({ path }) =>
    catalogsApart
      ? fileNameOf(path).toLowerCase() === name
      : path.toLowerCase() === `${folderOf(infPath)}${name}`.toLowerCase(),
  );

/** The systems of the catalog's own list that find this catalog through the INF; all there are, if it has no list. */
const systemsOf = ({ catalog }: JudgedCatalog, name: string, inf: ReadInf): readonly CatalogOs[] => {
  const codes = osCodesOf(catalog?.content.attributes ?? []);
  const systems = codes.length === 0 ? CATALOG_OSES : codes.flatMap((code) => osByCode(code) ?? []);
  return systems.filter(({ arch }) => catalogNameFor(inf, arch)?.toLowerCase() === name);
};

const distinct = (findings: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(findings.map((finding) => [finding.message, finding])).values(),
];
