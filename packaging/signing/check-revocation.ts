import { type Diagnostic, problem } from '../../core/errors.ts';
import type { Revocation } from '../formats/x509/crl-parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { listsSaying } from './check-list.ts';
import { answersSaying } from './check-ocsp.ts';
import {
  CLOCK_TOLERANCE_MS,
  endOf,
  type RevocationEvidence,
  type RevocationNeed,
  type Said,
} from './revocation-evidence.ts';
import type { RevocationStatus, RevokedCertificate } from './verdict.ts';

export interface RevocationRequest {
  /** From the signer up. */
  readonly path: readonly Certificate[];
  /** Whether its end is an anchor, which is believed as it is. */
  readonly trusted: boolean;
  readonly evidence: RevocationEvidence | undefined;
  /** When the signature was made, as far as it is proven; else now. */
  readonly atMs: number;
  readonly purpose: 'code-signing' | 'time-stamping';
}

export interface CheckedRevocation {
  readonly status: RevocationStatus;
  readonly revoked: readonly RevokedCertificate[];
  readonly findings: readonly Diagnostic[];
}

/**
 * Asks the lists and OCSP answers at hand about every certificate below the anchor. A revocation before the signature, or at
 * its time, makes it invalid; one after it does not (spec signing-formats 6.5.6). A time-stamp authority that was revoked for
 * no stated reason takes all its stamps with it (RFC 3161, 4).
 */
export const checkRevocation = (request: RevocationRequest): CheckedRevocation => {
  const { path, trusted, evidence } = request;
  if (evidence === undefined) return { status: 'not-checked', revoked: [], findings: [] };
  const asked = trusted ? path.slice(0, -1) : path;
  const judged = asked.flatMap((certificate, depth): readonly Judged[] => {
    const issuer = path[depth + 1];
    // A root that nobody trusts has no issuer; any other certificate at the end lacks one.
    if (issuer === undefined) return certificate.selfIssued ? [] : [uncovered(certificate, request)];
    return [judgeOne({ certificate, issuer }, { ...request, evidence, leaf: depth === 0 })];
  });
  const nothing = evidence.lists.length + evidence.answers.length === 0;
  const revoked = judged.flatMap((one) => one.revoked ?? []);
  const status = revoked.some(({ effect }) => effect === 'invalid')
    ? 'revoked'
    : nothing
      ? 'not-checked'
      : judged.some(({ covered }) => !covered)
        ? 'partly-checked'
        : revoked.length > 0
          ? 'revoked-later'
          : 'good';
  return { status, revoked, findings: judged.flatMap(({ findings }) => findings) };
};

interface Judged {
  readonly covered: boolean;
  readonly revoked?: RevokedCertificate;
  readonly findings: readonly Diagnostic[];
}

interface JudgeRequest extends Omit<RevocationRequest, 'evidence'> {
  readonly evidence: RevocationEvidence;
  /** The first of the path. */
  readonly leaf: boolean;
}

const ON_HOLD = 6;

const judgeOne = (need: RevocationNeed, request: JudgeRequest): Judged => {
  const { evidence, atMs, trusted } = request;
  const { nowMs, watch } = evidence;
  const all = [...listsSaying(need, evidence), ...answersSaying(need, evidence)];
  const good = all.filter((one) => one.what === 'good' && one.thisUpdateMs <= nowMs + CLOCK_TOLERANCE_MS);
  const reaching = good.filter((one) => endOf(one) >= atMs);
  const newestMs = Math.max(...reaching.map(({ thisUpdateMs }) => thisUpdateMs));
  const revocations = all.flatMap((one) =>
    // What was on hold and is no longer is told by a newer answer.
    one.what === 'revoked' && !(one.revocation.reason === ON_HOLD && one.thisUpdateMs < newestMs) ? [one] : [],
  );
  const verdicts = revocations
    .toSorted((a, b) => a.revocation.dateMs - b.revocation.dateMs)
    .map(({ source, revocation }) => ({ source, ...judgeRevoked(need.certificate, revocation, request) }));
  const worst = verdicts.find(({ revoked }) => revoked.effect === 'invalid') ?? verdicts[0];
  if (worst !== undefined) {
    const { source, revoked, findings } = worst;
    watch?.used(source);
    return { covered: true, revoked, findings };
  }
  const best = reaching.toSorted((a, b) => b.thisUpdateMs - a.thisUpdateMs)[0];
  if (best !== undefined) {
    watch?.used(best.source);
    return { covered: true, findings: staleness(best, nowMs) };
  }
  if (trusted) watch?.missing(need);
  const open = uncovered(need.certificate, request);
  return { ...open, findings: [...unusedFindings(all, need, { atMs, nowMs }), ...open.findings] };
};

const uncovered = (
  { subjectText, file, offset }: Certificate,
  { evidence, trusted }: Pick<RevocationRequest, 'evidence' | 'trusted'>,
): Judged => {
  // Nothing is asked of whom nobody trusts.
  if (evidence?.required !== true || !trusted) return { covered: false, findings: [] };
  const message = `Nothing at hand tells whether "${subjectText}" was revoked.`;
  const hint = 'Give a list with --crl or an answer with --ocsp, or have them fetched with --fetch-revocation.';
  return { covered: false, findings: [problem('VERIFY_REVOCATION_MISSING', message, { at: { file, offset }, hint })] };
};

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/** What is about the certificate and of no use: told only where nothing else is, for old lists lie about everywhere. */
const unusedFindings = (
  all: readonly Said[],
  { certificate: { subjectText } }: RevocationNeed,
  { atMs, nowMs }: { readonly atMs: number; readonly nowMs: number },
): readonly Diagnostic[] =>
  all.map((one) => {
    const why =
      one.what === 'nothing'
        ? one.why
        : one.thisUpdateMs > nowMs + CLOCK_TOLERANCE_MS
          ? `is of ${day(one.thisUpdateMs)}, after ${day(nowMs)}`
          : `ended on ${day(endOf(one))}, before ${day(atMs)}`;
    const kind = 'revoked' in one.source ? 'list' : 'OCSP answer';
    const message = `The ${kind} tells nothing of "${subjectText}": it ${why}.`;
    const severity = 'warning';
    return problem('VERIFY_REVOCATION_UNUSED', message, { at: { file: one.source.file }, severity });
  });

/** What was to be renewed before the moment of judgement: a revocation since is not in it. */
const staleness = (said: Said, nowMs: number): readonly Diagnostic[] => {
  const { source } = said;
  if (endOf(said) >= nowMs) return [];
  const kind = 'revoked' in source ? 'list of revoked certificates' : 'OCSP answer';
  const message = `The ${kind} ended on ${day(endOf(said))}; there is a newer one.`;
  return [problem('VERIFY_REVOCATION_STALE', message, { at: { file: source.file }, severity: 'warning' })];
};

/** CRLReason (RFC 5280, 5.3.1). */
const REASONS: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};
/** Reasons after which what was made before stays good: unspecified, changed affiliation, superseded, ended. */
const HARMLESS_REASONS: ReadonlySet<number> = new Set([0, 3, 4, 5]);
/** Reasons that have nothing to do with the key, so that an invalidity date means the certificate's end and no earlier doubt. */
const KEPT_KEY_REASONS: ReadonlySet<number> = new Set([3, 4, 5]);

/** From when on signatures are doubtful: the revocation, or the earlier day since which the key was not its owner's alone. */
const sinceOf = ({ dateMs, reason, invalidityMs }: Revocation): number =>
  invalidityMs === undefined || (reason !== undefined && KEPT_KEY_REASONS.has(reason))
    ? dateMs
    : Math.min(dateMs, invalidityMs);

const judgeRevoked = (
  certificate: Certificate,
  revocation: Revocation,
  { atMs, purpose, leaf }: JudgeRequest,
): { readonly revoked: RevokedCertificate; readonly findings: readonly Diagnostic[] } => {
  const { dateMs, reason, invalidityMs } = revocation;
  const compromised = purpose === 'time-stamping' && leaf && (reason === undefined || !HARMLESS_REASONS.has(reason));
  const doubtful = dateMs > atMs && sinceOf(revocation) <= atMs;
  const invalid = dateMs <= atMs || compromised || doubtful;
  const { subjectText, thumbprint, file, offset } = certificate;
  const named = reason === undefined ? undefined : (REASONS[reason] ?? String(reason));
  const why = named === undefined ? '' : ` (${named})`;
  const was = reason === ON_HOLD ? 'is on hold since' : 'was revoked on';
  const message =
    doubtful && invalidityMs !== undefined
      ? `"${subjectText}" ${was} ${day(dateMs)}${why}, invalid since ${day(invalidityMs)}, which is before this was signed (assumed: no page of Microsoft's says that Windows heeds that date).`
      : invalid
        ? `"${subjectText}" ${was} ${day(dateMs)}${why}.`
        : `"${subjectText}" ${was} ${day(dateMs)}${why}, after this was signed, which leaves it valid.`;
  return {
    revoked: {
      subject: subjectText,
      thumbprint,
      date: new Date(dateMs).toISOString(),
      ...(named === undefined ? {} : { reason: named }),
      ...(invalidityMs === undefined ? {} : { invalidSince: new Date(invalidityMs).toISOString() }),
      effect: invalid ? 'invalid' : 'none',
    },
    findings: [problem('VERIFY_REVOKED', message, { at: { file, offset }, severity: invalid ? 'error' : 'warning' })],
  };
};
