import type { KeyObject } from 'node:crypto';
import { WinpvError } from '../../core/errors.ts';
import type { CertificateName, KeyKind } from '../formats/cms/encode.ts';
import type { DigestAlgorithm } from '../formats/cms/object-ids.ts';
import { certificateNames } from '../formats/x509/names.ts';
import { isRoot, keyKind, publicKeyOf, signatureAlgorithm, signatureFits } from './key.ts';
import type { Signer } from './signer.ts';

/** A signer together with what a SignerInfo says of its certificate. */
export interface Identity {
  readonly signer: Signer;
  readonly certificate: Uint8Array;
  readonly name: CertificateName;
  readonly publicKey: KeyObject;
  readonly kind: KeyKind;
  /** What a signature stores: the leaf, also when it issued itself, and its issuers without the root. */
  readonly storedCertificates: readonly Uint8Array[];
}

/** @throws WinpvError SIGN_CERTIFICATE_MISSING, SIGN_CERTIFICATE_UNREADABLE, SIGN_KEY_UNSUPPORTED, and the signer's own */
export const readIdentity = async (signer: Signer): Promise<Identity> => {
  const [certificate, ...issuers] = await signer.certificates();
  if (certificate === undefined) {
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${signer.label} has no certificate.`);
  }
  return {
    signer,
    certificate,
    ...factsOf(certificate, signer.label),
    storedCertificates: [certificate, ...issuers.filter((der) => !isRoot(der))],
  };
};

type CertificateFacts = Pick<Identity, 'name' | 'publicKey' | 'kind'>;

/** Many files are signed with one certificate; it is read once. */
const known = new WeakMap<Uint8Array, CertificateFacts>();

const factsOf = (certificate: Uint8Array, label: string): CertificateFacts => {
  const before = known.get(certificate);
  if (before !== undefined) return before;
  const publicKey = publicKeyOf(certificate, label);
  const { issuer, serialNumber } = certificateNames(certificate, label);
  const facts = { name: { issuer, serialNumber }, publicKey, kind: keyKind(publicKey, label) };
  known.set(certificate, facts);
  return facts;
};

/**
 * Asks the signer, once, and believes only a signature that verifies with its certificate: a token with two keys, or a
 * service that was given the wrong name, is found here and not by Windows.
 * @throws WinpvError SIGN_SELF_CHECK, and the signer's own
 */
export const signChecked = async (
  { signer, kind, publicKey }: Identity,
  message: Uint8Array,
  digest: DigestAlgorithm,
): Promise<Uint8Array> => {
  const algorithm = signatureAlgorithm(kind, digest);
  const signature = await signer.sign(message, algorithm);
  if (signatureFits(publicKey, algorithm, message, signature)) return signature;
  throw new WinpvError('SIGN_SELF_CHECK', `The signature made by ${signer.label} does not fit its certificate.`, {
    hint: 'Check that the certificate was issued for this very key. Nothing was written.',
  });
};
