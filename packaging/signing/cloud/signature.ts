import { createHash } from 'node:crypto';
import { WinpvError } from '../../../core/errors.ts';
import { certificateChain, keyKind, publicKeyOf, signatureFits } from '../key.ts';
import { limitConcurrency } from '../limit.ts';
import { readSignature } from '../raw-signature.ts';
import { DIGEST_OF, type SignatureAlgorithm, type Signer } from '../signer.ts';

/** A key in a cloud, reduced to what differs between the services. */
export interface CloudKey {
  readonly label: string;
  /** DER: the key's own first, then its issuers in any order. Asked once. */
  certificates(): Promise<readonly Uint8Array[]>;
  /** How the service calls the algorithm; undefined when it has none. May ask the service. */
  algorithm(algorithm: SignatureAlgorithm): Promise<string | undefined>;
  /** @param name what `algorithm` returned @returns the signature as the service writes it */
  sign(digest: Uint8Array, name: string, algorithm: SignatureAlgorithm): Promise<Uint8Array>;
}

/** Services throttle by the second; hundreds of files at once would only wait. */
const AT_A_TIME = 4;

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= work().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
};

/**
 * A signer of a key in a cloud. Only the digest is sent. What comes back is checked with the public key of the certificate,
 * so neither another key, nor another algorithm, nor a certificate that was replaced meanwhile gets into a file.
 */
export const cloudSigner = (key: CloudKey): Signer => {
  const { label } = key;
  const inTurn = limitConcurrency(AT_A_TIME);
  const opened = once(async () => {
    const found = await key.certificates();
    const [leaf] = found;
    if (leaf === undefined) {
      throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${label} needs the certificate of its key.`, {
        hint: 'Give it with --cert, then those of its issuers.',
      });
    }
    const publicKey = publicKeyOf(leaf, label);
    const chain = certificateChain(found, ({ raw }) => raw.equals(leaf), label);
    return { publicKey, kind: keyKind(publicKey, label), chain };
  });
  return {
    label,
    certificates: async () => (await opened()).chain,
    sign: async (message, algorithm) => {
      const { publicKey, kind } = await opened();
      const fits = algorithm.startsWith('rsa') === (kind === 'rsa');
      const name = fits ? await key.algorithm(algorithm) : undefined;
      if (name === undefined)
        throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${label} cannot sign with ${algorithm}.`, {
          hint: 'The key or the service has other algorithms; SHA-256 is what drivers need.',
        });
      const digest = new Uint8Array(createHash(DIGEST_OF[algorithm]).update(message).digest());
      const answer = await inTurn(() => key.sign(digest, name, algorithm));
      const signature = readSignature(answer, publicKey);
      if (signature !== undefined && signatureFits(publicKey, algorithm, message, signature)) return signature;
      throw new WinpvError(
        'SIGN_SELF_CHECK',
        `${label} answers with a signature that its certificate does not confirm.`,
        {
          hint: 'Nothing was signed. Does the certificate belong to this key and version? If it was renewed just now, start again.',
        },
      );
    },
  };
};

/** JSON Web Algorithms (RFC 7518, 3.1), as both services of Azure name them. */
export const JWA: Partial<Readonly<Record<SignatureAlgorithm, string>>> = {
  'rsa-sha256': 'RS256',
  'rsa-sha384': 'RS384',
  'rsa-sha512': 'RS512',
  'ecdsa-sha256': 'ES256',
  'ecdsa-sha384': 'ES384',
};
