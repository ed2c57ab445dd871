import { verify } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/ports.ts';
import { CLOUD_NOW, CLOUD_TOKEN, type CloudServer, json } from './cloud-servers.ts';
import { SESSION_TOKEN } from './identity-servers.ts';

/**
 * Who gives machines, containers and apps an identity, as pure functions. What a request has beyond what the service's
 * documentation names (header, query, field) is refused.
 */

export const PLATFORM_SECRET = 'what-only-this-machine-knows';
const ACCEPT = { accept: z.literal('application/json') };

const textOf = ({ body }: HttpRequest): string => new TextDecoder().decode(body ?? new Uint8Array(0));
const query = ({ url }: HttpRequest): unknown => Object.fromEntries(new URL(url).searchParams);
const plain = (status: number, text: string): HttpResponse => ({
  ...{ status, headers: { 'content-type': 'text/plain' }, body: utf8(text) },
});
const RESOURCE = z.enum(['https://vault.azure.net', 'https://codesigning.azure.net']);

/** learn.microsoft.com, how-to-use-vm-token: 2018-02-01, `Metadata: true`, numbers as text. */
export const azureMachine = (request: HttpRequest): HttpResponse => {
  z.strictObject({ metadata: z.literal('true'), ...ACCEPT }).parse(request.headers);
  const { client_id: client, resource } = z
    .strictObject({ 'api-version': z.literal('2018-02-01'), resource: RESOURCE, client_id: z.string().optional() })
    .parse(query(request));
  if (client !== undefined && client !== 'client')
    return json(400, { error: 'invalid_request', error_description: 'Identity not found' });
  return json(200, {
    ...{ access_token: CLOUD_TOKEN, refresh_token: '', expires_in: '3599', expires_on: `${CLOUD_NOW / 1000 + 3599}` },
    ...{ not_before: `${CLOUD_NOW / 1000}`, resource, token_type: 'Bearer', client_id: 'client' },
  });
};

/** learn.microsoft.com, App Service, overview-managed-identity: 2019-08-01, `X-IDENTITY-HEADER`, no `expires_in`. */
export const azureApp = (request: HttpRequest): HttpResponse => {
  const { 'x-identity-header': header } = z
    .strictObject({ 'x-identity-header': z.string(), ...ACCEPT })
    .parse(request.headers);
  const { resource } = z
    .strictObject({ 'api-version': z.literal('2019-08-01'), resource: RESOURCE, client_id: z.string().optional() })
    .parse(query(request));
  if (header !== PLATFORM_SECRET) return json(401, { message: `not ${header}` });
  return json(200, {
    ...{ access_token: CLOUD_TOKEN, expires_on: `${CLOUD_NOW / 1000 + 3599}`, resource, token_type: 'Bearer' },
    client_id: 'client',
  });
};

const roleKeys = {
  ...{ AccessKeyId: 'AKID', SecretAccessKey: CLOUD_TOKEN, Token: SESSION_TOKEN, Expiration: '2026-05-04T01:00:00Z' },
};

/** AWS SDKs and Tools guide, container credential provider. */
export const awsContainer = (request: HttpRequest): HttpResponse => {
  const { authorization } = z.strictObject({ ...ACCEPT, authorization: z.string().optional() }).parse(request.headers);
  if (authorization !== undefined && authorization !== PLATFORM_SECRET)
    return json(403, { code: 'AccessDenied', message: `no ${authorization}` });
  return json(200, { ...roleKeys, RoleArn: 'arn:aws:iam::111122223333:role/drivers' });
};

/** Amazon EC2 user guide, instance metadata: a session by PUT, then the name of the role, then its keys. */
export const awsInstance = (request: HttpRequest): HttpResponse => {
  const { pathname } = new URL(request.url);
  if (pathname === '/latest/api/token') {
    if (request.method !== 'PUT' || request.body !== undefined) return plain(405, '');
    z.strictObject({ 'x-aws-ec2-metadata-token-ttl-seconds': z.coerce.number().min(1).max(21_600) }).parse(
      request.headers,
    );
    return plain(200, PLATFORM_SECRET);
  }
  const { 'x-aws-ec2-metadata-token': session } = z
    .strictObject({ 'x-aws-ec2-metadata-token': z.string() })
    .parse(request.headers);
  if (request.method !== 'GET' || session !== PLATFORM_SECRET) return plain(401, '');
  if (pathname === '/latest/meta-data/iam/security-credentials/') return plain(200, 'signing-role');
  if (pathname !== '/latest/meta-data/iam/security-credentials/signing-role') return plain(404, '<html>404</html>');
  return plain(
    200,
    JSON.stringify({ Code: 'Success', LastUpdated: '2026-05-03T23:00:00Z', Type: 'AWS-HMAC', ...roleKeys }),
  );
};

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Google Cloud, metadata server: `Metadata-Flavor: Google` or nothing. */
export const googleMachine = (request: HttpRequest): HttpResponse => {
  if (request.headers['metadata-flavor'] !== 'Google') return plain(403, 'Missing Metadata-Flavor:Google header.');
  z.strictObject({ 'metadata-flavor': z.literal('Google'), ...ACCEPT }).parse(request.headers);
  z.strictObject({ scopes: z.literal(SCOPE).optional() }).parse(query(request));
  return json(200, { access_token: CLOUD_TOKEN, expires_in: 3599, token_type: 'Bearer' });
};

/** developers.google.com, OAuth 2.0 for server-to-server applications: header, claims, RS256. */
const assertionHeader = z.strictObject({ alg: z.literal('RS256'), typ: z.literal('JWT'), kid: z.string().optional() });
const assertionClaims = z.strictObject({
  ...{ iss: z.literal('drivers@p.iam.gserviceaccount.com'), scope: z.literal(SCOPE), iat: z.int(), exp: z.int() },
  ...{ aud: z.literal('https://oauth2.googleapis.com/token'), sub: z.string().optional() },
});

export const googleAccount =
  (publicKey: string): CloudServer =>
  (request) => {
    const { assertion } = z
      .strictObject({ grant_type: z.literal('urn:ietf:params:oauth:grant-type:jwt-bearer'), assertion: z.string() })
      .parse(Object.fromEntries(new URLSearchParams(textOf(request))));
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    assertionHeader.parse(read(header));
    const { iat, exp } = assertionClaims.parse(read(claims));
    const right = verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'));
    if (!right || exp - iat > 3600 || Math.abs(iat - CLOUD_NOW / 1000) > 300)
      return json(400, { error: 'invalid_grant', error_description: `Invalid JWT ${assertion}` });
    return json(200, { access_token: CLOUD_TOKEN, expires_in: 3599, token_type: 'Bearer' });
  };

/** hashicorp/vault, website/content/api-docs/auth: approle.mdx, jwt.mdx and kubernetes.mdx (log in). */
const vaultForms = {
  approle: z.strictObject({ role_id: z.literal('drivers'), secret_id: z.string().optional() }),
  jwt: z.strictObject({ role: z.literal('drivers').optional(), jwt: z.string() }),
};

export const vaultLogIn = (request: HttpRequest): HttpResponse => {
  const mount = /^\/v1\/auth\/(.+)\/login$/.exec(new URL(request.url).pathname)?.[1] ?? '';
  const method = mount.startsWith('approle') ? 'approle' : 'jwt';
  if (request.method !== 'POST' || request.headers['x-vault-token'] !== undefined) return json(405, { errors: [] });
  const fields: { readonly jwt?: string; readonly secret_id?: string | undefined } = vaultForms[method].parse(
    JSON.parse(textOf(request)),
  );
  const said = fields.jwt ?? fields.secret_id;
  if (said !== PLATFORM_SECRET) return json(400, { errors: [`invalid role or secret ID ${said}`] });
  const auth = {
    ...{ client_token: CLOUD_TOKEN, accessor: 'a', policies: ['default'], token_policies: ['default'], metadata: {} },
    ...{ lease_duration: 1200, renewable: true, entity_id: 'e', token_type: 'service', orphan: true },
    ...{ mfa_requirement: null, num_uses: 0 },
  };
  return json(200, {
    ...{ request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data: null, wrap_info: null },
    ...{ warnings: null, auth, mount_type: '' },
  });
};
