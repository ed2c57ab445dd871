import { equalBytes, toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { schemeOf } from '../formats/cms/algorithms.ts';
import type { Revocation, RevocationList } from '../formats/x509/crl-parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { signatureHolds } from '../formats/x509/signature.ts';
import type { RevocationStatus } from './verdict.ts';

export interface RevocationRequest {
  /** From the signer up. */
  readonly path: readonly Certificate[];
  readonly lists: readonly RevocationList[];
  /** When the signature was made, as far as it is proven; else now. */
  readonly atMs: number;
  readonly purpose: 'code-signing' | 'time-stamping';
}

export interface CheckedRevocation {
  readonly status: RevocationStatus;
  readonly findings: readonly Diagnostic[];
}

/** issuingDistributionPoint narrows a list; one that narrows it is of use for what it does list. */
const ISSUING_DISTRIBUTION_POINT = '2.5.29.28';

/**
 * Looks every certificate but a self-issued one up in the lists of its issuer. A list counts when the issuer's key signed
 * it. A revocation before the signature, or at its time, makes it invalid; one after it does not (spec 6.5.6). A time-stamp
 * authority that was revoked for no stated reason takes all its stamps with it (RFC 3161, 4).
 */
export const checkRevocation = ({ path, lists, atMs, purpose }: RevocationRequest): CheckedRevocation => {
  if (lists.length === 0) return { status: 'not-checked', findings: [] };
  const findings: Diagnostic[] = [];
  let [covered, revoked] = [true, false];
  path.forEach((certificate, depth) => {
    if (certificate.selfIssued) return;
    const issuer = path[depth + 1];
    const own = issuer === undefined ? [] : lists.filter((list) => isListOf(list, issuer));
    if (!own.some(({ critical }) => critical.length === 0)) covered = false;
    const entry = own.map((list) => list.revoked.get(toHex(certificate.serial))).find((found) => found !== undefined);
    if (entry === undefined) return;
    const finding = revocationFinding(certificate, entry, {
      atMs,
      retroactive: purpose === 'time-stamping' && depth === 0,
    });
    findings.push(finding);
    revoked ||= finding.severity === 'error';
  });
  return { status: revoked ? 'revoked' : covered ? 'good' : 'partly-checked', findings };
};

/** Whether the issuer signed the list, and the list is one that can be read without knowing more than its entries. */
const isListOf = (
  { issuer, critical, tbs, signatureAlgorithm, signature }: RevocationList,
  by: Certificate,
): boolean => {
  if (!equalBytes(issuer, by.subject) || critical.some((oid) => oid !== ISSUING_DISTRIBUTION_POINT)) return false;
  if (by.keyUsage !== undefined && !by.keyUsage.has('cRLSign')) return false;
  const scheme = schemeOf(signatureAlgorithm);
  if (scheme?.hash === undefined) return false;
  return signatureHolds(by, { message: tbs, hash: scheme.hash, scheme, signature });
};

/** Reasons after which what was made before stays good: unspecified, changed affiliation, superseded, ended. */
const HARMLESS_REASONS: ReadonlySet<number> = new Set([0, 3, 4, 5]);

const revocationFinding = (
  { subjectText, file, offset }: Certificate,
  { dateMs, reason }: Revocation,
  { atMs, retroactive }: { readonly atMs: number; readonly retroactive: boolean },
): Diagnostic => {
  const day = new Date(dateMs).toISOString().slice(0, 10);
  const at = { file, offset };
  const compromised = retroactive && (reason === undefined || !HARMLESS_REASONS.has(reason));
  if (dateMs <= atMs || compromised) {
    return problem('VERIFY_REVOKED', `"${subjectText}" was revoked on ${day}.`, { at });
  }
  const message = `"${subjectText}" was revoked on ${day}, after this was signed, which leaves it valid.`;
  return problem('VERIFY_REVOKED', message, { at, severity: 'warning' });
};

/** Lists that were to be renewed before the day of judgement: what was revoked since is not in them. */
export const staleLists = (lists: readonly RevocationList[], atMs: number): Diagnostic[] =>
  lists.flatMap(({ nextUpdateMs, file }) => {
    if (nextUpdateMs === undefined || nextUpdateMs >= atMs) return [];
    const message = `The revocation list ended on ${new Date(nextUpdateMs).toISOString().slice(0, 10)}; there is a newer one.`;
    return [problem('VERIFY_REVOCATION_STALE', message, { at: { file }, severity: 'warning' })];
  });
