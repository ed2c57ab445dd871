import { concatBytes, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { DigestAlgorithm } from '../formats/cms/object-ids.ts';
import { encodeBase64, encodeTimestampReply, type TimestampReply } from '../formats/cms/timestamp-messages.ts';
import {
  parseLegacyTimestampQuery,
  parseTimestampQuery,
  type ReadTimestampQuery,
} from '../formats/cms/timestamp-messages-parse.ts';
import type { TstInfo } from '../formats/cms/tst-info.ts';
import type { Signer } from './signer.ts';
import { issueLegacyTimestamp, issueTimestampToken, serialOf, TEST_POLICY } from './timestamp.ts';

/** What a bad time-stamp authority does. Each is one lie or one breakdown; the rest of its answer is right. */
export const TSA_FAULTS = [
  'refuses',
  'waits',
  'grants-nothing',
  'wrong-nonce',
  'no-nonce',
  'wrong-imprint',
  'wrong-hash',
  'wrong-time',
  'damaged-signature',
  'no-certificate',
  'html',
  'garbage',
  'empty',
  'truncated',
  'trailing',
  'http-404',
  'http-503',
] as const;
export type TsaFault = (typeof TSA_FAULTS)[number];

export interface TsaOptions {
  readonly tsa: Signer;
  /** The time it states: milliseconds since 1970. */
  readonly genTimeMs: number;
  readonly faults?: readonly TsaFault[];
}

export interface TsaRequest {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface TsaAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

const QUERY_TYPE = 'application/timestamp-query';
const REPLY_TYPE = 'application/timestamp-reply';
const LEGACY_TYPE = 'application/octet-stream';
const DAY_MS = 86_400_000;

/** The length of each hash, which a request must keep to. */
const DIGEST_BYTES: Readonly<Record<DigestAlgorithm, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/**
 * A time-stamp authority: both protocols, told apart by the request's type. Neither clock nor network: the caller has
 * both. It never throws for a bad request; it refuses, as RFC 3161 says.
 */
export const answerTimestampRequest = async (request: TsaRequest, options: TsaOptions): Promise<TsaAnswer> => {
  const faults = new Set(options.faults);
  const broken = brokenAnswer(faults);
  if (broken !== undefined) return broken;
  const modern = request.contentType.toLowerCase().split(';')[0]?.trim() === QUERY_TYPE;
  const { body, ...answer } = modern
    ? { status: 200, contentType: REPLY_TYPE, body: await answerQuery(request.body, options) }
    : await answerLegacyRequest(request.body, options);
  return { ...answer, body: damaged(body, faults) };
};

const brokenAnswer = (faults: ReadonlySet<TsaFault>): TsaAnswer | undefined => {
  const page = (status: number, text: string): TsaAnswer => ({
    status,
    contentType: 'text/html; charset=utf-8',
    body: utf8(`<!doctype html><html><body><h1>${text}</h1></body></html>\n`),
  });
  const plain = (body: Uint8Array): TsaAnswer => ({ status: 200, contentType: REPLY_TYPE, body });
  if (faults.has('html')) return page(200, 'Welcome to the hotel network');
  if (faults.has('http-404')) return page(404, 'Not found');
  if (faults.has('http-503')) return page(503, 'Try again later');
  if (faults.has('garbage')) return plain(Uint8Array.from({ length: 512 }, (_, i) => (i * 167 + 13) & 0xff));
  return faults.has('empty') ? plain(new Uint8Array(0)) : undefined;
};

const damaged = (body: Uint8Array, faults: ReadonlySet<TsaFault>): Uint8Array => {
  if (faults.has('truncated')) return body.subarray(0, body.length >> 1);
  return faults.has('trailing') ? concatBytes(body, utf8('and more')) : body;
};

/** TimeStampReq → TimeStampResp, both DER (RFC 3161). */
export const answerQuery = async (body: Uint8Array, options: TsaOptions): Promise<Uint8Array> =>
  encodeTimestampReply(await decide(body, options));

const decide = async (body: Uint8Array, options: TsaOptions): Promise<TimestampReply> => {
  const faults = new Set(options.faults);
  if (faults.has('refuses')) return { status: 2, text: 'The clock is being repaired.', failure: 'timeNotAvailable' };
  if (faults.has('waits')) return { status: 3, text: 'Come back later.' };
  if (faults.has('grants-nothing')) return { status: 0 };
  const query = readQuery(body);
  if (query === undefined) {
    return { status: 2, text: 'The request cannot be read.', failure: 'badDataFormat' };
  }
  const { hash, digest } = query.imprint;
  if (hash === undefined || hash === 'md5') return { status: 2, text: 'The hash is not known.', failure: 'badAlg' };
  if (digest.length !== DIGEST_BYTES[hash]) {
    return { status: 2, text: 'The hash has the wrong length.', failure: 'badDataFormat' };
  }
  if (query.hasExtensions) return { status: 2, text: 'No extension is known.', failure: 'unacceptedExtension' };
  if (query.policy !== undefined && query.policy !== TEST_POLICY) {
    return { status: 2, text: `The only policy is ${TEST_POLICY}.`, failure: 'unacceptedPolicy' };
  }
  const info = infoFor({ algorithm: hash, digest }, query.nonce, options);
  const withCertificates = query.certReq && !faults.has('no-certificate');
  const token = await issueTimestampToken(options.tsa, info, { withCertificates });
  if (faults.has('damaged-signature')) flipLast(token);
  return { status: 0, token };
};

const readQuery = (body: Uint8Array): ReadTimestampQuery | undefined => {
  try {
    return parseTimestampQuery(body);
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const infoFor = (
  imprint: TstInfo['imprint'],
  nonce: Uint8Array | undefined,
  { genTimeMs, faults: list }: TsaOptions,
): TstInfo => {
  const faults = new Set(list);
  const serialNumber = serialOf(concatBytes(imprint.digest, nonce ?? new Uint8Array(0)), genTimeMs);
  const digest = faults.has('wrong-imprint') ? imprint.digest.map((octet) => octet ^ 0xff) : imprint.digest;
  const algorithm = faults.has('wrong-hash') ? otherHash(imprint.algorithm) : imprint.algorithm;
  const answered = faults.has('wrong-nonce') ? nonce?.map((octet, i) => (i === 0 ? octet : octet ^ 1)) : nonce;
  return {
    policy: TEST_POLICY,
    imprint: { algorithm, digest },
    serialNumber,
    genTimeMs: faults.has('wrong-time') ? genTimeMs + 30 * DAY_MS : genTimeMs,
    nonce: faults.has('no-nonce') ? undefined : answered,
  };
};

const otherHash = (algorithm: DigestAlgorithm): DigestAlgorithm => (algorithm === 'sha512' ? 'sha256' : 'sha512');

/** The last octet of a token belongs to the signature. */
const flipLast = (token: Uint8Array): void => {
  token[token.length - 1] = (token.at(-1) ?? 0) ^ 1;
};

/** The older protocol: base64 in, base64 out, and HTTP's own 400 for what cannot be read (spec signing-formats 4.2). */
export const answerLegacyRequest = async (body: Uint8Array, options: TsaOptions): Promise<TsaAnswer> => {
  const faults = new Set(options.faults);
  const refusal = (text: string): TsaAnswer => ({ status: 400, contentType: 'text/plain', body: utf8(text) });
  if (faults.has('refuses') || faults.has('waits')) return refusal('Not now.\n');
  const signature = readLegacyQuery(body);
  if (signature === undefined) return refusal('The request cannot be read.\n');
  const stamped = faults.has('wrong-imprint') ? signature.map((octet) => octet ^ 0xff) : signature;
  const genTimeMs = options.genTimeMs + (faults.has('wrong-time') ? 30 * DAY_MS : 0);
  const stamp = await issueLegacyTimestamp(options.tsa, { signature: stamped, genTimeMs });
  if (faults.has('damaged-signature')) flipLast(stamp);
  return { status: 200, contentType: LEGACY_TYPE, body: encodeBase64(stamp) };
};

const readLegacyQuery = (body: Uint8Array): Uint8Array | undefined => {
  try {
    return parseLegacyTimestampQuery(body);
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};
