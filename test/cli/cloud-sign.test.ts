import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Http, HttpResponse } from '../../core/ports.ts';
import { extendedKeyUsage } from '../../packaging/formats/x509/encode.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import type { CloudService } from '../../packaging/signing/cloud/service.ts';
import { answerTimestampRequest } from '../../packaging/signing/tsa-responder.ts';
import { bareImage } from '../packaging/formats/pe/bare-image.ts';
import * as cloud from '../support/cloud-servers.ts';
import { winpvJson } from '../support/command-line.ts';
import { contentBelow, filesBelow, makeProject } from '../support/project.ts';
import { certify, party } from '../support/test-ca.ts';
import { hierarchyWith, pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';

/** Keys in clouds through whole commands. */
const folder = mkdtempSync(join(tmpdir(), 'winpv-cloud-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMAGE = bareImage({});
const DAY_MS = 86_400_000;
beforeEach(() => writeFileSync(path('x.sys'), IMAGE));

let keys: cloud.CloudKeys;
let stranger: cloud.CloudKeys;
beforeAll(async () => {
  const { root, signer } = await sharedHierarchy();
  keys = { privateKey: signer.privateKey, chain: [signer.certificate, root.certificate] };
  stranger = { ...keys, privateKey: (await hierarchyWith('RSA 2048')).signer.privateKey };
  writeFileSync(path('leaf.pem'), pem(signer.certificate));
  writeFileSync(path('root.pem'), pem(root.certificate));
});

const ENV = {
  ...{ AZURE_ACCESS_TOKEN: cloud.CLOUD_TOKEN, GOOGLE_ACCESS_TOKEN: cloud.CLOUD_TOKEN, VAULT_TOKEN: cloud.CLOUD_TOKEN },
  ...{ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: cloud.CLOUD_TOKEN },
};
const SERVICES = {
  'azure-key-vault': { server: cloud.keyVault, url: 'https://acme.vault.azure.net', key: 'drivers', certs: ['root'] },
  'azure-trusted-signing': {
    ...{ server: cloud.trustedSigning, url: 'https://weu.codesigning.azure.net', key: 'acme/drivers', certs: [] },
  },
  'aws-kms': {
    ...{ server: cloud.awsKms, url: 'https://kms.eu-west-1.amazonaws.com', key: 'alias/drivers' },
    certs: ['leaf', 'root'],
  },
  'google-kms': {
    ...{ server: cloud.googleKms, url: 'https://cloudkms.googleapis.com', key: cloud.GOOGLE_KEY },
    certs: ['leaf', 'root'],
  },
  'hashicorp-vault': { server: cloud.vault, url: 'https://vault.example', key: 'drivers', certs: ['leaf', 'root'] },
} as const;
const NAMES = Object.keys(SERVICES) as CloudService[];
const TSA = 'https://tsa.example/rfc3161';

const withTsa = (server: (request: Parameters<Http['send']>[0]) => HttpResponse): Http => ({
  send: async (request) => {
    if (request.url !== TSA) return server(request);
    const { tsa } = signingParts(await sharedHierarchy());
    const asked = { contentType: request.headers['content-type'] ?? '', body: request.body ?? new Uint8Array(0) };
    const { status, contentType, body } = await answerTimestampRequest(asked, { tsa, genTimeMs: cloud.CLOUD_NOW });
    return { status, headers: { 'content-type': contentType }, body };
  },
});

const sign = (service: CloudService, http: Http, ...more: readonly string[]) => {
  const { url, key, certs } = SERVICES[service];
  const options = ['--cloud', service, '--cloud-url', url, '--key-name', key];
  for (const name of certs) options.push('--cert', path(`${name}.pem`));
  return winpvJson(['sign', path('x.sys'), ...options, ...more], { http, env: ENV, now: cloud.CLOUD_NOW });
};
const untouched = (): void => expect(new Uint8Array(readFileSync(path('x.sys')))).toEqual(IMAGE);
const stamped = ['--timestamp', TSA, '--timestamp-ca', path('root.pem')];

const answer = (status: number, text: string): HttpResponse => ({
  ...{ status, headers: { 'retry-after': '0' }, body: utf8(text) },
});
const silent: Http = {
  send: async () => {
    throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
  },
};

describe.each(NAMES)('winpv sign --cloud %s', (service) => {
  test('signs a file that verifies', async () => {
    const signed = await sign(service, withTsa(SERVICES[service].server(keys)), ...stamped);
    expect([signed.exit, signed.error]).toEqual([0, undefined]);
    const verified = await winpvJson(['verify', path('x.sys'), '--ca', path('root.pem')], { now: cloud.CLOUD_NOW });
    expect([verified.exit, verified.result.verdict]).toEqual([0, 'valid']);
  });

  test.each([
    ['a token that is not taken', answer(401, `{"error":"${cloud.CLOUD_TOKEN}"}`), 'SIGN_CLOUD_AUTH'],
    ['a role that may not sign', answer(403, '{}'), 'SIGN_CLOUD_FORBIDDEN'],
    ['no such key', answer(404, '{}'), 'SIGN_CLOUD_KEY'],
    ['too many requests', answer(429, '{}'), 'SIGN_CLOUD_THROTTLED'],
    ['an error of its own', answer(500, '<html>'), 'SIGN_CLOUD_FAILED'],
    ['a page', answer(200, '<!doctype html><p>Sign in'), 'SIGN_CLOUD_ANSWER'],
  ] as const)('with %s leaves the file alone', async (_what, said, code) => {
    const { exit, error, ...rest } = await sign(
      service,
      withTsa(() => said),
      ...stamped,
    );
    expect([exit, error?.code]).toEqual([6, code]);
    expect(JSON.stringify([error, rest])).not.toContain(cloud.CLOUD_TOKEN);
    untouched();
  });

  test('without an answer, or with a signature by another key, leaves the file alone', async () => {
    const silence = await sign(service, silent, ...stamped);
    expect([silence.exit, silence.error?.code]).toEqual([6, 'SIGN_CLOUD_UNREACHABLE']);
    const other = await sign(service, withTsa(SERVICES[service].server(stranger)), ...stamped);
    expect([other.exit, other.error?.code]).toEqual([6, 'SIGN_SELF_CHECK']);
    untouched();
  });
});

describe('certificates that are renewed every few days', () => {
  const never: Http = {
    send: async () => {
      throw new Error('nobody may be asked');
    },
  };
  test.each([
    [['--no-timestamp'], 'SIGN_TIMESTAMP_NEEDED'],
    [['--timestamp', TSA, '--cert-sha1', 'a'.repeat(40)], 'USAGE'],
    [['--timestamp', TSA, '--cert-sha256', 'a'.repeat(64)], 'USAGE'],
  ])('are refused with %j before anybody is asked', async (options, code) => {
    const { exit, error } = await sign('azure-trusted-signing', never, ...options);
    expect([exit, error?.code]).toEqual([2, code]);
    untouched();
  });

  test('are pinned by their subject', async () => {
    const http = withTsa(cloud.trustedSigning(keys));
    const wrong = await sign('azure-trusted-signing', http, ...stamped, '--cert-subject', 'Somebody');
    expect([wrong.exit, wrong.error?.code]).toEqual([6, 'SIGN_CERTIFICATE_NOT_PINNED']);
    untouched();
    const right = await sign('azure-trusted-signing', http, ...stamped, '--cert-subject', 'Example test signing');
    expect(right.exit).toBe(0);
  });

  test('are pinned by the key usage that stays, whatever the day’s key and certificate', async () => {
    const OWN = '1.3.6.1.4.1.311.97.990309390.766961637';
    const issuer = party('Daily authority');
    writeFileSync(path('daily.pem'), encodePem('CERTIFICATE', certify(issuer, { authority: true }).der));
    const trusted = ['--timestamp-ca', path('root.pem')];
    for (const day of [1, 2]) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
      const subject = {
        ...{ name: 'Acme', privateKey },
        publicKeyInfo: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
      };
      const validMs = [cloud.CLOUD_NOW - DAY_MS, cloud.CLOUD_NOW + DAY_MS] as const;
      const leaf = certify(subject, {
        ...{ by: issuer, serial: day, validMs, more: [extendedKeyUsage('1.3.6.1.5.5.7.3.3', OWN)] },
      });
      const today = {
        privateKey: new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })),
        chain: [leaf.der],
      };
      const http = withTsa(cloud.trustedSigning(today));
      writeFileSync(path('x.sys'), IMAGE);
      const wrong = await sign('azure-trusted-signing', http, ...stamped, '--cert-eku', `${OWN}.1`);
      expect([wrong.exit, wrong.error?.code]).toEqual([6, 'SIGN_CERTIFICATE_NOT_PINNED']);
      untouched();
      const right = await sign('azure-trusted-signing', http, '--timestamp', TSA, ...trusted, '--cert-eku', OWN);
      expect([right.exit, right.error]).toEqual([0, undefined]);
      // Weeks later the certificate has ended, and the signature has not.
      const options = ['--ca', path('daily.pem'), '--ca', path('root.pem')];
      const later = await winpvJson(['verify', path('x.sys'), ...options], { now: cloud.CLOUD_NOW + 90 * DAY_MS });
      expect([later.exit, later.result.verdict]).toEqual([0, 'valid']);
    }
  });

  const place = 'cloud: azure-trusted-signing, cloudUrl: "https://weu.codesigning.azure.net", keyName: acme/drivers';
  test.each([
    `${place}, timestamp: none`,
    `${place}, timestamp: ["${TSA}"], certificate: { sha256: ${'a'.repeat(64)} }`,
    'cloud: aws-kms, cloudUrl: "https://kms.eu-west-1.amazonaws.com", keyName: k, timestamp: none',
    'cloud: azure-key-vault, keyName: k, timestamp: none',
  ])('in a project that says { %s } are refused', async (signing) => {
    const project = await makeProject({ 'winpv.yaml': `${HEAD}signing: { ${signing} }\n` });
    const run = await winpvJson(['release', '-C', project.folder, '--out', project.path('out')], {
      http: never,
      env: ENV,
    });
    expect([run.exit, run.error?.code]).toEqual([3, 'CONFIG_CONFLICT']);
    project.dispose();
  });
});

const HEAD = 'brands: [example-vendor]\nsources: { default: stand-in }\ndrivers: [xencrsh]\narchitectures: [x64]\n';

describe('winpv release with a key in a cloud', () => {
  const prepare = async () => {
    const project = await makeProject({
      'winpv.yaml': `${HEAD}signing: { cloud: hashicorp-vault, cloudUrl: "https://vault.example", keyName: drivers, cert: [chain.pem], timestamp: ["${TSA}"], timestampCa: [root.pem], testSigning: true }\n`,
      'chain.pem': keys.chain.map(pem).join(''),
      'root.pem': readFileSync(path('root.pem')),
    });
    const made = (http: Http) =>
      winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04'], {
        ...{ http, env: ENV, now: cloud.CLOUD_NOW },
      });
    return { project, made };
  };

  test('makes one that verifies', async () => {
    const { project, made } = await prepare();
    const run = await made(withTsa(cloud.vault(keys)));
    expect([run.exit, run.error]).toEqual([0, undefined]);
    const verified = await winpvJson(['verify', project.path('out'), '--ca', path('root.pem')], {
      now: cloud.CLOUD_NOW,
    });
    expect([verified.exit, verified.result.verdict]).toEqual([0, 'valid']);
    project.dispose();
  });

  test('that fails, at once or on the way, makes nothing and changes nothing', async () => {
    const { project, made } = await prepare();
    const before = contentBelow(project.folder);
    const good = cloud.vault(keys);
    let left = 1;
    const cases = [
      [withTsa(() => answer(403, '{}')), 'SIGN_CLOUD_FORBIDDEN'],
      [withTsa(cloud.vault(stranger)), 'SIGN_SELF_CHECK'],
      [silent, 'SIGN_CLOUD_UNREACHABLE'],
      [withTsa((request) => (left-- > 0 ? good(request) : answer(500, 'no'))), 'SIGN_CLOUD_FAILED'],
    ] as const;
    for (const [http, code] of cases) {
      const run = await made(http);
      expect([run.exit, run.error?.code]).toEqual([6, code]);
      expect(filesBelow(project.path('out'))).toEqual([]);
      expect(contentBelow(project.folder)).toEqual(before);
    }
    project.dispose();
  });
});
