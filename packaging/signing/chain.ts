import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { X509Oid } from '../formats/cms/object-ids.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { issuedBy } from '../formats/x509/signature.ts';
import { checkRevocation } from './check-revocation.ts';
import { KNOWN_ROOTS, rootByKey } from './known-roots.ts';
import { forbiddenName } from './name-constraints.ts';
import type { RevocationEvidence } from './revocation-evidence.ts';
import { checkStrength } from './strength.ts';
import { judge, type RevocationStatus, type RevokedCertificate } from './verdict.ts';

/** The certificates that are believed without a signature. A self-signed signer's own certificate may be one of them. */
export interface Trust {
  readonly anchors: readonly Certificate[];
  /** What is known of revoked certificates; nothing is fetched here. */
  readonly revocation?: RevocationEvidence | undefined;
}

const anchorsOf = new WeakMap<Uint8Array, readonly Certificate[]>();

/** The certificates of CA files, DER or PEM. @throws WinpvError DER_* */
export const trustOf = (files: readonly Uint8Array[], revocation?: RevocationEvidence): Trust => ({
  anchors: files.flatMap((bytes) => {
    const known = anchorsOf.get(bytes) ?? parseCertificates(bytes, 'the trusted certificates');
    anchorsOf.set(bytes, known);
    return known;
  }),
  revocation,
});

export type Purpose = 'code-signing' | 'time-stamping';

export interface ChainRequest {
  readonly leaf: Certificate;
  /** Certificates that came with the signature. */
  readonly pool: readonly Certificate[];
  readonly trust: Trust;
  /** The moment at which every certificate but the anchor must be valid. */
  readonly atMs: number;
  readonly purpose: Purpose;
}

export interface Chain {
  /** From the signer to the anchor, or as far as issuers were found. */
  readonly path: readonly Certificate[];
  readonly findings: readonly Diagnostic[];
  readonly revocation: RevocationStatus;
  readonly revoked: readonly RevokedCertificate[];
}

const MAX_LENGTH = 12;
/** Cross-certificates give a certificate several issuers; a hostile pool gives it many. */
const MAX_PATHS = 64;
export const ANY_PURPOSE = '2.5.29.37.0';
const PURPOSE_OID: Readonly<Record<Purpose, string>> = {
  'code-signing': X509Oid.codeSigning,
  'time-stamping': X509Oid.timeStamping,
};

export const isAnchor = (certificate: Certificate, { anchors }: Trust): boolean =>
  anchors.some(({ der }) => equalBytes(der, certificate.der));

/**
 * The best way from the signer to an anchor: every issuer that fits by name and whose key verifies is tried, and a path
 * without errors wins. Roots are believed whatever their own dates and signature say (spec signing-formats 6.5.8–9).
 */
export const buildChain = (request: ChainRequest): Chain => {
  const { complete, longest } = findPaths(request);
  const judged = complete.map((path): Chain => judgePath(path, request));
  for (const verdict of ['valid', 'untrusted'] as const) {
    const chain = judged.find(({ findings }) => judge(findings).verdict === verdict);
    if (chain !== undefined) return chain;
  }
  const [first] = judged;
  if (first !== undefined) return first;
  const open = judgePath(longest, request);
  return { ...open, findings: [openEnd(longest), ...open.findings] };
};

const judgePath = (path: readonly Certificate[], request: ChainRequest): Chain => {
  const { trust, atMs, purpose } = request;
  const last = path.at(-1);
  const trusted = last !== undefined && isAnchor(last, trust);
  const { status, revoked, findings } = checkRevocation({ path, trusted, evidence: trust.revocation, atMs, purpose });
  return { path, findings: [...checkPath(path, request), ...findings], revocation: status, revoked };
};

const openEnd = (path: readonly Certificate[]): Diagnostic => {
  const last = path.at(-1);
  const at = last === undefined ? {} : { at: { file: last.file, offset: last.offset } };
  if (last?.selfIssued === true) {
    const known = KNOWN_ROOTS[last.thumbprint];
    const which = known === undefined ? `a root that winpv does not know` : `a root that winpv knows (${known})`;
    const message = `The chain ends at "${last.subjectText}", ${which} and that is not among the trusted ones.`;
    const hint = `If you trust it (SHA-1 thumbprint ${last.thumbprint}), name its file with --ca.`;
    return problem('VERIFY_CHAIN_UNTRUSTED', message, { ...at, hint });
  }
  const root = last === undefined ? undefined : rootByKey(last);
  if (root !== undefined) {
    const message = `The chain leads to "${root.subject}", whose key is known here, but whose certificate was not given as trusted.`;
    const hint = `Name the file of the certificate with the SHA-1 thumbprint ${root.thumbprint} with --ca.`;
    return problem('VERIFY_CHAIN_INCOMPLETE', message, { ...at, hint });
  }
  const message = `No certificate of the issuer "${last?.issuerText ?? ''}" is at hand.`;
  return problem('VERIFY_CHAIN_INCOMPLETE', message, { ...at, hint: "Name the root's file with --ca." });
};

interface Paths {
  readonly complete: readonly (readonly Certificate[])[];
  /** Those that nothing at hand continues, and that end at no anchor. */
  readonly open: readonly (readonly Certificate[])[];
  readonly longest: readonly Certificate[];
}

const findPaths = ({ leaf, pool, trust }: ChainRequest, more: readonly Certificate[] = []): Paths => {
  const candidates = distinct([...trust.anchors, ...more, ...pool]);
  const complete: (readonly Certificate[])[] = [];
  const open: (readonly Certificate[])[] = [];
  let longest: readonly Certificate[] = [leaf];
  let budget = MAX_PATHS;
  const walk = (path: readonly Certificate[], last: Certificate): void => {
    budget -= 1;
    if (path.length > longest.length) longest = path;
    if (isAnchor(last, trust)) complete.push(path);
    if (path.length >= MAX_LENGTH || isAnchor(last, trust)) return;
    // What else has a root's name and key is reached from below the root as well.
    const isRoot = path.length > 1 && last.selfIssued && issuedBy(last, last);
    let continued = false;
    for (const issuer of isRoot ? [] : candidates) {
      if (budget <= 0) return;
      if (!equalBytes(issuer.subject, last.issuer) || path.some(({ der }) => equalBytes(der, issuer.der))) continue;
      if (!issuedBy(last, issuer)) continue;
      continued = true;
      walk([...path, issuer], issuer);
    }
    if (!continued) open.push(path);
  };
  walk([leaf], leaf);
  return { complete, open, longest };
};

/** Each certificate once: one that is an anchor also comes along with many signatures. */
const distinct = (certificates: readonly Certificate[]): readonly Certificate[] => {
  const seen = new Set<string>();
  return certificates.filter(({ thumbprint }) => !seen.has(thumbprint) && seen.add(thumbprint));
};

/** Authorities may limit the names below them; a certificate that an authority issued to itself is exempt. */
const checkNames = (certificate: Certificate, above: readonly Certificate[], depth: number): Diagnostic[] => {
  if (certificate.selfIssued && depth > 0) return [];
  const { subjectText, file, offset } = certificate;
  return above.flatMap((authority) => {
    const name = forbiddenName(certificate, authority);
    if (name === undefined) return [];
    const message = `"${authority.subjectText}" does not allow ${name} in "${subjectText}", below it.`;
    return [problem('VERIFY_NAME_NOT_ALLOWED', message, { at: { file, offset } })];
  });
};

/**
 * Every way from the signer as far up as certificates lead, whether or not one of them is trusted. A root, trusted or
 * not, is taken as it is: who believes in it is the caller's question.
 */
export const allPaths = (request: ChainRequest): readonly Chain[] => {
  const { open } = findPaths({ ...request, trust: { anchors: [] } }, request.trust.anchors);
  return open.map((path) => {
    const root = path.length > 1 ? path.at(-1) : undefined;
    const anchors = root?.selfIssued === true ? [root] : [];
    return judgePath(path, { ...request, trust: { anchors } });
  });
};

const checkPath = (path: readonly Certificate[], request: ChainRequest): Diagnostic[] =>
  path.flatMap((certificate, depth) => {
    const trusted = isAnchor(certificate, request.trust);
    return [
      ...checkNames(certificate, path.slice(depth + 1), depth),
      ...(trusted && depth > 0 ? [] : checkValidity(certificate, request.atMs)),
      ...(depth === 0 ? checkLeaf(certificate, request.purpose) : checkIssuer(certificate, depth, request.purpose)),
      ...checkStrength(certificate, { root: trusted || certificate.selfIssued }),
    ];
  });

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

const checkValidity = (certificate: Certificate, atMs: number): Diagnostic[] => {
  const { notBeforeMs, notAfterMs, subjectText, file, offset } = certificate;
  if (atMs >= notBeforeMs && atMs <= notAfterMs) return [];
  const message = `"${subjectText}" is valid from ${day(notBeforeMs)} to ${day(notAfterMs)}, not on ${day(atMs)}.`;
  return [problem('VERIFY_CHAIN_EXPIRED', message, { at: { file, offset } })];
};

const unsuitable = ({ subjectText, file, offset }: Certificate, why: string): Diagnostic =>
  problem('VERIFY_CERTIFICATE_UNSUITABLE', `"${subjectText}" ${why}.`, { at: { file, offset } });

/** What the signer's own certificate must allow (spec 6.5.7). */
const checkLeaf = (certificate: Certificate, purpose: Purpose): Diagnostic[] => {
  const { ekus, keyUsage, basicConstraints, subjectText, file, offset } = certificate;
  const findings: Diagnostic[] = [];
  if (ekus === undefined && purpose === 'code-signing') {
    const message = `"${subjectText}" has no extended key usage, which only test signing accepts.`;
    findings.push(problem('VERIFY_CERTIFICATE_UNSUITABLE', message, { severity: 'warning', at: { file, offset } }));
  } else if (!(ekus ?? []).includes(PURPOSE_OID[purpose])) {
    findings.push(unsuitable(certificate, `is not for ${purpose}`));
  }
  if (keyUsage !== undefined && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) {
    findings.push(unsuitable(certificate, 'may not make digital signatures'));
  }
  if (basicConstraints?.ca === true && !certificate.selfIssued) {
    findings.push(unsuitable(certificate, 'is an authority, not a signer'));
  }
  return [...findings, ...checkCritical(certificate)];
};

/** `depth` counts the certificates below. */
const checkIssuer = (certificate: Certificate, depth: number, purpose: Purpose): Diagnostic[] => {
  const { ekus, keyUsage, basicConstraints } = certificate;
  const findings: Diagnostic[] = [];
  // Version 1 roots of the nineties have no extensions at all.
  const isAuthority = basicConstraints?.ca ?? (certificate.selfIssued && keyUsage === undefined);
  if (!isAuthority) findings.push(unsuitable(certificate, 'is not an authority, but has issued a certificate'));
  if (keyUsage !== undefined && !keyUsage.has('keyCertSign')) {
    findings.push(unsuitable(certificate, 'may not sign certificates'));
  }
  const limit = basicConstraints?.pathLength;
  if (limit !== undefined && depth - 1 > limit) {
    findings.push(unsuitable(certificate, `allows ${limit} authorities below it, and there are ${depth - 1}`));
  }
  if (ekus !== undefined && !ekus.includes(PURPOSE_OID[purpose]) && !ekus.includes(ANY_PURPOSE)) {
    findings.push(unsuitable(certificate, `does not issue for ${purpose}`));
  }
  return [...findings, ...checkCritical(certificate)];
};

const checkCritical = (certificate: Certificate): Diagnostic[] =>
  certificate.unknownCritical.map((oid) => unsuitable(certificate, `has the critical extension ${oid}, unknown here`));
