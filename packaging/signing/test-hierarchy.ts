import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyMaker } from '../../core/ports.ts';
import { digest } from '../formats/cms/encode.ts';
import { X509Oid } from '../formats/cms/object-ids.ts';
import type { Der } from '../formats/der/encode.ts';
import {
  authorityConstraints,
  authorityKeyIdentifier,
  commonName,
  criticalExtendedKeyUsage,
  encodeCertificate,
  encodeTbsCertificate,
  extendedKeyUsage,
  KeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../formats/x509/encode.ts';
import { createKeySigner, keyKind, privateKeyFromPkcs8, signWithKey } from './key.ts';
import type { Signer } from './signer.ts';
import { TEST_ROLE_NAMES, TEST_VALIDITY, type TestRole } from './test-names.ts';

/** A certificate and its key, as they are stored. */
export interface CertifiedKey {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PKCS#8 DER, not encrypted. */
  readonly privateKey: Uint8Array;
}

export interface TestHierarchy {
  readonly root: CertifiedKey;
  readonly signer: CertifiedKey;
  readonly tsa: CertifiedKey;
}

export type { TestRole };

/** Private keys as PKCS#8 DER. */
export type TestKeys = Readonly<Record<TestRole, Uint8Array>>;

const MODULUS_BITS = 3072;

/** Upper bound of a common name in characters (RFC 5280, appendix A). */
const MAX_COMMON_NAME = 64;

/**
 * A root, a code-signing certificate and a time-stamp authority for test signing: RSA 3072, SHA-256. The keys are new;
 * everything else follows from them and the name.
 * @param name who the certificates speak of, for example a project's name; shortened to fit a common name
 */
export const createTestHierarchy = async (options: {
  readonly keyMaker: KeyMaker;
  readonly name: string;
}): Promise<TestHierarchy> => {
  const { keyMaker, name } = options;
  const make = () => keyMaker.rsa(MODULUS_BITS);
  const [root, signer, tsa] = await Promise.all([make(), make(), make()]);
  return certifyTestKeys(name, { root, signer, tsa });
};

/** The certificates for given keys, of any kind that signs drivers. @throws WinpvError SIGN_KEY_* */
export const certifyTestKeys = async (name: string, keys: TestKeys): Promise<TestHierarchy> => {
  const issuer = { name: roleName(name, 'root'), key: privateKeyFromPkcs8(keys.root, 'the test root') };
  const certify = async (role: TestRole, privateKey: Uint8Array): Promise<CertifiedKey> => {
    const key = createPublicKey(privateKeyFromPkcs8(privateKey, TEST_ROLE_NAMES[role]));
    return { certificate: await issue(issuer, { role, name: roleName(name, role), key }), privateKey };
  };
  const [root, signer, tsa] = await Promise.all([
    certify('root', keys.root),
    certify('signer', keys.signer),
    certify('tsa', keys.tsa),
  ]);
  return { root, signer, tsa };
};

/** The signers of a hierarchy; the chain up to the root stands behind each. */
export const testSigners = ({
  root,
  signer,
  tsa,
}: TestHierarchy): { readonly signer: Signer; readonly tsa: Signer } => {
  const open = (label: string, { certificate, privateKey }: CertifiedKey): Signer =>
    createKeySigner({
      label,
      privateKey: privateKeyFromPkcs8(privateKey, label),
      certificates: [certificate, root.certificate],
    });
  return { signer: open('the test signing key', signer), tsa: open('the test time-stamp key', tsa) };
};

const roleName = (name: string, role: TestRole): string => {
  const suffix = ` ${TEST_ROLE_NAMES[role]}`;
  return `${[...name].slice(0, MAX_COMMON_NAME - suffix.length).join('')}${suffix}`;
};

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

interface Subject {
  readonly role: TestRole;
  readonly name: string;
  readonly key: KeyObject;
}

const issue = async (issuer: Issuer, subject: Subject): Promise<Der> => {
  const publicKeyInfo = spki(subject.key);
  const signature = keyKind(issuer.key, 'the test root') === 'rsa' ? 'rsa-sha256' : 'ecdsa-sha256';
  const tbs = encodeTbsCertificate({
    serialNumber: serialOf(publicKeyInfo),
    signature,
    issuer: commonName(issuer.name),
    subject: commonName(subject.name),
    ...TEST_VALIDITY,
    publicKeyInfo,
    extensions: extensionsOf(
      subject.role,
      keyIdentifier(publicKeyInfo),
      keyIdentifier(spki(createPublicKey(issuer.key))),
    ),
  });
  return encodeCertificate(tbs, signature, await signWithKey(issuer.key, 'sha256', tbs, 'The test root'));
};

const extensionsOf = (role: TestRole, ownId: Uint8Array, issuerId: Uint8Array): readonly Der[] => {
  if (role === 'root') {
    const usage = keyUsage(KeyUsage.keyCertSign, KeyUsage.cRLSign);
    return [authorityConstraints(), usage, subjectKeyIdentifier(ownId)];
  }
  return [
    keyUsage(KeyUsage.digitalSignature),
    role === 'tsa' ? criticalExtendedKeyUsage(X509Oid.timeStamping) : extendedKeyUsage(X509Oid.codeSigning),
    subjectKeyIdentifier(ownId),
    authorityKeyIdentifier(issuerId),
  ];
};

const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));

/** The first 160 bits of the key's SHA-256, over the whole SubjectPublicKeyInfo (RFC 7093, 2, method 4 shortened). */
const keyIdentifier = (publicKeyInfo: Uint8Array): Uint8Array => digest('sha256', publicKeyInfo).subarray(0, 20);

/** 16 octets from the key's hash: positive, no leading zero, the same for the same key. */
const serialOf = (publicKeyInfo: Uint8Array): Uint8Array => {
  const serial = digest('sha256', publicKeyInfo).slice(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};
