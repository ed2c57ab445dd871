import { z } from 'zod';
import { Secret } from '../secret.ts';
import { lastResort } from './identity.ts';
import { askJson, type CloudPorts } from './rest.ts';
import { platformAddress } from './service.ts';

/**
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token: numbers as text;
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity: `expires_on` alone.
 */
const managedAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().optional(),
  expires_on: z.coerce.number().optional(),
});

const MACHINE = 'http://169.254.169.254';
const MACHINE_VERSION = '2018-02-01';
const APP_VERSION = '2019-08-01';

/** Managed identities are asked by resource, which is a scope without its end. */
const resourceOf = (scope: string): string => scope.replace(/\/\.default$/, '');

const placeOf = ({ env }: CloudPorts) => {
  const { IDENTITY_ENDPOINT: app, IDENTITY_HEADER: header, AZURE_POD_IDENTITY_AUTHORITY_HOST: machine = MACHINE } = env;
  if (app !== undefined && header !== undefined) {
    const headers: Record<string, string> = { 'x-identity-header': header };
    return { url: platformAddress(app, 'IDENTITY_ENDPOINT'), version: APP_VERSION, headers, secrets: [header] };
  }
  const url = platformAddress(machine, 'AZURE_POD_IDENTITY_AUTHORITY_HOST');
  url.pathname = '/metadata/identity/oauth2/token';
  const headers: Record<string, string> = { metadata: 'true' };
  return { url, version: MACHINE_VERSION, headers, secrets: [] };
};

/**
 * A token for the identity that Azure manages for this machine (IMDS), or for this app (IDENTITY_ENDPOINT and
 * IDENTITY_HEADER); AZURE_CLIENT_ID names one of several. @throws WinpvError SIGN_CLOUD_*
 */
export const managedToken = async (scope: string, names: string, ports: CloudPorts) => {
  const { url, version, headers, secrets } = placeOf(ports);
  url.searchParams.set('api-version', version);
  url.searchParams.set('resource', resourceOf(scope));
  const { AZURE_CLIENT_ID: client } = ports.env;
  if (client !== undefined) url.searchParams.set('client_id', client);
  const asked = askJson(
    {
      ...{ label: 'The managed identity of Azure', method: 'GET', url: url.href, probe: true },
      ...{ headers: { ...headers, accept: 'application/json' }, secrets: secrets.map((text) => new Secret(text)) },
    },
    managedAnswer,
    ports,
  );
  const { access_token: token, expires_in: seconds, expires_on: until } = await lastResort(asked, 'Azure', names);
  const lifeMs = until === undefined ? (seconds ?? 0) * 1000 : until * 1000 - ports.clock.now();
  return { value: new Secret(token), lifeMs: Math.max(0, lifeMs) };
};
