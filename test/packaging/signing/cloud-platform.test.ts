import { generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { ERROR_CODES } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Http, HttpRequest } from '../../../core/ports.ts';
import { openCloudSigner } from '../../../packaging/signing/cloud/open.ts';
import type { CloudService } from '../../../packaging/signing/cloud/service.ts';
import * as cloud from '../../support/cloud-servers.ts';
import { GITHUB_BEARER, GITHUB_URL, SESSION_TOKEN } from '../../support/identity-servers.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import * as platform from '../../support/platform-servers.ts';
import { sharedHierarchy } from '../../support/test-keys.ts';

/** Identities that a platform gives to machines, containers, apps and jobs. */

const PLACES = {
  'azure-key-vault': ['https://acme.vault.azure.net', 'drivers'],
  'azure-trusted-signing': ['https://weu.codesigning.azure.net', 'acme/drivers'],
  'aws-kms': ['https://kms.eu-west-1.amazonaws.com', 'alias/drivers'],
  'google-kms': ['https://cloudkms.googleapis.com', cloud.GOOGLE_KEY],
  'hashicorp-vault': ['https://vault.example:8200', 'drivers'],
} as const;

const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE_KEY = account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PUBLIC_KEY = account.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const accountFile = (key: string): string =>
  JSON.stringify({
    ...{ type: 'service_account', project_id: 'p', private_key_id: 'k1', private_key: key, client_id: '1' },
    ...{ client_email: 'drivers@p.iam.gserviceaccount.com', token_uri: 'https://oauth2.googleapis.com/token' },
  });

interface Place {
  readonly service: CloudService;
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Where the identity comes from: how its addresses begin. */
  readonly at: string;
  readonly server: cloud.CloudServer;
}

const MACHINE = 'http://169.254.169.254/';
const VAULT_ROLE = { VAULT_AUTH_ROLE: 'drivers' };
const SECRET = platform.PLATFORM_SECRET;
const GITHUB = { ACTIONS_ID_TOKEN_REQUEST_URL: GITHUB_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN: GITHUB_BEARER };
const APP = 'http://127.0.0.1:41741/msi/token';

const IDENTITIES: Readonly<Record<string, Place>> = {
  'the managed identity of a machine in Azure': {
    ...{ service: 'azure-key-vault', env: {}, at: MACHINE, server: platform.azureMachine },
  },
  'one of several managed identities': {
    ...{ service: 'azure-trusted-signing', env: { AZURE_CLIENT_ID: 'client' }, at: MACHINE },
    server: platform.azureMachine,
  },
  'the managed identity of an app in Azure': {
    ...{ service: 'azure-key-vault', env: { IDENTITY_ENDPOINT: APP, IDENTITY_HEADER: SECRET }, at: APP },
    server: platform.azureApp,
  },
  'secrets of CI that are there and empty': {
    ...{ service: 'azure-key-vault', at: MACHINE, server: platform.azureMachine },
    env: { AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '', AZURE_CLIENT_SECRET: '', AZURE_ACCESS_TOKEN: '' },
  },
  'the role of a machine of AWS': { service: 'aws-kms', env: {}, at: MACHINE, server: platform.awsInstance },
  'the role of a machine of AWS elsewhere': {
    ...{ service: 'aws-kms', env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://[fd00:ec2::254]' } },
    ...{ at: 'http://[fd00:ec2::254]/latest/', server: platform.awsInstance },
  },
  'the role of a task of ECS': {
    ...{ service: 'aws-kms', env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1' } },
    ...{ at: 'http://169.254.170.2/v2/credentials/1', server: platform.awsContainer },
  },
  'the role of a pod of EKS': {
    service: 'aws-kms',
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'token',
    },
    files: { token: SECRET },
    ...{ at: 'http://169.254.170.23/v1/credentials', server: platform.awsContainer },
  },
  'the service account of a machine of Google': {
    ...{ service: 'google-kms', env: {}, at: 'http://metadata.google.internal/', server: platform.googleMachine },
  },
  'the service account of a machine of Google elsewhere': {
    ...{ service: 'google-kms', env: { GCE_METADATA_HOST: '127.0.0.1:8080' }, at: 'http://127.0.0.1:8080/' },
    server: platform.googleMachine,
  },
  'the key of a service account of Google': {
    ...{ service: 'google-kms', env: { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' } },
    files: { 'key.json': accountFile(PRIVATE_KEY) },
    ...{ at: 'https://oauth2.googleapis.com/token', server: platform.googleAccount(PUBLIC_KEY) },
  },
  'an AppRole of Vault': {
    ...{ service: 'hashicorp-vault', env: { VAULT_ROLE_ID: 'drivers', VAULT_SECRET_ID: SECRET } },
    ...{ at: 'https://vault.example:8200/v1/auth/approle/login', server: platform.vaultLogIn },
  },
  'a token of GitLab for Vault': {
    ...{ service: 'hashicorp-vault', env: { ...VAULT_ROLE, VAULT_ID_TOKEN: SECRET } },
    ...{ at: 'https://vault.example:8200/v1/auth/jwt/login', server: platform.vaultLogIn },
  },
  'a token of Kubernetes for Vault': {
    service: 'hashicorp-vault',
    env: { ...VAULT_ROLE, VAULT_ID_TOKEN_FILE: 'token', VAULT_AUTH_PATH: 'kubernetes' },
    files: { token: `${SECRET}\n` },
    ...{ at: 'https://vault.example:8200/v1/auth/kubernetes/login', server: platform.vaultLogIn },
  },
  'GitHub’s identity for Vault': {
    service: 'hashicorp-vault',
    env: { ...VAULT_ROLE, ...GITHUB, VAULT_AUTH_AUDIENCE: 'https://vault.example' },
    at: 'https://',
    server: (request) => {
      if (!request.url.startsWith(GITHUB_URL)) return platform.vaultLogIn(request);
      expect(request.url).toBe(`${GITHUB_URL}&audience=${encodeURIComponent('https://vault.example')}`);
      return cloud.json(200, { count: 1, value: SECRET });
    },
  },
};

const keysOf = async (): Promise<cloud.CloudKeys> => {
  const { root, signer } = await sharedHierarchy();
  return { privateKey: signer.privateKey, chain: [signer.certificate, root.certificate] };
};

const cloudOf = (service: CloudService, keys: cloud.CloudKeys): cloud.CloudServer => {
  if (service === 'azure-key-vault') return cloud.keyVault(keys);
  if (service === 'azure-trusted-signing') return cloud.trustedSigning(keys);
  if (service === 'aws-kms') return cloud.awsKms(keys, SESSION_TOKEN);
  return service === 'google-kms' ? cloud.googleKms(keys) : cloud.vault(keys);
};

const isCloud = (service: CloudService, { url }: HttpRequest): boolean =>
  url.startsWith(PLACES[service][0]) && !url.includes('/v1/auth/');

/** A signer whose identity comes from `server`. */
const opened = async ({ service, env, files = {} }: Place, server: Http['send']) => {
  const keys = await keysOf();
  const [url, keyName] = PLACES[service];
  const own = cloudOf(service, keys);
  const seen: HttpRequest[] = [];
  const waits: number[] = [];
  const http: Http = {
    send: async (request) => {
      seen.push(request);
      return isCloud(service, request) ? own(request) : server(request);
    },
  };
  const certificates = service.startsWith('azure')
    ? keys.chain.slice(service === 'azure-key-vault' ? 1 : 2)
    : keys.chain;
  const signer = await openCloudSigner(
    service,
    { url, keyName, certificates },
    {
      ...{ http, env, timer: { wait: async (ms) => void waits.push(ms) }, clock: { now: () => cloud.CLOUD_NOW } },
      files: memoryFiles(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, utf8(text)]))),
    },
  );
  return { signer, keys, seen, waits };
};

const SECRETS = [cloud.CLOUD_TOKEN, SESSION_TOKEN, SECRET, GITHUB_BEARER, PRIVATE_KEY.slice(40, 90), 'somebody-else'];
const refusal = async (work: Promise<unknown>): Promise<WinpvError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WinpvError)) throw new Error(`expected a refusal, not ${error}`);
  expect(ERROR_CODES[error.code].exit).toBe(6);
  for (const secret of SECRETS) expect(`${error.message}${JSON.stringify(error)}${error.stack}`).not.toContain(secret);
  return error;
};

describe.each(Object.entries(IDENTITIES))('%s', (_name, place) => {
  const { service, at, server } = place;

  test('signs, is asked once for many signatures, and is the only one asked', async () => {
    const { signer, keys, seen } = await opened(place, async (request) => server(request));
    const leaf = new X509Certificate(keys.chain[0] ?? new Uint8Array(0));
    for (const text of ['x', 'y'])
      expect(verify('sha256', utf8(text), leaf.publicKey, await signer.sign(utf8(text), 'rsa-sha256'))).toBe(true);
    const asked = seen.filter((request) => !isCloud(service, request)).map(({ method, url }) => `${method} ${url}`);
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked).size).toBe(asked.length);
    for (const one of asked) expect(one.slice(one.indexOf(' ') + 1).startsWith(at)).toBe(true);
  });

  /** Says again all that it was told. */
  const repeating = (status: number, text: string) => async (request: HttpRequest) => {
    const told = [...Object.values(request.headers), new TextDecoder().decode(request.body)].join(' ');
    return { status, headers: {}, body: utf8(text.replace('ALL', told)) };
  };
  test.each([
    [401, '{"error":"not ALL"}', /^SIGN_CLOUD_AUTH$/],
    [403, 'not ALL', /^SIGN_CLOUD_(AUTH|FORBIDDEN)$/],
    [404, '', /^SIGN_CLOUD_(AUTH|KEY)$/],
    [429, 'ALL', /^SIGN_CLOUD_THROTTLED$/],
    [500, '<html>', /^SIGN_CLOUD_FAILED$/],
    [200, '<!doctype html><p>Sign in', /^SIGN_CLOUD_(AUTH|ANSWER)$/],
    [200, '', /^SIGN_CLOUD_(AUTH|ANSWER)$/],
    [200, `${SECRET} is a token\nin plain text`, /^SIGN_CLOUD_(AUTH|ANSWER)$/],
  ])('that answers %i %s is told, without secrets', async (status, text, code) => {
    const { signer } = await opened(place, repeating(status, text));
    expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toMatch(code);
  });

  test('that is busy is asked again, after as long as it says', async () => {
    let busy = 2;
    const { signer, waits } = await opened(place, async (request) => {
      busy -= 1;
      return busy >= 0 ? cloud.json(429, {}, { 'retry-after': '3' }) : server(request);
    });
    await signer.sign(utf8('x'), 'rsa-sha256');
    expect(waits.slice(0, 2)).toEqual([3000, 3000]);
  });

  test('that never answers, or is not there, is told', async () => {
    for (const code of ['REMOTE_TIMEOUT', 'REMOTE_UNREACHABLE'] as const) {
      const { signer } = await opened(place, async () => {
        throw new WinpvError(code, 'Nothing came.');
      });
      expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toMatch(/^SIGN_CLOUD_(AUTH|UNREACHABLE)$/);
    }
  });

  test('that is another is told, without secrets', async () => {
    const wrong = (all: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(all).map(([name, text]) => [name, text.replaceAll(SECRET, 'somebody-else')]));
    const { env, files = {} } = place;
    if (!JSON.stringify([env, files]).includes(SECRET)) return;
    const other = { ...place, env: wrong(env), files: wrong(files) };
    const { signer } = await opened(other, async (request) => server(request));
    await refusal(signer.sign(utf8('x'), 'rsa-sha256'));
  });
});

test('a machine without an identity is waited for two seconds, once, and says what to set', async () => {
  for (const service of ['azure-key-vault', 'aws-kms', 'google-kms'] as const) {
    const { signer, seen } = await opened({ service, env: {}, at: '', server: platform.azureMachine }, async () => {
      throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
    });
    const { code, diagnostics } = await refusal(signer.sign(utf8('x'), 'rsa-sha256'));
    expect([code, diagnostics[0]?.hint]).toEqual([
      'SIGN_CLOUD_AUTH',
      expect.stringMatching(/^Set [A-Z_]+.*no identity/),
    ]);
    expect(seen.map(({ timeoutMs }) => timeoutMs)).toEqual([2000]);
  }
});

test('AWS_EC2_METADATA_DISABLED is heeded', async () => {
  const env = { AWS_EC2_METADATA_DISABLED: 'TRUE' };
  const place: Place = { service: 'aws-kms', env, at: '', server: platform.awsInstance };
  const { signer, seen } = await opened(place, async (request) => place.server(request));
  expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toBe('SIGN_CLOUD_AUTH');
  expect(seen).toEqual([]);
});

test.each([
  ['azure-key-vault', { IDENTITY_ENDPOINT: 'http://evil.example/t', IDENTITY_HEADER: SECRET }],
  ['azure-key-vault', { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://169.254.169.254.evil.example' }],
  [
    'aws-kms',
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/', AWS_CONTAINER_AUTHORIZATION_TOKEN: SECRET },
  ],
  ['aws-kms', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@evil.example/' }],
  ['aws-kms', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'no address' }],
  ['aws-kms', { AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', ...GITHUB, ACTIONS_ID_TOKEN_REQUEST_URL: 'no address' }],
  ['google-kms', { GCE_METADATA_HOST: 'evil.example' }],
  ['google-kms', { GCE_METADATA_HOST: '127.0.0.1@evil.example' }],
] as const)('for %s no place far away is asked over http: %j', async (service, env) => {
  const { signer, seen } = await opened({ service, env, at: '', server: platform.azureMachine }, async () =>
    cloud.json(200, {}),
  );
  expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toMatch(/^SIGN_CLOUD_/);
  expect(seen.filter(({ url }) => new URL(url).hostname.endsWith('evil.example'))).toEqual([]);
});

test('a service account whose key cannot be read, is no RSA key or is another is told, without the key', async () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pem = (key: typeof stranger): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const key of [PRIVATE_KEY.slice(0, 400), 'x', pem(curve), pem(stranger)]) {
    const files = { 'key.json': accountFile(key) };
    const place = { ...IDENTITIES['the key of a service account of Google'], files } as Place;
    const { signer } = await opened(place, async (request) => place.server(request));
    const error = await refusal(signer.sign(utf8('x'), 'rsa-sha256'));
    expect(JSON.stringify(error)).not.toContain(key.slice(60, 100) || 'PRIVATE KEY');
  }
});

test('a token of Vault is asked for anew before it ends', async () => {
  const place = IDENTITIES['an AppRole of Vault'] as Place;
  const keys = await keysOf();
  let now = cloud.CLOUD_NOW;
  const asked: string[] = [];
  const http: Http = {
    send: async (request) => {
      asked.push(request.url);
      return request.url.includes('/v1/auth/') ? platform.vaultLogIn(request) : cloud.vault(keys)(request);
    },
  };
  const [url, keyName] = PLACES['hashicorp-vault'];
  const ports = {
    http,
    env: place.env,
    timer: { wait: async () => {} },
    clock: { now: () => now },
    files: memoryFiles({}),
  };
  const signer = await openCloudSigner('hashicorp-vault', { url, keyName, certificates: keys.chain }, ports);
  await signer.sign(utf8('x'), 'rsa-sha256');
  now += 1_190_000;
  await signer.sign(utf8('x'), 'rsa-sha256');
  expect(asked.filter((one) => one.includes('/login'))).toHaveLength(2);
});
