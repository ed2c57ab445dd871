import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import { managedToken } from './azure-managed.ts';
import { githubToken, identityFile, type TokenSource, tokenCache } from './identity.ts';
import { askJson, type CloudPorts } from './rest.ts';
import { cloudAddress } from './service.ts';

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number() });

const AUTHORITY = 'https://login.microsoftonline.com';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const AUDIENCE = 'api://AzureADTokenExchange';

const NAMES =
  'AZURE_ACCESS_TOKEN, or AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_SECRET or GitHub’s `permissions: id-token: write`';

interface Proof {
  readonly fields: Readonly<Record<string, string>>;
  readonly secret: Secret;
}

/** How the application proves who it is: a token of the platform before a secret that somebody could lose. */
const proof = async (ports: CloudPorts): Promise<Proof | undefined> => {
  const { env } = ports;
  const { AZURE_FEDERATED_TOKEN_FILE: file, AZURE_CLIENT_SECRET: password } = env;
  if (file === undefined && password !== undefined)
    return { secret: new Secret(password), fields: { client_secret: password } };
  const assertion =
    file === undefined
      ? await githubToken(AUDIENCE, ports)
      : new Secret(await identityFile('AZURE_FEDERATED_TOKEN_FILE', file, ports));
  if (assertion === undefined) return undefined;
  return {
    secret: assertion,
    fields: { client_assertion_type: JWT_BEARER, client_assertion: assertion.reveal() },
  };
};

/**
 * A token of Microsoft's identity platform for a scope: AZURE_ACCESS_TOKEN, or one that AZURE_TENANT_ID and AZURE_CLIENT_ID
 * get for a federated token (Azure workload identity, GitHub) or a client secret, else the machine's own identity.
 * @throws WinpvError SIGN_CLOUD_*
 */
export const azureToken = (scope: string, label: string, ports: CloudPorts): TokenSource => {
  const {
    AZURE_ACCESS_TOKEN: given,
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: client,
    AZURE_AUTHORITY_HOST: host,
  } = ports.env;
  if (given !== undefined) return async () => new Secret(given);
  return tokenCache(ports.clock, async () => {
    if (tenant === undefined || client === undefined) return managedToken(scope, NAMES, ports);
    if (!/^[A-Za-z0-9.-]+$/.test(tenant)) throw new WinpvError('SIGN_CLOUD_AUTH', 'AZURE_TENANT_ID is no tenant.');
    const found = await proof(ports);
    if (found === undefined) return managedToken(scope, NAMES, ports);
    const { fields, secret } = found;
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: client, scope, ...fields });
    const { access_token: token, expires_in: seconds } = await askJson(
      {
        ...{ label: `The sign-in for ${label}`, method: 'POST', secrets: [secret], body: body.toString() },
        url: `${cloudAddress(host ?? AUTHORITY)}/${tenant}/oauth2/v2.0/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      },
      tokenAnswer,
      ports,
    );
    return { value: new Secret(token), lifeMs: seconds * 1000 };
  });
};
