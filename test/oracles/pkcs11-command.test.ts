import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { bareImage } from '../packaging/formats/pe/bare-image.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { createSoftToken, noSoftHsm, pullOut, type SoftToken, USER_PIN } from '../support/softhsm.ts';
import { sharedHierarchy } from '../support/test-keys.ts';

const IMAGE = bareImage({});
const URI = 'pkcs11:token=command%20line;object=release';

describe.skipIf(noSoftHsm !== undefined)(`winpv with a token of SoftHSM2 ${noSoftHsm ?? ''}`, () => {
  let token: SoftToken;
  let place: TestProject;

  beforeAll(async () => {
    const { root, signer } = await sharedHierarchy();
    token = createSoftToken(
      'command line',
      [{ label: 'release', id: '01', pkcs8: signer.privateKey }],
      [{ label: 'release', id: '01', der: signer.certificate }],
    );
    place = await makeProject({
      'x.sys': IMAGE,
      'y.sys': IMAGE,
      'root.pem': encodePem('CERTIFICATE', root.certificate),
      pin: `${USER_PIN}\n`,
      'release/winpv.yaml': `
brands: [xenproject]
sources: { default: stand-in }
drivers: [xencrsh]
architectures: [x64]
signing: { pkcs11: "${token.module}", keyUri: "${URI}", pin: "file:../pin", timestamp: none }
`,
    });
  });
  afterAll(() => {
    token.remove();
    place.dispose();
  });

  const options = (pin: string): string[] => [
    '--pkcs11',
    token.module,
    '--key-uri',
    URI,
    '--pin',
    pin,
    '--no-timestamp',
  ];
  const sign = (pin: string, env: Record<string, string> = {}) =>
    winpvJson(['sign', place.path('x.sys'), place.path('y.sys'), ...options(pin)], { env });
  const verdict = async (file: string) =>
    (await winpvJson(['verify', file, '--ca', place.path('root.pem')])).result.verdict;
  const release = (out: string) =>
    winpvJson(['release', '-C', place.path('release'), '--out', place.path(out), '--date', '2026-05-04']);

  test('the doctor has the token sign, and asks for the issuer that the project does not name', async () => {
    const { exit, result } = await winpvJson(['doctor', '-C', place.path('release'), '--out', place.path('doctor')]);
    const of = (check: string) => result.checks.find((one: { check: string }) => one.check === check);
    expect(of('signature')).toMatchObject({ status: 'ok', message: expect.stringContaining('signed a nonce') });
    expect(of('chain')).toMatchObject({ status: 'error', code: 'SIGN_CHAIN_INCOMPLETE' });
    expect(exit).toBe(6);
    expect(JSON.stringify(result)).not.toContain(USER_PIN);
  });

  test('a wrong PIN ends the command with exit 6, and no output has it', async () => {
    const args = ['sign', place.path('x.sys'), ...options('env:PIN')];
    for (const more of [[], ['--json'], ['--verbose'], ['--events']]) {
      const run = await winpv([...args, ...more], { env: { PIN: '000000' } });
      expect(run.exit).toBe(6);
      expect(run.stdout + run.stderr).toContain('SIGN_TOKEN_PIN');
      expect(run.stdout + run.stderr).not.toContain('000000');
    }
    expect(new Uint8Array(readFileSync(place.path('x.sys')))).toEqual(IMAGE);
  });

  test('sign takes the PIN from the environment or a file, and the result verifies', async () => {
    for (const pin of ['env:PIN', `file:${place.path('pin')}`]) {
      for (const name of ['x.sys', 'y.sys']) writeFileSync(place.path(name), IMAGE);
      const answer = await sign(pin, { PIN: USER_PIN });
      expect(answer.error).toBeUndefined();
      expect(JSON.stringify(answer)).not.toContain(USER_PIN);
      expect(await verdict(place.path('y.sys'))).toBe('valid');
    }
  });

  test('the module may stand in the address, and so may the place of the PIN', async () => {
    writeFileSync(place.path('x.sys'), IMAGE);
    const uri = `${URI}?module-path=${token.module}&pin-source=file:${place.path('pin')}`;
    const answer = await winpvJson(['sign', place.path('x.sys'), '--key-uri', uri, '--no-timestamp']);
    expect(answer.error).toBeUndefined();
    expect(await verdict(place.path('x.sys'))).toBe('valid');
  });

  test('a release is signed with the key of the token', async () => {
    const answer = await release('out');
    expect(answer.error).toBeUndefined();
    expect(answer.result.signing).toMatchObject({ kind: 'pkcs11', timestamps: 'none' });
    expect(await verdict(place.path('out'))).toBe('valid');
    for (const file of filesBelow(place.path('out')))
      expect(readFileSync(place.path('out', file)).includes(USER_PIN), file).toBe(false);
  });

  test('without the token nothing is written', async () => {
    pullOut(token);
    for (const name of ['x.sys', 'y.sys']) writeFileSync(place.path(name), IMAGE);
    expect(await sign('env:PIN', { PIN: USER_PIN })).toMatchObject({
      exit: 6,
      error: { code: 'SIGN_TOKEN_NOT_FOUND' },
    });
    expect(new Uint8Array(readFileSync(place.path('x.sys')))).toEqual(IMAGE);
    expect(await release('none')).toMatchObject({ exit: 6 });
    expect(filesBelow(place.path('none'))).toEqual([]);
  });
});
