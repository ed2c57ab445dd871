import { createPrivateKey, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { TokenFailure, type TokenInfo, type TokenKey, type TokenLibraries } from '../../../core/tokens.ts';
import { parseKeyUri } from '../../../packaging/signing/key-uri.ts';
import { openPkcs11Signer, type Pkcs11Options } from '../../../packaging/signing/pkcs11.ts';
import { Secret } from '../../../packaging/signing/secret.ts';
import type { TestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import { sharedHierarchy } from '../../support/test-keys.ts';

const PIN = '648219';
let hierarchy: TestHierarchy;
beforeAll(async () => {
  hierarchy = await sharedHierarchy();
});

interface Pretence {
  readonly token?: Partial<TokenInfo>;
  readonly key?: Partial<TokenKey>;
  /** What a call fails with. */
  readonly login?: string;
  readonly sign?: string;
}

/** A token that counts what is asked of it. */
const pretend = (pretence: Pretence = {}) => {
  const calls = {
    logins: [] as (string | undefined)[],
    contextPins: [] as (string | undefined)[],
    signs: 0,
    closed: 0,
  };
  const token: TokenInfo = {
    label: 'Acme',
    manufacturer: 'm',
    model: 'x',
    serial: '1',
    slotId: 0,
    slotDescription: '',
    slotManufacturer: '',
    loginRequired: true,
    ownPinPad: false,
    pinState: 'fine',
    ...pretence.token,
  };
  const key: TokenKey = {
    handle: 1,
    id: Uint8Array.of(1),
    label: 'release',
    kind: 'rsa',
    alwaysAuthenticate: false,
    ...pretence.key,
  };
  const privateKey = createPrivateKey({ key: Buffer.from(hierarchy.signer.privateKey), format: 'der', type: 'pkcs8' });
  const tokens: TokenLibraries = {
    load: async () => ({
      description: 'd',
      manufacturer: 'm',
      version: '1.0',
      tokens: () => [token],
      close: () => {
        calls.closed += 1;
      },
      open: () => ({
        login: (pin) => {
          calls.logins.push(pin);
          if (pretence.login !== undefined) throw new TokenFailure(pretence.login);
        },
        privateKeys: () => [key],
        certificates: () => [{ id: Uint8Array.of(1), label: '', der: hierarchy.signer.certificate }],
        sign: async (_key, _mechanism, data, pin) => {
          calls.signs += 1;
          calls.contextPins.push(pin);
          if (pretence.sign !== undefined && calls.signs > 1) throw new TokenFailure(pretence.sign);
          return new Uint8Array(sign(undefined, data, privateKey));
        },
        close: () => {},
      }),
    }),
  };
  const open = (more: Partial<Pkcs11Options> = {}) =>
    openPkcs11Signer({ tokens, module: 'm.so', key: parseKeyUri('pkcs11:'), pin: new Secret(PIN), ...more });
  return { calls, open };
};

describe('the PIN of a token', () => {
  test('is given once, however much is signed', async () => {
    const { calls, open } = pretend();
    const { signer } = await open();
    await Promise.all(['a', 'b', 'c'].map((text) => signer.sign(utf8(text), 'rsa-sha256')));
    expect(calls).toMatchObject({ logins: [PIN], signs: 3, contextPins: [undefined, undefined, undefined] });
  });

  test('is given for each signature of a key that always asks', async () => {
    const { calls, open } = pretend({ key: { alwaysAuthenticate: true } });
    const { signer } = await open();
    await signer.sign(utf8('a'), 'rsa-sha256');
    expect(calls).toMatchObject({ logins: [PIN], contextPins: [PIN] });
  });

  test.each(['CKR_PIN_INCORRECT', 'CKR_PIN_LOCKED', 'CKR_PIN_LEN_RANGE', 'CKR_PIN_EXPIRED'])(
    'is tried once when the answer is %s, and the library is closed',
    async (login) => {
      const { calls, open } = pretend({ login });
      const error: unknown = await open().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'SIGN_TOKEN_PIN', exit: 6 });
      expect(inspect(error, { depth: 10 })).not.toContain(PIN);
      expect(calls).toMatchObject({ logins: [PIN], closed: 1 });
    },
  );

  test.each(['last-try', 'locked'] as const)('is not tried on a token in the state %s', async (pinState) => {
    const { calls, open } = pretend({ token: { pinState } });
    await expect(open()).rejects.toMatchObject({ code: 'SIGN_TOKEN_PIN' });
    expect(calls.logins).toEqual([]);
  });

  test('that a key refuses later is not given again', async () => {
    const { calls, open } = pretend({ key: { alwaysAuthenticate: true }, sign: 'CKR_PIN_INCORRECT' });
    const { signer } = await open();
    await signer.sign(utf8('a'), 'rsa-sha256');
    for (const text of ['b', 'c', 'd'])
      await expect(signer.sign(utf8(text), 'rsa-sha256')).rejects.toMatchObject({ code: 'SIGN_TOKEN_PIN' });
    expect(calls.contextPins).toHaveLength(2);
  });

  test('is not needed for a token with a PIN pad, or one that asks for none', async () => {
    const pad = pretend({ token: { ownPinPad: true } });
    await pad.open({ pin: undefined });
    expect(pad.calls.logins).toEqual([undefined]);
    const free = pretend({ token: { loginRequired: false } });
    await free.open({ pin: undefined });
    expect(free.calls.logins).toEqual([]);
  });
});

describe('a token that fails in the middle', () => {
  test.each([
    ['CKR_DEVICE_REMOVED', 'SIGN_TOKEN_LOST'],
    ['CKR_TOKEN_NOT_PRESENT', 'SIGN_TOKEN_LOST'],
    ['CKR_SESSION_HANDLE_INVALID', 'SIGN_TOKEN_LOST'],
    ['CKR_GENERAL_ERROR', 'SIGN_TOKEN_FAILED'],
    ['CKR_KEY_FUNCTION_NOT_PERMITTED', 'SIGN_TOKEN_KEY'],
  ])('with %s stops every signature that waits', async (result, code) => {
    const { calls, open } = pretend({ sign: result });
    const { signer } = await open();
    const texts = ['a', 'b', 'c', 'd'];
    const answers = await Promise.allSettled(texts.map((text) => signer.sign(utf8(text), 'rsa-sha256')));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(answers[3]).toMatchObject({ reason: { code, exit: 6 } });
    expect(calls.signs).toBe(2);
  });
});

test('names of a token cannot write to the terminal', async () => {
  const { open } = pretend({ token: { label: 'a\u001b[31m\nerror' }, key: { label: '\u202ekey' } });
  const { signer } = await open();
  expect(signer.label).toBe('token "a\ufffd[31m\ufffderror", key "\ufffdkey"');
});
