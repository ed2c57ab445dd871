import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

export interface AwsRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case; all of them are signed, and `host` as well. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Uint8Array, text: string): Uint8Array => createHmac('sha256', key).update(text).digest();

/** RFC 3986: everything but the unreserved characters is escaped. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const byOrdinal = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const canonicalQuery = ({ searchParams }: URL): string =>
  [...searchParams]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort(byOrdinal)
    .join('&');

/**
 * The headers of a request with AWS Signature Version 4 in `authorization`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signAwsRequest = (request: AwsRequest, credentials: AwsCredentials): Readonly<Record<string, string>> => {
  const { method, body, region, service, nowMs } = request;
  const url = new URL(request.url);
  const time = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const token = sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken.reveal() };
  const headers = { ...request.headers, 'x-amz-date': time, ...token };
  const signed = Object.entries({ ...headers, host: url.host }).sort(([a], [b]) => byOrdinal(a, b));
  const names = signed.map(([name]) => name).join(';');
  const lines = signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}\n`).join('');
  // Paths are escaped once more than they are sent; those of KMS and STS are only a slash.
  const path = url.pathname.split('/').map(escaped).join('/');
  const canonical = [method, path, canonicalQuery(url), lines, names, sha256(body)].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce<string | Uint8Array>(hmac, `AWS4${secretAccessKey.reveal()}`);
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
  const signature = Buffer.from(hmac(key, text)).toString('hex');
  const credential = `Credential=${accessKeyId}/${scope.join('/')}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
};
