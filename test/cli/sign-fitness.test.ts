import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect } from 'vitest';
import { bareImage } from '../packaging/formats/pe/bare-image.ts';
import { winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';

/** The rules of fitness through whole commands, with certificates that openssl makes. */
const folder = mkdtempSync(join(tmpdir(), 'winpv-fitness-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMAGE = bareImage({});
beforeEach(() => writeFileSync(path('x.sys'), IMAGE));

type Run = Parameters<Parameters<typeof oracle>[2]>[0];

/** A self-signed certificate over a key that node makes. */
const selfSigned = (
  run: Run,
  name: string,
  pem: string,
  eku: string | undefined,
  subject = 'Acme',
): readonly string[] => {
  writeFileSync(path(`${name}.key`), pem);
  const { status, stderr } = run(
    ...['req', '-x509', '-new', '-key', path(`${name}.key`), '-subj', `/CN=${subject}`, '-days', '3650'],
    ...(eku === undefined ? [] : ['-addext', `extendedKeyUsage=${eku}`]),
    ...['-out', path(`${name}.pem`)],
  );
  expect(status, stderr).toBe(0);
  return ['--key', path(`${name}.key`), '--cert', path(`${name}.pem`), '--no-timestamp'];
};

const rsa = (modulusLength: number, publicExponent = 65_537): string =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** An hour from now: the certificates are made after this is read. */
const NOW = Date.now() + 3_600_000;
const sign = (...more: readonly string[]) => winpvJson(['sign', path('x.sys'), ...more], { now: NOW });
const untouched = (): void => expect(new Uint8Array(readFileSync(path('x.sys')))).toEqual(IMAGE);

describe('winpv sign refuses a key', () => {
  oracle(
    'openssl',
    'of 1024 bits, with the exponent 3, or not for code signing, and leaves the file alone',
    async (run) => {
      const cases = [
        ['short', rsa(1024), 'codeSigning', 'SIGN_KEY_WEAK'],
        ['three', rsa(2048, 3), 'codeSigning', 'SIGN_KEY_WEAK'],
        ['server', rsa(2048), 'serverAuth', 'SIGN_CERTIFICATE_UNFIT'],
        ['bare', rsa(2048), undefined, 'SIGN_CERTIFICATE_UNFIT'],
      ] as const;
      for (const [name, key, eku, code] of cases) {
        const answer = await sign(...selfSigned(run, name, key, eku));
        expect([answer.exit, answer.error?.code], name).toEqual([6, code]);
        untouched();
      }
      expect((await sign(...selfSigned(run, 'good', rsa(2048), 'codeSigning'))).error).toBeUndefined();
    },
  );

  oracle('openssl', 'of the WDK, unless it is test signing', async (run) => {
    const key = selfSigned(run, 'wdk', rsa(2048), 'codeSigning', 'WDKTestCert build,134279100762949792');
    expect(await sign(...key)).toMatchObject({ exit: 6, error: { code: 'SIGN_KEY_TEST', failureMode: 'F45' } });
    untouched();
    expect((await sign(...key, '--test-signing')).error).toBeUndefined();
    const { result, diagnostics } = await winpvJson(['verify', path('x.sys'), '--ca', path('wdk.pem')], { now: NOW });
    expect(result.verdict).toBe('valid');
    expect(diagnostics.map(({ code }) => code)).toContain('VERIFY_TEST_CERTIFICATE');
  });

  oracle('openssl', 'that everybody has, by name, for tests too; and verify trusts it no more', async (run) => {
    const key = selfSigned(run, 'virto', rsa(2048), 'codeSigning', 'Virto test certificate');
    for (const more of [[], ['--test-signing']]) {
      expect(await sign(...key, ...more)).toMatchObject({ exit: 6, error: { code: 'SIGN_KEY_PUBLIC' } });
      untouched();
    }
  });

  oracle('openssl', 'in both halves, before anything is written', async (run) => {
    const [, , ...cert] = selfSigned(run, 'half', rsa(1024), 'codeSigning');
    const prepared = await sign('--prepare', path('half.json'), ...cert);
    expect(prepared).toMatchObject({ exit: 6, error: { code: 'SIGN_KEY_WEAK' } });
    expect(() => readFileSync(path('half.json'))).toThrow();
  });

  oracle('osslsigncode', 'of a tool by the same rules', async () => {
    const pem = rsa(1024);
    const { execFileSync } = await import('node:child_process');
    writeFileSync(path('tool.key'), pem);
    const subject = ['-subj', '/CN=Acme', '-days', '3650', '-addext', 'extendedKeyUsage=codeSigning'];
    execFileSync('openssl', ['req', '-x509', '-new', '-key', path('tool.key'), ...subject, '-out', path('tool.pem')]);
    const command = `osslsigncode sign -certs ${path('tool.pem')} -key ${path('tool.key')} -in {in} -out {out}`;
    const answer = await sign('--file-command', command, '--no-timestamp');
    expect(answer).toMatchObject({ exit: 6, error: { code: 'SIGN_KEY_WEAK' } });
    untouched();
  });
});
