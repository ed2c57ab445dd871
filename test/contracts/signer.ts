import { verify, X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { DIGEST_OF, type SignatureAlgorithm, type Signer } from '../../packaging/signing/signer.ts';

export interface SignerUnderTest {
  readonly signer: Signer;
  /** A text that no message may contain: the password, or a part of the key. */
  readonly secret?: string;
  /** What the service or the key can do; everything of its kind otherwise. The rest has to be refused. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

const RSA: readonly SignatureAlgorithm[] = ['rsa-sha1', 'rsa-sha256', 'rsa-sha384', 'rsa-sha512'];
const EC: readonly SignatureAlgorithm[] = ['ecdsa-sha256', 'ecdsa-sha384'];

/** What every signer must do, wherever its key lives. */
export const describeSignerContract = (name: string, open: () => Promise<SignerUnderTest>): void => {
  describe(`the signer contract: ${name}`, () => {
    test('the first certificate is the key’s own, and each is issued by the next', async () => {
      const { signer } = await open();
      const chain = (await signer.certificates()).map((der) => new X509Certificate(der));
      expect(chain.length).toBeGreaterThan(0);
      for (const [i, certificate] of chain.slice(0, -1).entries()) {
        const issuer = chain[i + 1];
        expect(issuer !== undefined && certificate.verify(issuer.publicKey)).toBe(true);
      }
    });

    test('it signs the message itself, with each algorithm of its kind', async () => {
      const { signer, algorithms } = await open();
      const message = utf8('the attributes of a signature');
      const publicKey = await leafKey(signer);
      for (const algorithm of publicKey.asymmetricKeyType === 'ec' ? EC : RSA) {
        if (algorithms?.includes(algorithm) === false) {
          await expect(signer.sign(message, algorithm), algorithm).rejects.toMatchObject({
            code: 'SIGN_KEY_UNSUPPORTED',
          });
          continue;
        }
        const signature = await signer.sign(message, algorithm);
        expect(verify(DIGEST_OF[algorithm], message, publicKey, signature), algorithm).toBe(true);
      }
    });

    test('it signs several messages at once', async () => {
      const { signer } = await open();
      const publicKey = await leafKey(signer);
      const algorithm = publicKey.asymmetricKeyType === 'ec' ? 'ecdsa-sha256' : 'rsa-sha256';
      const messages = Array.from({ length: 8 }, (_, i) => utf8(`message ${i}`));
      const signatures = await Promise.all(messages.map((message) => signer.sign(message, algorithm)));
      for (const [i, message] of messages.entries()) {
        expect(verify('sha256', message, publicKey, signatures[i] ?? new Uint8Array(0))).toBe(true);
      }
    });

    test('it refuses an algorithm of another kind of key with a SIGN_ code', async () => {
      const { signer } = await open();
      const wrong = (await leafKey(signer)).asymmetricKeyType === 'ec' ? 'rsa-sha256' : 'ecdsa-sha256';
      const error: unknown = await signer.sign(utf8('x'), wrong).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(WinpvError);
      expect((error as WinpvError).code).toMatch(/^SIGN_/);
    });

    test('its label says something, and neither it nor its printed form holds a secret', async () => {
      const { signer, secret = 'PRIVATE KEY' } = await open();
      expect(signer.label.length).toBeGreaterThan(3);
      expect(`${signer.label}${inspect(signer, { depth: 10 })}${JSON.stringify(signer)}`).not.toContain(secret);
    });
  });
};

const leafKey = async (signer: Signer) => {
  const [leaf] = await signer.certificates();
  return new X509Certificate(leaf ?? new Uint8Array(0)).publicKey;
};
