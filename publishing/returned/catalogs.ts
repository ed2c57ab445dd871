import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { catalogNameFor } from '../../packaging/bundle/catalog-scope.ts';
import { cataloguedSystems } from '../../packaging/bundle/check-package-catalogs.ts';
import { type PackageInf, packageView } from '../../packaging/bundle/package-view.ts';
import { formatTag, tagHash } from '../../packaging/formats/cat/model.ts';
import { subjectOf } from '../../packaging/formats/cat/subject.ts';
import { trustOf } from '../../packaging/signing/chain.ts';
import type { SignatureReport } from '../../packaging/signing/verdict.ts';
import { type JudgedCatalog, judgeCatalog } from '../../packaging/signing/verify-catalog.ts';
import { catalogOsOf } from '../partner-center/os-codes.ts';
import { type CompareOptions, type PackageFolder, returned, type SentFile } from './contract.ts';
import { checkSigners } from './signer.ts';

/** The catalogs that came back: there, signed, of these files and of no others. */
export const checkCatalogs = (folders: readonly PackageFolder[], options: CompareOptions): readonly Diagnostic[] => {
  const hashes = new Set(folders.flatMap(({ files }) => [...files.values()].flatMap(hashesOf)));
  return folders.flatMap((folder) => checkFolder(folder, hashes, options));
};

/** The SHA-256 and SHA-1 hashes that a catalog may list a file by, lower-case hex; none of an image that is damaged. */
const hashesOf = ({ name, bytes }: SentFile): readonly string[] => {
  try {
    const subject = subjectOf(bytes, name);
    return (['sha256', 'sha1'] as const).map((algorithm) => toHex(subject.digest(algorithm)));
  } catch (error) {
    if (error instanceof WinpvError) return [];
    throw error;
  }
};

const checkFolder = (
  { path, files }: PackageFolder,
  hashes: ReadonlySet<string>,
  options: CompareOptions,
): readonly Diagnostic[] => {
  const view = packageView(
    [...files].map(([key, { bytes }]) => ({ path: key, bytes })),
    (key) => files.get(key.toLowerCase())?.name ?? `${path}${key}`,
  );
  const context = { trust: trustOf(options.trust), atMs: options.nowMs };
  const catalogs = new Map(
    [...files]
      .filter(([key]) => /\.cat$/.test(key))
      .map(([key, { name, bytes }]) => [key, judgeCatalog(bytes, name, context)]),
  );
  const named = new Set(view.infs.flatMap((inf) => catalogNames(inf).map((name) => name.toLowerCase())));
  return [
    ...view.unreadable.map(({ message, at }) =>
      returned('RETURNED_UNREAD', `The INF cannot be read: ${message}`, at === undefined ? {} : { at }),
    ),
    ...[...catalogs].flatMap(([key, catalog]) => [
      ...(named.has(key)
        ? []
        : [returned('RETURNED_ADDED', 'No INF names the catalog.', { at: { file: catalog.path } })]),
      ...checkCatalog(catalog, hashes, options),
    ]),
    ...view.infs.flatMap((inf) => [
      ...catalogNames(inf).flatMap((name) => {
        const catalog = catalogs.get(name.toLowerCase());
        if (catalog !== undefined) return checkListed(inf, catalog, files);
        const message = `${shownText(name)}, the catalog that the INF names, is not there.`;
        return [returned('RETURNED_CATALOG_MISSING', message, { at: { file: inf.document.file } })];
      }),
      ...checkSystems(view, inf, options),
    ]),
  ];
};

/** The catalogs of an INF for the processors that it installs on. */
const catalogNames = (inf: PackageInf): readonly string[] => {
  const byKey = new Map<string, string>();
  for (const { arch } of inf.installs) {
    const name = catalogNameFor(inf, arch);
    if (name !== undefined) byKey.set(name.toLowerCase(), name);
  }
  return [...byKey.values()];
};

const checkCatalog = (
  { path: file, signatures, catalog, reason, verdict }: JudgedCatalog,
  hashes: ReadonlySet<string>,
  options: CompareOptions,
): readonly Diagnostic[] => {
  const at = { file };
  if (catalog === undefined) return [returned('RETURNED_UNREAD', 'The catalog cannot be read.', { at })];
  const foreign = catalog.content.members.filter(({ tag }) => {
    const hash = tagHash(tag);
    return hash === undefined || !hashes.has(toHex(hash.digest));
  });
  return [
    ...judgeSigners(signatures, { file, broken: verdict === 'invalid' ? reason : undefined }, options),
    ...(foreign.length === 0
      ? []
      : [
          returned(
            'RETURNED_CATALOG_FOREIGN',
            `The catalog lists what did not come back: ${foreign
              .slice(0, 3)
              .map(({ tag }) => shownText(formatTag(tag)))
              .join(', ')}.`,
            { at },
          ),
        ]),
  ];
};

const judgeSigners = (
  signatures: readonly SignatureReport[],
  { file, broken }: { readonly file: string; readonly broken: string | undefined },
  options: CompareOptions,
): readonly Diagnostic[] => {
  const at = { file };
  if (signatures.length === 0) return [returned('RETURNED_UNSIGNED', 'The catalog is not signed.', { at })];
  if (broken !== undefined) {
    return [returned('RETURNED_SIGNATURE', `The signature of the catalog does not hold (${broken}).`, { at })];
  }
  return options.special === true ? [] : checkSigners(signatures, file, options);
};

/** The INF itself and what it installs. */
const checkListed = (
  inf: PackageInf,
  { path, members }: JudgedCatalog,
  files: PackageFolder['files'],
): readonly Diagnostic[] => {
  const installed = inf.installs.flatMap((install) => install.files.flatMap(({ sourcePath }) => sourcePath ?? []));
  const keys = new Set(
    [inf.path, ...installed.map((source) => `${inf.folder}${source}`)].map((key) => key.toLowerCase()),
  );
  return [...keys].sort().flatMap((key) => {
    const file = files.get(key);
    if (file === undefined || hashesOf(file).some((hash) => members.has(hash))) return [];
    const message = `${shownText(path)} does not list the file as it is.`;
    return [returned('RETURNED_CATALOG_INCOMPLETE', message, { at: { file: file.name } })];
  });
};

const checkSystems = (
  view: Parameters<typeof cataloguedSystems>[0],
  inf: PackageInf,
  { signatures = [] }: CompareOptions,
): readonly Diagnostic[] => {
  const arches = new Set(inf.installs.map(({ arch }) => arch));
  const there = [...arches].flatMap((arch) => cataloguedSystems(view, inf, arch));
  const missing = signatures.filter((code) => {
    const os = catalogOsOf(code);
    return os !== undefined && arches.has(os.arch) && !there.some((one) => one.code === os.code);
  });
  if (missing.length === 0 || there.length === 0) return [];
  const message = `The catalog is not for ${missing.map(shownText).join(', ')}.`;
  return [returned('RETURNED_CATALOG_SYSTEMS', message, { at: { file: inf.document.file } })];
};
