import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemHttp } from '../../../cli/adapters/http.ts';
import type { Der } from '../../../packaging/formats/der/encode.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import type { RevocationEvidence } from '../../../packaging/signing/revocation-evidence.ts';
import { revocationFetcher } from '../../../packaging/signing/revocation-fetch.ts';
import { judgeWithRevocation, keptFile } from '../../../packaging/signing/revocation-pass.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { craftPe } from '../../support/crafted.ts';
import { answerBytes, crlBytes, DAY_MS, listPlace, ocspPlace } from '../../support/ocsp-answers.ts';
import { hasOracle, startTool, withTempFolder } from '../../support/outside.ts';
import { type Served, withRevocationServer } from '../../support/revocation-server.ts';
import { certify, type Party, party, YEAR_MS } from '../../support/test-ca.ts';

const NOW_MS = Date.now();
const validMs = [NOW_MS - YEAR_MS, NOW_MS + YEAR_MS] as const;
const keys = { root: party('Root'), signer: party('Signer') };
const root = certify(keys.root, { authority: true, validMs });

const signerWith = (...more: readonly Der[]): Certificate =>
  certify(keys.signer, { by: keys.root, eku: '1.3.6.1.5.5.7.3.3', serial: 8, validMs, more });
const answer = (about: Certificate, changes: Partial<Parameters<typeof answerBytes>[0]> = {}): Uint8Array =>
  answerBytes({ about, issuer: root, by: keys.root, thisMs: NOW_MS - 1000, nextMs: NOW_MS + DAY_MS, ...changes });
const list = (by: Party = keys.root): Uint8Array =>
  crlBytes(by, {}, { thisMs: NOW_MS - 1000, nextMs: NOW_MS + DAY_MS });

const known: RevocationEvidence = { lists: [], answers: [], nowMs: NOW_MS };

/** Judges a file of this signer with what its places tell. */
const judge = async (signer: Certificate, { trust = [root.der], times = 1, timeoutMs = 5_000 } = {}) => {
  const bytes = craftPe({ certificate: signer, party: keys.signer, certificates: [signer] });
  const fetcher = revocationFetcher(systemHttp, timeoutMs);
  const once = () =>
    judgeWithRevocation(
      (revocation) => verifyFile({ path: 'a.sys', bytes, catalogs: [], trust, atMs: NOW_MS, revocation }),
      known,
      fetcher,
    );
  let last = await once();
  for (let i = 1; i < times; i += 1) last = await once();
  const { verdict, signatures } = last.report;
  return { verdict, status: signatures[0]?.revocation, findings: last.findings, used: last.used };
};

describe('what certificates say where to ask', () => {
  test('is asked once, and what decided is kept under the hash of its bytes', async () => {
    let signer = signerWith();
    await withRevocationServer(
      () => ({ body: answer(signer) }),
      async ({ url, seen }) => {
        signer = signerWith(ocspPlace(`${url}/ocsp`));
        const { verdict, status, used, findings } = await judge(signer, { times: 3 });
        expect([verdict, status, findings]).toEqual(['valid', 'good', []]);
        expect(seen).toEqual(['POST /ocsp']);
        expect(used.map((source) => keptFile(source).name)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.ocsp$/)]);
      },
    );
  });

  test('is asked one place after the other, responders before lists', async () => {
    let signer = signerWith();
    await withRevocationServer(
      (path) => (path === '/b.crl' ? { body: list() } : { status: 500 }),
      async ({ url, seen }) => {
        signer = signerWith(ocspPlace(`${url}/ocsp`), listPlace(`${url}/a.crl`, `${url}/b.crl`));
        const { verdict, status, findings } = await judge(signer);
        expect([verdict, status]).toEqual(['valid', 'good']);
        expect(seen).toEqual(['POST /ocsp', 'GET /a.crl', 'GET /b.crl']);
        expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
          ['REVOCATION_HTTP_STATUS', 'info'],
          ['REVOCATION_HTTP_STATUS', 'info'],
        ]);
      },
    );
  });

  test('is not asked for a chain that nobody trusts, nor for the root', async () => {
    await withRevocationServer(
      () => ({}),
      async ({ url, seen }) => {
        await judge(signerWith(ocspPlace(url)), { trust: [] });
        expect(seen).toEqual([]);
      },
    );
  });

  const stranger = party('Root');
  const cases: readonly (readonly [
    what: string,
    served: (signer: Certificate) => Served,
    code: string,
    says: RegExp,
  ])[] = [
    ['does not answer', () => ({ fault: 'hangs' }), 'REVOCATION_TIMEOUT', /within 0\.5 s/],
    ['never ends', () => ({ fault: 'endless' }), 'REVOCATION_TOO_LARGE', /more than 262144/],
    ['cuts the connection', () => ({ fault: 'cuts' }), 'REVOCATION_UNREACHABLE', /cut/],
    ['sends a web page', () => ({ type: 'text/html', body: '<p>Log in' }), 'REVOCATION_MALFORMED', /web page/],
    ['sends a web page and calls it an answer', () => ({ body: '<p>Log in' }), 'REVOCATION_MALFORMED', /ASN\.1/],
    ['fails', () => ({ status: 500 }), 'REVOCATION_HTTP_STATUS', /status 500/],
    ['sends nothing', () => ({}), 'REVOCATION_MALFORMED', /ASN\.1/],
    ['is busy', () => ({ body: Uint8Array.of(0x30, 3, 0x0a, 1, 3) }), 'REVOCATION_REFUSED', /tryLater/],
    ['sends on for ever', () => ({ status: 302, location: '/again' }), 'REVOCATION_REDIRECT', /more than 3/],
    ['sends on to a file', () => ({ status: 302, location: 'file:///etc/passwd' }), 'REVOCATION_REDIRECT', /file:/],
    [
      'answers by another key',
      (signer) => ({ body: answer(signer, { by: stranger }) }),
      'REVOCATION_USELESS',
      /not signed/,
    ],
    [
      'answers about another',
      (signer) => ({ body: answer(signer, { serial: Uint8Array.of(2) }) }),
      'REVOCATION_USELESS',
      /about others/,
    ],
    [
      'answers of last year',
      (signer) => ({ body: answer(signer, { thisMs: NOW_MS - YEAR_MS, nextMs: NOW_MS - 300 * DAY_MS }) }),
      'REVOCATION_USELESS',
      /not of now/,
    ],
  ];
  test.each(cases)('and a place that %s is named, and the rest goes on', async (_what, served, code, says) => {
    let signer = signerWith();
    await withRevocationServer(
      () => served(signer),
      async ({ url }) => {
        signer = signerWith(ocspPlace(`${url}/ocsp`));
        const { verdict, status, findings } = await judge(signer, {
          timeoutMs: code === 'REVOCATION_TIMEOUT' ? 500 : 5_000,
        });
        expect([verdict, status]).toEqual(['valid', 'not-checked']);
        expect(findings).toEqual([
          expect.objectContaining({ code, severity: 'warning', message: expect.stringMatching(says) }),
        ]);
      },
    );
  });

  test.each([
    ['https://ocsp.example/', 'REVOCATION_ADDRESS'],
    ['ldap://ocsp.example/cn=x', 'REVOCATION_ADDRESS'],
    ['file:///etc/passwd', 'REVOCATION_ADDRESS'],
    ['http://user:word@ocsp.example/', 'REVOCATION_ADDRESS'],
    ['nonsense\u001b[2J', 'REVOCATION_ADDRESS'],
    ['http://127.0.0.1:1/', 'REVOCATION_UNREACHABLE'],
  ])('%j is refused or fails, by name', async (address, code) => {
    const { findings } = await judge(signerWith(ocspPlace(address)));
    expect(findings).toEqual([expect.objectContaining({ code, message: expect.not.stringContaining('\u001b') })]);
  });

  test('nowhere is said', async () => {
    const { findings } = await judge(signerWith());
    expect(findings.map(({ code }) => code)).toEqual(['REVOCATION_NO_ADDRESS']);
  });

  test('a redirection is followed', async () => {
    let signer = signerWith();
    await withRevocationServer(
      (path) => (path === '/new' ? { body: answer(signer) } : { status: 307, location: '/new' }),
      async ({ url, seen }) => {
        signer = signerWith(ocspPlace(`${url}/old`));
        expect((await judge(signer)).status).toBe('good');
        expect(seen).toEqual(['POST /old', 'POST /new']);
      },
    );
  });
});

test.runIf(hasOracle('openssl'))('openssl as a responder is asked, and its answers are taken', async () => {
  await withTempFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('root.pem'), encodePem('CERTIFICATE', root.der));
    writeFileSync(at('root.key'), keys.root.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const end = `${new Date(validMs[1]).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`;
    for (const [state, status] of [
      [`V\t${end}\t`, 'good'],
      [`R\t${end}\t250101000000Z,keyCompromise`, 'revoked'],
    ] as const) {
      writeFileSync(at('index'), `${state}\t0108\tunknown\t/CN=Signer\n`);
      // openssl answers each request as a program of its own: its bytes come from it, the wire is ours.
      await withRevocationServer(
        async (_path, request) => {
          writeFileSync(at('request'), request);
          const run = await startTool(
            'openssl',
            ...[
              'ocsp',
              '-index',
              at('index'),
              '-rsigner',
              at('root.pem'),
              '-rkey',
              at('root.key'),
              '-CA',
              at('root.pem'),
            ],
            ...['-reqin', at('request'), '-respout', at('answer'), '-ndays', '1'],
          );
          return run.status === 0 ? { body: new Uint8Array(readFileSync(at('answer'))) } : { status: 500 };
        },
        async ({ url }) => {
          expect((await judge(signerWith(ocspPlace(url)))).status).toBe(status);
        },
      );
    }
  });
});
