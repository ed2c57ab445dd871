import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { type Catalog, type CatalogMember, findText, statedKind, tagHash } from '../formats/cat/model.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { parseSignedData, signedDataOf } from '../formats/cms/parse.ts';
import { parseDer } from '../formats/der/parse.ts';
import { type CheckedSignature, checkSignature, findingOf, type JudgeContext } from './check-signature.ts';
import type { FileHash } from './content-check.ts';
import { type CatalogMatch, judge, type SignatureReport, type Verdict, type VerifyCode } from './verdict.ts';

/** A catalog and what its signature is worth. Judged once, then asked for every file. */
export interface JudgedCatalog {
  readonly path: string;
  readonly verdict: Verdict;
  readonly reason?: VerifyCode;
  readonly signatures: readonly SignatureReport[];
  readonly findings: readonly Diagnostic[];
  /** Undefined when the file cannot be read as a catalog. */
  readonly catalog: Catalog | undefined;
  /** Members by their hash in lower-case hex. */
  readonly members: ReadonlyMap<string, CatalogMember>;
  /** Hashes of the members whose `File` is this name, in lower case. */
  readonly hashesByName: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Reads and judges a catalog; what cannot be read is a finding. */
export const judgeCatalog = (bytes: Uint8Array, path: string, context: JudgeContext): JudgedCatalog => {
  try {
    const catalog = parseCatalog(bytes, path);
    // The reader of catalogs overlooks what stands beside the signed data; no signature covers it.
    signedDataOf(parseDer(bytes, { file: path }));
    const signatures = signaturesOf(catalog, context);
    const findings = [
      ...signatures.flatMap((signature) => signature.findings),
      ...(signatures.length === 0 ? [unsigned(path)] : []),
      ...catalog.findings,
    ];
    const reports = signatures.map(({ report }) => report);
    const members = membersByHash(catalog);
    const hashesByName = hashesByFileName(members);
    return { path, ...judge(findings), signatures: reports, findings, catalog, members, hashesByName };
  } catch (error) {
    const findings = [findingOf(error)];
    return {
      path,
      ...judge(findings),
      signatures: [],
      findings,
      catalog: undefined,
      members: new Map(),
      hashesByName: new Map(),
    };
  }
};

const unsigned = (path: string): Diagnostic =>
  problem('VERIFY_UNSIGNED', 'The catalog is not signed.', { at: { file: path } });

const signaturesOf = (catalog: Catalog, context: JudgeContext): readonly CheckedSignature[] => {
  const { signers, certificates, digestAlgorithms } = parseSignedData(catalog.signedData);
  if (signers.length + certificates.length + digestAlgorithms.length === 0) return [];
  return checkSignature(catalog.signedData, {
    ...context,
    place: 'primary',
    contentType: SpcOid.certificateTrustList,
    // messageDigest covers the whole trust list: there is no second hash to compare.
    checkContent: () => ({ findings: [] }),
    sortedCertificates: true,
    mayNest: false,
  });
};

const membersByHash = ({ content }: Catalog): ReadonlyMap<string, CatalogMember> => {
  const members = new Map<string, CatalogMember>();
  for (const member of content.members) {
    const hash = tagHash(member.tag);
    if (hash !== undefined) members.set(toHex(hash.digest), member);
  }
  return members;
};

const hashesByFileName = (members: ReadonlyMap<string, CatalogMember>): ReadonlyMap<string, ReadonlySet<string>> => {
  const byName = new Map<string, Set<string>>();
  for (const [hash, member] of members) {
    const name = findText(member.attributes, 'File')?.toLowerCase();
    if (name === undefined) continue;
    const hashes = byName.get(name);
    if (hashes === undefined) byName.set(name, new Set([hash]));
    else hashes.add(hash);
  }
  return byName;
};

/** Finds a file by its SHA-256, else by its SHA-1 hash (spec signing-formats 6.5.3). */
export const findInCatalog = (
  { path, verdict, reason, members, signatures, catalog }: JudgedCatalog,
  hashes: ReadonlyMap<FileHash, string>,
): CatalogMatch | undefined => {
  for (const algorithm of ['sha256', 'sha1'] as const) {
    const tag = hashes.get(algorithm);
    const member = tag === undefined ? undefined : members.get(tag);
    if (tag === undefined || member === undefined) continue;
    const name = findText(member.attributes, 'File');
    const kind = statedKind(member);
    return {
      path,
      verdict,
      ...(reason === undefined ? {} : { reason }),
      signatures,
      version: catalog?.content.version ?? 2,
      osVersions: osVersionsOf([member]),
      tag,
      algorithm,
      ...(name === undefined ? {} : { name }),
      ...(kind === undefined ? {} : { memberKind: kind }),
    };
  }
  return undefined;
};

/** The kernel versions that members are for: `2:6.1` in `OSAttr` is `6.1`, for 2 means Windows NT (spec 2.3). */
export const osVersionsOf = (members: readonly CatalogMember[]): readonly string[] => {
  const texts = members.flatMap((member) => findText(member.attributes, 'OSAttr')?.split(',') ?? []);
  return [...new Set(texts.map((text) => text.trim().replace(/^2:/, '')))].sort();
};
