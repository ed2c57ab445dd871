import { verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../cli/adapters/exec.ts';
import { diskFiles } from '../../cli/adapters/files.ts';
import { systemRandom } from '../../cli/adapters/machine.ts';
import {
  addKeyOptions,
  addTimestampOptions,
  type KeyOptions,
  readTimestampChoice,
  type TimestampOptions,
  withSigner,
} from '../../cli/inputs/signing-options.ts';
import type { Io } from '../../cli/io.ts';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { makePkcs12 } from '../../packaging/signing/forge.ts';
import { fingerprint } from '../../packaging/signing/key.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { sharedHierarchy } from '../support/test-keys.ts';

const PASSWORD = 'correct horse';
let folder = '';
let hierarchy: TestHierarchy;

const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-options-'));
  hierarchy = await sharedHierarchy();
  const { root, signer } = hierarchy;
  writeFileSync(file('signer.key'), encodePem('PRIVATE KEY', signer.privateKey));
  writeFileSync(file('signer.pem'), encodePem('CERTIFICATE', signer.certificate));
  writeFileSync(file('root.pem'), encodePem('CERTIFICATE', root.certificate));
  writeFileSync(file('password'), `${PASSWORD}\r\n`);
  const certificates = [signer.certificate];
  writeFileSync(
    file('signer.p12'),
    makePkcs12({ privateKey: signer.privateKey, certificates, friendlyName: 'x', password: PASSWORD }, systemRandom),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const io = {
  exec: async () => systemExec,
  files: diskFiles,
  env: { SECRET: PASSWORD },
  stdin: async () => utf8(`${PASSWORD}\n`),
} as unknown as Io;

/** A program that signs the digest on its input with the test key, after saying something that nobody should see. */
const SIGNS = `
  import { createPrivateKey, privateEncrypt, constants } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), readFileSync(0)]);
  const key = createPrivateKey(readFileSync(process.argv[2]));
  process.stdout.write(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info));
`;

const parse = (...argv: string[]): KeyOptions & TimestampOptions =>
  addTimestampOptions(addKeyOptions(new Command('sign')))
    .exitOverride()
    .parse(argv, { from: 'user' })
    .opts();

const chainFrom = (...argv: string[]): Promise<readonly Uint8Array[]> =>
  withSigner(io, parse(...argv), async (signer) => signer.certificates());

const errorOf = async (work: () => unknown): Promise<WinpvError> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('the options that name a key', () => {
  test.each(['env:SECRET', 'stdin', 'file:'])('open a PFX with its password from %s', async (source) => {
    const passin = source === 'file:' ? `file:${file('password')}` : source;
    const chain = await chainFrom('--pfx', file('signer.p12'), '--passin', passin);
    expect(chain).toEqual([hierarchy.signer.certificate]);
  });

  test('take certificates beside a PFX for its issuers', async () => {
    const chain = await chainFrom('--pfx', file('signer.p12'), '--passin', 'env:SECRET', '--cert', file('root.pem'));
    expect(chain).toEqual([hierarchy.signer.certificate, hierarchy.root.certificate]);
  });

  test('open a PEM key with its certificates', async () => {
    const chain = await chainFrom(
      '--key',
      file('signer.key'),
      '--cert',
      file('signer.pem'),
      '--cert',
      file('root.pem'),
    );
    expect(chain).toEqual([hierarchy.signer.certificate, hierarchy.root.certificate]);
  });

  test('ask a program for the signature', async () => {
    writeFileSync(file('sign.mjs'), SIGNS);
    const command = `"${process.execPath}" "${file('sign.mjs')}" "${file('signer.key')}"`;
    const signature = await withSigner(io, parse('--exec', command, '--cert', file('signer.pem')), (signer) =>
      signer.sign(utf8('message'), 'rsa-sha256'),
    );
    expect(
      verify('sha256', utf8('message'), new X509Certificate(hierarchy.signer.certificate).publicKey, signature),
    ).toBe(true);
  });

  test('keep what the environment holds as a secret out of what a program says', async () => {
    writeFileSync(file('fails.mjs'), `console.error('login with ${PASSWORD} failed'); process.exit(1);`);
    const command = `"${process.execPath}" "${file('fails.mjs')}"`;
    const options = parse('--exec', command, '--cert', file('signer.pem'));
    const error = await errorOf(() => withSigner(io, options, (signer) => signer.sign(utf8('m'), 'rsa-sha256')));
    expect(error).toMatchObject({ code: 'SIGN_COMMAND_FAILED', exit: 6 });
    expect(error.diagnostics[0]?.hint).toBe('It said: login with [secret] failed');
  });

  test.each([
    ['no key', []],
    ['two keys', ['--pfx', 'a', '--key', 'b']],
    ['a PFX without the source of its password', ['--pfx', 'signer.p12']],
    ['a key without a certificate', ['--key', 'signer.key']],
    ['a program without a certificate', ['--exec', 'sign']],
    ['a token without an address', ['--pkcs11', 'module.so']],
    ['a PIN for a file', ['--pfx', 'a', '--passin', 'stdin', '--pin', 'env:PIN']],
    ['a password for a token', ['--pkcs11', 'm', '--key-uri', 'pkcs11:', '--passin', 'env:PIN']],
  ])('refuse %s as usage', async (_name, argv) => {
    expect(await errorOf(() => chainFrom(...argv))).toMatchObject({ code: 'USAGE' });
  });

  test('refuse a password that stands in the arguments, and do not repeat it', async () => {
    for (const argv of [
      ['--pfx', 'a', '--passin', PASSWORD],
      ['--pkcs11', 'm', '--key-uri', 'pkcs11:', '--pin', PASSWORD],
      ['--pkcs11', 'm', '--key-uri', `pkcs11:?pin-value=${PASSWORD}`],
    ]) {
      const error = await errorOf(() => chainFrom(...argv));
      expect(error.exit).toBe(2);
      expect(JSON.stringify(error.diagnostics)).not.toContain(PASSWORD);
    }
  });
});

describe('the certificate that is meant', () => {
  const pinned = (...pin: string[]) => chainFrom('--key', file('signer.key'), '--cert', file('signer.pem'), ...pin);

  test.each([
    ['its SHA-256, in any spelling', () => ['--cert-sha256', fingerprint(hierarchy.signer.certificate).toUpperCase()]],
    ['its issuer’s common name', () => ['--cert-issuer', 'Example test root']],
    ['an extended key usage', () => ['--cert-eku', '1.3.6.1.5.5.7.3.3']],
  ])('is taken by %s', async (_name, pin) => {
    expect(await pinned(...pin())).toEqual([hierarchy.signer.certificate]);
  });

  test.each([
    ['thumbprint', '--cert-sha1', '00'.repeat(20)],
    ['hash', '--cert-sha256', '00'.repeat(32)],
    ['issuer', '--cert-issuer', 'Example test'],
    ['subject', '--cert-subject', 'Example'],
    ['usage', '--cert-eku', '1.3.6.1.5.5.7.3.8'],
  ])('is refused with another %s', async (_name, option, value) => {
    const error = await errorOf(() => pinned(option, value));
    expect(error).toMatchObject({ code: 'SIGN_CERTIFICATE_NOT_PINNED' });
    expect(error.message).toContain(value);
  });

  test('is not asked for by half a thumbprint', async () => {
    expect(await errorOf(() => pinned('--cert-sha1', 'abcd'))).toMatchObject({ code: 'USAGE' });
  });
});

describe('the options about time stamps', () => {
  test('tell silence, refusal and servers apart', async () => {
    expect(await readTimestampChoice(io, parse())).toBeUndefined();
    expect(await readTimestampChoice(io, parse('--no-timestamp'))).toEqual({ kind: 'none' });
    const servers = ['http://one.example/tsa', 'https://two.example'];
    const argv = servers.flatMap((url) => ['--timestamp', url]);
    expect(
      await readTimestampChoice(io, parse(...argv, '--timestamp-ca', file('root.pem'), '--timestamp-timeout', '2.5')),
    ).toEqual({
      kind: 'servers',
      urls: servers,
      authorities: [hierarchy.root.certificate],
      timeoutMs: 2500,
      protocol: 'rfc3161',
    });
  });

  test.each([
    ['another scheme', ['--timestamp', 'ftp://x']],
    ['no address', ['--timestamp', 'tsa']],
    ['a password in the address', ['--timestamp', 'http://me:hunter2@x']],
    ['no time', ['--timestamp', 'http://x', '--timestamp-timeout', '0']],
    ['a root without a server', ['--timestamp-ca', 'root.pem']],
  ])('refuse %s as usage', async (_name, argv) => {
    const error = await errorOf(async () => readTimestampChoice(io, parse(...argv)));
    expect(error.code).toBe('USAGE');
    expect(JSON.stringify(error.diagnostics)).not.toContain('hunter2');
  });
});
