import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { withKeys } from '../support/brand-file.ts';
import { type JsonAnswer, TEST_NOW, winpvJson } from '../support/command-line.ts';
import { answerBytes, crlBytes, DAY_MS, listPlace, ocspPlace, type Revoked } from '../support/ocsp-answers.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { type RevocationServer, withRevocationServer } from '../support/revocation-server.ts';
import { certify, type Party, party } from '../support/test-ca.ts';

/** Catalogs want RSA. */
const rsaParty = (name: string): Party => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { name, privateKey, publicKeyInfo: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
};
const keys = { root: party('Root'), middle: party('Middle'), signer: rsaParty('Acme') };
const root = certify(keys.root, { authority: true });
const pem = ({ der }: Certificate): string => encodePem('CERTIFICATE', der);

const period = { thisMs: TEST_NOW - DAY_MS, nextMs: TEST_NOW + DAY_MS };

interface Released {
  readonly answer: JsonAnswer;
  readonly project: TestProject;
  readonly server: RevocationServer;
}

interface Setting {
  readonly revocation: string;
  readonly state?: 'good' | Revoked;
  /** The responder does not answer. */
  readonly down?: true;
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** Makes a release of two brands whose signer names a responder, and the one above it a list. */
const released = async (
  { revocation, state = 'good', down, files = {} }: Setting,
  look: (made: Released) => Promise<void>,
): Promise<void> => {
  let answer = new Uint8Array(0);
  const serve = (path: string) =>
    down ? { status: 503 } : { body: path === '/root.crl' ? crlBytes(keys.root, {}, period) : answer };
  await withRevocationServer(serve, async (server) => {
    const more = [listPlace(`${server.url}/root.crl`)];
    const middle = certify(keys.middle, { by: keys.root, authority: true, serial: 7, more });
    const code = { by: keys.middle, eku: '1.3.6.1.5.5.7.3.3', serial: 8 };
    const signer = certify(keys.signer, { ...code, more: [ocspPlace(`${server.url}/ocsp`)] });
    answer = new Uint8Array(answerBytes({ about: signer, issuer: middle, by: keys.middle, state, ...period }));
    const project = await makeProject({
      'winpv.yaml': [
        'brands: [acme.json, other.json]',
        'sources: { default: stand-in }',
        'drivers: [xenbus]',
        'architectures: [x64]',
        `signing: { key: key.pem, cert: [signer.pem, middle.pem, root.pem], timestamp: none, revocation: ${revocation} }`,
        '',
      ].join('\n'),
      'acme.json': withKeys({}),
      'other.json': withKeys({ id: 'other', vendorPrefix: 'OT' }),
      'key.pem': keys.signer.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'signer.pem': pem(signer),
      'middle.pem': pem(middle),
      'root.pem': pem(root),
      'good.ocsp': answer,
      ...files,
    });
    try {
      const argv = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04'];
      await look({ answer: await winpvJson(argv), project, server });
    } finally {
      project.dispose();
    }
  });
};

const verified = (project: TestProject, ...more: readonly string[]) =>
  winpvJson(['verify', project.path('out'), '--ca', project.path('root.pem'), ...more]);

describe('a release that asks about revocation', () => {
  test('asks once for all brands, keeps what decided, and is verified with it where there is no network', async () => {
    await released({ revocation: '{ fetch: true, require: true }' }, async ({ answer, project, server }) => {
      expect(answer.error).toBeUndefined();
      expect([...server.seen].sort()).toEqual(['GET /root.crl', 'POST /ocsp']);
      const kept = filesBelow(project.path('out')).filter((path) => path.startsWith('revocation/'));
      expect(kept).toEqual([
        expect.stringMatching(/^revocation\/[0-9a-f]{64}\.(crl|ocsp)$/),
        expect.stringMatching(/^revocation\/[0-9a-f]{64}\.(crl|ocsp)$/),
      ]);
      expect(answer.result.revocation).toEqual(
        kept.map((path) => ({
          path,
          sha256: path.slice('revocation/'.length, -path.slice(path.lastIndexOf('.')).length),
          kind: path.endsWith('.crl') ? 'list' : 'ocsp',
          from: expect.stringContaining(server.url),
        })),
      );
      const { exit, result } = await verified(project, '--require-revocation');
      expect([exit, result.verdict, result.revocation]).toEqual([0, 'valid', 'checked']);
      expect(server.seen).toHaveLength(2);
      // A year on the answers are old; without a time stamp they say nothing of then.
      const later = await verified(project, '--require-revocation', '--at', '2027-06-01');
      expect(later.exit).toBe(5);
    });
  });

  test('stops when its certificate is revoked, and leaves nothing behind', async () => {
    const state = { dateMs: TEST_NOW - DAY_MS, reason: 1 };
    await released({ revocation: '{ fetch: true }', state }, async ({ answer, project }) => {
      expect([answer.exit, answer.error?.code]).toEqual([5, 'VERIFY_REVOKED']);
      expect(filesBelow(project.path('out'))).toEqual([]);
    });
  });

  test('goes on with warnings when places fail, unless it has to know', async () => {
    await released({ revocation: '{ fetch: true }', down: true }, async ({ answer, project, server }) => {
      expect(answer.exit).toBe(0);
      expect(answer.diagnostics.map(({ code }: { code: string }) => code)).toContain('REVOCATION_HTTP_STATUS');
      expect([...server.seen].sort()).toEqual(['GET /root.crl', 'POST /ocsp']);
      expect(answer.result.revocation).toBeUndefined();
      expect((await verified(project)).result).toMatchObject({ verdict: 'valid', revocation: 'not-checked' });
    });
    await released({ revocation: '{ fetch: true, require: true }', down: true }, async ({ answer }) => {
      expect([answer.exit, answer.error?.code]).toEqual([5, 'VERIFY_REVOCATION_MISSING']);
    });
  });

  test('takes files, asks nobody, and keeps of them what is of use', async () => {
    const stray = crlBytes(party('Elsewhere'), {}, period);
    const files = { 'stray.crl': stray, 'root.crl': crlBytes(keys.root, {}, period) };
    const revocation = '{ files: [good.ocsp, stray.crl, root.crl], require: true }';
    await released({ revocation, files }, async ({ answer, project, server }) => {
      expect([answer.exit, server.seen]).toEqual([0, []]);
      expect(answer.result.revocation.map(({ from }: { from: string }) => from).sort()).toEqual([
        'good.ocsp',
        'root.crl',
      ]);
      expect((await verified(project, '--require-revocation')).exit).toBe(0);
    });
  });

  test('needs a place to know it from, and files that can be read', async () => {
    await released({ revocation: '{ require: true }' }, async ({ answer }) => {
      expect([answer.exit, answer.error?.code]).toEqual([3, 'CONFIG_INVALID']);
    });
    await released({ revocation: '{ files: [signer.pem] }' }, async ({ answer }) => {
      expect(answer.error?.code).toMatch(/^DER_/);
    });
  });

  test('is not valid when what it keeps was changed', async () => {
    await released({ revocation: '{ fetch: true }' }, async ({ project }) => {
      const [kept = ''] = filesBelow(project.path('out')).filter((path) => path.startsWith('revocation/'));
      project.write(`out/${kept}`, new TextEncoder().encode('<p>'));
      const { exit, diagnostics } = await verified(project);
      const codes = diagnostics.map(({ code }: { code: string }) => code);
      expect([exit, codes.includes('REVOCATION_MALFORMED'), codes.includes('SUMS_MISMATCH')]).toEqual([5, true, true]);
    });
  });
});
