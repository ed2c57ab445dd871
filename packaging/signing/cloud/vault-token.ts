import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import { Secret } from '../secret.ts';
import { githubToken, identityFile, needed, type TokenSource, tokenCache } from './identity.ts';
import { askJson, type CloudPorts } from './rest.ts';

/** https://developer.hashicorp.com/vault/api-docs/auth/approle and …/auth/jwt; 0 seconds are without end. */
const loginAnswer = z.object({ auth: z.object({ client_token: z.string().min(1), lease_duration: z.number() }) });

interface LogIn {
  /** Where the method is mounted when nothing says so. */
  readonly mount: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly secret: Secret;
}

/** Who the platform says that the job is: a token in the environment or a file (GitLab, Kubernetes), or GitHub's. */
const platformToken = async (ports: CloudPorts): Promise<Secret | undefined> => {
  const { VAULT_ID_TOKEN: token, VAULT_ID_TOKEN_FILE: file, VAULT_AUTH_AUDIENCE: audience } = ports.env;
  if (file !== undefined) return new Secret(await identityFile('VAULT_ID_TOKEN_FILE', file, ports));
  return token === undefined ? githubToken(audience, ports) : new Secret(token);
};

const logInOf = async (ports: CloudPorts): Promise<LogIn> => {
  const { VAULT_ROLE_ID: id, VAULT_SECRET_ID: secret, VAULT_AUTH_ROLE: role } = ports.env;
  if (id !== undefined) {
    const fields = { role_id: id, ...(secret === undefined ? {} : { secret_id: secret }) };
    return { mount: 'approle', fields, secret: new Secret(secret ?? id) };
  }
  const jwt = role === undefined ? undefined : await platformToken(ports);
  if (role !== undefined && jwt !== undefined)
    return { mount: 'jwt', fields: { role, jwt: jwt.reveal() }, secret: jwt };
  throw needed(
    'HashiCorp Vault',
    'VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_AUTH_ROLE with VAULT_ID_TOKEN, VAULT_ID_TOKEN_FILE or GitHub’s `permissions: id-token: write`',
  );
};

const NEVER_MS = 365 * 86_400_000;

/** A token of Vault: VAULT_TOKEN, or one that a log-in gets (AppRole, JWT, Kubernetes). @throws WinpvError SIGN_CLOUD_* */
export const vaultToken = (
  url: string,
  namespace: Readonly<Record<string, string>>,
  ports: CloudPorts,
): TokenSource => {
  const { VAULT_TOKEN: given, VAULT_AUTH_PATH: path } = ports.env;
  if (given !== undefined) return async () => new Secret(given);
  return tokenCache(ports.clock, async () => {
    const { mount, fields, secret } = await logInOf(ports);
    const parts = (path ?? mount).replace(/^\/+|\/+$/g, '').split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new WinpvError('SIGN_CLOUD_AUTH', 'VAULT_AUTH_PATH has an empty part.');
    const { auth } = await askJson(
      {
        ...{ label: 'The log-in to HashiCorp Vault', method: 'POST', secrets: [secret] },
        url: `${url}/v1/auth/${parts.map(encodeURIComponent).join('/')}/login`,
        headers: { 'content-type': 'application/json', 'x-vault-request': 'true', ...namespace },
        body: JSON.stringify(fields),
      },
      loginAnswer,
      ports,
    );
    const lifeMs = auth.lease_duration === 0 ? NEVER_MS : auth.lease_duration * 1000;
    return { value: new Secret(auth.client_token), lifeMs };
  });
};
