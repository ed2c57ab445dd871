import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import forge from 'node-forge';
import { concatBytes, equalBytes, toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import { algorithmIdentifier } from '../formats/cms/encode.ts';
import { DigestOid } from '../formats/cms/object-ids.ts';
import { integer, octetString, sequence } from '../formats/der/encode.ts';
import { derivePkcs12Key, type Pkcs12KeyRequest } from './pkcs12-kdf.ts';

/**
 * PKCS#12 containers (`.p12`, `.pfx`), opened and made by node-forge: the only file that knows it. It handles the container
 * only: what is hashed or checked is so by node:crypto, and keys come out as PKCS#8.
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

type Pkcs12KeyDerivation = (
  password: string | null | undefined,
  salt: forge.util.ByteBuffer,
  id: number,
  iterations: number,
  length: number,
  md?: unknown,
) => forge.util.ByteBuffer;

/** PKCS#12's own derivation, for the older ciphers. node-forge passes the salt as a buffer. */
const generatePkcs12Key: Pkcs12KeyDerivation = (password, salt, id, iterations, length, md) => {
  checkIterations(iterations);
  const request = { password: password ?? undefined, salt: bytesOf(salt.bytes()), id, iterations, length };
  return forge.util.createBuffer(binaryOf(derivePkcs12Key({ ...request, hash: hashName(md) })));
};

// node-forge looks these up at each call. Ours are bounded, several times faster, and right for every password.
Object.assign(forge.pkcs5, { pbkdf2 });
Object.assign(Object(Reflect.get(forge.pki, 'pbe')), { generatePkcs12Key });

/** @throws WinpvError SIGN_KEY_PASSWORD, SIGN_KEY_UNREADABLE */
export const openPkcs12 = (bytes: Uint8Array, password: string, file: string): Pkcs12Content => {
  const { pfx, macIsRight } = readContainer(bytes, password, file);
  if (macIsRight === false) throw wrongPassword(password, file);
  try {
    const { safeContents } = forge.pkcs12.pkcs12FromAsn1(pfx, password);
    const bags = safeContents.flatMap(({ safeBags }) => safeBags);
    const { keyBag, pkcs8ShroudedKeyBag, certBag } = forge.pki.oids;
    return {
      privateKeys: bags.filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag).map(privateKeyOf),
      certificates: bags.filter(({ type }) => type === certBag).map(certificateOf),
    };
  } catch (cause) {
    // Without a MAC nothing else tells a wrong password from a damaged file.
    throw macIsRight === undefined ? wrongPassword(password, file, cause) : unreadable(file, cause);
  }
};

/** The container without its MAC, and whether the MAC was right; undefined when there was none. */
const readContainer = (bytes: Uint8Array, password: string, file: string) => {
  try {
    const pfx = forge.asn1.fromDer(binaryOf(bytes));
    const [version, authSafe, mac] = childrenOf(pfx);
    const content = childrenOf(authSafe)[1];
    if (version === undefined || authSafe === undefined || content === undefined) throw new TypeError('not a PFX');
    const macIsRight = mac === undefined ? undefined : checkMac(mac, octetsOf(childrenOf(content)[0]), password);
    return { pfx: { ...pfx, value: [version, authSafe] }, macIsRight };
  } catch (cause) {
    throw unreadable(file, cause);
  }
};

const childrenOf = (node: forge.asn1.Asn1 | undefined): readonly forge.asn1.Asn1[] =>
  typeof node?.value === 'object' ? node.value : [];

/** The octets of an OCTET STRING; BER may cut it into pieces. */
const octetsOf = (node: forge.asn1.Asn1 | undefined): Uint8Array => {
  if (node === undefined) return new Uint8Array(0);
  return typeof node.value === 'string' ? bytesOf(node.value) : concatBytes(...node.value.map(octetsOf));
};

/** MacData ::= SEQUENCE { DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }   (RFC 7292, 4) */
const checkMac = (mac: forge.asn1.Asn1, content: Uint8Array, password: string): boolean => {
  const [digestInfo, salt, count] = childrenOf(mac);
  const [algorithm, expected] = childrenOf(digestInfo);
  const name = forge.pki.oids[forge.asn1.derToOid(binaryOf(octetsOf(childrenOf(algorithm)[0])))] ?? 'unknown';
  const iterations = count === undefined ? 1 : Number(`0x${toHex(octetsOf(count))}`);
  checkIterations(iterations);
  return equalBytes(hmac(content, { password, salt: octetsOf(salt), iterations, hash: name }), octetsOf(expected));
};

const hmac = (content: Uint8Array, key: Pick<Pkcs12KeyRequest, 'password' | 'salt' | 'iterations' | 'hash'>) => {
  const length = createHash(key.hash).digest().length;
  return createHmac(key.hash, derivePkcs12Key({ ...key, id: 3, length }))
    .update(content)
    .digest();
};

const wrongPassword = (password: string, file: string, cause?: unknown): WinpvError =>
  new WinpvError(
    'SIGN_KEY_PASSWORD',
    password === '' ? 'The key file needs a password.' : 'The password of the key file is wrong.',
    { at: { file }, hint: 'Give its password with --passin.', cause },
  );

const unreadable = (file: string, cause: unknown): WinpvError =>
  new WinpvError('SIGN_KEY_UNREADABLE', 'The file is not a PKCS#12 container that can be read.', {
    at: { file },
    cause,
  });

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

const ITERATIONS = 20_000;
const SALT_SIZE = 16;

/** AES-256 with a key by PBKDF2 and SHA-256, which Windows 10 1709 and later and OpenSSL read. The MAC is ours. */
const PROTECTION = {
  algorithm: 'aes256',
  prfAlgorithm: 'sha256',
  count: ITERATIONS,
  saltSize: SALT_SIZE,
  useMac: false,
} as const;

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
  const [version, authSafe] = childrenOf(container);
  if (version === undefined || authSafe === undefined) throw new TypeError('node-forge made no PFX');
  const content = octetsOf(childrenOf(childrenOf(authSafe)[1])[0]);
  const key = { password: parts.password, salt: random.bytes(SALT_SIZE), iterations: ITERATIONS, hash: 'sha256' };
  const digestInfo = sequence(algorithmIdentifier(DigestOid.sha256), octetString(hmac(content, key)));
  return sequence(der(version), der(authSafe), sequence(digestInfo, octetString(key.salt), integer(ITERATIONS)));
};
