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
import { createKeySigner, privateKeyFromPkcs8, signWithKey } from './key.ts';
import type { Signer } from './signer.ts';
import { TEST_VALIDITY } from './test-names.ts';

/** Who signs drivers for Windows, as the name stands in the certificates of real ones. */
export const PUBLISHER_NAME = 'Microsoft Windows Hardware Compatibility Publisher';
/** Nobody can take this root for a real one. */
export const STAND_IN_ROOT_NAME = 'winpv emulated hardware program root, for tests only';
const TSA_NAME = 'winpv emulated time stamps, for tests only';
export const STRANGER_NAME = 'Somebody else, emulated by winpv';

/** Purposes of the certificates that sign drivers (spec signing-formats 6.1). */
export const DriverEku = {
  verified: '1.3.6.1.4.1.311.10.3.5',
  attested: '1.3.6.1.4.1.311.10.3.5.1',
} as const;

/** Private keys as PKCS#8 DER. */
export interface StandInKeys {
  readonly root: Uint8Array;
  readonly publisher: Uint8Array;
}

/** What stands for Microsoft's signing: the same names and purposes below a root of its own. */
export interface StandInPublisher {
  /** DER. */
  readonly root: Uint8Array;
  /** For drivers with evidence of tests. */
  readonly verified: Signer;
  /** For attested drivers. */
  readonly attested: Signer;
  /** Below the same root, with another name. */
  readonly stranger: Signer;
  /** Who confirms when. */
  readonly tsa: Signer;
}

const MODULUS_BITS = 2048;

export const makeStandInKeys = async (keyMaker: KeyMaker): Promise<StandInKeys> => {
  const [root, publisher] = await Promise.all([keyMaker.rsa(MODULUS_BITS), keyMaker.rsa(MODULUS_BITS)]);
  return { root, publisher };
};

const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));
const identifier = (publicKeyInfo: Uint8Array): Uint8Array => digest('sha256', publicKeyInfo).subarray(0, 20);

/** Positive, without a leading zero, and another one for each certificate of a key. */
const serialOf = (publicKeyInfo: Uint8Array, name: string): Uint8Array => {
  const serial = digest('sha256', new Uint8Array([...publicKeyInfo, ...Buffer.from(name)])).slice(0, 16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};

/** The certificates follow from the keys. @throws WinpvError SIGN_KEY_* */
export const openStandInPublisher = async (keys: StandInKeys): Promise<StandInPublisher> => {
  const rootKey = privateKeyFromPkcs8(keys.root, 'the emulated root');
  const leafKey = privateKeyFromPkcs8(keys.publisher, 'the emulated publisher');
  const rootInfo = spki(createPublicKey(rootKey));
  const leafInfo = spki(createPublicKey(leafKey));
  const issue = async (subject: string, publicKeyInfo: Uint8Array, extensions: readonly Der[], kind: string) => {
    const tbs = encodeTbsCertificate({
      serialNumber: serialOf(publicKeyInfo, `${subject} ${kind}`),
      signature: 'rsa-sha256',
      issuer: commonName(STAND_IN_ROOT_NAME),
      subject: commonName(subject),
      ...TEST_VALIDITY,
      publicKeyInfo,
      extensions,
    });
    return encodeCertificate(tbs, 'rsa-sha256', await signWithKey(rootKey, 'sha256', tbs, 'The emulated root'));
  };
  const authority = [
    authorityConstraints(),
    keyUsage(KeyUsage.keyCertSign, KeyUsage.cRLSign),
    subjectKeyIdentifier(identifier(rootInfo)),
  ];
  const root = await issue(STAND_IN_ROOT_NAME, rootInfo, authority, 'root');
  const leaf = async (subject: string, purposes: readonly string[]): Promise<Signer> => {
    const extensions = [
      keyUsage(KeyUsage.digitalSignature),
      subject === TSA_NAME ? criticalExtendedKeyUsage(X509Oid.timeStamping) : extendedKeyUsage(...purposes),
      subjectKeyIdentifier(identifier(leafInfo)),
      authorityKeyIdentifier(identifier(rootInfo)),
    ];
    const certificate = await issue(subject, leafInfo, extensions, purposes.join(' '));
    return createKeySigner({ label: subject, privateKey: leafKey, certificates: [certificate, root] });
  };
  return {
    root,
    verified: await leaf(PUBLISHER_NAME, [DriverEku.verified, X509Oid.codeSigning]),
    attested: await leaf(PUBLISHER_NAME, [DriverEku.verified, DriverEku.attested, X509Oid.codeSigning]),
    stranger: await leaf(STRANGER_NAME, [DriverEku.verified, X509Oid.codeSigning]),
    tsa: await leaf(TSA_NAME, [X509Oid.timeStamping]),
  };
};
