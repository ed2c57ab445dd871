import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../cli/adapters/machine.ts';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { integer, sequence } from '../../../packaging/formats/der/encode.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import { encodePem, parseCertificates, parsePem } from '../../../packaging/formats/x509/pem.ts';
import { makePkcs12 } from '../../../packaging/signing/forge.ts';
import { createKeySigner, privateKeyFromPkcs8 } from '../../../packaging/signing/key.ts';
import { openPemSigner } from '../../../packaging/signing/pem-key.ts';
import { openPfxSigner } from '../../../packaging/signing/pfx.ts';
import { Secret } from '../../../packaging/signing/secret.ts';
import { certifyTestKeys, type TestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import { describeSignerContract } from '../../contracts/signer.ts';
import { hierarchyWith, newKey, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const PASSWORD = 'correct horse';

const pemSigner = ({ root, signer }: TestHierarchy) =>
  openPemSigner({
    key: { file: 'signer.key', bytes: utf8(encodePem('PRIVATE KEY', signer.privateKey)) },
    certificates: [root, signer].map(({ certificate }, i) => ({ file: `${i}.cer`, bytes: certificate })),
  });

const pfxOf = ({ root, signer }: TestHierarchy): Uint8Array => {
  const certificates = [signer.certificate, root.certificate];
  return makePkcs12(
    { privateKey: signer.privateKey, certificates, friendlyName: 'x', password: PASSWORD },
    systemRandom,
  );
};

describeSignerContract('a PEM file, RSA', async () => ({ signer: pemSigner(await sharedHierarchy()) }));
describeSignerContract('a PEM file, EC', async () => ({ signer: pemSigner(await hierarchyWith('EC P-384')) }));
describeSignerContract('a PFX file', async () => ({
  signer: await openPfxSigner({ file: 'k.p12', bytes: pfxOf(await sharedHierarchy()) }, new Secret(PASSWORD)),
  secret: PASSWORD,
}));
describeSignerContract('the test hierarchy', async () => ({ signer: signingParts(await sharedHierarchy()).signer }));

describe('a key and its certificates', () => {
  test('are put in order, and what does not lead from the key to a root is left out', async () => {
    const { root, signer, tsa } = await sharedHierarchy();
    const privateKey = privateKeyFromPkcs8(signer.privateKey, 'k');
    const certificates = [tsa, root, signer, root].map(({ certificate }) => certificate);
    const opened = createKeySigner({ label: 'k', privateKey, certificates });
    expect(await opened.certificates()).toEqual([signer.certificate, root.certificate]);
  });

  test('a renewed root of the same name is not taken for the issuer', async () => {
    const { signer } = await sharedHierarchy();
    const other = await hierarchyWith('EC P-256');
    const keys = { root: newKey('EC P-256'), signer: other.signer.privateKey, tsa: other.tsa.privateKey };
    const stranger = await certifyTestKeys('Example', keys);
    const privateKey = privateKeyFromPkcs8(signer.privateKey, 'k');
    const certificates = [stranger.root.certificate, signer.certificate];
    expect(await createKeySigner({ label: 'k', privateKey, certificates }).certificates()).toEqual([
      signer.certificate,
    ]);
  });

  test('without the key’s own certificate there is no signer', async () => {
    const { root, tsa, signer } = await sharedHierarchy();
    const privateKey = privateKeyFromPkcs8(signer.privateKey, 'k');
    const make = () => createKeySigner({ label: 'k', privateKey, certificates: [root.certificate, tsa.certificate] });
    expect(make).toThrow(expect.objectContaining({ code: 'SIGN_CERTIFICATE_MISSING', exit: 6 }));
  });

  test.each([
    ['a file that is no key', utf8('hello'), 'SIGN_KEY_UNREADABLE'],
    ['an empty file', new Uint8Array(0), 'SIGN_KEY_UNREADABLE'],
    ['DER that is no key', Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x00), 'SIGN_KEY_UNREADABLE'],
  ])('%s is told apart from a wrong password', (_name, bytes, code) => {
    const make = () => openPemSigner({ key: { file: 'k', bytes }, certificates: [], password: new Secret('x') });
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  test('a PFX that is no PFX, or is cut, is unreadable', async () => {
    const whole = pfxOf(await sharedHierarchy());
    for (const bytes of [utf8('hello'), new Uint8Array(0), whole.subarray(0, whole.length / 2)]) {
      const opened = openPfxSigner({ file: 'k.p12', bytes }, new Secret(PASSWORD));
      await expect(opened).rejects.toMatchObject({ code: 'SIGN_KEY_UNREADABLE' });
    }
  });

  test('a PFX opened without its password asks for it', async () => {
    const opened = openPfxSigner({ file: 'k.p12', bytes: pfxOf(await sharedHierarchy()) }, new Secret(''));
    await expect(opened).rejects.toMatchObject({ code: 'SIGN_KEY_PASSWORD' });
  });
});

describe('a hostile PFX', () => {
  test('that asks for billions of iterations is refused at once', async () => {
    const [version, authSafe, mac] = parseDer(pfxOf(await sharedHierarchy()), { file: 'k' }).children;
    const [digestInfo, salt] = mac?.children ?? [];
    const parts = [version, authSafe, digestInfo, salt].map((node) => node?.bytes ?? new Uint8Array(0));
    const bytes = sequence(...parts.slice(0, 2), sequence(...parts.slice(2), integer(0x7fff_ffff)));
    const opened = openPfxSigner({ file: 'k.p12', bytes }, new Secret(PASSWORD));
    await expect(opened).rejects.toMatchObject({ code: 'SIGN_KEY_UNREADABLE' });
  });

  test('with any octet changed gives the same key or a SIGN_ error, and nothing else', async () => {
    const { signer } = await sharedHierarchy();
    const whole = pfxOf(await sharedHierarchy());
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] ?? 0) ^ change;
        try {
          const opened = await openPfxSigner({ file: 'k.p12', bytes }, new Secret(PASSWORD));
          expect((await opened.certificates())[0]).toEqual(signer.certificate);
        } catch (error) {
          expect(error).toBeInstanceOf(WinpvError);
          expect((error as WinpvError).code).toMatch(/^SIGN_/);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('a secret', () => {
  test('shows itself nowhere but in reveal()', () => {
    const secret = new Secret('hunter2');
    expect(secret.reveal()).toBe('hunter2');
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain('hunter2');
    expect(secret.redact('login with hunter2 failed, hunter2!')).toBe('login with [secret] failed, [secret]!');
  });
});

describe('PEM', () => {
  test('is read with text around it, either line end, and several blocks', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const text = `Bag Attributes\r\n${encodePem('CERTIFICATE', bytes).replaceAll('\n', '\r\n')}x\n${encodePem('X', bytes)}`;
    expect(parsePem(text)).toEqual([
      { label: 'CERTIFICATE', bytes },
      { label: 'X', bytes },
    ]);
  });

  test('without a certificate says so', () => {
    const read = () => parseCertificates(utf8(encodePem('PRIVATE KEY', new Uint8Array(3))), 'root.pem');
    expect(read).toThrow(expect.objectContaining({ code: 'SIGN_CERTIFICATE_UNREADABLE' }));
  });
});
