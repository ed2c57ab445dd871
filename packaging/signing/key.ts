import { createPrivateKey, sign as cryptoSign, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { KeyKind } from '../formats/cms/encode.ts';
import type { DigestAlgorithm } from '../formats/cms/object-ids.ts';
import { certificateNames } from '../formats/x509/names.ts';
import { DIGEST_OF, type SignatureAlgorithm, type Signer } from './signer.ts';

/** Curves that Windows knows in code signatures. */
const CURVES = ['prime256v1', 'secp384r1'];

/** Whether the key is RSA or EC. @throws WinpvError SIGN_KEY_UNSUPPORTED for any other kind or curve */
export const keyKind = (key: KeyObject, label: string): KeyKind => {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return 'rsa';
  const curve = details?.namedCurve ?? '';
  if (type === 'ec' && CURVES.includes(curve)) return 'ec';
  const what = type === 'ec' ? `an EC key on the curve ${curve}` : `a key of the kind "${type ?? key.type}"`;
  throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${label} is ${what}.`, {
    hint: 'Windows accepts RSA keys with PKCS#1 v1.5 padding, and EC keys on P-256 and P-384.',
  });
};

/** What to ask of a key of this kind. @throws WinpvError SIGN_KEY_UNSUPPORTED when the pair has no algorithm */
export const signatureAlgorithm = (kind: KeyKind, digest: DigestAlgorithm): SignatureAlgorithm => {
  const wanted = `${kind === 'rsa' ? 'rsa' : 'ecdsa'}-${digest}`;
  const known = (Object.keys(DIGEST_OF) as SignatureAlgorithm[]).find((algorithm) => algorithm === wanted);
  if (known !== undefined) return known;
  throw new WinpvError('SIGN_KEY_UNSUPPORTED', `An EC key cannot sign with ${digest}.`, {
    hint: 'Use SHA-256 or SHA-384.',
  });
};

/** The public key of a certificate. @throws WinpvError SIGN_CERTIFICATE_UNREADABLE */
export const publicKeyOf = (certificate: Uint8Array, label: string): KeyObject => {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch (cause) {
    throw new WinpvError('SIGN_CERTIFICATE_UNREADABLE', `A certificate of ${label} cannot be read.`, { cause });
  }
};

/** Whether `signature` is the one of this algorithm over `message`. */
export const signatureFits = (
  publicKey: KeyObject,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => verify(DIGEST_OF[algorithm], message, publicKey, signature);

/** A key in memory with its certificates, in any order; what opening a PEM or PFX file gives. */
export interface KeyMaterial {
  readonly label: string;
  readonly privateKey: KeyObject;
  /** DER. Must hold the key's own certificate; others are taken as far as they lead from it to a root. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * A signer whose key is in memory. RSA signatures are made in the thread pool, so several run at once.
 * @throws WinpvError SIGN_KEY_UNSUPPORTED, SIGN_CERTIFICATE_MISSING, SIGN_CERTIFICATE_UNREADABLE
 */
export const createKeySigner = ({ label, privateKey, certificates }: KeyMaterial): Signer => {
  const kind = keyKind(privateKey, label);
  const chain = certificateChain(certificates, (certificate) => certificate.checkPrivateKey(privateKey), label);
  return {
    label,
    certificates: async () => chain,
    sign: async (message, algorithm) => {
      if (algorithm.startsWith('rsa') !== (kind === 'rsa')) {
        throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${label} cannot sign with ${algorithm}.`);
      }
      return signWithKey(privateKey, DIGEST_OF[algorithm], message, label);
    },
  };
};

/** Signs in the thread pool. RSA is PKCS#1 v1.5. @throws WinpvError SIGN_FAILED */
export const signWithKey = (
  key: KeyObject,
  digest: DigestAlgorithm,
  message: Uint8Array,
  label: string,
): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    cryptoSign(digest, message, key, (error, signature) => {
      if (error === null) resolve(new Uint8Array(signature));
      else reject(new WinpvError('SIGN_FAILED', `${label} could not sign.`, { cause: error }));
    });
  });

/**
 * Leaf first, then each certificate's issuer, found by name and key; ends at a root or where the issuer is not at hand.
 * @param isLeaf tells the key's own certificate from the others
 * @throws WinpvError SIGN_CERTIFICATE_MISSING, SIGN_CERTIFICATE_UNREADABLE
 */
export const certificateChain = (
  certificates: readonly Uint8Array[],
  isLeaf: (certificate: X509Certificate) => boolean,
  label: string,
): readonly Uint8Array[] => {
  const known = certificates.map((der) => readCertificate(der, label));
  const leaf = known.find(({ x509 }) => isLeaf(x509));
  if (leaf === undefined) {
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `None of the ${known.length} certificates belongs to ${label}.`, {
      hint: 'Give the certificate that was issued for this key, then those of its issuers.',
    });
  }
  const chain = [leaf];
  for (let last = leaf; !isRoot(last.der); ) {
    const issuer = known.find((other) => !chain.includes(other) && isIssuedBy(last.x509, other.x509));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain.map(({ der }) => der);
};

interface KnownCertificate {
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
}

const readCertificate = (der: Uint8Array, label: string): KnownCertificate => {
  try {
    return { der, x509: new X509Certificate(der) };
  } catch (cause) {
    throw new WinpvError('SIGN_CERTIFICATE_UNREADABLE', `A certificate of ${label} cannot be read.`, { cause });
  }
};

/** The name decides who may be the issuer, the key who is: a renewed CA has the name of the old one. */
const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Issued by itself: such a certificate ends a chain. */
export const isRoot = (certificate: Uint8Array): boolean => {
  const { issuer, subject } = certificateNames(certificate, 'certificate');
  return equalBytes(issuer, subject);
};

/** A private key from PKCS#8 DER. @throws WinpvError SIGN_KEY_UNREADABLE */
export const privateKeyFromPkcs8 = (pkcs8: Uint8Array, label: string): KeyObject => {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new WinpvError('SIGN_KEY_UNREADABLE', `The private key of ${label} cannot be read.`, { cause });
  }
};

/** SHA-256 of a certificate, in lower-case hex: how people and caches tell certificates apart. */
export const fingerprint = (certificate: Uint8Array): string =>
  toHex(Buffer.from(new X509Certificate(certificate).fingerprint256.replaceAll(':', ''), 'hex'));
