import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/ports.ts';
import { CLOUD_TOKEN, type CloudServer, json } from './cloud-servers.ts';

/** Who exchanges tokens of a platform for those of a cloud. Strict as the clouds themselves: see cloud-servers.ts. */

export const SUBJECT_TOKEN = 'what-the-platform-says-of-the-job';
export const GITHUB_BEARER = 'what-the-job-asks-with';
const AZURE = 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token';
export const GITHUB_URL = 'https://pipelines.example/oidc?api-version=2.0';
export const GOOGLE_STS = 'https://sts.googleapis.com/v1/token';
export const GOOGLE_ACCOUNT =
  'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/drivers@p.iam.gserviceaccount.com:generateAccessToken';
export const GOOGLE_AUDIENCE = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/g';
export const SESSION_TOKEN = 'a-session-that-nobody-may-see';

const textOf = ({ body }: HttpRequest): string => new TextDecoder().decode(body ?? new Uint8Array(0));
const form = (request: HttpRequest): unknown => Object.fromEntries(new URLSearchParams(textOf(request)));

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
const entraForm = z.strictObject({
  ...{ grant_type: z.literal('client_credentials'), client_id: z.literal('client'), scope: z.string() },
  client_secret: z.string().optional(),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer').optional(),
  client_assertion: z.string().optional(),
});

/** Takes the secret or the token of the platform, one of them. */
const entra = (request: HttpRequest): HttpResponse => {
  const {
    client_secret: secret,
    client_assertion: assertion,
    client_assertion_type: type,
  } = entraForm.parse(form(request));
  if ((assertion === undefined) !== (type === undefined) || (secret === undefined) === (assertion === undefined))
    return json(400, { error: 'invalid_request', error_description: 'one of them' });
  if ((secret ?? assertion) !== SUBJECT_TOKEN)
    return json(401, {
      error: 'invalid_client',
      error_description: `not ${secret ?? assertion}`,
      error_codes: [7000215],
    });
  return json(200, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: CLOUD_TOKEN });
};

/** https://docs.github.com/actions/reference/security/oidc: `count` and `value`, for the audience that is asked for. */
const github = (audience: string, request: HttpRequest): HttpResponse => {
  const { searchParams } = new URL(request.url);
  const asked = request.method === 'GET' && searchParams.get('audience') === audience && searchParams.size === 2;
  if (!asked || request.headers.authorization !== `Bearer ${GITHUB_BEARER}`) return json(400, { message: 'no' });
  return json(200, { count: SUBJECT_TOKEN.length, value: SUBJECT_TOKEN });
};

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
const googleExchange = z.strictObject({
  grantType: z.literal('urn:ietf:params:oauth:grant-type:token-exchange'),
  audience: z.literal(GOOGLE_AUDIENCE),
  scope: z.literal('https://www.googleapis.com/auth/cloud-platform'),
  requestedTokenType: z.literal('urn:ietf:params:oauth:token-type:access_token'),
  subjectToken: z.string(),
  subjectTokenType: z.literal('urn:ietf:params:oauth:token-type:jwt'),
  options: z.string().optional(),
});
const FEDERATED = 'a-federated-token-that-nobody-may-see';

const googleSts = (request: HttpRequest, impersonated: boolean): HttpResponse => {
  const { subjectToken } = googleExchange.parse(JSON.parse(textOf(request)));
  if (request.headers.authorization !== undefined) return json(400, { error: 'invalid_request' });
  if (subjectToken !== SUBJECT_TOKEN)
    return json(400, { error: 'invalid_grant', error_description: `no ${subjectToken}` });
  return json(200, {
    ...{ access_token: impersonated ? FEDERATED : CLOUD_TOKEN, token_type: 'Bearer', expires_in: 3600 },
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  });
};

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
const impersonation = z.strictObject({
  scope: z.array(z.literal('https://www.googleapis.com/auth/cloud-platform')),
  ...{ delegates: z.array(z.string()).optional(), lifetime: z.string().optional() },
});

const googleAccount = (request: HttpRequest): HttpResponse => {
  impersonation.parse(JSON.parse(textOf(request)));
  if (request.headers.authorization !== `Bearer ${FEDERATED}`)
    return json(401, { error: { code: 401, message: 'no' } });
  return json(200, { accessToken: CLOUD_TOKEN, expireTime: '2026-05-04T01:00:00Z' });
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const assumeRole = z.strictObject({
  ...{ Action: z.literal('AssumeRoleWithWebIdentity'), Version: z.literal('2011-06-15') },
  ...{
    RoleArn: z.string().min(20),
    RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
    WebIdentityToken: z.string(),
  },
  DurationSeconds: z.coerce.number().min(900).max(43_200).optional(),
});

const awsSts = (request: HttpRequest): HttpResponse => {
  const { WebIdentityToken: token } = assumeRole.parse(form(request));
  const xml = (status: number, text: string): HttpResponse => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body: utf8(text),
  });
  if (token !== SUBJECT_TOKEN)
    return xml(
      400,
      `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>no ${token}</Message></Error></ErrorResponse>`,
    );
  const keys = `<AccessKeyId>AKID</AccessKeyId><SecretAccessKey>${CLOUD_TOKEN}</SecretAccessKey>`;
  const rest = `<SessionToken>${SESSION_TOKEN}</SessionToken><Expiration>2026-05-04T01:00:00Z</Expiration>`;
  const who = '<SubjectFromWebIdentityToken>job</SubjectFromWebIdentityToken><Audience>sts.amazonaws.com</Audience>';
  return xml(
    200,
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>${who}<Credentials>${keys}${rest}</Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
  );
};

/** A cloud with the places before it where tokens are exchanged. `seen` gets every address. */
export const behindSignIn =
  (cloud: CloudServer, seen: string[], { audience = '', impersonated = false } = {}): CloudServer =>
  (request) => {
    const { url } = request;
    seen.push(url);
    if (url === AZURE) return entra(request);
    if (url.startsWith('https://pipelines.example/oidc')) return github(audience, request);
    if (url === GOOGLE_STS) return googleSts(request, impersonated);
    if (url === GOOGLE_ACCOUNT) return googleAccount(request);
    if (url === 'https://sts.eu-west-1.amazonaws.com/') return awsSts(request);
    return cloud(request);
  };
