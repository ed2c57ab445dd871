import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import type { CatalogContent, SubjectKind } from '../formats/cat/model.ts';
import { subjectKind, subjectOf } from '../formats/cat/subject.ts';
import { parsePe } from '../formats/pe/parse.ts';
import { trustOf } from './chain.ts';
import { findingOf, type JudgeContext } from './check-signature.ts';
import type { FileHash } from './content-check.ts';
import { fileKind } from './file-kind.ts';
import type { RevocationEvidence } from './revocation-evidence.ts';
import {
  type CatalogMatch,
  type CatalogScope,
  type FileKind,
  type FileVerdict,
  judge,
  type VerifyCode,
} from './verdict.ts';
import { verifyCab } from './verify-cab.ts';
import { findInCatalog, type JudgedCatalog, judgeCatalog, osVersionsOf } from './verify-catalog.ts';
import { type CheckedContainer, imageFacts, verifyPe } from './verify-pe.ts';

/** A file as it came: nothing is read from anywhere else. */
export interface FileBytes {
  /** As the user named it; its extension tells which kind of file it claims to be. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface VerifyOptions {
  /** CA certificates that are believed, DER or PEM. */
  readonly trust: readonly Uint8Array[];
  /** The moment of judgement, milliseconds since 1970, for signatures without a valid time stamp. */
  readonly atMs: number;
  /** What is known of revoked certificates; without it nothing is, and the reports say so. */
  readonly revocation?: RevocationEvidence | undefined;
}

export interface VerifyFileRequest extends FileBytes, VerifyOptions {
  /** Catalogs that may list the file. */
  readonly catalogs: readonly FileBytes[];
}

export interface JudgeFileRequest extends FileBytes, JudgeContext {
  readonly catalogs: readonly JudgedCatalog[];
  /** Paths of catalogs that must list it: those its package names for it. */
  readonly required?: readonly string[];
  /** Names, in lower case, that its package installs it under: what a catalog calls `File`. */
  readonly installedAs?: readonly string[];
}

/**
 * Judges one file from its bytes: its embedded signatures and the catalogs that list it must all hold.
 *
 * A file with neither is `unsigned`. Never throws for a bad file. Only parsers are behind this: no code that writes.
 * @throws WinpvError DER_* when a certificate of `trust` cannot be read
 * @see spec signing-formats 6.5; UNCOVERED_RANGES for the bytes that no signature covers
 */
export const verifyFile = (request: VerifyFileRequest): FileVerdict => {
  const { path, bytes, catalogs, trust, atMs, revocation } = request;
  const context: JudgeContext = { trust: trustOf(trust, revocation), atMs };
  return judgeFile({
    path,
    bytes,
    catalogs: catalogs.map((catalog) => judgeCatalog(catalog.bytes, catalog.path, context)),
    ...context,
  });
};

/** The same with catalogs that are judged already. */
export const judgeFile = (request: JudgeFileRequest): FileVerdict => {
  const { path, bytes } = request;
  const kind = fileKind(path, bytes);
  if (kind === 'cat') return catalogVerdict(judgeCatalog(bytes, path, request));
  const container = verifyContainer(kind, request);
  const { matches, findings } = matchCatalogs(request, container.signatures.length > 0);
  const all = [
    ...container.findings,
    ...container.signatures.flatMap((signature) => signature.findings),
    ...container.minor,
    ...findings,
  ];
  const bare = container.signatures.length === 0 && matches.length === 0;
  if (bare && judge(all).verdict === 'valid') all.push(unsigned(path));
  return {
    path,
    kind,
    ...judge(all),
    counts: true,
    signatures: container.signatures.map(({ report }) => report),
    catalogs: matches,
    ...(container.image === undefined ? {} : { image: container.image }),
    diagnostics: all,
  };
};

/** The verdict on a catalog as a file of its own. */
export const catalogVerdict = ({
  path,
  verdict,
  reason,
  signatures,
  findings,
  catalog,
}: JudgedCatalog): FileVerdict => ({
  path,
  kind: 'cat',
  verdict,
  ...(reason === undefined ? {} : { reason }),
  counts: true,
  signatures,
  catalogs: [],
  ...(catalog === undefined ? {} : { scope: scopeOf(catalog.content) }),
  diagnostics: findings,
});

const scopeOf = ({ version, members }: CatalogContent): CatalogScope => ({
  version,
  osVersions: osVersionsOf(members),
});

const unsigned = (path: string): Diagnostic =>
  problem('VERIFY_UNSIGNED', 'The file has no signature, and no catalog lists it.', { at: { file: path } });

const verifyContainer = (kind: FileKind, { path, bytes, trust, atMs }: JudgeFileRequest): CheckedContainer => {
  if (kind === 'cab') return verifyCab(bytes, path, { trust, atMs });
  if (kind !== 'pe') return { signatures: [], findings: [], minor: [] };
  try {
    const image = parsePe(bytes, path);
    return { ...verifyPe(image, { trust, atMs }), image: imageFacts(image) };
  } catch (error) {
    return { signatures: [], findings: [findingOf(error)], minor: [] };
  }
};

interface Matches {
  readonly matches: readonly CatalogMatch[];
  readonly findings: readonly Diagnostic[];
}

const matchCatalogs = (request: JudgeFileRequest, embedded: boolean): Matches => {
  const { path, bytes, catalogs, required = [], installedAs = [] } = request;
  if (catalogs.length === 0 && required.length === 0) return { matches: [], findings: [] };
  const hashes = catalogHashes(path, bytes);
  const matches = catalogs.flatMap((catalog) => findInCatalog(catalog, hashes) ?? []);
  const findings: Diagnostic[] = required
    .filter((name) => !matches.some((match) => match.path === name))
    .map((name) =>
      problem('VERIFY_NOT_IN_CATALOG', `The file is not in ${name}, its package's catalog.`, { at: { file: path } }),
    );
  // Any catalog will do where none is required, so the best one counts.
  const deciding = required.length > 0 ? matches.filter((match) => required.includes(match.path)) : best(matches);
  const kind = subjectKind(bytes);
  for (const match of deciding) findings.push(...catalogFindings(path, match, { embedded, kind }));
  for (const catalog of catalogs) {
    if (!required.includes(catalog.path) || !matches.some((match) => match.path === catalog.path)) continue;
    if (isListedUnderItsName(catalog, installedAs, hashes)) continue;
    const message = `${catalog.path} lists another file as ${installedAs.join(' or ')}.`;
    findings.push(problem('VERIFY_WRONG_MEMBER', message, { at: { file: path } }));
  }
  return { matches, findings };
};

/**
 * A catalog lists equal files once, under the first name (spec signing-formats 1.8), so another name is no fault; but a
 * member of the name has to be this file.
 */
const isListedUnderItsName = (
  { hashesByName }: JudgedCatalog,
  installedAs: readonly string[],
  hashes: ReadonlyMap<FileHash, string>,
): boolean => {
  const named = installedAs.flatMap((name) => hashesByName.get(name) ?? []);
  return named.length === 0 || named.some((members) => [...hashes.values()].some((hash) => members.has(hash)));
};

const best = (matches: readonly CatalogMatch[]): readonly CatalogMatch[] => {
  for (const verdict of ['valid', 'untrusted', 'unsigned', 'invalid'] as const) {
    const found = matches.find((match) => match.verdict === verdict);
    if (found !== undefined) return [found];
  }
  return [];
};

const catalogFindings = (
  path: string,
  match: CatalogMatch,
  { embedded, kind }: { readonly embedded: boolean; readonly kind: SubjectKind },
): Diagnostic[] => {
  const at = { file: path };
  const findings: Diagnostic[] = [];
  if (match.algorithm === 'sha1') {
    const message = `${match.path} lists the file by its SHA-1 hash only.`;
    findings.push(problem('VERIFY_SHA1_ONLY', message, { severity: 'warning', at }));
  }
  // Windows hashes the file as the kind that the member names, and so finds another hash.
  if (match.memberKind !== undefined && match.memberKind !== kind) {
    const message = `${match.path} lists the file as one of kind ${match.memberKind}, and it is of kind ${kind}.`;
    findings.push(problem('VERIFY_CONTENT_MISMATCH', message, { at }));
  }
  if (match.verdict === 'valid') return findings;
  const revoked = match.reason === 'VERIFY_REVOKED';
  const named = revoked || match.verdict !== 'invalid' ? match.reason : undefined;
  const code: VerifyCode = named ?? 'VERIFY_CATALOG_INVALID';
  const also = embedded ? ', whatever its own signature says' : '';
  const why = revoked ? ': a certificate behind it was revoked' : '';
  const message = `The catalog that lists the file, ${match.path}, is ${match.verdict}${also}${why}.`;
  return [...findings, problem(code, message, { at })];
};

/** The hashes by which catalogs list a file; a container that cannot be read has none. */
const catalogHashes = (path: string, bytes: Uint8Array): ReadonlyMap<FileHash, string> => {
  try {
    const subject = subjectOf(bytes, path);
    return new Map((['sha256', 'sha1'] as const).map((hash) => [hash, toHex(subject.digest(hash))]));
  } catch (error) {
    findingOf(error);
    return new Map();
  }
};
