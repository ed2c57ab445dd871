import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemTokens } from '../../cli/adapters/pkcs11.ts';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { parseKeyUri } from '../../packaging/signing/key-uri.ts';
import { type OpenTokenSigner, openPkcs11Signer, type Pkcs11Options } from '../../packaging/signing/pkcs11.ts';
import { Secret } from '../../packaging/signing/secret.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { describeSignerContract } from '../contracts/signer.ts';
import { bareImage } from '../packaging/formats/pe/bare-image.ts';
import { createSoftToken, noSoftHsm, pullOut, type SoftToken, USER_PIN } from '../support/softhsm.ts';
import { GEN_TIME_MS, hierarchyWith, sharedHierarchy } from '../support/test-keys.ts';

const LABEL = 'winpv test';

describe.skipIf(noSoftHsm !== undefined)(`a token of SoftHSM2 ${noSoftHsm ?? ''}`, () => {
  let token: SoftToken;
  let rsa: TestHierarchy;
  let ec256: TestHierarchy;
  let ec384: TestHierarchy;
  const opened: OpenTokenSigner[] = [];

  beforeAll(async () => {
    rsa = await sharedHierarchy();
    ec256 = await hierarchyWith('EC P-256');
    ec384 = await hierarchyWith('EC P-384');
    token = createSoftToken(
      LABEL,
      [
        { label: 'release', id: '01', pkcs8: rsa.signer.privateKey },
        { label: 'curve', id: '02ff', pkcs8: ec256.signer.privateKey },
        { label: 'curve 384', id: '03', pkcs8: ec384.signer.privateKey },
      ],
      [
        { label: 'release', id: '01', der: rsa.signer.certificate },
        { label: 'curve', id: '02ff', der: ec256.signer.certificate },
        { label: 'root', id: '0a', der: rsa.root.certificate },
      ],
    );
  });
  afterAll(() => {
    for (const one of opened) one.close();
    token.remove();
  });

  const open = async (attributes: string, more: Partial<Pkcs11Options> = {}): Promise<OpenTokenSigner> => {
    // The library knows one process-wide state, so what an earlier test left open is closed first.
    for (const one of opened.splice(0)) one.close();
    const key = parseKeyUri(`pkcs11:token=winpv%20test${attributes}`);
    const signer = await openPkcs11Signer({
      tokens: systemTokens,
      module: token.module,
      key,
      pin: new Secret(USER_PIN),
      ...more,
    });
    opened.push(signer);
    return signer;
  };

  const refusal = async (attributes: string, more: Partial<Pkcs11Options> = {}): Promise<WinpvError> => {
    const error: unknown = await open(attributes, more).catch((reason: unknown) => reason);
    if (!(error instanceof WinpvError)) throw error instanceof Error ? error : new Error('nothing was refused');
    expect(inspect(error, { depth: 10 })).not.toContain(USER_PIN);
    return error;
  };

  describeSignerContract('PKCS#11, RSA, certificates on the token', async () => ({
    signer: (await open(';object=release')).signer,
    secret: USER_PIN,
  }));

  describeSignerContract('PKCS#11, EC P-256, by id', async () => ({
    signer: (await open(';id=%02%ff')).signer,
    secret: USER_PIN,
  }));

  describeSignerContract('PKCS#11, EC P-384, certificates from files', async () => {
    const certificates = [ec384.signer.certificate, ec384.root.certificate];
    return { signer: (await open(';object=curve%20384', { certificates })).signer, secret: USER_PIN };
  });

  test('signs an image that verifies', async () => {
    const { signer } = await open(';object=release');
    const bytes = await signPe(bareImage({}), 'x.sys', { signer });
    const trust = [rsa.root.certificate];
    expect(verifyFile({ path: 'x.sys', bytes, catalogs: [], trust, atMs: GEN_TIME_MS }).verdict).toBe('valid');
    expect(signer.label).toBe('token "winpv test", key "release"');
  });

  test('with a wrong PIN says so, once', async () => {
    const error = await refusal(';object=release', { pin: new Secret('000000') });
    expect(error).toMatchObject({ code: 'SIGN_TOKEN_PIN', exit: 6 });
    expect(inspect(error, { depth: 10 })).not.toContain('000000');
  });

  test('without a PIN asks for its source', async () => {
    expect(await refusal(';object=release', { pin: undefined })).toMatchObject({ code: 'SIGN_TOKEN_PIN' });
  });

  test.each([
    ['a token that is not there', ';serial=1234', 'SIGN_TOKEN_NOT_FOUND'],
    ['a key that is not there', ';object=other', 'SIGN_TOKEN_KEY'],
    ['several keys', '', 'SIGN_TOKEN_KEY'],
    ['a key without a certificate', ';object=curve%20384', 'SIGN_CERTIFICATE_MISSING'],
  ])('%s is refused, and what is there is listed', async (_name, attributes, code) => {
    const error = await refusal(attributes);
    expect(error).toMatchObject({ code });
    if (code === 'SIGN_TOKEN_KEY') expect(error.diagnostics[0]?.hint).toContain('"curve" (id 02ff)');
  });

  test('the certificate of another key is found by the signature that does not fit', async () => {
    const other = await hierarchyWith('RSA 2048');
    const { signer } = await open(';object=release', { certificates: [other.signer.certificate] });
    await expect(signPe(bareImage({}), 'x.sys', { signer })).rejects.toMatchObject({ code: 'SIGN_SELF_CHECK' });
  });

  test.each(['/no/such/library.so', import.meta.filename])('%s is no PKCS#11 module', async (module) => {
    expect(await refusal(';object=release', { module })).toMatchObject({ code: 'SIGN_TOKEN_MODULE' });
  });

  test('that disappears between two signatures is reported, and asked no more', async () => {
    const { signer } = await open(';object=release');
    await signer.sign(utf8('first'), 'rsa-sha256');
    pullOut(token);
    const attempts = await Promise.all(
      ['second', 'third'].map((text) => signer.sign(utf8(text), 'rsa-sha256').catch((error: unknown) => error)),
    );
    for (const error of attempts) expect(error).toMatchObject({ exit: 6, code: 'SIGN_TOKEN_LOST' });
    expect(attempts[1]).toBe(attempts[0]);
  });
});
