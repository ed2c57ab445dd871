import { createPrivateKey, type KeyObject } from 'node:crypto';
import { WinpvError } from '../../core/errors.ts';
import { parseDer, Tag } from '../formats/der/parse.ts';
import { looksLikeDer, parseCertificates } from '../formats/x509/pem.ts';
import { createKeySigner } from './key.ts';
import type { Secret } from './secret.ts';
import type { Signer } from './signer.ts';

/** A file that was read: its bytes, and its name for messages. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface PemKeyOptions {
  /** PEM of PKCS#8, PKCS#1 or SEC 1, encrypted or not; or PKCS#8 as DER. */
  readonly key: NamedBytes;
  /** PEM or DER, in any order. */
  readonly certificates: readonly NamedBytes[];
  readonly password?: Secret | undefined;
}

/**
 * A signer from a private key file and certificate files.
 * @throws WinpvError SIGN_KEY_UNREADABLE, SIGN_KEY_PASSWORD, SIGN_KEY_UNSUPPORTED, SIGN_CERTIFICATE_UNREADABLE,
 *   SIGN_CERTIFICATE_MISSING
 */
export const openPemSigner = ({ key, certificates, password }: PemKeyOptions): Signer =>
  createKeySigner({
    label: `the key in ${key.file}`,
    privateKey: readPrivateKey(key, password),
    certificates: certificates.flatMap(({ bytes, file }) => [...parseCertificates(bytes, file)]),
  });

/** @throws WinpvError SIGN_KEY_UNREADABLE, SIGN_KEY_PASSWORD */
export const readPrivateKey = ({ bytes, file }: NamedBytes, password?: Secret): KeyObject => {
  const passphrase = password === undefined ? {} : { passphrase: password.reveal() };
  const attempts = looksLikeDer(bytes) ? DER_FORMS : ([{ format: 'pem' }] as const);
  let cause: unknown;
  for (const form of attempts) {
    try {
      return createPrivateKey({ key: Buffer.from(bytes), ...form, ...passphrase });
    } catch (error) {
      cause ??= error;
    }
  }
  throw explain(bytes, file, password, cause);
};

const DER_FORMS = [
  { format: 'der', type: 'pkcs8' },
  { format: 'der', type: 'pkcs1' },
  { format: 'der', type: 'sec1' },
] as const;

const explain = (bytes: Uint8Array, file: string, password: Secret | undefined, cause: unknown): WinpvError => {
  const encrypted = looksLikeDer(bytes)
    ? isEncryptedKeyInfo(bytes)
    : Buffer.from(bytes).toString('latin1').includes('ENCRYPTED');
  if (!encrypted) {
    return new WinpvError('SIGN_KEY_UNREADABLE', 'The file holds no private key that can be read.', {
      at: { file },
      hint: 'Give the key as PEM, for example "-----BEGIN PRIVATE KEY-----".',
      cause,
    });
  }
  const message =
    password === undefined ? 'The private key is encrypted.' : 'The password of the private key is wrong.';
  return new WinpvError('SIGN_KEY_PASSWORD', message, {
    at: { file },
    ...(password === undefined ? { hint: 'Give its password with --passin.' } : {}),
    cause,
  });
};

/** EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, every other key with a version (RFC 5958, 3). */
const isEncryptedKeyInfo = (bytes: Uint8Array): boolean => {
  try {
    return parseDer(bytes, { file: 'key' }).child(0, 'encryptionAlgorithm').tag === Tag.sequence;
  } catch {
    return false;
  }
};
