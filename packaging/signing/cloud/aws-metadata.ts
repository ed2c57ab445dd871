import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import type { AwsCredentials } from './aws-signature.ts';
import { identityFile, lastResort } from './identity.ts';
import { askCloud, askJson, type CloudPorts } from './rest.ts';
import { platformAddress } from './service.ts';

export interface TemporaryKeys {
  readonly value: AwsCredentials;
  readonly lifeMs: number;
}

/**
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html and
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
const roleKeys = z.object({
  ...{ AccessKeyId: z.string().min(1), SecretAccessKey: z.string().min(1), Token: z.string().optional() },
  Expiration: z.string().optional(),
});

const keysOf = (answer: z.output<typeof roleKeys>, { clock }: CloudPorts): TemporaryKeys => {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secret, Token: token, Expiration: until } = answer;
  const sessionToken = token === undefined ? undefined : new Secret(token);
  const lifeMs = Date.parse(until ?? '') - clock.now();
  return {
    value: { accessKeyId, secretAccessKey: new Secret(secret), sessionToken },
    lifeMs: Number.isNaN(lifeMs) ? 0 : Math.max(0, lifeMs),
  };
};

const CONTAINERS = 'http://169.254.170.2';

const containerAuthorization = async (ports: CloudPorts): Promise<string | undefined> => {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = ports.env;
  return file === undefined ? token : identityFile('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file, ports);
};

/** Keys of the role of this container (ECS, EKS Pod Identity); undefined when none is spoken of. @throws WinpvError SIGN_CLOUD_* */
export const containerKeys = async (ports: CloudPorts): Promise<TemporaryKeys | undefined> => {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = ports.env;
  if (path === undefined && full === undefined) return undefined;
  const url =
    path === undefined
      ? platformAddress(full ?? '', 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
      : platformAddress(`${CONTAINERS}/${path.replace(/^\//, '')}`, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  const authorization = await containerAuthorization(ports);
  if (authorization !== undefined && /[\r\n]/.test(authorization))
    throw new WinpvError('SIGN_CLOUD_AUTH', 'The authorization for the keys of this container has several lines.');
  const headers = { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) };
  const secrets = authorization === undefined ? [] : [new Secret(authorization)];
  const label = 'The role of this container of AWS';
  return keysOf(await askJson({ label, method: 'GET', url: url.href, headers, secrets }, roleKeys, ports), ports);
};

const INSTANCE = 'http://169.254.169.254';
const SESSION_SECONDS = '21600';

const askInstance = async (ports: CloudPorts): Promise<TemporaryKeys> => {
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: place = INSTANCE } = ports.env;
  const base = platformAddress(place, 'AWS_EC2_METADATA_SERVICE_ENDPOINT').href.replace(/\/+$/, '');
  const common = { label: 'The role of this machine of AWS', probe: true } as const;
  const session = await askCloud(
    {
      ...{ ...common, method: 'PUT', url: `${base}/latest/api/token`, secrets: [] },
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': SESSION_SECONDS },
    },
    ports,
  );
  if (!/^[\x21-\x7e]{1,1024}$/.test(session.trim()))
    throw new WinpvError('SIGN_CLOUD_ANSWER', `${common.label} answers with something else than a session.`);
  const token = new Secret(session.trim());
  const headers = { 'x-aws-ec2-metadata-token': token.reveal() };
  const at = `${base}/latest/meta-data/iam/security-credentials/`;
  const roles = await askCloud({ ...common, method: 'GET', url: at, headers, secrets: [token] }, ports);
  const role = roles.trim().split('\n')[0]?.trim() ?? '';
  if (!/^[\w+=,.@-]{1,128}$/.test(role))
    throw new WinpvError('SIGN_CLOUD_ANSWER', `${common.label} answers with something else than its name.`);
  const one = { ...common, method: 'GET', url: `${at}${encodeURIComponent(role)}`, headers, secrets: [token] } as const;
  return keysOf(await askJson(one, roleKeys, ports), ports);
};

/** Keys of the role of this machine (EC2), by version 2 of its metadata service. @throws WinpvError SIGN_CLOUD_* */
export const instanceKeys = async (names: string, ports: CloudPorts): Promise<TemporaryKeys> => {
  const off = ports.env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true';
  const asked = off
    ? Promise.reject(new WinpvError('SIGN_CLOUD_AUTH', 'AWS_EC2_METADATA_DISABLED forbids to ask.'))
    : askInstance(ports);
  return lastResort(asked, 'AWS', names);
};
