import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { parseOpusInfo } from '../formats/authenticode/parse.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { attributesOf, parseSignedData, type SignedData, type SignerInfo, signedDataOf } from '../formats/cms/parse.ts';
import type { DerNode } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { pathReport } from './authority-path.ts';
import { allPaths, buildChain, type ChainRequest, isAnchor, type Trust } from './chain.ts';
import { checkEmbedded, checkOthers } from './check-embedded.ts';
import { type CheckedSigner, checkFrame, checkSigner, findingAt, soleValue } from './check-signer.ts';
import { type CheckedTimestamp, checkTimestamp, TimestampOid } from './check-timestamp.ts';
import type { ContentVerdict } from './content-check.ts';
import { rootReport } from './known-roots.ts';
import {
  type AuthorityPath,
  judge,
  type PageHashReport,
  type RevocationStatus,
  type RevokedCertificate,
  type RootReport,
  type SignatureReport,
} from './verdict.ts';

const NESTED_SIGNATURE = '1.3.6.1.4.1.311.2.4.1';
const SIGNING_TIME = '1.2.840.113549.1.9.5';
const LIFETIME_SIGNING = '1.3.6.1.4.1.311.10.3.13';

export interface JudgeContext {
  readonly trust: Trust;
  /** The moment of judgement for signatures without a time stamp. */
  readonly atMs: number;
}

export interface SignatureRequest extends JudgeContext {
  readonly place: SignatureReport['place'];
  readonly contentType: string;
  /** Compares the signed content with the file. */
  readonly checkContent: (content: DerNode) => ContentVerdict;
  /** The content of a detached signature: then none may stand in the signature. */
  readonly detached?: Uint8Array;
  /** Windows refuses a catalog whose certificates are not in DER order (spec signing-formats 1.1). */
  readonly sortedCertificates: boolean;
  /** Whether nested signatures may stand in this one. */
  readonly mayNest: boolean;
}

export interface CheckedSignature {
  readonly report: SignatureReport;
  readonly findings: readonly Diagnostic[];
}

/** A parser's refusal as a finding of the documented set. */
export const findingOf = (error: unknown): Diagnostic => {
  if (!(error instanceof WinpvError)) throw error;
  const code =
    error.code === 'DER_TRAILING_DATA'
      ? 'VERIFY_TRAILING_DATA'
      : error.code === 'DER_NOT_CANONICAL'
        ? 'VERIFY_NOT_CANONICAL'
        : 'VERIFY_MALFORMED';
  return problem(code, error.message, error.at === undefined ? {} : { at: error.at });
};

/**
 * Judges a SignedData and the signatures nested in it, the outer one first. Never throws for bad input: what cannot be
 * read is a finding.
 */
export const checkSignature = (node: DerNode, request: SignatureRequest): readonly CheckedSignature[] => {
  try {
    const signed = parseSignedData(node);
    const [signer] = signed.signers;
    if (signer === undefined) return node.fail('DER_UNEXPECTED', 'There is no signer.');
    return [checkOne(signed, signer, request), ...nestedSignatures(signer, request)];
  } catch (error) {
    const finding = findingOf(error);
    return [{ findings: [finding], report: { ...EMPTY, place: request.place, ...judge([finding]) } }];
  }
};

const EMPTY = {
  subject: '',
  issuer: '',
  serial: '',
  ekus: [],
  chain: [],
  authorityPaths: [],
  revocation: 'not-checked',
} as const;

const checkOne = (signed: SignedData, signer: SignerInfo, request: SignatureRequest): CheckedSignature => {
  const { trust, contentType, detached } = request;
  const { content, certificates, node } = signed;
  const octets = detached ?? content?.value ?? new Uint8Array(0);
  const checked = checkSigner(signer, { contentType, octets }, certificates);
  const stamps = timestampsOf(signer).map((attribute) =>
    checkTimestamp(attribute, { signature: signer.signature, pool: certificates, trust }),
  );
  const chain = chainOf(checked, signed, stamps, request);
  const about = aboutContent(content, request);
  const findings = [
    ...checkFrame(signed, { version: 1, contentType }),
    ...checked.findings,
    ...(about?.findings ?? [findingAt(node, 'VERIFY_CONTENT_MISMATCH', MISPLACED_CONTENT)]),
    ...checkUnsigned(signer, request),
    ...checkOrder(signed, request),
    ...chain.findings,
    ...stamps.flatMap((stamp) => [...stamp.findings, ...fromTheFuture(stamp, node, request.atMs)]),
    ...checkEmbedded(certificates, { trust, reported: chain.path.at(-1) }),
    ...checkOthers(signed),
  ];
  return {
    findings,
    report: reportOf(signer, checked, {
      ...chain,
      place: request.place,
      findings,
      stamps,
      pageHashes: about?.pageHashes,
    }),
  };
};

const MISPLACED_CONTENT = 'The content is not where it should be: inside of the signature, or beside a detached one.';

const aboutContent = (
  content: DerNode | undefined,
  { detached, checkContent }: SignatureRequest,
): ContentVerdict | undefined => {
  if (detached !== undefined) return content === undefined ? { findings: [] } : undefined;
  return content === undefined ? undefined : checkContent(content);
};

/** Clocks of authorities and machines differ by hours at most, and a test stamp states a day. */
const TOLERANCE_MS = 24 * 60 * 60 * 1000;

const fromTheFuture = ({ timeMs }: CheckedTimestamp, node: DerNode, atMs: number): readonly Diagnostic[] => {
  if (timeMs === undefined || timeMs <= atMs + TOLERANCE_MS) return [];
  const [stamped, judged] = [timeMs, atMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
  return [findingAt(node, 'VERIFY_TIMESTAMP_UNTRUSTED', `The time stamp is of ${stamped}, after ${judged}.`)];
};

const timestampsOf = ({ unsignedAttributes }: SignerInfo) => [
  ...attributesOf(unsignedAttributes, TimestampOid.rfc3161),
  ...attributesOf(unsignedAttributes, TimestampOid.legacy),
];

/**
 * Time of judgement: the stamped time, else now. A stamp whose authority is not trusted is a finding of its own, so its
 * time serves as well. A lifetime-signing certificate ends with its validity.
 */
const chainOf = (
  { certificate }: CheckedSigner,
  { certificates }: SignedData,
  stamps: readonly CheckedTimestamp[],
  { trust, atMs }: JudgeContext,
) => {
  if (certificate === undefined) {
    const revocation = { revocation: 'not-checked' as const, revoked: [] };
    return { path: [], findings: [], authorityPaths: [], ...revocation, root: undefined };
  }
  const stamped = stamps.find(({ timeMs }) => timeMs !== undefined)?.timeMs;
  const lifetime = certificate.ekus?.includes(LIFETIME_SIGNING) ?? false;
  const judgedAt = stamped === undefined || (lifetime && atMs > certificate.notAfterMs) ? atMs : stamped;
  const request: ChainRequest = {
    leaf: certificate,
    pool: certificates,
    trust,
    atMs: judgedAt,
    purpose: 'code-signing',
  };
  const { path, findings, revocation, revoked } = buildChain(request);
  const authorityPaths = allPaths(request).map(pathReport);
  const last = path.at(-1) ?? certificate;
  return { path, findings, authorityPaths, revocation, revoked, root: rootReport(last, isAnchor(last, trust)) };
};

const checkOrder = ({ unsorted }: SignedData, { sortedCertificates }: SignatureRequest): Diagnostic[] =>
  unsorted
    .filter(({ field }) => field === 'certificates')
    .map(({ node }) =>
      problem('VERIFY_CERTIFICATES_UNSORTED', 'The certificates are not in DER order.', {
        severity: sortedCertificates ? 'error' : 'warning',
        at: { file: node.file, offset: node.offset },
        hint: 'Windows has refused such catalogs since October 2020. Sign again with a tool that sorts them.',
      }),
    );

/** What stands outside the signature covers nothing: only what is known, and is checked for itself, may be there. */
const checkUnsigned = ({ unsignedAttributes }: SignerInfo, { mayNest }: SignatureRequest): Diagnostic[] => {
  if (unsignedAttributes === undefined) return [];
  const { attributes, sorted, node } = unsignedAttributes;
  const allowed = new Set<string>([TimestampOid.rfc3161, TimestampOid.legacy, ...(mayNest ? [NESTED_SIGNATURE] : [])]);
  const findings = attributes
    .filter(({ oid }) => !allowed.has(oid))
    .map(({ oid, node: at }) => findingAt(at, 'VERIFY_ATTRIBUTE_UNKNOWN', `The attribute ${oid} is not known here.`));
  if (new Set(attributes.map(({ oid }) => oid)).size < attributes.length) {
    findings.push(findingAt(node, 'VERIFY_ATTRIBUTE_WRONG', 'An attribute outside the signature is there twice.'));
  }
  if (!sorted) {
    findings.push(findingAt(node, 'VERIFY_NOT_CANONICAL', 'The unauthenticated attributes are not in DER order.'));
  }
  return findings;
};

const nestedSignatures = (signer: SignerInfo, request: SignatureRequest): readonly CheckedSignature[] => {
  if (!request.mayNest) return [];
  return attributesOf(signer.unsignedAttributes, NESTED_SIGNATURE).flatMap(({ values }) =>
    values.flatMap((value) => {
      const inner: SignatureRequest = { ...request, place: 'nested', mayNest: false };
      try {
        return checkSignature(signedDataOf(value), inner);
      } catch (error) {
        const finding = findingOf(error);
        return [{ findings: [finding], report: { ...EMPTY, place: 'nested' as const, ...judge([finding]) } }];
      }
    }),
  );
};

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

const reportOf = (
  signer: SignerInfo,
  { certificate, hash }: CheckedSigner,
  rest: {
    readonly place: SignatureReport['place'];
    readonly findings: readonly Diagnostic[];
    readonly stamps: readonly CheckedTimestamp[];
    readonly path: readonly Certificate[];
    readonly authorityPaths: readonly AuthorityPath[];
    readonly root: RootReport | undefined;
    readonly revocation: RevocationStatus;
    readonly revoked: readonly RevokedCertificate[];
    readonly pageHashes: PageHashReport | undefined;
  },
): SignatureReport => {
  const opus = soleValue(signer.signedAttributes, SpcOid.opusInfo);
  const signingTime = soleValue(signer.signedAttributes, SIGNING_TIME);
  const [stamp] = rest.stamps;
  return {
    place: rest.place,
    ...judge(rest.findings),
    subject: certificate?.subjectText ?? '',
    issuer: certificate?.issuerText ?? '',
    serial: certificate === undefined ? '' : Buffer.from(certificate.serial).toString('hex'),
    ...(certificate === undefined
      ? {}
      : {
          thumbprint: certificate.thumbprint,
          notBefore: iso(certificate.notBeforeMs),
          notAfter: iso(certificate.notAfterMs),
        }),
    ...(hash === undefined ? {} : { digestAlgorithm: hash }),
    ekus: certificate?.ekus ?? [],
    ...(opus === undefined ? {} : parseOpusInfo(opus)),
    ...(signingTime === undefined ? {} : { signingTime: iso(signingTime.time('signingTime')) }),
    ...(stamp === undefined ? {} : { timestamp: stamp.report }),
    chain: rest.path.map(({ subjectText }) => subjectText),
    authorityPaths: rest.authorityPaths,
    ...(rest.root === undefined ? {} : { root: rest.root }),
    revocation: rest.revocation,
    ...(rest.revoked.length === 0 ? {} : { revoked: rest.revoked }),
    ...(rest.pageHashes === undefined ? {} : { pageHashes: rest.pageHashes }),
  };
};
