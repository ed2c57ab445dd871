import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import { containerKeys, instanceKeys, type TemporaryKeys } from './aws-metadata.ts';
import type { AwsCredentials } from './aws-signature.ts';
import { githubToken, identityFile, tokenCache } from './identity.ts';
import { askCloud, type CloudPorts } from './rest.ts';
import { cloudAddress } from './service.ts';

const NAMES =
  'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE or GitHub’s `permissions: id-token: write`';
const AUDIENCE = 'sts.amazonaws.com';
/** How long the keys of a role are asked for: the default and the most that every role allows. */
const SESSION_SECONDS = 3600;

const element = (xml: string, name: string): string => {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  if (text !== undefined) return text.trim();
  throw new WinpvError('SIGN_CLOUD_ANSWER', `AWS STS answers with something else than expected: no ${name}.`);
};

/** The keys of a role for a token of the platform. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const assumeRole = async (role: string, region: string, ports: CloudPorts): Promise<TemporaryKeys | undefined> => {
  const {
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_SESSION_NAME: session,
    AWS_ENDPOINT_URL_STS: endpoint,
  } = ports.env;
  const token =
    file === undefined
      ? await githubToken(AUDIENCE, ports)
      : new Secret(await identityFile('AWS_WEB_IDENTITY_TOKEN_FILE', file, ports));
  if (token === undefined) return undefined;
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

/** AWS_ACCESS_KEY_ID and its companions, else AWS_ROLE_ARN with a web identity, else the role of the container or machine. */
export const awsCredentials = (region: string, ports: CloudPorts): (() => Promise<AwsCredentials>) => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = ports.env;
  const { AWS_ROLE_ARN: role } = ports.env;
  if (accessKeyId !== undefined && secret !== undefined) {
    const sessionToken = session === undefined ? undefined : new Secret(session);
    return async () => ({ accessKeyId, secretAccessKey: new Secret(secret), sessionToken });
  }
  return tokenCache(ports.clock, async () => {
    const assumed = role === undefined ? undefined : await assumeRole(role, region, ports);
    return assumed ?? (await containerKeys(ports)) ?? (await instanceKeys(NAMES, ports));
  });
};
