import { createHash } from 'node:crypto';
import { equalBytes } from '../../core/bytes.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { CmsOid } from '../formats/cms/object-ids.ts';
import { parseSignedData, parseSignerInfo, signedDataOf } from '../formats/cms/parse.ts';
import { FAILURE_BITS } from '../formats/cms/timestamp-messages.ts';
import { parseTimestampReply, type ReadTimestampReply } from '../formats/cms/timestamp-messages-parse.ts';
import { parseTstInfo } from '../formats/cms/tst-info-parse.ts';
import type { Der } from '../formats/der/encode.ts';
import { type DerNode, parseDer, Tag } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { trustOf } from './chain.ts';
import { type CheckedTimestamp, checkTimestamp } from './check-timestamp.ts';
import { legacyAttribute, rfc3161Attribute, type UnauthenticatedTimestamp } from './timestamp.ts';

/** A time stamp that was asked for, and what the answer is held against. */
export interface StampRequest {
  /** Shown in messages: the server. */
  readonly server: string;
  /** The signature's octets. */
  readonly signature: Uint8Array;
  /** What the request had; RFC 3161 only. */
  readonly nonce: Uint8Array;
  /** The moment of the request, milliseconds since 1970. */
  readonly nowMs: number;
  /** CA certificates that the authority must come from, DER or PEM; without any its chain is only checked for itself. */
  readonly authorities: readonly Uint8Array[];
}

export interface AcceptedStamp extends UnauthenticatedTimestamp {
  /** Where the authority's chain ended: an authority that was named, or as far as the token's certificates reach. */
  readonly anchor: Uint8Array;
  readonly findings: readonly Diagnostic[];
}

/** The clocks of two machines may differ by time zones gone wrong; more is a lie, or a clock that wants setting. */
const MAX_CLOCK_GAP_MS = 86_400_000;

/** The rules behind a time stamp, as its requester names them; any other rule makes it invalid. */
const CODES: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  VERIFY_CHAIN_INCOMPLETE: 'TS_AUTHORITY_UNTRUSTED',
  VERIFY_CHAIN_UNTRUSTED: 'TS_AUTHORITY_UNTRUSTED',
  VERIFY_CERTIFICATE_UNCHECKED: 'TS_AUTHORITY_UNTRUSTED',
  VERIFY_CHAIN_EXPIRED: 'TS_AUTHORITY_UNSUITABLE',
  VERIFY_CERTIFICATE_UNSUITABLE: 'TS_AUTHORITY_UNSUITABLE',
  VERIFY_ALGORITHM_WEAK: 'TS_AUTHORITY_UNSUITABLE',
};

/**
 * Takes an RFC 3161 answer only if it is granted, for this request (nonce), for this signature (imprint), signed rightly
 * by a certificate for time stamps alone, whose chain holds, at about the present time.
 * @throws WinpvError TS_MALFORMED, TS_REJECTED, TS_NONCE_WRONG, TS_IMPRINT_WRONG, TS_TOKEN_INVALID, TS_TIME_WRONG,
 *   TS_AUTHORITY_UNSUITABLE, TS_AUTHORITY_UNTRUSTED
 * @see RFC 3161 2.4.2 (what a requester has to check); spec signing-formats 4.1
 */
export const acceptReply = (body: Uint8Array, request: StampRequest): AcceptedStamp => {
  const token = asMalformed(request, () => grantedToken(parseTimestampReply(body, request.server), request));
  asMalformed(request, () => checkTstInfo(token, request));
  const accepted = acceptStamp(rfc3161Attribute(token.bytes), [], request);
  if (accepted.path[0]?.ekus?.length === 1 && accepted.path[0].ekuCritical) return accepted;
  const message = 'Its certificate does not have time-stamping as its one, critical purpose (RFC 3161, 2.3).';
  return refuse(request, 'TS_AUTHORITY_UNSUITABLE', message);
};

/**
 * The same for the legacy form, which has neither status nor nonce.
 * @param answer DER of the answer, out of its base64
 */
export const acceptLegacyReply = (answer: Uint8Array, request: StampRequest): AcceptedStamp => {
  const { signerInfo, certificates } = asMalformed(request, () => {
    const signed = parseSignedData(signedDataOf(parseDer(answer, { file: request.server })));
    const [signer, ...more] = signed.signers;
    if (signer === undefined || more.length > 0) return signed.node.fail('DER_UNEXPECTED', 'It needs one signer.');
    return { signerInfo: parseSignerInfo(signer.node).node.bytes, certificates: signed.certificates };
  });
  return acceptStamp(legacyAttribute(signerInfo), certificates, request);
};

const refuse = (request: Pick<StampRequest, 'server'>, code: ErrorCode, message: string): never => {
  throw new WinpvError(code, `${request.server}: ${message}`);
};

const asMalformed = <T>(request: StampRequest, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof WinpvError) || error.code.startsWith('TS_')) throw error;
    throw new WinpvError('TS_MALFORMED', `${request.server}: The answer is not a time stamp. ${error.message}`, {
      cause: error,
    });
  }
};

const STATUS_NAMES = ['granted', 'granted with changes', 'refused', 'put off', 'revocation warned of', 'revoked'];

const grantedToken = ({ status, texts, failureBits, token }: ReadTimestampReply, request: StampRequest): DerNode => {
  if (status === 0 || status === 1) {
    return token ?? refuse(request, 'TS_MALFORMED', 'It says that the time stamp is granted, and sends none.');
  }
  const bits = Object.entries(FAILURE_BITS).filter(([, bit]) => failureBits.includes(bit));
  const why = [...texts.map(printable), ...bits.map(([name]) => name)].join('; ');
  const state = STATUS_NAMES[status] ?? 'unknown';
  return refuse(request, 'TS_REJECTED', `The request was ${state} (status ${status})${why === '' ? '.' : `: ${why}`}`);
};

/** A server's words are shown, but cannot drive a terminal or fill it. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 200);

const checkTstInfo = (token: DerNode, request: StampRequest): void => {
  const signed = parseSignedData(signedDataOf(token));
  const content = signed.content?.expect(Tag.octetString, 'eContent');
  if (content === undefined || signed.contentType !== CmsOid.tstInfo) {
    token.fail('DER_UNEXPECTED', 'The token holds no TSTInfo.');
  }
  const { nonce, imprint, genTimeMs } = parseTstInfo(parseDer(content.value, { file: request.server }));
  if (nonce === undefined || !equalBytes(nonce, request.nonce)) {
    refuse(request, 'TS_NONCE_WRONG', 'The token does not have the number of the request: it answers another one.');
  }
  const expected = new Uint8Array(createHash('sha256').update(request.signature).digest());
  if (imprint.hash !== 'sha256' || !equalBytes(imprint.digest, expected)) {
    refuse(request, 'TS_IMPRINT_WRONG', 'The token is for other bytes than the signature.');
  }
  checkTime(genTimeMs, request);
};

const checkTime = (timeMs: number, request: StampRequest): void => {
  if (Math.abs(timeMs - request.nowMs) <= MAX_CLOCK_GAP_MS) return;
  const [stated, now] = [timeMs, request.nowMs].map((ms) => new Date(ms).toISOString());
  refuse(request, 'TS_TIME_WRONG', `It states ${stated}; the clock of this machine says ${now}.`);
};

/** The attribute as a verifier will read it, with the authority's chain as far as it is known. */
const acceptStamp = (
  attribute: Der,
  certificates: readonly Certificate[],
  request: StampRequest,
): AcceptedStamp & { readonly path: readonly Certificate[] } => {
  const check = (authorities: readonly Uint8Array[]): CheckedTimestamp => {
    const node = parseDer(attribute, { file: request.server });
    const values = node.child(1, 'values').children;
    return checkTimestamp(
      { oid: node.child(0, 'type').oid('type'), values, node },
      { signature: request.signature, pool: certificates, trust: trustOf(authorities) },
    );
  };
  const unchecked = request.authorities.length === 0;
  // Without an authority the chain is followed twice: to where it ends, and then as if that end were trusted.
  const end = unchecked ? check([]).path.at(-1) : undefined;
  const { rules, path, timeMs } = check(end === undefined ? request.authorities : [end.der]);
  const broken = rules.find(({ severity }) => severity === 'error');
  if (broken !== undefined) refuse(request, CODES[broken.code] ?? 'TS_TOKEN_INVALID', broken.message);
  const anchor = path.at(-1);
  if (anchor === undefined || timeMs === undefined) {
    return refuse(request, 'TS_TOKEN_INVALID', 'It has no certificate, or does not say when.');
  }
  checkTime(timeMs, request);
  const findings = unchecked ? [uncheckedAuthority(request.server, anchor)] : [];
  return { attribute, certificates: certificates.map(({ der }) => der), anchor: anchor.der, findings, path };
};

const uncheckedAuthority = (server: string, anchor: Certificate): Diagnostic =>
  problem('TS_AUTHORITY_UNCHECKED', `${server}: Nothing says whether "${anchor.subjectText}" is to be trusted.`, {
    severity: 'warning',
    hint: 'Name the certificate of the authority with --timestamp-ca.',
  });
