import { createPrivateKey, sign } from 'node:crypto';
import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import { lastResort } from './identity.ts';
import { askJson, type CloudPorts } from './rest.ts';
import { cloudAddress, platformAddress } from './service.ts';

/** https://cloud.google.com/iam/docs/keys-create-delete: the file of a service account's key. */
export const serviceAccount = z.object({
  ...{ type: z.literal('service_account'), client_email: z.string().min(1), private_key: z.string().min(1) },
  ...{ private_key_id: z.string().optional(), token_uri: z.url().default('https://oauth2.googleapis.com/token') },
});

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number() });

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const HOUR_SECONDS = 3600;

const inBase64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** https://developers.google.com/identity/protocols/oauth2/service-account: RS256 over header and claims. */
const assertionOf = (account: z.output<typeof serviceAccount>, nowMs: number): Secret => {
  const { client_email: iss, private_key: pem, private_key_id: kid, token_uri: aud } = account;
  const iat = Math.floor(nowMs / 1000);
  const header = inBase64url({ alg: 'RS256', typ: 'JWT', ...(kid === undefined ? {} : { kid }) });
  const text = `${header}.${inBase64url({ iss, scope: SCOPE, aud, iat, exp: iat + HOUR_SECONDS })}`;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'rsa') throw new TypeError('not RSA');
    return new Secret(`${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`);
  } catch {
    // What Node says of a key is not passed on: it may quote it.
    throw new WinpvError('SIGN_CLOUD_AUTH', 'GOOGLE_APPLICATION_CREDENTIALS has a private key that cannot be read.', {
      hint: 'Take the file as Google gave it, with the line ends in private_key.',
    });
  }
};

/** A token for a service account by its key. @throws WinpvError SIGN_CLOUD_* */
export const accountToken = async (account: z.output<typeof serviceAccount>, ports: CloudPorts) => {
  const assertion = assertionOf(account, ports.clock.now());
  cloudAddress(new URL(account.token_uri).origin);
  const body = new URLSearchParams({ grant_type: JWT_BEARER, assertion: assertion.reveal() }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const label = 'The sign-in for Google Cloud';
  const { access_token: token, expires_in: seconds } = await askJson(
    { label, method: 'POST', url: account.token_uri, headers, body, secrets: [assertion] },
    tokenAnswer,
    ports,
  );
  return { value: new Secret(token), lifeMs: seconds * 1000 };
};

const METADATA = 'metadata.google.internal';

/**
 * A token for the service account of this machine, of its metadata server (GCE_METADATA_HOST where that is elsewhere).
 * https://cloud.google.com/compute/docs/access/authenticate-workloads @throws WinpvError SIGN_CLOUD_*
 */
export const machineToken = async (names: string, ports: CloudPorts) => {
  const { GCE_METADATA_HOST: host = METADATA } = ports.env;
  const url = platformAddress(`http://${host}`, 'GCE_METADATA_HOST');
  url.pathname = '/computeMetadata/v1/instance/service-accounts/default/token';
  url.searchParams.set('scopes', SCOPE);
  const headers = { 'metadata-flavor': 'Google', accept: 'application/json' };
  const label = 'The metadata server of Google Cloud';
  const asked = askJson({ label, method: 'GET', url: url.href, headers, secrets: [], probe: true }, tokenAnswer, ports);
  const { access_token: token, expires_in: seconds } = await lastResort(asked, 'Google Cloud', names);
  return { value: new Secret(token), lifeMs: seconds * 1000 };
};
