import { createHash } from 'node:crypto';
import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { hashOf } from '../formats/cms/algorithms.ts';
import { CmsOid, SpcOid } from '../formats/cms/object-ids.ts';
import {
  type Attribute,
  type AttributeSet,
  attributesOf,
  parseSignedData,
  parseSignerInfo,
  type SignerInfo,
  signedDataOf,
} from '../formats/cms/parse.ts';
import { parseTstInfo } from '../formats/cms/tst-info-parse.ts';
import { type DerNode, parseDer, Tag } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { buildChain, type Trust } from './chain.ts';
import { checkEmbedded, checkOthers } from './check-embedded.ts';
import { checkFrame, checkSigner, findingAt, soleValue } from './check-signer.ts';
import { checkHashStrength } from './strength.ts';
import { judge, type RevocationStatus, type TimestampReport, type VerifyCode } from './verdict.ts';

/** Attributes outside the signature that carry a time stamp (spec signing-formats 4). */
export const TimestampOid = { rfc3161: SpcOid.rfc3161Timestamp, legacy: '1.2.840.113549.1.9.6' } as const;
const SIGNING_TIME = '1.2.840.113549.1.9.5';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';

export interface TimestampContext {
  /** What was stamped: the octets of the signature. */
  readonly signature: Uint8Array;
  /** Certificates of the outer signature; a legacy stamp has no others. */
  readonly pool: readonly Certificate[];
  readonly trust: Trust;
}

export interface CheckedTimestamp {
  readonly report: TimestampReport;
  /** Only VERIFY_TIMESTAMP_INVALID and VERIFY_TIMESTAMP_UNTRUSTED are errors here; the message says which rule failed. */
  readonly findings: readonly Diagnostic[];
  /** The stamped time, unless the stamp is damaged; proven only if the report says valid. */
  readonly timeMs: number | undefined;
  /** The same findings under the code of the rule that each broke. */
  readonly rules: readonly Diagnostic[];
  /** From the authority's certificate to an anchor, or as far as issuers were found. */
  readonly path: readonly Certificate[];
}

interface ReadStamp {
  readonly findings: readonly Diagnostic[];
  readonly signer: SignerInfo;
  readonly certificate: Certificate | undefined;
  readonly timeMs: number | undefined;
  readonly pool: readonly Certificate[];
}

/** A time stamp attribute: bound to the signature, whole, and by an authority that is trusted at the stamped time. */
export const checkTimestamp = (attribute: Attribute, context: TimestampContext): CheckedTimestamp => {
  const kind = attribute.oid === TimestampOid.rfc3161 ? 'rfc3161' : 'authenticode';
  try {
    const [value, ...more] = attribute.values;
    if (value === undefined || more.length > 0) {
      return attribute.node.fail('DER_UNEXPECTED', 'A time stamp attribute does not have one value.');
    }
    const stamp = kind === 'rfc3161' ? readToken(value, context.signature) : readCountersignature(value, context);
    return summarize(kind, stamp, checkAuthority(kind, stamp, context.trust));
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const findings = [
      problem('VERIFY_TIMESTAMP_INVALID', error.message, error.at === undefined ? {} : { at: error.at }),
    ];
    return { report: { kind, ...judge(findings) }, findings, timeMs: undefined, rules: findings, path: [] };
  }
};

const summarize = (
  kind: TimestampReport['kind'],
  { findings, signer, certificate, timeMs }: ReadStamp,
  authority: CheckedAuthority,
): CheckedTimestamp => {
  const rules = [...findings, ...authority.findings];
  const all = rules.map(asTimestampFinding);
  const hash = hashOf(signer.digestAlgorithm);
  const report: TimestampReport = {
    kind,
    ...judge(all),
    ...(timeMs === undefined ? {} : { time: new Date(timeMs).toISOString() }),
    ...(certificate === undefined ? {} : { subject: certificate.subjectText }),
    ...(hash === undefined ? {} : { digestAlgorithm: hash }),
    ...(authority.revocation === undefined ? {} : { revocation: authority.revocation }),
  };
  const proven = report.verdict === 'invalid' ? undefined : timeMs;
  return { report, findings: all, timeMs: proven, rules, path: authority.path };
};

/** Within a stamp every failed rule is one of two: damaged, or not trusted. */
const asTimestampFinding = (finding: Diagnostic): Diagnostic => {
  const { verdict } = judge([finding]);
  const message = `Time stamp: ${finding.message}`;
  if (verdict === 'valid') return { ...finding, message };
  const code: VerifyCode = verdict === 'untrusted' ? 'VERIFY_TIMESTAMP_UNTRUSTED' : 'VERIFY_TIMESTAMP_INVALID';
  return { ...finding, code, message };
};

/** RFC 3161: a SignedData of its own, whose content has the hash of the signature. */
const readToken = (value: DerNode, signature: Uint8Array): ReadStamp => {
  const token = parseSignedData(signedDataOf(value));
  const [signer] = token.signers;
  const content = token.content?.expect(Tag.octetString, 'eContent');
  if (signer === undefined || content === undefined) {
    return value.fail('DER_UNEXPECTED', 'A time stamp token has no signer or no content.');
  }
  const base = content.offset + content.bytes.length - content.value.length;
  const info = parseTstInfo(parseDer(content.value, { file: content.file, base }));
  const checked = checkSigner(signer, { contentType: CmsOid.tstInfo, octets: content.value }, token.certificates);
  const { hash, digest } = info.imprint;
  const findings = [
    ...checkFrame(token, { version: 3, contentType: CmsOid.tstInfo }),
    ...checked.findings,
    ...checkOthers(token),
    ...checkSigningCertificate(signer.signedAttributes, checked.certificate),
    ...refuseUnsigned(signer),
  ];
  if (info.version !== 1) findings.push(findingAt(content, 'VERIFY_MALFORMED', `TSTInfo has version ${info.version}.`));
  if (hash === undefined || !equalBytes(digest, new Uint8Array(createHash(hash).update(signature).digest()))) {
    findings.push(findingAt(content, 'VERIFY_DIGEST_MISMATCH', 'It was made for another signature.'));
  }
  if (hash !== undefined) {
    const at = { file: content.file, offset: content.offset };
    findings.push(...checkHashStrength(hash, 'The signature is hashed', at));
  }
  return { findings, signer, certificate: checked.certificate, timeMs: info.genTimeMs, pool: token.certificates };
};

/** The older form: a SignerInfo over the signature's octets, its certificates among those of the signature. */
const readCountersignature = (value: DerNode, { signature, pool }: TimestampContext): ReadStamp => {
  const signer = parseSignerInfo(value);
  const checked = checkSigner(signer, { contentType: CmsOid.data, octets: signature, mayBeBare: true }, pool);
  const time = soleValue(signer.signedAttributes, SIGNING_TIME);
  const findings = [...checked.findings, ...refuseUnsigned(signer)];
  if (time === undefined) findings.push(findingAt(value, 'VERIFY_ATTRIBUTE_WRONG', 'It does not say when.'));
  return { findings, signer, certificate: checked.certificate, timeMs: time?.time('signingTime'), pool };
};

/** Nothing is known that may stand outside the signature of a time stamp. */
const refuseUnsigned = ({ unsignedAttributes }: SignerInfo): Diagnostic[] =>
  (unsignedAttributes?.attributes ?? []).map(({ oid, node }) =>
    findingAt(node, 'VERIFY_ATTRIBUTE_UNKNOWN', `The attribute ${oid} outside the signature is not known.`),
  );

/**
 * signingCertificate (SHA-1) or signingCertificateV2 binds the token to its certificate: the first ESSCertID has the hash
 * of the signer's certificate (RFC 2634, 5.4; RFC 5035). RFC 3161 demands one of them.
 */
const checkSigningCertificate = (
  attributes: AttributeSet | undefined,
  certificate: Certificate | undefined,
): Diagnostic[] => {
  if (certificate === undefined || attributes === undefined) return [];
  const ids = [SIGNING_CERTIFICATE, CmsOid.signingCertificateV2].filter(
    (oid) => attributesOf(attributes, oid).length > 0,
  );
  const wrong = ids.length === 0 || ids.some((oid) => !namesCertificate(attributes, oid, certificate.der));
  return wrong
    ? [
        findingAt(
          attributes.node,
          'VERIFY_ATTRIBUTE_WRONG',
          'It does not name the certificate that it was signed with.',
        ),
      ]
    : [];
};

const namesCertificate = (attributes: AttributeSet, oid: string, der: Uint8Array): boolean => {
  const id = soleValue(attributes, oid)?.child(0, 'certs', Tag.sequence).child(0, 'ESSCertID', Tag.sequence);
  const [first, second] = id?.children ?? [];
  if (first === undefined) return false;
  if (first.tag === Tag.octetString) {
    const hash = oid === SIGNING_CERTIFICATE ? 'sha1' : 'sha256';
    return equalBytes(first.value, new Uint8Array(createHash(hash).update(der).digest()));
  }
  const hash = hashOf({ oid: first.child(0, 'hashAlgorithm').oid('hashAlgorithm'), parameters: null, node: first });
  if (hash === undefined || second?.tag !== Tag.octetString) return false;
  return equalBytes(second.value, new Uint8Array(createHash(hash).update(der).digest()));
};

interface CheckedAuthority extends Pick<CheckedTimestamp, 'findings' | 'path'> {
  readonly revocation?: RevocationStatus;
}

const checkAuthority = (kind: TimestampReport['kind'], stamp: ReadStamp, trust: Trust): CheckedAuthority => {
  const { certificate, timeMs, pool } = stamp;
  if (certificate === undefined || timeMs === undefined) return { findings: [], path: [] };
  const chain = buildChain({ leaf: certificate, pool, trust, atMs: timeMs, purpose: 'time-stamping' });
  const reported = chain.path.at(-1);
  const { path, revocation } = chain;
  const findings = [...chain.findings, ...(kind === 'authenticode' ? [] : checkEmbedded(pool, { trust, reported }))];
  const { ekus, ekuCritical, subjectText, file, offset } = certificate;
  // RFC 3161 2.3. observed: Microsoft's own authorities before 2023 (microsoft-signed/signify-oem89…) are not critical.
  if (kind === 'authenticode' || (ekus?.length === 1 && ekuCritical)) return { findings, path, revocation };
  const message = `"${subjectText}" does not have time-stamping as its one, critical purpose.`;
  const at = { file, offset };
  const warning = problem('VERIFY_CERTIFICATE_UNSUITABLE', message, { severity: 'warning', at });
  return { findings: [...findings, warning], path, revocation };
};
