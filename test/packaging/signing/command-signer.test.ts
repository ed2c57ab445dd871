import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../../cli/adapters/exec.ts';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Exec } from '../../../core/ports.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import { fillIn, parseCommandLine } from '../../../packaging/signing/command-line.ts';
import { createCommandSigner } from '../../../packaging/signing/command-signer.ts';
import { Secret } from '../../../packaging/signing/secret.ts';
import type { TestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import { describeSignerContract } from '../../contracts/signer.ts';
import { hasOracle } from '../../support/outside.ts';
import { hierarchyWith, sharedHierarchy } from '../../support/test-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'winpv-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Signs the digest on its input with node:crypto, and answers in the form that is asked for. */
const SIGNER_SCRIPT = `
  import { constants, createPrivateKey, privateEncrypt, sign } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  const [key, form, hash] = process.argv.slice(2);
  const digest = readFileSync(0);
  const prefix = { sha1: '3021300906052b0e03021a05000414', sha256: '3031300d060960864801650304020105000420',
    sha384: '3041300d060960864801650304020205000430', sha512: '3051300d060960864801650304020305000440' }[hash];
  const signature = privateEncrypt({ key: createPrivateKey(readFileSync(key)), padding: constants.RSA_PKCS1_PADDING },
    Buffer.concat([Buffer.from(prefix, 'hex'), digest]));
  process.stdout.write(form === 'octets' ? signature : signature.toString(form) + '\\n');
`;

const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const keyFile = ({ signer }: TestHierarchy, name: string): string =>
  script(name, encodePem('PRIVATE KEY', signer.privateKey));

const chainOf = ({ root, signer }: TestHierarchy) => [signer.certificate, root.certificate];

const nodeCommand = (path: string, ...args: string[]) => ({ program: process.execPath, args: [path, ...args] });

describe.each(['octets', 'hex', 'base64', 'base64url'])('a program that answers in %s', (form) => {
  describeSignerContract(`a command, RSA, ${form}`, async () => {
    const hierarchy = await sharedHierarchy();
    const command = nodeCommand(script('sign.mjs', SIGNER_SCRIPT), keyFile(hierarchy, 'rsa.key'), form, '{hash}');
    return { signer: createCommandSigner({ exec: systemExec, command, certificates: chainOf(hierarchy) }) };
  });
});

describe.skipIf(!hasOracle('openssl') && process.env.WINPV_REQUIRE_OUTSIDE !== '1')('openssl as the program', () => {
  const opensslCommand = (key: string, more = '') =>
    parseCommandLine(`openssl pkeyutl -sign -inkey "${key}" -pkeyopt digest:{hash}${more}`);

  describeSignerContract('openssl pkeyutl, RSA', async () => {
    const hierarchy = await sharedHierarchy();
    const command = opensslCommand(keyFile(hierarchy, 'rsa.key'), ' -pkeyopt rsa_padding_mode:pkcs1');
    return { signer: createCommandSigner({ exec: systemExec, command, certificates: chainOf(hierarchy) }) };
  });

  let ec: Promise<TestHierarchy> | undefined;
  describeSignerContract('openssl pkeyutl, EC', async () => {
    ec ??= hierarchyWith('EC P-384');
    const hierarchy = await ec;
    const command = opensslCommand(keyFile(hierarchy, 'ec.key'));
    return { signer: createCommandSigner({ exec: systemExec, command, certificates: chainOf(hierarchy) }) };
  });
});

describe('a command that fails', () => {
  let hierarchy: TestHierarchy;
  beforeAll(async () => {
    hierarchy = await sharedHierarchy();
  });

  const failure = async (text: string, more: { exec?: Exec; timeoutMs?: number } = {}): Promise<WinpvError> => {
    const command = nodeCommand(script('fails.mjs', text), '--token', 'argument-secret');
    const secrets = [new Secret('hunter2')];
    const signer = createCommandSigner({
      exec: systemExec,
      command,
      certificates: chainOf(hierarchy),
      secrets,
      ...more,
    });
    const error: unknown = await signer.sign(utf8('message'), 'rsa-sha256').catch((reason: unknown) => reason);
    if (!(error instanceof WinpvError)) throw error;
    expect(JSON.stringify(error.diagnostics)).not.toMatch(/hunter2|argument-secret/);
    return error;
  };

  test('is quoted without secrets, arguments and control characters', async () => {
    const error = await failure("process.stderr.write('\\u001b[31mlogin hunter2 failed\\u0007'); process.exit(3);");
    expect(error.diagnostics[0]).toMatchObject({
      code: 'SIGN_COMMAND_FAILED',
      hint: 'It said: login [secret] failed',
    });
    expect(error.message).toContain('exit code 3');
  });

  test('by answering with nothing, or with text, gives no signature', async () => {
    // 344 characters of base64 would be a signature of 2048 bits; the key has 3072.
    for (const text of ['', "process.stdout.write('OK')", "process.stdout.write('A'.repeat(344))"]) {
      expect((await failure(text)).code).toBe('SIGN_COMMAND_ANSWER');
    }
  });

  test('by not ending is ended', async () => {
    const error = await failure('setInterval(() => {}, 1000);', { timeoutMs: 500 });
    expect(error.code).toBe('SIGN_COMMAND_FAILED');
  });

  test('by not being there says which', async () => {
    const command = { program: join(folder, 'no-such-program'), args: [] };
    const signer = createCommandSigner({ exec: systemExec, command, certificates: chainOf(hierarchy) });
    await expect(signer.sign(utf8('x'), 'rsa-sha256')).rejects.toMatchObject({
      code: 'SIGN_COMMAND_FAILED',
      message: expect.stringContaining('no-such-program'),
    });
  });

  test('by not reading its input is no failure', async () => {
    const text = "process.stdin.destroy(); process.stdout.write('ab'.repeat(384));";
    const command = nodeCommand(script('deaf.mjs', text));
    const signer = createCommandSigner({ exec: systemExec, command, certificates: chainOf(hierarchy) });
    expect((await signer.sign(utf8('x'), 'rsa-sha256')).length).toBe(384);
  });

  test('runs no more than four times at once', async () => {
    let running = 0;
    let most = 0;
    const exec: Exec = {
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return { exitCode: 0, stdout: new Uint8Array(384), stderr: '' };
      },
    };
    const command = { program: 'x', args: [] };
    const signer = createCommandSigner({ exec, command, certificates: chainOf(hierarchy) });
    await Promise.all(Array.from({ length: 20 }, (_, i) => signer.sign(utf8(`${i}`), 'rsa-sha256')));
    expect(most).toBe(4);
  });
});

describe('a command', () => {
  test.each([
    ['az keyvault key sign', 'az', ['keyvault', 'key', 'sign']],
    ['  sign \t --label "my key"  ', 'sign', ['--label', 'my key']],
    [`"C:\\Program Files\\t.exe" /d 'a "b"' --x="y z"`, 'C:\\Program Files\\t.exe', ['/d', 'a "b"', '--x=y z']],
    [`x ""`, 'x', ['']],
  ])('%s is split into words without a shell', (text, program, args) => {
    expect(parseCommandLine(text)).toEqual({ program, args });
  });

  test.each(['', '   ', 'sign "open', "sign 'open"])('%j is refused', (text) => {
    expect(() => parseCommandLine(text)).toThrow(expect.objectContaining({ code: 'SIGN_COMMAND_INVALID', exit: 2 }));
  });

  test('has its placeholders filled in, and other braces left alone', () => {
    expect(fillIn(['{hash}', 'x={digest}', '{other}', '{}'], { hash: 'sha256', digest: '00' })).toEqual([
      'sha256',
      'x=00',
      '{other}',
      '{}',
    ]);
  });
});
