import { type Diagnostic, problem } from '../../core/errors.ts';
import { trustOf } from './chain.ts';
import type { JudgeContext } from './check-signature.ts';
import { fileKind } from './file-kind.ts';
import { folderOf, type PackageDemands, packageDemands, type TreeView } from './package-demands.ts';
import { type FileVerdict, judge, type TreeVerdict, worst } from './verdict.ts';
import { catalogVerdict, type FileBytes, judgeFile, type VerifyOptions } from './verify.ts';
import { type JudgedCatalog, judgeCatalog } from './verify-catalog.ts';

export interface VerifyTreeRequest extends VerifyOptions {
  /** Every file below a folder; paths from there, `/` between the parts. */
  readonly files: readonly FileBytes[];
  /** Catalogs that serve instead of those in the tree. */
  readonly extraCatalogs?: readonly FileBytes[];
  /** One file judged by itself, whatever package it is from; default: a tree of one file. */
  readonly alone?: boolean;
}

/**
 * Judges a folder tree: every file by its embedded signature and the catalogs, and every package by what its INF installs.
 *
 * A file that is neither a carrier of signatures nor part of a package does not count: it is listed as unsigned. A single
 * file is judged as such, without asking for the rest of its package.
 * @throws WinpvError DER_* when a certificate of `trust` cannot be read
 */
export const verifyTree = (request: VerifyTreeRequest): TreeVerdict => {
  const { files, atMs, extraCatalogs = [], alone = request.files.length === 1 } = request;
  const context: JudgeContext = { trust: trustOf(request.trust, request.revocation), atMs };
  const own = files.filter(({ path, bytes }) => fileKind(path, bytes) === 'cat').map((file) => judged(file, context));
  const apart = extraCatalogs.map((file) => judged(file, context));
  const view: TreeView = {
    files: new Map(files.map((file) => [file.path.toLowerCase(), file])),
    catalogs: apart.length > 0 ? apart : own,
    catalogsApart: apart.length > 0,
  };
  const demands = alone ? new Map<string, PackageDemands>() : demandsByInf(files, view);
  const required = gathered(demands.values(), ({ listed }) => listed);
  const names = gathered(demands.values(), (demand) => demand.names);
  const packages = new Set([...demands.keys()].map(folderOf));
  const byPath = new Map(own.map((catalog) => [catalog.path, catalog]));
  const verdicts = files.map((file): FileVerdict => {
    const catalog = byPath.get(file.path);
    if (catalog !== undefined) return catalogVerdict(catalog);
    const listed = required.get(file.path.toLowerCase()) ?? [];
    const verdict = judgeFile({
      ...file,
      ...context,
      catalogs: nearFirst(view.catalogs, file.path),
      required: listed,
      installedAs: names.get(file.path.toLowerCase()) ?? [],
    });
    const isOther = !alone && listed.length === 0 && isOtherFile(verdict);
    if (isOther) return asOther(verdict);
    const stray = verdict.kind === 'pe' && listed.length === 0 && packages.has(folderOf(file.path));
    return withFindings(verdict, [
      ...(demands.get(file.path)?.findings ?? []),
      ...(stray ? [strayImage(file.path)] : []),
    ]);
  });
  const counted = verdicts.filter(({ counts }) => counts);
  return {
    verdict: counted.length === 0 ? 'unsigned' : worst(counted.map(({ verdict }) => verdict)),
    files: verdicts,
    diagnostics: verdicts.flatMap(({ diagnostics }) => diagnostics),
  };
};

const judged = ({ path, bytes }: FileBytes, context: JudgeContext): JudgedCatalog => judgeCatalog(bytes, path, context);

const demandsByInf = (files: readonly FileBytes[], view: TreeView): ReadonlyMap<string, PackageDemands> =>
  new Map(
    files
      .filter(({ path, bytes }) => fileKind(path, bytes) === 'inf')
      .map((file) => [file.path, packageDemands(file, view)]),
  );

/** What all INFs ask for, by the path that they ask it of. */
const gathered = (
  demands: Iterable<PackageDemands>,
  pick: (demand: PackageDemands) => ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> => {
  const all = new Map<string, readonly string[]>();
  for (const demand of demands) {
    for (const [path, asked] of pick(demand)) all.set(path, [...new Set([...(all.get(path) ?? []), ...asked])]);
  }
  return all;
};

const strayImage = (path: string): Diagnostic =>
  problem('VERIFY_STRAY_IMAGE', 'The image stands in a package whose INF does not install it.', {
    severity: 'warning',
    at: { file: path },
  });

/** The catalogs of the file's own folder, then those of folders above it, then the rest. */
const nearFirst = (catalogs: readonly JudgedCatalog[], path: string): readonly JudgedCatalog[] => {
  const distance = (catalog: JudgedCatalog): number => {
    const folder = folderOf(catalog.path);
    return path.startsWith(folder) ? path.length - folder.length : Number.MAX_SAFE_INTEGER;
  };
  return [...catalogs].sort((a, b) => distance(a) - distance(b));
};

/** A file that by nature has no signature of its own, that no catalog lists and no package installs. */
const isOtherFile = ({ kind, verdict, catalogs }: FileVerdict): boolean =>
  kind === 'flat' && verdict === 'unsigned' && catalogs.length === 0;

const asOther = (verdict: FileVerdict): FileVerdict => ({
  ...verdict,
  reason: 'VERIFY_OTHER_FILE',
  counts: false,
  diagnostics: [
    problem('VERIFY_OTHER_FILE', 'No package installs the file, and no catalog lists it.', {
      severity: 'info',
      at: { file: verdict.path },
    }),
  ],
});

const withFindings = (verdict: FileVerdict, findings: readonly Diagnostic[]): FileVerdict => {
  if (findings.length === 0) return verdict;
  const diagnostics = [...verdict.diagnostics, ...findings];
  const { reason: _reason, ...rest } = verdict;
  return { ...rest, diagnostics, ...judge(diagnostics) };
};
