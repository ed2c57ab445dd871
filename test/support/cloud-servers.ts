import { constants, createPrivateKey, type KeyObject, privateEncrypt } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import type { Http, HttpRequest, HttpResponse } from '../../core/ports.ts';
import { contextConstructed, integer, oid, sequence, setOf } from '../../packaging/formats/der/encode.ts';
import { signAwsRequest } from '../../packaging/signing/cloud/aws-signature.ts';
import { encodeDigestInfo } from '../../packaging/signing/digest-info.ts';
import { Secret } from '../../packaging/signing/secret.ts';

/** The services as pure functions. Requests are held to strict schemas, transcribed from the pages that the code cites. */

export interface CloudKeys {
  readonly privateKey: Uint8Array;
  /** DER: the leaf, then its issuers. */
  readonly chain: readonly Uint8Array[];
}

export const CLOUD_TOKEN = 'a-token-that-nobody-may-see';
export const CLOUD_NOW = Date.UTC(2026, 4, 4);
export const GOOGLE_KEY = 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse => ({
  ...{ status, headers: { 'content-type': 'application/json', ...headers } },
  body: utf8(JSON.stringify(value)),
});

const HASH_OF: Readonly<Record<number, 'sha1' | 'sha256' | 'sha384' | 'sha512'>> = {
  20: 'sha1',
  32: 'sha256',
  48: 'sha384',
  64: 'sha512',
};

/** Signs a digest, as a key that never sees the message: PKCS#1 v1.5 around a DigestInfo. RSA only. */
export const signDigest = (key: KeyObject, digest: Uint8Array): Uint8Array =>
  new Uint8Array(
    privateEncrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      encodeDigestInfo(HASH_OF[digest.length] ?? 'sha256', digest),
    ),
  );

const base64 = z.base64();
const bodyOf = <S extends z.ZodType>(schema: S, { body }: HttpRequest): z.output<S> =>
  schema.parse(JSON.parse(new TextDecoder().decode(body ?? new Uint8Array(0))));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const unauthorized = json(401, { error: { code: 'Unauthorized', message: `The token ${CLOUD_TOKEN} is not taken` } });
const bearer = ({ headers }: HttpRequest): boolean => headers.authorization === `Bearer ${CLOUD_TOKEN}`;
const keyOf = ({ privateKey }: CloudKeys): KeyObject =>
  createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });

export type CloudServer = (request: HttpRequest) => HttpResponse;
const missing = json(404, { error: { code: 'NotFound', message: 'no such thing' } });

export const keyVault = (keys: CloudKeys): CloudServer => {
  const body = z.strictObject({ alg: z.enum(['RS256', 'RS384', 'RS512']), value: z.base64url() });
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const { origin, pathname, searchParams } = new URL(request.url);
    if (searchParams.get('api-version') !== '7.4') return missing;
    const kid = `${origin}/keys/drivers/0123456789abcdef0123456789abcdef`;
    if (request.method === 'GET' && pathname === '/certificates/drivers')
      return json(200, {
        ...{ id: `${origin}/certificates/drivers/0123`, kid, sid: `${origin}/secrets/drivers/0123`, x5t: 'x' },
        ...{ cer: Buffer.from(keys.chain[0] ?? []).toString('base64'), attributes: { enabled: true }, tags: {} },
      });
    if (request.method !== 'POST' || `${origin}${pathname}` !== `${kid}/sign`) return missing;
    const { value } = bodyOf(body, request);
    const signature = signDigest(keyOf(keys), new Uint8Array(Buffer.from(value, 'base64url')));
    return json(200, { kid, value: Buffer.from(signature).toString('base64url') });
  };
};

/** A PKCS#7 that carries certificates only. */
const certificatesOnly = (chain: readonly Uint8Array[]): Uint8Array =>
  sequence(
    oid('1.2.840.113549.1.7.2'),
    contextConstructed(
      0,
      sequence(integer(1), setOf(), sequence(oid('1.2.840.113549.1.7.1')), contextConstructed(0, ...chain), setOf()),
    ),
  );

export const trustedSigning = (keys: CloudKeys): CloudServer => {
  const body = z.strictObject({ signatureAlgorithm: z.enum(['RS256', 'RS384', 'RS512']), digest: base64 });
  const asked: Uint8Array[] = [];
  const polled = new Set<string>();
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const { pathname } = new URL(request.url);
    const base = '/codesigningaccounts/acme/certificateprofiles/drivers';
    if (request.method === 'POST' && pathname === `${base}:sign`) {
      asked.push(bytesOf(bodyOf(body, request).digest));
      return json(202, { id: `${asked.length - 1}`, status: 'InProgress' });
    }
    const id = pathname.slice(`${base}/sign/`.length);
    const digest = pathname.startsWith(`${base}/sign/`) ? asked[Number(id)] : undefined;
    if (digest === undefined) return missing;
    if (!polled.has(id)) {
      polled.add(id);
      return json(200, { id, status: 'InProgress' });
    }
    const p7 = Buffer.from(certificatesOnly([...keys.chain].reverse())).toString('base64');
    const signature = Buffer.from(signDigest(keyOf(keys), digest)).toString('base64');
    const signingCertificate = Buffer.from(p7).toString('base64');
    return json(200, { id, status: 'Succeeded', result: { operationId: id, signature, signingCertificate } });
  };
};

export const awsKms = (keys: CloudKeys): CloudServer => {
  const hash = z.enum(['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512']);
  const body = z.strictObject({
    ...{ KeyId: z.literal('alias/drivers'), Message: base64, MessageType: z.literal('DIGEST'), SigningAlgorithm: hash },
  });
  return (request) => {
    const { authorization, 'x-amz-date': _, ...headers } = request.headers;
    const text = new TextDecoder().decode(request.body ?? new Uint8Array(0));
    const credentials = { accessKeyId: 'AKID', secretAccessKey: new Secret(CLOUD_TOKEN) };
    const place = { region: 'eu-west-1', service: 'kms', nowMs: CLOUD_NOW };
    const again = signAwsRequest({ method: 'POST', url: request.url, headers, body: text, ...place }, credentials);
    if (authorization !== again.authorization)
      return json(400, {
        __type: 'com.amazon.coral.service#UnrecognizedClientException',
        message: `not ${CLOUD_TOKEN}`,
      });
    if (headers['x-amz-target'] !== 'TrentService.Sign') return missing;
    const { Message, SigningAlgorithm, KeyId } = bodyOf(body, request);
    const Signature = Buffer.from(signDigest(keyOf(keys), bytesOf(Message))).toString('base64');
    return json(200, { KeyId, Signature, SigningAlgorithm });
  };
};

export const googleKms = (keys: CloudKeys): CloudServer => {
  const body = z.strictObject({ digest: z.strictObject({ sha256: base64 }) });
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const path = decodeURIComponent(new URL(request.url).pathname);
    if (path === `/v1/${GOOGLE_KEY}/publicKey`)
      return json(200, { pem: 'x', algorithm: 'RSA_SIGN_PKCS1_3072_SHA256', name: GOOGLE_KEY, protectionLevel: 'HSM' });
    if (path !== `/v1/${GOOGLE_KEY}:asymmetricSign`) return missing;
    const signature = signDigest(keyOf(keys), bytesOf(bodyOf(body, request).digest.sha256));
    return json(200, {
      signature: Buffer.from(signature).toString('base64'),
      name: GOOGLE_KEY,
      protectionLevel: 'HSM',
    });
  };
};

export const vault = (keys: CloudKeys): CloudServer => {
  const body = z.strictObject({
    ...{ input: base64, prehashed: z.literal(true), signature_algorithm: z.literal('pkcs1v15') },
  });
  return (request) => {
    if (request.headers['x-vault-token'] !== CLOUD_TOKEN)
      return json(403, { errors: [`permission denied for ${request.headers['x-vault-token']}`] });
    if (!/^\/v1\/transit\/sign\/drivers\/(sha1|sha2-(256|384|512))$/.test(new URL(request.url).pathname))
      return json(404, { errors: [] });
    const signature = signDigest(keyOf(keys), bytesOf(bodyOf(body, request).input));
    const data = { signature: `vault:v1:${Buffer.from(signature).toString('base64')}`, key_version: 1 };
    return json(200, { request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data, warnings: null });
  };
};

export const httpTo = (server: CloudServer): Http => ({ send: async (request) => server(request) });
