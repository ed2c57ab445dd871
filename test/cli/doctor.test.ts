import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Http } from '../../core/ports.ts';
import { contextConstructed, type Der, octetString, oid, sequence } from '../../packaging/formats/der/encode.ts';
import { commonName } from '../../packaging/formats/x509/encode.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { answerTimestampRequest } from '../../packaging/signing/tsa-responder.ts';
import * as cloud from '../support/cloud-servers.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';
import { makeProject, type TestProject } from '../support/project.ts';
import { certify, NOW_MS, type Party, party, type Wish, YEAR_MS } from '../support/test-ca.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const DAY_MS = 86_400_000;

const rsaParty = (name: string, modulusLength = 2048): Party => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { name, privateKey, publicKeyInfo: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
};
const pemOf = ({ privateKey }: Party): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const certificatePem = ({ der }: { readonly der: Uint8Array }): string => encodePem('CERTIFICATE', der);

const root = party('Acme Root');
const middle = party('Acme Issuing');
const lower = party('Acme Issuing, lower');
const key = rsaParty('Acme Drivers');
const [weak, stranger] = [rsaParty('Acme Drivers', 1024), rsaParty('Acme Drivers')];
const rootCertificate = (wish: Wish = {}) => certify(root, { authority: true, ...wish });
const middleCertificate = (wish: Wish = {}) => certify(middle, { by: root, authority: 0, ...wish });
const leafCertificate = (wish: Wish = {}, subject = key) =>
  certify(subject, { by: middle, eku: CODE_SIGNING, ...wish });
const good = [leafCertificate(), middleCertificate(), rootCertificate()].map(certificatePem);

const HEAD = 'brands: [example-vendor]\nsources: { default: stand-in }\n';
const projects: TestProject[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.dispose();
});

const projectWith = async (signing: string, files: Readonly<Record<string, string>> = {}, head = HEAD) => {
  const project = await makeProject({ 'winpv.yaml': `${head}${signing}\n`, ...files });
  projects.push(project);
  return project;
};
const pemProject = (certificates: readonly string[], rest = '', subject = key) =>
  projectWith(`signing: { key: key.pem, cert: [chain.pem], timestamp: none${rest} }`, {
    'key.pem': pemOf(subject),
    'chain.pem': certificates.join(''),
  });

type Options = NonNullable<Parameters<typeof winpvJson>[1]>;
const examined = (project: TestProject, options: Options = {}, ...more: readonly string[]) =>
  winpvJson(['doctor', '-C', project.folder, '--out', project.path('out'), ...more], { now: NOW_MS, ...options });

interface Row {
  readonly check: string;
  readonly status: string;
  readonly code?: string;
  readonly message: string;
}
const troubles = ({ result }: { readonly result: { readonly checks: readonly Row[] } }): readonly string[] =>
  result.checks
    .filter(({ status }) => status === 'warning' || status === 'error')
    .map(({ check, status, code }) => `${status} ${check} ${code}`);

/** RFC 5280, 4.2.1.10: only subjects below O=Other are allowed. */
const onlyOthers = (): Der =>
  sequence(
    oid('2.5.29.30'),
    octetString(sequence(contextConstructed(0, sequence(contextConstructed(4, commonName('Other')))))),
  );

describe('winpv doctor', () => {
  test('is content with a project of test keys, and says that they are', async () => {
    const project = await projectWith('');
    const answer = await examined(project);
    expect(answer).toMatchObject({ exit: 0, ok: true, result: { verdict: 'healthy' } });
    expect(JSON.stringify(answer.result)).toContain('only machines that trust their root');
  });

  test('makes no test keys and leaves nothing behind', async () => {
    const project = await projectWith('');
    rmSync(project.path('.winpv'), { recursive: true });
    const before = readdirSync(project.folder);
    expect((await examined(project)).exit).toBe(0);
    expect(readdirSync(project.folder)).toEqual(before);
  });

  test('has a key sign, and tells of the root that only the own machines know', async () => {
    const release = await examined(await pemProject(good));
    expect(release.exit).toBe(0);
    expect(troubles(release)).toEqual(['warning chain SIGN_ROOT_UNKNOWN']);
    const tested = await examined(await pemProject(good, ', testSigning: true'));
    expect(tested.result.verdict).toBe('healthy');
  });

  type Fault = readonly [
    fault: string,
    certificates: readonly { readonly der: Uint8Array }[],
    codes: readonly string[],
    subject?: Party,
  ];
  const faults: readonly Fault[] = [
    [
      'an expired certificate',
      [leafCertificate({ validMs: [NOW_MS - YEAR_MS, NOW_MS - 1] }), middleCertificate()],
      ['error certificate SIGN_CERTIFICATE_UNFIT'],
    ],
    [
      'one that is not valid yet',
      [leafCertificate({ validMs: [NOW_MS + 1000, NOW_MS + YEAR_MS] }), middleCertificate()],
      ['error certificate SIGN_CERTIFICATE_UNFIT'],
    ],
    [
      'one that ends in 29 days',
      [leafCertificate({ validMs: [NOW_MS - YEAR_MS, NOW_MS + 29 * DAY_MS] }), middleCertificate()],
      ['warning certificate SIGN_CERTIFICATE_EXPIRING'],
    ],
    [
      'an issuer that ends in 3 days',
      [leafCertificate(), middleCertificate({ validMs: [NOW_MS - YEAR_MS, NOW_MS + 3 * DAY_MS] })],
      ['warning certificate SIGN_CERTIFICATE_EXPIRING'],
    ],
    ['an issuer that is missing', [leafCertificate()], ['error chain SIGN_CHAIN_INCOMPLETE']],
    [
      'an issuer that is missing below the root',
      [leafCertificate(), rootCertificate()],
      ['error chain SIGN_CHAIN_INCOMPLETE'],
    ],
    [
      'an issuer that is missing between two others',
      [certify(key, { by: lower, eku: CODE_SIGNING }), certify(lower, { by: middle, authority: 0 }), rootCertificate()],
      ['error chain SIGN_CHAIN_INCOMPLETE'],
    ],
    [
      'an issuer of yesterday beside the right one',
      [leafCertificate(), middleCertificate(), certify(lower, { by: root, authority: 0 })],
      ['warning chain SIGN_CHAIN_INCOMPLETE'],
    ],
    [
      'a certificate for servers',
      [leafCertificate({ eku: '1.3.6.1.5.5.7.3.1' }), middleCertificate()],
      ['error certificate SIGN_CERTIFICATE_UNFIT'],
    ],
    [
      'an issuer for servers',
      [leafCertificate(), middleCertificate({ eku: '1.3.6.1.5.5.7.3.1' })],
      ['error chain SIGN_CERTIFICATE_UNFIT'],
    ],
    [
      'an issuer that is no authority',
      [leafCertificate(), certify(middle, { by: root }), rootCertificate()],
      ['error chain SIGN_CERTIFICATE_UNFIT'],
    ],
    [
      'an issuer that may not issue this name',
      [leafCertificate(), middleCertificate({ more: [onlyOthers()] }), rootCertificate()],
      ['error chain SIGN_CERTIFICATE_UNFIT'],
    ],
    ['a key of 1024 bits', [leafCertificate({}, weak), middleCertificate()], ['error key SIGN_KEY_WEAK'], weak],
    [
      'an EC key',
      [certify(party('Acme Drivers'), { by: middle, eku: CODE_SIGNING }), middleCertificate()],
      ['error signature SIGN_CERTIFICATE_MISSING'],
    ],
  ];
  test.each(faults.map((fault) => [fault[0], fault] as const))('finds %s, and nothing else', async (_name, fault) => {
    const [, certificates, codes, subject] = fault;
    const answer = await examined(await pemProject(certificates.map(certificatePem), '', subject));
    expect(troubles(answer)).toEqual(codes);
    expect(answer.exit).toBe(codes.some((code) => code.startsWith('error')) ? 6 : 0);
  });

  test('warns neither 30 days before the end, nor when the root is left out', async () => {
    const leaf = leafCertificate({ validMs: [NOW_MS - YEAR_MS, NOW_MS + 30 * DAY_MS] });
    expect(troubles(await examined(await pemProject([leaf, middleCertificate()].map(certificatePem))))).toEqual([]);
  });

  test('says that catalogs need RSA', async () => {
    const ec = party('Acme Drivers');
    const certificates = [certify(ec, { by: middle, eku: CODE_SIGNING }), middleCertificate()];
    const answer = await examined(await pemProject(certificates.map(certificatePem), '', ec));
    expect(troubles(answer)).toEqual(['error key SIGN_EC_CATALOG']);
    expect(answer.exit).toBe(6);
  });

  test('holds the certificate to the pin', async () => {
    const answer = await examined(await pemProject(good, ', testSigning: true, certificate: { subject: Other }'));
    expect(troubles(answer)).toEqual(['error pin SIGN_CERTIFICATE_NOT_PINNED']);
  });

  test('ends with 6 also when the key is not there, or a password is', async () => {
    const gone = await projectWith('signing: { key: no.pem, cert: [chain.pem], timestamp: none }', {
      'chain.pem': good.join(''),
    });
    expect(troubles(await examined(gone))).toEqual(['error signature FILE_NOT_FOUND']);
    expect((await examined(gone)).exit).toBe(6);
    const unset = await projectWith('signing: { pfx: no.p12, passin: env:NOBODY, timestamp: none }');
    expect((await examined(unset)).exit).toBe(6);
  });
});

describe('a key that is elsewhere', () => {
  const chain = good.join('');
  const node = process.execPath;
  const script = `
    let data = []; process.stdin.on('data', (d) => data.push(d)); process.stdin.on('end', () => {
      const { createPrivateKey, privateEncrypt, constants } = require('crypto');
      const digest = Buffer.concat(data);
      const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
      const key = createPrivateKey(require('fs').readFileSync('key.pem'));
      process.stdout.write(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info));
    });`;
  const commandProject = (subject: Party) =>
    projectWith(`signing: { command: '"${node}" sign.cjs', cert: [chain.pem], timestamp: none, testSigning: true }`, {
      'chain.pem': chain,
      'key.pem': pemOf(subject),
      'sign.cjs': script,
    });

  test('signs by a program, and is refused when it is another key', async () => {
    expect((await examined(await commandProject(key))).result.verdict).toBe('healthy');
    const other = await examined(await commandProject(stranger));
    expect(other.exit).toBe(6);
    expect(troubles(other)).toHaveLength(1);
  });

  test('is refused when the program is not there', async () => {
    const project = await projectWith(
      'signing: { command: "no-such-program-here", cert: [chain.pem], timestamp: none, testSigning: true }',
      { 'chain.pem': chain },
    );
    expect((await examined(project)).exit).toBe(6);
  });

  oracle('osslsigncode', 'signs an image by a tool, and leaves no copy', async () => {
    const tool = `osslsigncode sign -certs chain.pem -key key.pem -in {in} -out {out}`;
    const project = await projectWith(`signing: { fileCommand: '${tool}', timestamp: none, testSigning: true }`, {
      'chain.pem': chain,
      'key.pem': pemOf(key),
    });
    const before = readdirSync(project.path('.winpv'));
    expect((await examined(project)).result.verdict).toBe('healthy');
    expect(readdirSync(project.path('.winpv'))).toEqual(before);
    project.write('key.pem', pemOf(stranger));
    expect((await examined(project)).exit).toBe(6);
  });

  const cloudProject = () =>
    projectWith(
      'signing: { cloud: hashicorp-vault, cloudUrl: "http://127.0.0.1:8200", keyName: drivers, cert: [chain.pem], timestamp: none, testSigning: true }',
      { 'chain.pem': chain },
    );
  const env = { VAULT_TOKEN: cloud.CLOUD_TOKEN };
  const keys = (subject: Party): cloud.CloudKeys => ({
    privateKey: new Uint8Array(subject.privateKey.export({ type: 'pkcs8', format: 'der' })),
    chain: [],
  });

  test('signs in a cloud; a cloud that does not answer or signs with another key is exit 6, without the token', async () => {
    const http = cloud.httpTo(cloud.vault(keys(key)));
    expect((await examined(await cloudProject(), { env, http })).result.verdict).toBe('healthy');
    const down: Http = {
      send: async () => {
        throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
      },
    };
    const cases = [
      [down, 'SIGN_CLOUD_UNREACHABLE'],
      [cloud.httpTo(cloud.vault(keys(stranger))), 'SIGN_SELF_CHECK'],
      [cloud.httpTo(() => cloud.json(403, { errors: [`no ${cloud.CLOUD_TOKEN}`] })), 'SIGN_CLOUD_FORBIDDEN'],
    ] as const;
    for (const [way, code] of cases) {
      const answer = await examined(await cloudProject(), { env, http: way });
      expect([answer.exit, ...troubles(answer)]).toEqual([6, `error signature ${code}`]);
      expect(JSON.stringify(answer)).not.toContain(cloud.CLOUD_TOKEN);
    }
  });
});

describe('what else a release needs', () => {
  const SERVERS = 'timestamp: ["http://one.example/ts", "http://two.example/ts"]';
  const stamped = () =>
    projectWith(`signing: { key: key.pem, cert: [chain.pem], ${SERVERS}, testSigning: true }`, {
      'key.pem': pemOf(key),
      'chain.pem': good.join(''),
    });

  test('time-stamp servers are asked only with --online', async () => {
    const send = async (): Promise<never> => {
      throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
    };
    const offline = await examined(await stamped(), { http: { send } });
    expect(offline.result.verdict).toBe('healthy');
    const online = await examined(await stamped(), { http: { send } }, '--online');
    expect(troubles(online)).toEqual(['error timestamps TS_TIMEOUT', 'error timestamps TS_TIMEOUT']);
    expect(online.exit).toBe(6);
  });

  test('a server that does not answer is a warning when another does', async () => {
    const { tsa } = signingParts(await sharedHierarchy());
    const http: Http = {
      send: async ({ url, headers, body = new Uint8Array() }) => {
        if (url.includes('one.example')) throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
        const asked = { contentType: headers['content-type'] ?? '', body };
        const { status, body: answer } = await answerTimestampRequest(asked, { tsa, genTimeMs: NOW_MS });
        return { status, headers: { 'content-type': 'application/timestamp-reply' }, body: answer };
      },
    };
    const answer = await examined(await stamped(), { http }, '--online');
    expect(troubles(answer)).toEqual(['warning timestamps TS_TIMEOUT', 'warning timestamps TS_AUTHORITY_UNCHECKED']);
    expect(JSON.stringify(answer.result)).toContain('two.example/ts answers');
  });

  test('a clock that is behind is told', async () => {
    const answer = await examined(await projectWith(''), { now: Date.UTC(2019, 0, 1) });
    expect(troubles(answer)).toContain('error clock CLOCK_WRONG');
  });

  test('an output folder that takes no files is told', async () => {
    const files = {
      ...diskFiles,
      write: async (path: string) => {
        throw new WinpvError('FILE_UNWRITABLE', `${path} cannot be written.`);
      },
    };
    const answer = await examined(await projectWith(''), { files });
    expect(troubles(answer)).toEqual(['error output FILE_UNWRITABLE']);
    expect(answer.exit).toBe(8);
  });

  test('half an account of Partner Center is told, a whole one is not, and no secret is shown', async () => {
    const project = await projectWith('');
    const half = await examined(project, { env: { WINPV_TENANT: 't', WINPV_CLIENT_SECRET: 'hush' } });
    expect(troubles(half)).toEqual(['warning partner-center PUBLISH_CREDENTIALS_MISSING']);
    const env = { WINPV_A_TENANT: 'a.example', WINPV_A_CLIENT_ID: 'c', WINPV_A_CLIENT_SECRET: 'hush' };
    const whole = await examined(project, { env });
    expect(troubles(whole)).toEqual([]);
    expect(JSON.stringify([half, whole])).not.toContain('hush');
  });

  test('one line a check', async () => {
    const project = await projectWith('');
    const { stdout, exit } = await winpv(['doctor', '-C', project.folder], { now: NOW_MS });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ok +purpose /);
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^(ok|warning|error|not tried) +\S+ +\S/);
  });
});
