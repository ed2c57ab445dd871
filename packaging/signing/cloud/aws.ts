import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import type { SignatureAlgorithm, Signer } from '../signer.ts';
import { type AwsCredentials, signAwsRequest } from './aws-signature.ts';
import { githubToken, identityFile, needed, tokenCache } from './identity.ts';
import type { CloudSource } from './open.ts';
import { askCloud, askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudAddress } from './service.ts';
import { cloudSigner } from './signature.ts';

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const signAnswer = z.object({ Signature: z.string().min(1), SigningAlgorithm: z.string().optional() });

const ALGORITHMS: Partial<Readonly<Record<SignatureAlgorithm, string>>> = {
  'rsa-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sha384': 'RSASSA_PKCS1_V1_5_SHA_384',
  'rsa-sha512': 'RSASSA_PKCS1_V1_5_SHA_512',
  'ecdsa-sha256': 'ECDSA_SHA_256',
  'ecdsa-sha384': 'ECDSA_SHA_384',
};

const AUDIENCE = 'sts.amazonaws.com';
/** How long the keys of a role are asked for: the default and the most that every role allows. */
const SESSION_SECONDS = 3600;

const regionOf = (url: string, env: CloudPorts['env']): string => {
  const named = /^kms(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
  const region = named ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (region !== undefined && /^[a-z0-9-]+$/.test(region)) return region;
  throw new WinpvError('SIGN_CLOUD_KEY', 'Nothing says which region of AWS the key is in.', {
    hint: 'Use --cloud-url https://kms.REGION.amazonaws.com, or set AWS_REGION.',
  });
};

const element = (xml: string, name: string): string => {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (text !== undefined) return text.trim();
  throw new WinpvError('SIGN_CLOUD_ANSWER', `AWS STS answers with something else than expected: no ${name}.`);
};

/** The keys of a role for a token of the platform. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const assumeRole = async (role: string, region: string, ports: CloudPorts) => {
  const {
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_SESSION_NAME: session,
    AWS_ENDPOINT_URL_STS: endpoint,
  } = ports.env;
  const token =
    file === undefined
      ? await githubToken(AUDIENCE, ports)
      : new Secret(await identityFile('AWS_WEB_IDENTITY_TOKEN_FILE', file, ports));
  if (token === undefined)
    throw needed('AWS', 'AWS_WEB_IDENTITY_TOKEN_FILE, or GitHub’s `permissions: id-token: write`');
  const body = new URLSearchParams({
    ...{ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: role },
    ...{ RoleSessionName: session ?? 'winpv', DurationSeconds: `${SESSION_SECONDS}`, WebIdentityToken: token.reveal() },
  });
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const xml = await askCloud(
    {
      ...{ label: 'AWS STS', method: 'POST', secrets: [token], body: body.toString() },
      url: `${cloudAddress(endpoint ?? `https://sts.${region}.${suffix}`)}/`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/xml' },
    },
    ports,
  );
  const value: AwsCredentials = {
    accessKeyId: element(xml, 'AccessKeyId'),
    secretAccessKey: new Secret(element(xml, 'SecretAccessKey')),
    sessionToken: new Secret(element(xml, 'SessionToken')),
  };
  const lifeMs = Date.parse(element(xml, 'Expiration')) - ports.clock.now();
  return { value, lifeMs: Number.isNaN(lifeMs) ? 0 : lifeMs };
};

/** AWS_ACCESS_KEY_ID and its companions, else AWS_ROLE_ARN with a web identity. */
const awsCredentials = (region: string, ports: CloudPorts): (() => Promise<AwsCredentials>) => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = ports.env;
  const { AWS_ROLE_ARN: role } = ports.env;
  if (accessKeyId !== undefined && secret !== undefined) {
    const sessionToken = session === undefined || session === '' ? undefined : new Secret(session);
    return async () => ({ accessKeyId, secretAccessKey: new Secret(secret), sessionToken });
  }
  return tokenCache(ports.clock, async () => {
    if (role === undefined) throw needed('AWS', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN');
    return assumeRole(role, region, ports);
  });
};

/** A key of AWS KMS by its id, ARN or alias (`alias/name`). KMS has no certificates: they are given. */
export const awsKms = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `AWS KMS, key ${keyName}`;
  const region = regionOf(url, ports.env);
  const credentials = awsCredentials(region, ports);
  return cloudSigner({
    label,
    certificates: async () => certificates,
    algorithm: async (algorithm) => ALGORITHMS[algorithm],
    sign: async (digest, name) => {
      const who = await credentials();
      const message = Buffer.from(digest).toString('base64');
      const body = JSON.stringify({ KeyId: keyName, Message: message, MessageType: 'DIGEST', SigningAlgorithm: name });
      const request = {
        ...{ method: 'POST', url: `${url}/`, body, region, service: 'kms', nowMs: ports.clock.now() },
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Sign' },
      } as const;
      const secrets = [who.secretAccessKey, ...(who.sessionToken === undefined ? [] : [who.sessionToken])];
      const headers = signAwsRequest(request, who);
      const answer = await askJson(
        { label, method: 'POST', url: request.url, headers, body, secrets },
        signAnswer,
        ports,
      );
      return fromBase64(answer.Signature, label);
    },
  });
};
