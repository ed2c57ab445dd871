import { verify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { ERROR_CODES } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { openCloudSigner } from '../../../packaging/signing/cloud/open.ts';
import type { CloudService } from '../../../packaging/signing/cloud/service.ts';
import { describeSignerContract } from '../../contracts/signer.ts';
import * as cloud from '../../support/cloud-servers.ts';
import * as identity from '../../support/identity-servers.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { hierarchyWith, sharedHierarchy, type TestKeyKind } from '../../support/test-keys.ts';

const PLACES = {
  'azure-key-vault': ['https://acme.vault.azure.net', 'drivers'],
  'azure-trusted-signing': ['https://weu.codesigning.azure.net', 'acme/drivers'],
  'aws-kms': ['https://kms.eu-west-1.amazonaws.com', 'alias/drivers'],
  'google-kms': ['https://cloudkms.googleapis.com', cloud.GOOGLE_KEY],
  'hashicorp-vault': ['https://vault.example:8200', 'drivers'],
} as const;

type Env = Readonly<Record<string, string>>;
type TextFiles = Readonly<Record<string, string>>;

const keysWith = async (kind?: TestKeyKind): Promise<cloud.CloudKeys> => {
  const { root, signer } = await (kind === undefined ? sharedHierarchy() : hierarchyWith(kind));
  return { privateKey: signer.privateKey, chain: [signer.certificate, root.certificate] };
};

interface Opened {
  readonly server: cloud.CloudServer;
  readonly env: Env;
  readonly files?: TextFiles;
  readonly keys: cloud.CloudKeys;
  readonly now?: () => number;
}

const opened = async (service: CloudService, { server, env, files = {}, keys, now }: Opened) => {
  const [url, keyName] = PLACES[service];
  const own = service.startsWith('azure') ? keys.chain.slice(service === 'azure-key-vault' ? 1 : 2) : keys.chain;
  return openCloudSigner(
    service,
    { url, keyName, certificates: own },
    {
      ...{ http: cloud.httpTo(server), env, timer: { wait: async () => {} } },
      clock: { now: now ?? (() => cloud.CLOUD_NOW) },
      files: memoryFiles(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, utf8(text)]))),
    },
  );
};

const SECRETS = [
  'somebody-else',
  'no-job',
  cloud.CLOUD_TOKEN,
  identity.SUBJECT_TOKEN,
  identity.GITHUB_BEARER,
  identity.SESSION_TOKEN,
];

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

/** Signs, and checks the signature with the certificate. */
const signs = async (service: CloudService, options: Opened): Promise<void> => {
  const signer = await opened(service, options);
  const signature = await signer.sign(utf8('x'), 'rsa-sha256');
  const leaf = new X509Certificate(options.keys.chain[0] ?? new Uint8Array(0));
  expect(verify('sha256', utf8('x'), leaf.publicKey, signature)).toBe(true);
};

const AZURE = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client' };
const AWS = { AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/drivers' };
const GITHUB = {
  ACTIONS_ID_TOKEN_REQUEST_URL: identity.GITHUB_URL,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: identity.GITHUB_BEARER,
};
const configuration = (source: object, more: object = {}): string =>
  JSON.stringify({
    ...{ type: 'external_account', audience: identity.GOOGLE_AUDIENCE, token_url: identity.GOOGLE_STS },
    ...{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', credential_source: source },
    ...more,
  });
const GOOGLE = { GOOGLE_APPLICATION_CREDENTIALS: 'google.json' };
const TOKEN_FILE = { token: `${identity.SUBJECT_TOKEN}\n` };

interface SignIn {
  readonly service: CloudService;
  readonly env: Env;
  readonly files?: TextFiles;
  readonly audience?: string;
  readonly impersonated?: boolean;
  /** Addresses before that of the cloud. */
  readonly asked: readonly string[];
}
const AZURE_PLACE = 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token';
const AWS_PLACE = 'https://sts.eu-west-1.amazonaws.com/';
const github = (audience: string): string => `${identity.GITHUB_URL}&audience=${encodeURIComponent(audience)}`;

const SIGN_INS: Readonly<Record<string, SignIn>> = {
  'a client secret of Azure': {
    service: 'azure-key-vault',
    env: { ...AZURE, AZURE_CLIENT_SECRET: identity.SUBJECT_TOKEN },
    asked: [AZURE_PLACE],
  },
  'a token file for Azure, rather than the secret beside it': {
    service: 'azure-trusted-signing',
    env: { ...AZURE, AZURE_FEDERATED_TOKEN_FILE: 'token', AZURE_CLIENT_SECRET: 'old' },
    files: TOKEN_FILE,
    asked: [AZURE_PLACE],
  },
  'GitHub’s identity for Azure': {
    service: 'azure-trusted-signing',
    env: { ...AZURE, ...GITHUB },
    audience: 'api://AzureADTokenExchange',
    asked: [github('api://AzureADTokenExchange'), AZURE_PLACE],
  },
  'a token file for AWS': {
    service: 'aws-kms',
    env: { ...AWS, AWS_WEB_IDENTITY_TOKEN_FILE: 'token' },
    files: TOKEN_FILE,
    asked: [AWS_PLACE],
  },
  'GitHub’s identity for AWS': {
    service: 'aws-kms',
    env: { ...AWS, ...GITHUB },
    audience: 'sts.amazonaws.com',
    asked: [github('sts.amazonaws.com'), AWS_PLACE],
  },
  'a token file for Google': {
    service: 'google-kms',
    env: GOOGLE,
    files: { ...TOKEN_FILE, 'google.json': configuration({ file: 'token' }) },
    asked: [identity.GOOGLE_STS],
  },
  'a file of JSON for Google, and a service account': {
    service: 'google-kms',
    env: GOOGLE,
    files: {
      token: JSON.stringify({ id_token: identity.SUBJECT_TOKEN }),
      'google.json': configuration(
        { file: 'token', format: { type: 'json', subject_token_field_name: 'id_token' } },
        { service_account_impersonation_url: identity.GOOGLE_ACCOUNT },
      ),
    },
    impersonated: true,
    asked: [identity.GOOGLE_STS, identity.GOOGLE_ACCOUNT],
  },
  'GitHub’s identity for Google': {
    service: 'google-kms',
    env: GOOGLE,
    files: {
      'google.json': configuration({
        url: `${identity.GITHUB_URL}&audience=google`,
        headers: { authorization: `Bearer ${identity.GITHUB_BEARER}` },
        format: { type: 'json', subject_token_field_name: 'value' },
      }),
    },
    audience: 'google',
    asked: [`${identity.GITHUB_URL}&audience=google`, identity.GOOGLE_STS],
  },
};

const cloudOf = async (service: CloudService): Promise<cloud.CloudServer> => {
  const keys = await keysWith();
  if (service === 'azure-key-vault') return cloud.keyVault(keys);
  if (service === 'azure-trusted-signing') return cloud.trustedSigning(keys);
  return service === 'aws-kms' ? cloud.awsKms(keys, identity.SESSION_TOKEN) : cloud.googleKms(keys);
};

describe.each(Object.entries(SIGN_INS))('%s', (_name, { service, env, files = {}, audience, impersonated, asked }) => {
  const behind = async (seen: string[]) =>
    identity.behindSignIn(await cloudOf(service), seen, {
      ...(audience === undefined ? {} : { audience }),
      ...(impersonated === undefined ? {} : { impersonated }),
    });

  test('signs in, once for many signatures', async () => {
    const seen: string[] = [];
    const keys = await keysWith();
    await signs(service, { server: await behind(seen), env, files, keys });
    expect(seen.slice(0, asked.length)).toEqual(asked);
    expect(seen.slice(asked.length).filter((url) => asked.includes(url))).toEqual([]);
  });

  test('that is refused is told, without the token', async () => {
    const wrong = (text: string): string =>
      text.replaceAll(identity.SUBJECT_TOKEN, 'somebody-else').replaceAll(identity.GITHUB_BEARER, 'no-job');
    const change = (all: TextFiles): TextFiles =>
      Object.fromEntries(Object.entries(all).map(([name, text]) => [name, wrong(text)]));
    const options = { server: await behind([]), env: change(env), files: change(files), keys: await keysWith() };
    const error = await refusal((await opened(service, options)).sign(utf8('x'), 'rsa-sha256'));
    expect(['SIGN_CLOUD_AUTH', 'SIGN_CLOUD_REFUSED']).toContain(error.code);
  });

  if (Object.keys(files).length === 0) return;
  test('whose file is missing or empty is told as a sign-in that fails', async () => {
    for (const [name] of Object.entries(files)) {
      const { [name]: _gone, ...rest } = files;
      for (const left of [rest, { ...files, [name]: ' \n' }]) {
        const options = { server: await behind([]), env, files: left, keys: await keysWith() };
        const error = await refusal((await opened(service, options)).sign(utf8('x'), 'rsa-sha256'));
        expect(error.code).toBe('SIGN_CLOUD_AUTH');
        expect(error.message).toContain(name);
      }
    }
  });
});

test('a configuration of Google’s that is none is refused, and so is an address that is not safe', async () => {
  const keys = await keysWith();
  const cases = [
    ['{', 'SIGN_CLOUD_AUTH'],
    [JSON.stringify({ type: 'service_account', private_key: identity.SUBJECT_TOKEN }), 'SIGN_CLOUD_AUTH'],
    [configuration({}), 'SIGN_CLOUD_AUTH'],
    [configuration({ file: 'token', format: { type: 'json' } }), 'SIGN_CLOUD_AUTH'],
  ] as const;
  for (const [text, code] of cases) {
    const options = { server: cloud.googleKms(keys), env: GOOGLE, files: { ...TOKEN_FILE, 'google.json': text }, keys };
    expect((await refusal((await opened('google-kms', options)).sign(utf8('x'), 'rsa-sha256'))).code).toBe(code);
  }
  const files = {
    ...TOKEN_FILE,
    'google.json': configuration({ file: 'token' }, { token_url: 'http://sts.example/' }),
  };
  const signer = await opened('google-kms', { server: cloud.googleKms(keys), env: GOOGLE, files, keys });
  await expect(signer.sign(utf8('x'), 'rsa-sha256')).rejects.toMatchObject({ code: 'SIGN_URL_INVALID' });
});

test('temporary keys of AWS sign with their session, and not without it', async () => {
  const keys = await keysWith();
  const server = cloud.awsKms(keys, identity.SESSION_TOKEN);
  const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: cloud.CLOUD_TOKEN };
  await signs('aws-kms', { server, env: { ...env, AWS_SESSION_TOKEN: identity.SESSION_TOKEN }, keys });
  const error = await refusal((await opened('aws-kms', { server, env, keys })).sign(utf8('x'), 'rsa-sha256'));
  expect(error.code).toBe('SIGN_CLOUD_AUTH');
});

test('a namespace of Vault is named with each request', async () => {
  const keys = await keysWith();
  const server = cloud.vault(keys, 'teams/drivers');
  const env = { VAULT_TOKEN: cloud.CLOUD_TOKEN };
  await signs('hashicorp-vault', { server, env: { ...env, VAULT_NAMESPACE: 'teams/drivers' }, keys });
  const error = await refusal((await opened('hashicorp-vault', { server, env, keys })).sign(utf8('x'), 'rsa-sha256'));
  expect(error.code).toBe('SIGN_CLOUD_FORBIDDEN');
});

test('a token that ends is asked for anew', async () => {
  let now = cloud.CLOUD_NOW;
  const seen: string[] = [];
  const keys = await keysWith();
  const server = identity.behindSignIn(cloud.keyVault(keys), seen);
  const env = { ...AZURE, AZURE_CLIENT_SECRET: identity.SUBJECT_TOKEN };
  const signer = await opened('azure-key-vault', { server, env, keys, now: () => now });
  await signer.sign(utf8('x'), 'rsa-sha256');
  now += 3_500_000;
  await signer.sign(utf8('x'), 'rsa-sha256');
  expect(seen.filter((url) => url === AZURE_PLACE)).toHaveLength(2);
});

test('a certificate that is renewed meanwhile ends the work', async () => {
  const [before, after] = [await keysWith(), await keysWith('RSA 3072')];
  let current = before;
  const server: cloud.CloudServer = (() => {
    const servers = new Map<cloud.CloudKeys, cloud.CloudServer>();
    return (request) => {
      const one = servers.get(current) ?? cloud.trustedSigning(current);
      servers.set(current, one);
      return one(request);
    };
  })();
  const env = { AZURE_ACCESS_TOKEN: cloud.CLOUD_TOKEN };
  const signer = await opened('azure-trusted-signing', { server, env, keys: before });
  await signer.sign(utf8('x'), 'rsa-sha256');
  current = after;
  expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toBe('SIGN_SELF_CHECK');
});

const EC_CLOUDS = {
  'azure-key-vault': cloud.keyVault,
  'aws-kms': cloud.awsKms,
  'google-kms': cloud.googleKms,
  'hashicorp-vault': cloud.vault,
} as const;
const EC_ENV = {
  ...{ AZURE_ACCESS_TOKEN: cloud.CLOUD_TOKEN, GOOGLE_ACCESS_TOKEN: cloud.CLOUD_TOKEN, VAULT_TOKEN: cloud.CLOUD_TOKEN },
  ...{ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: cloud.CLOUD_TOKEN },
};

for (const [service, server] of Object.entries(EC_CLOUDS) as [
  keyof typeof EC_CLOUDS,
  (typeof EC_CLOUDS)['google-kms'],
][])
  for (const kind of ['EC P-256', 'EC P-384'] as const) {
    if (service === 'google-kms' && kind === 'EC P-384') continue;
    describeSignerContract(`${service}, ${kind}`, async () => {
      const keys = await keysWith(kind);
      const signer = await opened(service, { server: server(keys), env: EC_ENV, keys });
      return {
        signer,
        secret: cloud.CLOUD_TOKEN,
        ...(service === 'google-kms' ? { algorithms: ['ecdsa-sha256'] } : {}),
      };
    });
  }

test('a key version of Google’s on P-384 signs with SHA-384 only', async () => {
  const keys = await keysWith('EC P-384');
  const signer = await opened('google-kms', { server: cloud.googleKms(keys), env: EC_ENV, keys });
  await expect(signer.sign(utf8('x'), 'ecdsa-sha384')).resolves.toBeInstanceOf(Uint8Array);
  await expect(signer.sign(utf8('x'), 'ecdsa-sha256')).rejects.toMatchObject({ code: 'SIGN_KEY_UNSUPPORTED' });
});

test.each(Object.entries(EC_CLOUDS).filter(([service]) => service !== 'aws-kms'))(
  'the stand-in for %s takes no field that the service does not have',
  async (service, server) => {
    const keys = await keysWith();
    const strict = server(keys);
    const more: cloud.CloudServer = (request) => {
      if (request.body === undefined) return strict(request);
      const body = { ...JSON.parse(new TextDecoder().decode(request.body)), comment: 'x' };
      return strict({ ...request, body: utf8(JSON.stringify(body)) });
    };
    const signer = await opened(service as CloudService, { server: more, env: EC_ENV, keys });
    await expect(signer.sign(utf8('x'), 'rsa-sha256')).rejects.toThrow(/unrecognized/i);
  },
);
