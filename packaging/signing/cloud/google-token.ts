import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import { accountToken, machineToken, serviceAccount } from './google-account.ts';
import { identityFile, type TokenSource, tokenCache } from './identity.ts';
import { askCloud, askJson, type CloudPorts } from './rest.ts';
import { cloudAddress } from './service.ts';

/** https://google.aip.dev/auth/4117: the configuration of workload identity federation, for files and addresses. */
const configuration = z.object({
  type: z.literal('external_account'),
  audience: z.string(),
  subject_token_type: z.string(),
  token_url: z.url(),
  service_account_impersonation_url: z.url().optional(),
  credential_source: z.object({
    file: z.string().optional(),
    url: z.url().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    format: z.object({ type: z.enum(['text', 'json']), subject_token_field_name: z.string().optional() }).optional(),
  }),
});
type Configuration = z.output<typeof configuration>;

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
const exchanged = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });
/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
const impersonated = z.object({ accessToken: z.string().min(1), expireTime: z.string() });

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const HOUR_MS = 3_600_000;

/** A secret that is fetched goes nowhere but to an address that is safe. */
const checked = (url: string): string => {
  cloudAddress(new URL(url).origin);
  return url;
};

const unreadable = (): WinpvError =>
  new WinpvError(
    'SIGN_CLOUD_AUTH',
    'GOOGLE_APPLICATION_CREDENTIALS names neither a key of a service account nor workload identity federation.',
    {
      hint: 'Make one with `gcloud iam workload-identity-pools create-cred-config`, with a file or an address as source.',
    },
  );

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const subjectToken = async ({ credential_source: source }: Configuration, ports: CloudPorts): Promise<Secret> => {
  const { file, url, headers = {}, format } = source;
  const secrets = Object.values(headers).map((value) => new Secret(value));
  let text: string;
  if (file !== undefined) text = await identityFile('The configuration in GOOGLE_APPLICATION_CREDENTIALS', file, ports);
  else if (url === undefined) throw unreadable();
  else
    text = await askCloud(
      { label: 'The identity provider', method: 'GET', url: checked(url), headers, secrets },
      ports,
    );
  if (format?.type !== 'json') return new Secret(text.trim());
  const field = format.subject_token_field_name ?? 'access_token';
  const { data } = z.record(z.string(), z.unknown()).safeParse(parsed(text));
  const value = data?.[field];
  if (typeof value === 'string' && value !== '') return new Secret(value);
  throw new WinpvError('SIGN_CLOUD_AUTH', `The identity provider gives no "${field}".`);
};

const federated = async (settings: Configuration, ports: CloudPorts) => {
  const token = await subjectToken(settings, ports);
  const body = JSON.stringify({
    ...{ grantType: 'urn:ietf:params:oauth:grant-type:token-exchange', audience: settings.audience, scope: SCOPE },
    ...{ requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token', subjectToken: token.reveal() },
    subjectTokenType: settings.subject_token_type,
  });
  const json = { 'content-type': 'application/json', accept: 'application/json' };
  const common = { label: 'The sign-in for Google Cloud', method: 'POST' } as const;
  const first = await askJson(
    { ...common, url: checked(settings.token_url), headers: json, body, secrets: [token] },
    exchanged,
    ports,
  );
  const access = new Secret(first.access_token);
  const { service_account_impersonation_url: account } = settings;
  if (account === undefined) return { value: access, lifeMs: (first.expires_in ?? 3600) * 1000 };
  const headers = { ...json, authorization: `Bearer ${access.reveal()}` };
  const scope = JSON.stringify({ scope: [SCOPE] });
  const second = await askJson(
    { ...common, url: checked(account), headers, body: scope, secrets: [access] },
    impersonated,
    ports,
  );
  const lifeMs = Date.parse(second.expireTime) - ports.clock.now();
  return { value: new Secret(second.accessToken), lifeMs: Number.isNaN(lifeMs) ? HOUR_MS : lifeMs };
};

/**
 * A token for Google Cloud: GOOGLE_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN, else by workload identity federation or a
 * service account's key in the file of GOOGLE_APPLICATION_CREDENTIALS, else of the machine. @throws WinpvError SIGN_CLOUD_*
 */
export const googleToken = (ports: CloudPorts): TokenSource => {
  const {
    GOOGLE_ACCESS_TOKEN: own,
    CLOUDSDK_AUTH_ACCESS_TOKEN: gcloud,
    GOOGLE_APPLICATION_CREDENTIALS: file,
  } = ports.env;
  const given = own ?? gcloud;
  if (given !== undefined) return async () => new Secret(given);
  return tokenCache(ports.clock, async () => {
    if (file === undefined) return machineToken('GOOGLE_ACCESS_TOKEN or GOOGLE_APPLICATION_CREDENTIALS', ports);
    const content = parsed(await identityFile('GOOGLE_APPLICATION_CREDENTIALS', file, ports));
    const account = serviceAccount.safeParse(content);
    if (account.success) return accountToken(account.data, ports);
    const { data } = configuration.safeParse(content);
    if (data === undefined) throw unreadable();
    return federated(data, ports);
  });
};
