import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import type { Http, HttpRequest, HttpResponse } from '../../core/ports.ts';
import { contextConstructed, integer, oid, sequence, setOf } from '../../packaging/formats/der/encode.ts';
import { signAwsRequest } from '../../packaging/signing/cloud/aws-signature.ts';
import { ecdsaSignature } from '../../packaging/signing/raw-signature.ts';
import { Secret } from '../../packaging/signing/secret.ts';
import { signDigest } from './digest-signature.ts';

/**
 * The services as pure functions. Requests and answers are held to strict schemas: what a schema does not name, no side may
 * send. Over each stands the definition that it was transcribed from.
 */

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

const base64 = z.base64();
const bodyOf = <S extends z.ZodType>(schema: S, { body }: HttpRequest): z.output<S> =>
  schema.parse(JSON.parse(new TextDecoder().decode(body ?? new Uint8Array(0))));
/** An answer that keeps to the service's own definition. */
const answer = <S extends z.ZodType>(schema: S, value: z.input<S>, status = 200): HttpResponse =>
  json(status, schema.parse(value));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const unauthorized = json(401, { error: { code: 'Unauthorized', message: `The token ${CLOUD_TOKEN} is not taken` } });
const bearer = ({ headers }: HttpRequest): boolean => headers.authorization === `Bearer ${CLOUD_TOKEN}`;
const keyOf = ({ privateKey }: CloudKeys): KeyObject =>
  createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });

export type CloudServer = (request: HttpRequest) => HttpResponse;
const missing = json(404, { error: { code: 'NotFound', message: 'no such thing' } });

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
/** Services but Azure write ECDSA signatures as DER. */
const derSignature = (key: KeyObject, digest: Uint8Array): Uint8Array =>
  key.asymmetricKeyType === 'ec' ? ecdsaSignature(signDigest(key, digest)) : signDigest(key, digest);

/** common.json: Attributes; certificates.json: CertificateAttributes. */
const certificateAttributes = z.strictObject({
  ...{ enabled: z.boolean().optional(), nbf: z.int().optional(), exp: z.int().optional() },
  ...{ created: z.int().optional(), updated: z.int().optional(), recoverableDays: z.int().optional() },
  recoveryLevel: z
    .enum([
      ...(['Purgeable', 'Recoverable+Purgeable', 'Recoverable', 'Recoverable+ProtectedSubscription'] as const),
      ...(['CustomizedRecoverable+Purgeable', 'CustomizedRecoverable'] as const),
      'CustomizedRecoverable+ProtectedSubscription',
    ])
    .optional(),
});

/** certificates.json: CertificatePolicy, as far as the service answers it. */
const certificatePolicy = z.strictObject({
  id: z.url().optional(),
  key_props: z
    .strictObject({
      ...{ exportable: z.boolean().optional(), key_size: z.int().optional(), reuse_key: z.boolean().optional() },
      kty: z.enum(['EC', 'EC-HSM', 'RSA', 'RSA-HSM', 'oct', 'oct-HSM']).optional(),
      crv: z.enum(['P-256', 'P-384', 'P-521', 'P-256K']).optional(),
    })
    .optional(),
  secret_props: z.strictObject({ contentType: z.string().optional() }).optional(),
  x509_props: z
    .strictObject({
      ...{ subject: z.string().optional(), ekus: z.array(z.string()).optional() },
      ...{ key_usage: z.array(z.string()).optional(), validity_months: z.int().min(0).optional() },
    })
    .optional(),
  issuer: z
    .strictObject({
      name: z.string().optional(),
      cty: z.string().optional(),
      cert_transparency: z.boolean().optional(),
    })
    .optional(),
  attributes: certificateAttributes.optional(),
});

/** Azure/azure-rest-api-specs, keyvault/data-plane/Microsoft.KeyVault/stable/7.4: keys.json, certificates.json. */
const vaultSchemas = {
  keySignParameters: z.strictObject({
    alg: z.enum(['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'RSNULL', 'ES256', 'ES384', 'ES512', 'ES256K']),
    value: z.base64url(),
  }),
  keyOperationResult: z.strictObject({
    ...{ kid: z.url().optional(), value: z.base64url().optional() },
    ...{ iv: z.base64url().optional(), tag: z.base64url().optional(), aad: z.base64url().optional() },
  }),
  certificateBundle: z.strictObject({
    ...{ id: z.url().optional(), kid: z.url().optional(), sid: z.url().optional(), x5t: z.base64url().optional() },
    ...{ cer: base64.optional(), policy: certificatePolicy.optional(), contentType: z.string().optional() },
    ...{ attributes: certificateAttributes.optional(), tags: z.record(z.string(), z.string()).optional() },
  }),
};

export const keyVault = (keys: CloudKeys): CloudServer => {
  const { keySignParameters, keyOperationResult, certificateBundle } = vaultSchemas;
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const { origin, pathname, searchParams } = new URL(request.url);
    if (searchParams.get('api-version') !== '7.4' || searchParams.size !== 1) return missing;
    const kid = `${origin}/keys/drivers/0123456789abcdef0123456789abcdef`;
    if (request.method === 'GET' && pathname === '/certificates/drivers')
      return answer(certificateBundle, {
        ...{ id: `${origin}/certificates/drivers/0123`, kid, sid: `${origin}/secrets/drivers/0123`, x5t: 'AAAA' },
        ...{ cer: base64Of(keys.chain[0] ?? new Uint8Array(0)), tags: {} },
        attributes: { enabled: true, nbf: 1, exp: 2, created: 1, updated: 1, recoveryLevel: 'Recoverable' },
        policy: {
          key_props: { exportable: false, kty: 'RSA-HSM', key_size: 3072, reuse_key: false },
          ...{ x509_props: { subject: 'CN=Drivers', ekus: ['1.3.6.1.5.5.7.3.3'] }, issuer: { name: 'Unknown' } },
        },
      });
    if (request.method !== 'POST' || `${origin}${pathname}` !== `${kid}/sign`) return missing;
    const { value, alg } = bodyOf(keySignParameters, request);
    const key = keyOf(keys);
    if (alg.startsWith('RS') !== (key.asymmetricKeyType === 'rsa'))
      return json(400, { error: { code: 'BadParameter', message: 'Key and signing algorithm are incompatible' } });
    const signature = signDigest(key, new Uint8Array(Buffer.from(value, 'base64url')));
    return answer(keyOperationResult, { kid, value: Buffer.from(signature).toString('base64url') });
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

/**
 * Azure/azure-rest-api-specs, codesigning/data-plane/Azure.CodeSigning/preview/2023-06-15-preview/azure.codesigning.json. Its
 * examples and 2022-06-15-preview have the signature elsewhere: `signStatus` with a `status` of its own.
 */
const codeSignResult = z.strictObject({
  operationId: z.string(),
  ...{ signature: base64.optional(), signingCertificate: base64.optional() },
});
const operation = {
  id: z.string(),
  status: z.enum(['InProgress', 'Succeeded', 'Failed', 'Canceled']),
  error: z
    .strictObject({
      ...{ code: z.string(), message: z.string(), target: z.string().optional() },
      ...{ details: z.array(z.looseObject({})).optional(), innererror: z.looseObject({}).optional() },
    })
    .optional(),
};
const signStatus = z.strictObject({
  ...{
    operationId: z.string(),
    status: z.enum(['NotStarted', 'Running', 'Succeeded', 'Failed', 'Canceled', 'InProgress']),
  },
  ...{ signature: base64.optional(), signingCertificate: base64.optional() },
});
const signingSchemas = {
  submission: z.strictObject({
    signatureAlgorithm: z.enum([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'ES256K',
    ]),
    digest: base64,
    ...{ fileHashList: z.array(base64).optional(), authenticodeHashList: z.array(base64).optional() },
  }),
  accepted: z.strictObject({
    ...operation,
    result: z.strictObject({ id: z.string(), signResult: codeSignResult.optional() }).optional(),
  }),
  status: z.strictObject({ ...operation, result: codeSignResult.optional() }),
  example: z.strictObject({ ...operation, signStatus: signStatus.optional() }),
  earlier: z.strictObject({
    ...operation,
    result: z.strictObject({
      id: z.string(),
      status: signStatus.shape.status.optional(),
      signStatus: signStatus.optional(),
    }),
  }),
};
/** Where an answer has the signature. */
export type SignedIn = 'definition' | 'example' | 'earlier';

export const trustedSigning = (keys: CloudKeys, signedIn: SignedIn = 'definition'): CloudServer => {
  const asked: Uint8Array[] = [];
  const polled = new Set<string>();
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const { pathname, search } = new URL(request.url);
    const base = '/codesigningaccounts/acme/certificateprofiles/drivers';
    if (search !== '?api-version=2023-06-15-preview') return missing;
    if (request.method === 'POST' && pathname === `${base}:sign`) {
      asked.push(bytesOf(bodyOf(signingSchemas.submission, request).digest));
      return answer(signingSchemas.accepted, { id: `${asked.length - 1}`, status: 'InProgress' }, 202);
    }
    const id = pathname.slice(`${base}/sign/`.length);
    const digest = pathname.startsWith(`${base}/sign/`) ? asked[Number(id)] : undefined;
    if (digest === undefined || request.method !== 'GET') return missing;
    if (!polled.has(id)) {
      polled.add(id);
      return answer(signingSchemas.status, { id, status: 'InProgress' });
    }
    const p7 = base64Of(certificatesOnly([...keys.chain].reverse()));
    const signature = base64Of(signDigest(keyOf(keys), digest));
    const signingCertificate = Buffer.from(p7).toString('base64');
    const result = { operationId: id, signature, signingCertificate };
    const done = { id, status: 'Succeeded' } as const;
    if (signedIn === 'definition') return answer(signingSchemas.status, { ...done, result });
    const inner = { ...result, status: 'Succeeded' } as const;
    return signedIn === 'example'
      ? answer(signingSchemas.example, { ...done, signStatus: inner })
      : answer(signingSchemas.earlier, { ...done, result: { ...done, signStatus: inner } });
  };
};

/** aws/aws-sdk-go, models/apis/kms/2014-11-01/api-2.json: SignRequest and SignResponse, whose KeyId is an ARN. */
const kmsAlgorithm = z.enum([
  ...(['RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512'] as const),
  ...(['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PKCS1_V1_5_SHA_512'] as const),
  ...(['ECDSA_SHA_256', 'ECDSA_SHA_384', 'ECDSA_SHA_512', 'SM2DSA'] as const),
]);
const kmsSchemas = {
  signRequest: z.strictObject({
    ...{ KeyId: z.string().min(1).max(2048), Message: base64, SigningAlgorithm: kmsAlgorithm },
    ...{ MessageType: z.enum(['RAW', 'DIGEST']), GrantTokens: z.array(z.string().max(8192)).max(10).optional() },
  }),
  signResponse: z.strictObject({ KeyId: z.string(), Signature: base64, SigningAlgorithm: kmsAlgorithm }),
};

export const awsKms = (keys: CloudKeys, sessionToken?: string): CloudServer => {
  const credentials = {
    ...{ accessKeyId: 'AKID', secretAccessKey: new Secret(CLOUD_TOKEN) },
    sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
  };
  return (request) => {
    const { authorization, 'x-amz-date': _, 'x-amz-security-token': token, ...headers } = request.headers;
    const text = new TextDecoder().decode(request.body ?? new Uint8Array(0));
    const place = { region: 'eu-west-1', service: 'kms', nowMs: CLOUD_NOW };
    const again = signAwsRequest({ method: 'POST', url: request.url, headers, body: text, ...place }, credentials);
    if (authorization !== again.authorization || token !== sessionToken)
      return json(400, {
        __type: 'com.amazon.coral.service#UnrecognizedClientException',
        message: `not ${CLOUD_TOKEN}`,
      });
    if (headers['x-amz-target'] !== 'TrentService.Sign') return missing;
    const { Message, MessageType, SigningAlgorithm, KeyId } = bodyOf(kmsSchemas.signRequest, request);
    // A digest that is sent as the message itself would be digested again.
    if (MessageType !== 'DIGEST') return json(400, { __type: 'ValidationException', message: 'RAW' });
    if (KeyId !== 'alias/drivers') return json(400, { __type: 'NotFoundException', message: `Alias ${KeyId}` });
    const key = keyOf(keys);
    if (!SigningAlgorithm.startsWith(key.asymmetricKeyType === 'rsa' ? 'RSASSA_PKCS1' : 'ECDSA'))
      return json(400, { __type: 'InvalidKeyUsageException', message: 'the key has other algorithms' });
    const Signature = base64Of(derSignature(key, bytesOf(Message)));
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    return answer(kmsSchemas.signResponse, { KeyId: arn, Signature, SigningAlgorithm });
  };
};

/** googleapis/googleapis, google/cloud/kms/v1: resources.proto and service.proto; int64 is text in JSON. */
const int64 = z.string().regex(/^\d+$/);
const PROTECTION = ['PROTECTION_LEVEL_UNSPECIFIED', 'SOFTWARE', 'HSM', 'EXTERNAL', 'EXTERNAL_VPC'] as const;
const googleSchemas = {
  publicKey: z.strictObject({
    ...{ pem: z.string(), algorithm: z.string(), pemCrc32c: int64.optional(), name: z.string() },
    ...{ protectionLevel: z.enum(PROTECTION), publicKeyFormat: z.string().optional() },
    publicKey: z.strictObject({ data: base64, crc32cChecksum: int64 }).optional(),
  }),
  signRequest: z.strictObject({
    digest: z.union([
      z.strictObject({ sha256: base64 }),
      z.strictObject({ sha384: base64 }),
      z.strictObject({ sha512: base64 }),
    ]),
    ...{ digestCrc32c: int64.optional(), data: base64.optional(), dataCrc32c: int64.optional() },
  }),
  signResponse: z.strictObject({
    ...{ signature: base64, signatureCrc32c: int64.optional(), name: z.string() },
    ...{ verifiedDigestCrc32c: z.boolean().optional(), verifiedDataCrc32c: z.boolean().optional() },
    protectionLevel: z.enum(PROTECTION),
  }),
};

const GOOGLE_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: 'EC_SIGN_P256_SHA256',
  secp384r1: 'EC_SIGN_P384_SHA384',
};

export const googleKms = (keys: CloudKeys): CloudServer => {
  const common = { name: GOOGLE_KEY, protectionLevel: 'HSM' } as const;
  return (request) => {
    if (!bearer(request)) return unauthorized;
    const path = decodeURIComponent(new URL(request.url).pathname);
    const key = keyOf(keys);
    const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
    const algorithm = GOOGLE_ALGORITHMS[curve] ?? 'RSA_SIGN_PKCS1_3072_SHA256';
    if (path === `/v1/${GOOGLE_KEY}/publicKey`)
      return answer(googleSchemas.publicKey, { ...common, pem: 'x', algorithm, pemCrc32c: '1' });
    if (path !== `/v1/${GOOGLE_KEY}:asymmetricSign`) return missing;
    const [[hash, digest] = ['', '']] = Object.entries(bodyOf(googleSchemas.signRequest, request).digest);
    if (!algorithm.toLowerCase().endsWith(hash))
      return json(400, { error: { code: 400, message: 'wrong digest', status: 'INVALID_ARGUMENT' } });
    const signature = base64Of(derSignature(key, bytesOf(digest)));
    return answer(googleSchemas.signResponse, { ...common, signature, signatureCrc32c: '1' });
  };
};

/** hashicorp/vault, website/content/api-docs/secret/transit.mdx (Sign data), and the frame of every answer. */
const transitSchemas = {
  request: z.strictObject({
    ...{ input: base64, prehashed: z.boolean().optional(), key_version: z.int().optional() },
    ...{ signature_algorithm: z.enum(['pss', 'pkcs1v15']).optional() },
    ...{ marshaling_algorithm: z.enum(['asn1', 'jws']).optional() },
    ...{ hash_algorithm: z.string().optional(), context: base64.optional(), salt_length: z.string().optional() },
  }),
  response: z.strictObject({
    ...{ request_id: z.string(), lease_id: z.string(), renewable: z.boolean(), lease_duration: z.int() },
    data: z.strictObject({ signature: z.string(), key_version: z.int().optional(), publickey: z.string().optional() }),
    ...{
      wrap_info: z.null(),
      warnings: z.array(z.string()).nullable(),
      auth: z.null(),
      mount_type: z.string().optional(),
    },
  }),
};

/** @param namespace the only one that has the key */
export const vault = (keys: CloudKeys, namespace?: string): CloudServer => {
  return (request) => {
    const { 'x-vault-token': token, 'x-vault-namespace': named } = request.headers;
    if (token !== CLOUD_TOKEN || named !== namespace) return json(403, { errors: [`permission denied for ${token}`] });
    if (!/^\/v1\/transit\/sign\/drivers\/(sha1|sha2-(256|384|512))$/.test(new URL(request.url).pathname))
      return json(404, { errors: [] });
    const body = bodyOf(transitSchemas.request, request);
    const key = keyOf(keys);
    const fits =
      key.asymmetricKeyType === 'rsa' ? body.signature_algorithm === 'pkcs1v15' : body.marshaling_algorithm !== 'jws';
    if (body.prehashed !== true || !fits) return json(400, { errors: ['another signature than drivers take'] });
    const signature = `vault:v1:${base64Of(derSignature(key, bytesOf(body.input)))}`;
    return answer(transitSchemas.response, {
      ...{ request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data: { signature, key_version: 1 } },
      ...{ wrap_info: null, warnings: null, auth: null },
    });
  };
};

export const httpTo = (server: CloudServer): Http => ({ send: async (request) => server(request) });
