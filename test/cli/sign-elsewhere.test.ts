import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import { bareImage } from '../packaging/formats/pe/bare-image.ts';
import { winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

const TOKEN = 'a-token-of-the-service';
const IMAGE = bareImage({});

/** Signs the digest on its input; without its token, says too much and fails. */
const SIGN_DIGEST = `
  import { constants, createPrivateKey, privateEncrypt } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  const [keyFile, form] = process.argv.slice(2);
  if (form === 'fail') { console.error('the service refused ${TOKEN}'); process.exit(9); }
  const info = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), readFileSync(0)]);
  const key = createPrivateKey(readFileSync(keyFile));
  process.stdout.write(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info).toString('base64'));
`;

let place: TestProject;
const path = (name: string): string => place.path('work', name);
const env = { SERVICE_TOKEN: TOKEN };

beforeAll(async () => {
  const hierarchy = await sharedHierarchy();
  const { root, signer } = hierarchy;
  const stamped = await signPe(IMAGE, 'x.sys', signingParts(hierarchy));
  const bare = await signPe(IMAGE, 'x.sys', { signer: signingParts(hierarchy).signer });
  place = await makeProject({
    'key.pem': encodePem('PRIVATE KEY', signer.privateKey),
    'leaf.pem': encodePem('CERTIFICATE', signer.certificate),
    'root.pem': encodePem('CERTIFICATE', root.certificate),
    'sign.mjs': SIGN_DIGEST,
    // Tools that "sign" by putting a file that was signed before in place of theirs.
    'copy.mjs': "import { copyFileSync } from 'node:fs'; copyFileSync(process.argv[2], process.argv[3]);",
    'stamped.sys': stamped,
    'bare.sys': bare,
    'other.sys': await signPe(bareImage({ gap: 512 }), 'x.sys', signingParts(hierarchy)),
    'release/winpv.yaml': `
brands: [xenproject]
sources: { default: stand-in }
drivers: [xencrsh]
architectures: [x64]
signing:
  command: '"${process.execPath}" ../sign.mjs ../key.pem base64'
  cert: [../leaf.pem, ../root.pem]
  certificate: { issuer: Example test root }
  timestamp: none
`,
  });
});
beforeEach(() => {
  mkdirSync(place.path('work'), { recursive: true });
  writeFileSync(path('x.sys'), IMAGE);
});
afterAll(() => place.dispose());

const run = (script: string, ...args: string[]): string =>
  [process.execPath, place.path(script), ...args].map((word) => `"${word}"`).join(' ');

const signing = (...options: string[]) => winpvJson(['sign', path('x.sys'), ...options], { env });
const verdict = async (file: string) =>
  (await winpvJson(['verify', file, '--ca', place.path('root.pem')])).result.verdict;

describe('winpv sign --exec', () => {
  const cert = ['--cert', '', '--no-timestamp'];
  beforeAll(() => {
    cert[1] = place.path('leaf.pem');
  });

  test('signs by a program that gets the digest', async () => {
    const answer = await signing('--exec', run('sign.mjs', place.path('key.pem'), 'base64'), ...cert);
    expect(answer.error).toBeUndefined();
    expect(await verdict(path('x.sys'))).toBe('valid');
  });

  test('leaves the file when the program fails, and repeats no secret of the environment', async () => {
    const answer = await signing('--exec', run('sign.mjs', place.path('key.pem'), 'fail'), ...cert);
    expect(answer).toMatchObject({ exit: 6, error: { code: 'SIGN_COMMAND_FAILED' } });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
    expect(JSON.stringify(answer)).toContain('the service refused [secret]');
    expect(new Uint8Array(readFileSync(path('x.sys')))).toEqual(IMAGE);
  });
});

describe('winpv sign --file-command', () => {
  const tool = (file: string, ...more: string[]) =>
    signing('--file-command', `${run('copy.mjs', place.path(file))} {file}`, ...more);

  oracle('osslsigncode', 'signs a file for us', async () => {
    const command = `osslsigncode sign -certs ${place.path('leaf.pem')} -key ${place.path('key.pem')} -in {in} -out {out}`;
    const answer = await signing('--file-command', command, '--no-timestamp', '--cert-subject', 'Example test signing');
    expect(answer.error).toBeUndefined();
    expect(await verdict(path('x.sys'))).toBe('valid');
    expect(filesBelow(place.path('work'))).toEqual(['x.sys']);
  });

  test('takes a signature with a time stamp', async () => {
    expect((await tool('stamped.sys')).error).toBeUndefined();
    expect(await verdict(path('x.sys'))).toBe('valid');
  });

  test.each([
    ['another file', 'other.sys', [], 'SIGN_FILE_CHANGED'],
    ['a signature without the time stamp', 'bare.sys', [], 'SIGN_FILE_NOT_SIGNED'],
    ['another certificate than the pinned', 'stamped.sys', ['--cert-sha1', '00'.repeat(20)], 'SIGN_FILE_NOT_SIGNED'],
    ['something else', 'key.pem', [], 'SIGN_FILE_CHANGED'],
  ])('refuses %s, and the file stays as it was', async (_name, file, more, code) => {
    const answer = await tool(file, ...more);
    expect(answer).toMatchObject({ exit: 6, error: { code } });
    expect(new Uint8Array(readFileSync(path('x.sys')))).toEqual(IMAGE);
    expect(filesBelow(place.path('work'))).toEqual(['x.sys']);
  });

  test.each([
    ['a key', ['--pfx', 'a', '--passin', 'stdin']],
    ['a time-stamp server', ['--timestamp', 'http://x']],
    ['a description', ['--description', 'x']],
  ])('with %s is refused as usage: the tool would not know', async (_name, more) => {
    expect(await tool('stamped.sys', ...more)).toMatchObject({ exit: 2, error: { code: 'USAGE' } });
  });

  test('leaves signed files alone unless it is told', async () => {
    await tool('stamped.sys');
    expect((await tool('bare.sys', '--no-timestamp')).error?.code).toBe('SIGN_ALREADY_SIGNED');
    expect((await tool('bare.sys', '--no-timestamp', '--replace')).error).toBeUndefined();
  });
});

describe('a release signed by a program', () => {
  const release = (out: string) =>
    winpvJson(['release', '-C', place.path('release'), '--out', place.path(out), '--date', '2026-05-04'], { env });

  test('that is named from the project’s folder verifies', async () => {
    const answer = await release('out');
    expect(answer.error).toBeUndefined();
    expect(answer.result.signing).toMatchObject({ kind: 'command', timestamps: 'none' });
    expect(await verdict(place.path('out'))).toBe('valid');
  });

  test('is not made when the certificate is not the one that was meant', async () => {
    const settings = readFileSync(place.path('release/winpv.yaml'), 'utf8');
    place.write('release/winpv.yaml', settings.replace('Example test root', 'Another root'));
    expect(await release('none')).toMatchObject({ exit: 6, error: { code: 'SIGN_CERTIFICATE_NOT_PINNED' } });
    place.write('release/winpv.yaml', settings);
    expect(filesBelow(place.path('none'))).toEqual([]);
  });

  test.each([
    ['signing: { command: x, timestamp: none }', 'CONFIG_CONFLICT'],
    ['signing: { command: x, cert: [a.pem] }', 'CONFIG_CONFLICT'],
    ['signing: { command: x, cert: [a.pem], pin: "env:P", timestamp: none }', 'CONFIG_CONFLICT'],
    ['signing: { pkcs11: x, keyUri: "pkcs11:", pin: "648219", timestamp: none }', 'CONFIG_INVALID'],
    ['signing: { pkcs11: x, keyUri: "pkcs11:?pin-value=648219", timestamp: none }', 'SIGN_KEY_URI'],
  ])('%s is refused', async (signingLine, code) => {
    place.write('bad/winpv.yaml', `brands: [xenproject]\nsources: { default: stand-in }\n${signingLine}\n`);
    const answer = await winpvJson(['release', '-C', place.path('bad'), '--out', place.path('none')]);
    expect(answer.error?.code).toBe(code);
    expect(answer.error?.message).not.toContain('648219');
  });
});
