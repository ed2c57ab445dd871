import { pbkdf2Sync } from 'node:crypto';
import forge from 'node-forge';
import { WinpvError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import { derivePkcs12Key } from './pkcs12-kdf.ts';

/**
 * PKCS#12 containers (`.p12`, `.pfx`), opened and made by node-forge: the only file that knows it. Nothing is signed or
 * verified here, and keys come out as PKCS#8 for node:crypto.
 */
export interface Pkcs12Content {
  /** PKCS#8 DER, not encrypted. */
  readonly privateKeys: readonly Uint8Array[];
  /** DER, in the container's order. */
  readonly certificates: readonly Uint8Array[];
}

/** More would be an attack, or a wait that nobody wants: OpenSSL and Windows write 2,000, careful tools 600,000. */
const MAX_ITERATIONS = 5_000_000;

const bytesOf = (binary: string): Uint8Array => new Uint8Array(Buffer.from(binary, 'latin1'));
const binaryOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const checkIterations = (iterations: number): void => {
  if (!(iterations >= 1 && iterations <= MAX_ITERATIONS))
    throw new RangeError(`${iterations} iterations are asked for`);
};

/** node-forge's message digests know their names. */
const hashName = (md: unknown): string =>
  typeof md === 'object' && md !== null && 'algorithm' in md ? String(md.algorithm) : 'sha1';

/** PBES2 by node:crypto, with the password as UTF-8 as OpenSSL has it (node-forge takes the low octets of characters). */
const pbkdf2 = (password: string, salt: string, iterations: number, length: number, md: unknown): string => {
  checkIterations(iterations);
  return pbkdf2Sync(password, Buffer.from(salt, 'latin1'), iterations, length, hashName(md)).toString('latin1');
};

const generateKey: typeof forge.pkcs12.generateKey = (password, salt, id, iterations, length, md) => {
  checkIterations(iterations);
  const request = { password: password ?? undefined, salt: bytesOf(salt.bytes()), id, iterations, length };
  return forge.util.createBuffer(binaryOf(derivePkcs12Key({ ...request, hash: hashName(md) })));
};

// node-forge looks these up at each call. Ours are bounded, several times faster, and right for every password.
Object.assign(forge.pkcs5, { pbkdf2 });
Object.assign(forge.pkcs12, { generateKey });
Object.assign(Object(Reflect.get(forge.pki, 'pbe')), { generatePkcs12Key: generateKey });

/** @throws WinpvError SIGN_KEY_PASSWORD, SIGN_KEY_UNREADABLE */
export const openPkcs12 = (bytes: Uint8Array, password: string, file: string): Pkcs12Content => {
  const pfx = decode(bytes, password, file);
  const bags = pfx.safeContents.flatMap(({ safeBags }) => safeBags);
  const { keyBag, pkcs8ShroudedKeyBag, certBag } = forge.pki.oids;
  return {
    privateKeys: bags.filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag).map(privateKeyOf),
    certificates: bags.filter(({ type }) => type === certBag).map(certificateOf),
  };
};

const decode = (bytes: Uint8Array, password: string, file: string): forge.pkcs12.Pkcs12Pfx => {
  try {
    return forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(binaryOf(bytes)), password);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : '';
    // node-forge has no error codes; these are its texts for a MAC that differs and for padding that is none.
    if (/MAC could not be verified|wrong password|Failed to decrypt/.test(message)) {
      const wrong = password === '' ? 'The key file needs a password.' : 'The password of the key file is wrong.';
      throw new WinpvError('SIGN_KEY_PASSWORD', wrong, {
        at: { file },
        hint: 'Give its password with --passin.',
        cause,
      });
    }
    throw new WinpvError('SIGN_KEY_UNREADABLE', 'The file is not a PKCS#12 container that can be read.', {
      at: { file },
      cause,
    });
  }
};

/** node-forge reads RSA keys into numbers and leaves other keys as they are. */
const privateKeyOf = ({ key, asn1 }: forge.pkcs12.Bag): Uint8Array =>
  der(key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1);

/** The octets as stored, for node-forge keeps the structure of the signed part. */
const certificateOf = ({ cert, asn1 }: forge.pkcs12.Bag): Uint8Array =>
  der(cert ? forge.pki.certificateToAsn1(cert) : asn1);

const der = (asn1: forge.asn1.Asn1): Uint8Array => bytesOf(forge.asn1.toDer(asn1).getBytes());

export interface Pkcs12Parts {
  /** PKCS#8 DER of an RSA key. */
  readonly privateKey: Uint8Array;
  /** DER: the key's own first. */
  readonly certificates: readonly Uint8Array[];
  /** Shown in Windows' certificate lists. */
  readonly friendlyName: string;
  readonly password: string;
}

/** AES-256 (PBES2) for the key and a SHA-1 HMAC over all, which Windows 10 1709 and later and OpenSSL read. */
const PROTECTION = { algorithm: 'aes256', count: 20_000, saltSize: 16 } as const;

/** A container with one RSA key. Salts make each one different. */
export const makePkcs12 = (parts: Pkcs12Parts, random: Random): Uint8Array => {
  Object.assign(forge.random, { seedFileSync: (needed: number) => binaryOf(random.bytes(needed)) });
  const parse = (bytes: Uint8Array) => forge.asn1.fromDer(binaryOf(bytes));
  const container = forge.pkcs12.toPkcs12Asn1(
    forge.pki.privateKeyFromAsn1(parse(parts.privateKey)),
    parts.certificates.map((certificate) => forge.pki.certificateFromAsn1(parse(certificate))),
    parts.password,
    { ...PROTECTION, friendlyName: parts.friendlyName },
  );
  return der(container);
};
