import type { ErrorCode } from '../../core/error-codes.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { HashName } from '../formats/cms/algorithms.ts';
import type { PeMachine } from '../formats/pe/model.ts';

/** What a verification says, best to worst within a signature: valid, untrusted, invalid; `unsigned` when there is none. */
export type Verdict = 'valid' | 'untrusted' | 'unsigned' | 'invalid';

/** The documented set of rules: a reason is always one of these. */
export type VerifyCode = Extract<ErrorCode, `VERIFY_${string}`>;

export type FileKind = 'pe' | 'cat' | 'cab' | 'inf' | 'flat';

export interface TimestampReport {
  /** The older form is Authenticode's own: a countersignature (spec signing-formats 4.2). */
  readonly kind: 'rfc3161' | 'authenticode';
  readonly verdict: Verdict;
  readonly reason?: VerifyCode;
  /** ISO 8601 UTC; undefined when the token could not be read that far. */
  readonly time?: string;
  readonly subject?: string;
  readonly digestAlgorithm?: HashName;
  /** Of the authority's chain. */
  readonly revocation?: RevocationStatus;
}

/** One certificate on the way from a signer to an authority. */
export interface PathCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** SHA-1 of the certificate, lower-case hex. */
  readonly thumbprint: string;
  readonly selfIssued: boolean;
  readonly notBefore: string;
  /** The hash that its issuer signed; undefined when the algorithm is not known. */
  readonly hash?: HashName;
}

/**
 * One way from the signer as far up as certificates at hand lead, whoever is trusted: what a system with its own list of
 * roots goes by. A signature has several where cross-certificates came along.
 */
export interface AuthorityPath {
  /** The signer first. */
  readonly certificates: readonly PathCertificate[];
  /**
   * SHA-1 thumbprint of the root at its end: the last certificate, if it issued itself, or a root of Windows whose key
   * verifies the last certificate. Undefined when the way ends before a root.
   */
  readonly root?: string;
  /** Purposes that every certificate of the way allows. */
  readonly ekus: readonly string[];
  /** What is wrong with the way itself: a certificate not valid at that time, or not for this. */
  readonly fault?: VerifyCode;
}

/** The hashes of single pages that a signature holds of an image (spec signing-formats 3.5), compared with its pages. */
export interface PageHashReport {
  readonly algorithm: 'sha1' | 'sha256';
  /** The headers count as one. */
  readonly pages: number;
  readonly verdict: 'valid' | 'invalid';
  /** File offsets of the pages that the signed hashes are not of, ascending, at most 100. */
  readonly wrong: readonly number[];
}

/** Where a chain ends, and what is known of the root there. */
export interface RootReport {
  readonly subject: string;
  /** SHA-1, lower-case hex; undefined when neither the root nor its key is known. */
  readonly thumbprint?: string;
  /** `trusted`: given as trusted. `known`: one of KNOWN_ROOTS, which nobody trusts for being known. */
  readonly standing: 'trusted' | 'known' | 'unknown';
}

/**
 * What is known of revocation in a chain: `partly-checked` when nothing speaks of some certificate, `revoked-later` when one
 * was revoked after the signature, which stays valid.
 */
export type RevocationStatus = 'not-checked' | 'partly-checked' | 'good' | 'revoked-later' | 'revoked';

/** A revoked certificate of a chain. */
export interface RevokedCertificate {
  readonly subject: string;
  /** SHA-1 of the certificate, lower-case hex. */
  readonly thumbprint: string;
  /** ISO 8601 UTC. */
  readonly date: string;
  /** As RFC 5280, 5.3.1 spells it; absent when none is given. */
  readonly reason?: string;
  /** Since when the key may have been in other hands; ISO 8601 UTC. */
  readonly invalidSince?: string;
  /** Whether it takes the signature's worth away. */
  readonly effect: 'invalid' | 'none';
}

export interface SignatureReport {
  /** Where it stands: the file's first signature, a further one beside it, or one nested in another. */
  readonly place: 'primary' | 'further' | 'nested';
  readonly verdict: Verdict;
  readonly reason?: VerifyCode;
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex of the INTEGER's octets. */
  readonly serial: string;
  /** SHA-1 of the signer's certificate, lower-case hex. */
  readonly thumbprint?: string;
  /** Undefined when the signature could not be read that far. */
  readonly digestAlgorithm?: HashName;
  /** Dotted object identifiers; empty when the certificate has no such extension. */
  readonly ekus: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly programName?: string;
  readonly moreInfo?: string;
  /** Claimed by the signer, proven by nothing. */
  readonly signingTime?: string;
  readonly timestamp?: TimestampReport;
  /** Subjects from the signer to the anchor, as far as they could be followed. */
  readonly chain: readonly string[];
  /** Every way up, without regard to trust; for the policy table, and left out of what is shown. */
  readonly authorityPaths: readonly AuthorityPath[];
  readonly root?: RootReport;
  readonly revocation: RevocationStatus;
  /** Absent when none is known to be. */
  readonly revoked?: readonly RevokedCertificate[];
  /** Undefined when the signature has none. */
  readonly pageHashes?: PageHashReport;
}

/** What a catalog says of the Windows versions it is for. */
export interface CatalogScope {
  readonly version: 1 | 2;
  /** Kernel versions in `OSAttr`, for example `6.1`; empty when it says nothing. */
  readonly osVersions: readonly string[];
}

/** What decides whether Windows maps an image as code, beside its signature. */
export interface ImageFacts {
  readonly machine: PeMachine;
  /** Where it runs, by its subsystem. */
  readonly runsIn: 'kernel' | 'user' | 'firmware';
  /** Whether sections start on pages: memory integrity asks for it. */
  readonly pageAligned: boolean;
  /** A section that can be both written and executed. */
  readonly writableCode?: string;
}

/** A catalog that lists the file. */
export interface CatalogMatch extends CatalogScope {
  /** Those of the catalog. */
  readonly signatures: readonly SignatureReport[];
  readonly path: string;
  readonly verdict: Verdict;
  readonly reason?: VerifyCode;
  /** Lower-case hex of the hash the file was found by. */
  readonly tag: string;
  readonly algorithm: HashName;
  /** The member's `File` attribute. */
  readonly name?: string;
  /** What kind of file the member says it is. */
  readonly memberKind?: 'pe' | 'cab' | 'flat';
}

export interface FileVerdict {
  readonly path: string;
  readonly kind: FileKind;
  readonly verdict: Verdict;
  /** The first rule that failed with the effect that the verdict has. */
  readonly reason?: VerifyCode;
  /** False for a file that is beside the packages and carries no signature by nature; it has no part in the total. */
  readonly counts: boolean;
  readonly signatures: readonly SignatureReport[];
  readonly catalogs: readonly CatalogMatch[];
  /** Of a PE image that could be read. */
  readonly image?: ImageFacts;
  /** Of a catalog that could be read. */
  readonly scope?: CatalogScope;
  readonly diagnostics: readonly Diagnostic[];
}

export interface TreeVerdict {
  readonly verdict: Verdict;
  readonly files: readonly FileVerdict[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * What a failed rule (a finding of severity error) does to the verdict. `invalid`: the bytes are wrong.
 * `untrusted`: the bytes are right, but nothing that is trusted stands behind them.
 */
const EFFECT: Readonly<Partial<Record<VerifyCode, Verdict>>> = {
  VERIFY_UNSIGNED: 'unsigned',
  VERIFY_CHAIN_INCOMPLETE: 'untrusted',
  VERIFY_CHAIN_UNTRUSTED: 'untrusted',
  VERIFY_CHAIN_EXPIRED: 'untrusted',
  VERIFY_CERTIFICATE_UNCHECKED: 'untrusted',
  VERIFY_TIMESTAMP_UNTRUSTED: 'untrusted',
  VERIFY_CERTIFICATE_UNSUITABLE: 'untrusted',
  VERIFY_NAME_NOT_ALLOWED: 'untrusted',
  VERIFY_ALGORITHM_WEAK: 'untrusted',
  VERIFY_KEY_PUBLIC: 'untrusted',
  VERIFY_REVOCATION_MISSING: 'untrusted',
};

const RANK: readonly Verdict[] = ['valid', 'untrusted', 'unsigned', 'invalid'];

export const worst = (verdicts: Iterable<Verdict>): Verdict => {
  let rank = 0;
  for (const verdict of verdicts) rank = Math.max(rank, RANK.indexOf(verdict));
  return RANK[rank] ?? 'invalid';
};

const isVerifyCode = (code: ErrorCode): code is VerifyCode => code.startsWith('VERIFY_');

/** The verdict that findings lead to, and the first rule that leads there. */
export const judge = (findings: readonly Diagnostic[]): { verdict: Verdict; reason?: VerifyCode } => {
  const errors = findings.flatMap(({ code, severity }) =>
    severity === 'error' && isVerifyCode(code) ? [{ code, verdict: EFFECT[code] ?? 'invalid' }] : [],
  );
  const verdict = worst(errors.map((error) => error.verdict));
  const reason = errors.find((error) => error.verdict === verdict)?.code;
  return reason === undefined ? { verdict } : { verdict, reason };
};
