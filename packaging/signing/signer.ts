import type { DigestAlgorithm } from '../formats/cms/object-ids.ts';

/** What a signer is asked for. RSA is PKCS#1 v1.5, the only padding that Windows accepts in drivers; ECDSA is DER. */
export type SignatureAlgorithm =
  | 'rsa-sha1'
  | 'rsa-sha256'
  | 'rsa-sha384'
  | 'rsa-sha512'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384';

/**
 * A private key, wherever it lives. It sees bytes, never files, and knows nothing of formats.
 * Every implementation passes test/contracts/signer.ts.
 */
export interface Signer {
  /** Shown to people: "key signer.pem (CN=Acme test signing)". Never contains a secret. */
  readonly label: string;
  /** DER: the key's own certificate first, then its issuers as far as they are known. Never empty. */
  certificates(): Promise<readonly Uint8Array[]>;
  /**
   * Signs `message` itself (not a digest of it) and returns the raw signature octets. May run concurrently.
   * @throws WinpvError SIGN_* only
   */
  sign(message: Uint8Array, algorithm: SignatureAlgorithm): Promise<Uint8Array>;
}

/** The hash of a signature algorithm. */
export const DIGEST_OF: Readonly<Record<SignatureAlgorithm, DigestAlgorithm>> = {
  'rsa-sha1': 'sha1',
  'rsa-sha256': 'sha256',
  'rsa-sha384': 'sha384',
  'rsa-sha512': 'sha512',
  'ecdsa-sha256': 'sha256',
  'ecdsa-sha384': 'sha384',
};
