import { WinpvError } from '../../core/errors.ts';
import { createKeySigner, privateKeyFromPkcs8 } from './key.ts';
import type { NamedBytes } from './pem-key.ts';
import type { Secret } from './secret.ts';
import type { Signer } from './signer.ts';

/**
 * A signer from a PKCS#12 container with one private key. Certificates beside it complete its chain.
 * @throws WinpvError SIGN_KEY_UNREADABLE, SIGN_KEY_PASSWORD, SIGN_KEY_UNSUPPORTED, SIGN_CERTIFICATE_UNREADABLE,
 *   SIGN_CERTIFICATE_MISSING
 */
export const openPfxSigner = async (
  { bytes, file }: NamedBytes,
  password: Secret,
  more: readonly Uint8Array[] = [],
): Promise<Signer> => {
  const { openPkcs12 } = await import('./forge.ts');
  const { privateKeys, certificates } = openPkcs12(bytes, password.reveal(), file);
  const [privateKey, ...others] = privateKeys;
  if (privateKey === undefined || others.length > 0) {
    throw new WinpvError('SIGN_KEY_UNREADABLE', `The file holds ${privateKeys.length} private keys, not one.`, {
      at: { file },
    });
  }
  const label = `the key in ${file}`;
  return createKeySigner({
    label,
    privateKey: privateKeyFromPkcs8(privateKey, label),
    certificates: [...certificates, ...more],
  });
};
