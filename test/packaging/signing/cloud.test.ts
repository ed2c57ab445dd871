import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { ERROR_CODES } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Http, HttpResponse } from '../../../core/ports.ts';
import { signAwsRequest } from '../../../packaging/signing/cloud/aws-signature.ts';
import { openCloudSigner } from '../../../packaging/signing/cloud/open.ts';
import type { CloudService } from '../../../packaging/signing/cloud/service.ts';
import { Secret } from '../../../packaging/signing/secret.ts';
import { describeSignerContract } from '../../contracts/signer.ts';
import * as cloud from '../../support/cloud-servers.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { hierarchyWith, sharedHierarchy } from '../../support/test-keys.ts';

const TOKEN = cloud.CLOUD_TOKEN;
const SHA2 = ['rsa-sha256', 'rsa-sha384', 'rsa-sha512'] as const;
const ENV = {
  AZURE_ACCESS_TOKEN: TOKEN,
  GOOGLE_ACCESS_TOKEN: TOKEN,
  VAULT_TOKEN: TOKEN,
  AWS_ACCESS_KEY_ID: 'AKID',
  AWS_SECRET_ACCESS_KEY: TOKEN,
};
const SERVERS = {
  'azure-key-vault': { server: cloud.keyVault, key: 'drivers', url: 'https://acme.vault.azure.net', algorithms: SHA2 },
  'azure-trusted-signing': {
    server: cloud.trustedSigning,
    key: 'acme/drivers',
    url: 'https://weu.codesigning.azure.net',
    algorithms: SHA2,
  },
  'aws-kms': {
    server: cloud.awsKms,
    key: 'alias/drivers',
    url: 'https://kms.eu-west-1.amazonaws.com',
    algorithms: SHA2,
  },
  'google-kms': {
    server: cloud.googleKms,
    key: cloud.GOOGLE_KEY,
    url: 'https://cloudkms.googleapis.com',
    algorithms: ['rsa-sha256'],
  },
  'hashicorp-vault': { server: cloud.vault, key: 'drivers', url: 'http://127.0.0.1:8200', algorithms: undefined },
} as const;
const SERVICES = Object.keys(SERVERS) as CloudService[];

const keysOf = async (): Promise<cloud.CloudKeys> => {
  const { root, signer } = await sharedHierarchy();
  return { privateKey: signer.privateKey, chain: [signer.certificate, root.certificate] };
};

const opened = async (service: CloudService, http: Http, env: Readonly<Record<string, string>> = ENV) => {
  const waits: number[] = [];
  const { key: keyName, url } = SERVERS[service];
  const certificates = (await keysOf()).chain;
  const clock = { now: () => cloud.CLOUD_NOW };
  const timer = { wait: async (ms: number) => void waits.push(ms) };
  const ports = { http, clock, timer, env, files: memoryFiles({ token: utf8('federated') }) };
  const own = service === 'azure-key-vault' ? certificates.slice(1) : service.startsWith('azure') ? [] : certificates;
  return { signer: await openCloudSigner(service, { url, keyName, certificates: own }, ports), waits };
};

const refusal = async (work: Promise<unknown>): Promise<WinpvError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WinpvError)) throw new Error('expected a refusal');
  expect(ERROR_CODES[error.code].exit).toBe(6);
  expect(`${error.message}${JSON.stringify(error)}${error.stack}`).not.toContain(TOKEN);
  return error;
};

for (const service of SERVICES) {
  const { server, algorithms } = SERVERS[service];
  describeSignerContract(service, async () => {
    const { signer } = await opened(service, cloud.httpTo(server(await keysOf())));
    return { signer, secret: TOKEN, ...(algorithms === undefined ? {} : { algorithms }) };
  });
}

const answer = (status: number, text: string, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body: utf8(text),
});
const HTML = '<!doctype html><title>Sign in</title>';

describe.each(SERVICES)('%s', (service) => {
  const signed = async (http: Http) => (await opened(service, http)).signer.sign(utf8('x'), 'rsa-sha256');

  test.each([
    [401, '{"error":"who"}', 'SIGN_CLOUD_AUTH'],
    [403, '', 'SIGN_CLOUD_FORBIDDEN'],
    [404, '{}', 'SIGN_CLOUD_KEY'],
    [400, '{"__type":"x#AccessDeniedException"}', 'SIGN_CLOUD_FORBIDDEN'],
    [400, '{"__type":"ThrottlingException"}', 'SIGN_CLOUD_THROTTLED'],
    [400, `{"message":"bad ${TOKEN}"}`, 'SIGN_CLOUD_REFUSED'],
    [429, '{}', 'SIGN_CLOUD_THROTTLED'],
    [500, HTML, 'SIGN_CLOUD_FAILED'],
    [302, '', 'SIGN_CLOUD_REFUSED'],
    [200, HTML, 'SIGN_CLOUD_ANSWER'],
    [200, '', 'SIGN_CLOUD_ANSWER'],
    [200, '{"value":7}', 'SIGN_CLOUD_ANSWER'],
  ])('an answer of %i %s is refused with %s', async (status, text, code) => {
    expect((await refusal(signed({ send: async () => answer(status, text) }))).code).toBe(code);
  });

  test('no answer is refused, and so is one that never ends', async () => {
    for (const [remote, code] of [
      ['REMOTE_UNREACHABLE', 'SIGN_CLOUD_UNREACHABLE'],
      ['REMOTE_TIMEOUT', 'SIGN_CLOUD_UNREACHABLE'],
      ['REMOTE_TOO_LARGE', 'SIGN_CLOUD_ANSWER'],
    ] as const) {
      const send = async () => {
        throw new WinpvError(remote, 'Nothing came.');
      };
      expect((await refusal(signed({ send }))).code).toBe(code);
    }
  });

  test('a signature by another key is refused', async () => {
    const stranger = await hierarchyWith('RSA 3072');
    const keys = { ...(await keysOf()), privateKey: stranger.signer.privateKey };
    const http = cloud.httpTo(SERVERS[service].server(keys));
    expect((await refusal(signed(http))).code).toBe('SIGN_SELF_CHECK');
  });

  test('a busy service is asked again, after as long as it says', async () => {
    const good = SERVERS[service].server(await keysOf());
    let busy = 2;
    const http: Http = {
      send: async (request) => {
        busy -= 1;
        return busy >= 0 ? answer(429, '{}', { 'retry-after': '7' }) : good(request);
      },
    };
    const { signer, waits } = await opened(service, http);
    await signer.sign(utf8('x'), 'rsa-sha256');
    expect(waits.slice(0, 2)).toEqual([7000, 7000]);
  });

  test('without anybody who signs in it says what to set', async () => {
    const send = async (): Promise<HttpResponse> => {
      throw new WinpvError('REMOTE_UNREACHABLE', 'Nothing is there.');
    };
    const { signer } = await opened(service, { send }, {});
    const error = await refusal(signer.sign(utf8('x'), 'rsa-sha256'));
    expect(error.code).toBe('SIGN_CLOUD_AUTH');
    expect(error.diagnostics[0]?.hint).toMatch(/^Set [A-Z_]+/);
  });
});

/** AWS Signature Version 4 test suite: get-vanilla, get-vanilla-query-order-key-case, post-vanilla. */
test.each([
  ['GET', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['GET', '?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['POST', '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
])('AWS’ own vector of %s /%s is signed as published', (method, query, signature) => {
  const request = {
    method,
    url: `https://example.amazonaws.com/${query}`,
    headers: {},
    body: '',
    region: 'us-east-1',
    service: 'service',
    nowMs: Date.UTC(2015, 7, 30, 12, 36),
  };
  const who = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY') };
  const credential = 'Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';
  expect(signAwsRequest(request, who).authorization).toBe(
    `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  );
});

describe('a token of the platform', () => {
  test('is exchanged for one of Azure', async () => {
    const vault = cloud.keyVault(await keysOf());
    const sent: string[] = [];
    const http: Http = {
      send: async (request) => {
        if (!request.url.startsWith('https://login.microsoftonline.com/')) return vault(request);
        sent.push(new TextDecoder().decode(request.body));
        return cloud.json(200, { token_type: 'Bearer', expires_in: 3599, access_token: TOKEN });
      },
    };
    const env = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_FEDERATED_TOKEN_FILE: 'token' };
    const { signer } = await opened('azure-key-vault', http, env);
    await signer.sign(utf8('x'), 'rsa-sha256');
    expect(sent.map((body) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'client',
        scope: 'https://vault.azure.net/.default',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'federated',
      },
    ]);
  });

  test('is exchanged for keys of an AWS role', async () => {
    const urls: string[] = [];
    const http: Http = {
      send: async ({ url, headers }) => {
        urls.push(url);
        const keys = `<AccessKeyId>A</AccessKeyId><SecretAccessKey>${TOKEN}</SecretAccessKey><SessionToken>s</SessionToken>`;
        if (url.startsWith('https://sts.'))
          return answer(200, `<Credentials>${keys}<Expiration>2026-05-04T01:00:00Z</Expiration></Credentials>`);
        return answer(403, `{"message":"${headers['x-amz-security-token']}"}`);
      },
    };
    const env = { AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', AWS_WEB_IDENTITY_TOKEN_FILE: 'token' };
    const { signer } = await opened('aws-kms', http, env);
    expect((await refusal(signer.sign(utf8('x'), 'rsa-sha256'))).code).toBe('SIGN_CLOUD_FORBIDDEN');
    expect(urls).toEqual(['https://sts.eu-west-1.amazonaws.com/', 'https://kms.eu-west-1.amazonaws.com/']);
  });
});

test.each([
  'http://acme.vault.azure.net',
  'https://u:p@acme.vault.azure.net',
  'https://a.example/?q=1',
  'ftp://a',
  'x',
])('the address %s is refused: a token goes there', async (url) => {
  const ports = {
    http: cloud.httpTo(() => answer(200, '')),
    clock: { now: () => 0 },
    timer: { wait: async () => {} },
    env: ENV,
    files: memoryFiles({}),
  };
  const source = { url, keyName: 'drivers', certificates: [] };
  await expect(openCloudSigner('azure-key-vault', source, ports)).rejects.toMatchObject({ code: 'SIGN_URL_INVALID' });
});
