import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { craftPe, craftStamp } from '../support/crafted.ts';
import { answerBytes, crlBytes, DAY_MS, ocspPlace } from '../support/ocsp-answers.ts';
import { withTempFolder } from '../support/outside.ts';
import { withRevocationServer } from '../support/revocation-server.ts';
import { certify, NOW_MS, party } from '../support/test-ca.ts';

const keys = { root: party('Root'), signer: party('Signer'), stamper: party('Stamper') };
const root = certify(keys.root, { authority: true });
const stamper = certify(keys.stamper, { by: keys.root, eku: '1.3.6.1.5.5.7.3.8', serial: 9 });
const AT = ['--at', new Date(NOW_MS).toISOString().slice(0, 10)];
const STAMPED_MS = NOW_MS - 100 * DAY_MS;

interface Place {
  readonly at: (name: string) => string;
  readonly answer: (changes?: Partial<Parameters<typeof answerBytes>[0]>) => Uint8Array;
}

/** A signed driver, stamped or not, and the certificate to trust. */
const withDriver = async (
  { url, stamped = false }: { readonly url?: string; readonly stamped?: boolean },
  body: (place: Place) => Promise<void>,
): Promise<void> => {
  const more = url === undefined ? [] : [ocspPlace(url)];
  const signer = certify(keys.signer, { by: keys.root, eku: '1.3.6.1.5.5.7.3.3', serial: 8, more });
  const stamp = { certificate: stamper, party: keys.stamper };
  const bytes = craftPe({
    ...{ certificate: signer, party: keys.signer, certificates: [signer] },
    ...(stamped
      ? { unsigned: (signature: Uint8Array) => [craftStamp(stamp, signature, { genTimeMs: STAMPED_MS })] }
      : {}),
  });
  await withTempFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('demo.sys'), bytes);
    writeFileSync(at('root.pem'), encodePem('CERTIFICATE', root.der));
    const answer: Place['answer'] = (changes = {}) =>
      answerBytes({ about: signer, issuer: root, by: keys.root, thisMs: NOW_MS, nextMs: NOW_MS + DAY_MS, ...changes });
    await body({ at, answer });
  });
};

describe('winpv verify', () => {
  test('takes answers with --ocsp, in DER and PEM, and shows what decided', async () => {
    await withDriver({}, async ({ at, answer }) => {
      writeFileSync(at('good.der'), answer());
      writeFileSync(
        at('bad.pem'),
        encodePem('OCSP RESPONSE', answer({ state: { dateMs: NOW_MS - DAY_MS, reason: 1 } })),
      );
      const verify = ['verify', at('demo.sys'), '--ca', at('root.pem'), ...AT];
      const good = await winpvJson([...verify, '--ocsp', at('good.der')]);
      expect(good.result).toMatchObject({
        verdict: 'valid',
        revocation: 'checked',
        revocationSources: [{ kind: 'ocsp', from: at('good.der'), producedAt: new Date(NOW_MS).toISOString() }],
        files: [{ signatures: [{ revocation: 'good' }] }],
      });
      const bad = await winpvJson([...verify, '--ocsp', at('good.der'), '--ocsp', at('bad.pem')]);
      expect(bad.exit).toBe(5);
      expect(bad.result.files[0]).toMatchObject({
        reason: 'VERIFY_REVOKED',
        explanation: { id: 'revoked-not-stamped' },
        signatures: [{ revoked: [{ subject: 'CN=Signer', reason: 'keyCompromise', effect: 'invalid' }] }],
      });
    });
  });

  test('wants to know of every certificate with --require-revocation', async () => {
    await withDriver({}, async ({ at, answer }) => {
      const verify = ['verify', at('demo.sys'), '--ca', at('root.pem'), ...AT, '--require-revocation'];
      const none = await winpvJson(verify);
      expect(none.exit).toBe(5);
      expect(none.result.files[0]).toMatchObject({ verdict: 'untrusted', reason: 'VERIFY_REVOCATION_MISSING' });
      writeFileSync(at('good.der'), answer());
      expect((await winpvJson([...verify, '--ocsp', at('good.der')])).exit).toBe(0);
    });
  });

  test('asks with --fetch-revocation, keeps what it was told, and judges the same from that', async () => {
    let served = new Uint8Array(0);
    await withRevocationServer(
      () => ({ body: served }),
      async ({ url, seen }) => {
        await withDriver({ url, stamped: true }, async ({ at, answer }) => {
          served = new Uint8Array(answer({ state: { dateMs: NOW_MS - 2 * DAY_MS, reason: 4 } }));
          writeFileSync(at('stamper.crl'), crlBytes(keys.root, {}, { thisMs: NOW_MS, nextMs: NOW_MS + DAY_MS }));
          const verify = ['verify', at('demo.sys'), '--ca', at('root.pem'), ...AT, '--require-revocation'];
          const kept = at('kept');
          // Only the signer says where to ask; of the time-stamp authority a list has to be given.
          const fetched = await winpvJson([...verify, '--fetch-revocation', '--save-revocation', kept]);
          expect(fetched.result.files[0].signatures[0].revocation).toBe('revoked-later');
          expect(fetched.result.files[0]).toMatchObject({ reason: 'VERIFY_TIMESTAMP_UNTRUSTED' });
          expect(seen).toEqual(['POST /']);
          expect(readdirSync(kept)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.ocsp$/)]);
          const offline = await winpvJson([...verify, '--ocsp', kept, '--crl', kept, '--crl', at('stamper.crl')]);
          expect(offline.result.files[0]).toMatchObject({
            verdict: 'valid',
            explanation: { id: 'revoked-after-stamp' },
            signatures: [{ revocation: 'revoked-later', timestamp: { revocation: 'good' } }],
          });
          expect(seen).toEqual(['POST /']);
        });
      },
    );
  });

  test('goes on when a place fails, says so, and stops only when it has to know', async () => {
    await withRevocationServer(
      () => ({ status: 503 }),
      async ({ url }) => {
        await withDriver({ url }, async ({ at }) => {
          const verify = ['verify', at('demo.sys'), '--ca', at('root.pem'), ...AT, '--fetch-revocation'];
          const { exit, stderr, stdout } = await winpv(verify);
          expect(exit).toBe(0);
          expect(stdout).toContain('Revocation was not checked: no place that is asked told anything.');
          expect(stderr).toMatch(/REVOCATION_HTTP_STATUS[\s\S]*status 503/);
          expect((await winpv([...verify, '--require-revocation'])).exit).toBe(5);
        });
      },
    );
  });

  test('stops at a file that is no answer, or a refusal, and names it', async () => {
    await withDriver({}, async ({ at }) => {
      writeFileSync(at('page.html'), '<p>');
      writeFileSync(at('refusal.der'), Uint8Array.of(0x30, 3, 0x0a, 1, 6));
      const verify = ['verify', at('demo.sys'), '--ca', at('root.pem'), '--ocsp'];
      expect((await winpvJson([...verify, at('page.html')])).error?.code).toMatch(/^DER_/);
      expect((await winpvJson([...verify, at('refusal.der')])).error?.code).toBe('REVOCATION_REFUSED');
    });
  });
});
