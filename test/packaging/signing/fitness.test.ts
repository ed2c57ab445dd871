import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { boolean, type Der, octetString, oid, sequence } from '../../../packaging/formats/der/encode.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import {
  commonName,
  encodeCertificate,
  encodeTbsCertificate,
  extendedKeyUsage,
  KeyUsage,
  keyUsage,
} from '../../../packaging/formats/x509/encode.ts';
import { parseCertificate } from '../../../packaging/formats/x509/parse.ts';
import { buildChain, trustOf } from '../../../packaging/signing/chain.ts';
import { checkFitness, type FitnessRequest } from '../../../packaging/signing/fitness.ts';
import { keyStanding, PUBLISHED_KEYS } from '../../../packaging/signing/public-keys.ts';
import { certifyTestKeys } from '../../../packaging/signing/test-hierarchy.ts';
import { newKey } from '../../support/test-keys.ts';

const NOW = Date.UTC(2026, 5, 15);
const YEAR = 365 * 86_400_000;
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const CA: Der = sequence(oid('2.5.29.19'), boolean(true), octetString(sequence(boolean(true))));

const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ type: 'spki', format: 'der' }));

interface Wish {
  readonly key?: KeyObject;
  readonly subject?: string;
  readonly issuer?: string;
  readonly validMs?: readonly [from: number, to: number];
  readonly extensions?: readonly Der[];
}

/** A certificate by an authority of P-256, for any public key: what is judged is what it says, not who can use it. */
const certificate = (wish: Wish = {}): Uint8Array => {
  const { subject = 'Acme', issuer = 'Acme authority', validMs = [NOW - YEAR, NOW + YEAR] } = wish;
  const tbs = encodeTbsCertificate({
    serialNumber: Uint8Array.of(1, 2, 3),
    signature: 'ecdsa-sha256',
    issuer: commonName(issuer),
    subject: commonName(subject),
    notBeforeMs: validMs[0],
    notAfterMs: validMs[1],
    publicKeyInfo: spkiOf(wish.key ?? rsa(2048)),
    extensions: wish.extensions ?? [extendedKeyUsage(CODE_SIGNING)],
  });
  return encodeCertificate(tbs, 'ecdsa-sha256', new Uint8Array(sign('sha256', tbs, authority.privateKey)));
};

/** An RSA public key of a given size; nobody has a private one. */
const rsa = (bits: number, exponent = 65_537n): KeyObject => {
  const modulus = randomBytes(bits / 8);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[modulus.length - 1] = (modulus.at(-1) ?? 0) | 1;
  const hex = exponent.toString(16);
  const e = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e }, format: 'jwk' });
};
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

const judge = (der: Uint8Array, more: Partial<FitnessRequest> = {}) =>
  checkFitness({ certificates: [der], kinds: new Set(['pe']), nowMs: NOW, purpose: 'release', ...more });
const codes = (der: Uint8Array, more: Partial<FitnessRequest> = {}): readonly string[] =>
  judge(der, more).map(({ code, severity }) => (severity === 'error' ? code : `${code} (${severity})`));

describe('the key of a certificate', () => {
  test.each([
    [1024, ['SIGN_KEY_WEAK']],
    [2040, ['SIGN_KEY_WEAK']],
    [2048, []],
    [3072, []],
    [4096, []],
    [4104, ['SIGN_KEY_WEAK']],
    [8192, ['SIGN_KEY_WEAK']],
  ])('of RSA with %d bits', (bits, expected) => {
    expect(codes(certificate({ key: rsa(bits) }))).toEqual(expected);
  });

  test.each([
    [1n, ['SIGN_KEY_WEAK']],
    [3n, ['SIGN_KEY_WEAK']],
    [17n, ['SIGN_KEY_WEAK']],
    [65_536n, ['SIGN_KEY_WEAK']],
    [65_537n, []],
    [0x1_0000_0001n, ['SIGN_KEY_WEAK']],
  ])('of RSA with the exponent %d', (exponent, expected) => {
    expect(codes(certificate({ key: rsa(2048, exponent) }))).toEqual(expected);
  });

  test.each([
    ['P-256', []],
    ['P-384', []],
    ['P-521', ['SIGN_KEY_UNSUPPORTED']],
    ['secp256k1', ['SIGN_KEY_UNSUPPORTED']],
    ['brainpoolP256r1', ['SIGN_KEY_UNSUPPORTED']],
  ])('on the curve %s', (curve, expected) => {
    expect(codes(certificate({ key: ec(curve) }))).toEqual(expected);
  });

  test('of Ed25519, or of RSA for PSS alone, is of no kind that Windows knows', () => {
    for (const { publicKey } of [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
    ]) {
      expect(codes(certificate({ key: publicKey }))).toEqual(['SIGN_KEY_UNSUPPORTED']);
    }
  });

  test('on a curve signs no catalog', () => {
    expect(codes(certificate({ key: ec('P-256') }), { kinds: new Set(['pe', 'cat']) })).toEqual(['SIGN_EC_CATALOG']);
    expect(codes(certificate(), { kinds: new Set(['pe', 'cat', 'cab']) })).toEqual([]);
  });
});

describe('a certificate', () => {
  test.each([
    ['has expired', [NOW - 2 * YEAR, NOW - 1]],
    ['is not valid yet', [NOW + 1000, NOW + YEAR]],
  ] as const)('that %s is refused', (_name, validMs) => {
    expect(codes(certificate({ validMs }))).toEqual(['SIGN_CERTIFICATE_UNFIT']);
  });

  test('is valid at the first and the last moment', () => {
    expect(codes(certificate({ validMs: [NOW, NOW + YEAR] }))).toEqual([]);
    expect(codes(certificate({ validMs: [NOW - YEAR, NOW] }))).toEqual([]);
  });

  test('for another purpose is refused, and without any outside of test signing', () => {
    const server = certificate({ extensions: [extendedKeyUsage('1.3.6.1.5.5.7.3.1')] });
    expect(codes(server)).toEqual(['SIGN_CERTIFICATE_UNFIT']);
    expect(codes(server, { purpose: 'test' })).toEqual(['SIGN_CERTIFICATE_UNFIT']);
    const bare = certificate({ extensions: [] });
    expect(codes(bare)).toEqual(['SIGN_CERTIFICATE_UNFIT']);
    expect(codes(bare, { purpose: 'test' })).toEqual([]);
  });

  test('that may not sign, or is an authority, is refused', () => {
    const eku = extendedKeyUsage(CODE_SIGNING);
    expect(codes(certificate({ extensions: [eku, keyUsage(KeyUsage.keyCertSign)] }))).toEqual([
      'SIGN_CERTIFICATE_UNFIT',
    ]);
    expect(codes(certificate({ extensions: [eku, keyUsage(KeyUsage.digitalSignature)] }))).toEqual([]);
    expect(codes(certificate({ extensions: [eku, CA] }))).toEqual(['SIGN_CERTIFICATE_UNFIT']);
  });

  test('whose issuer has expired is refused', () => {
    const issuer = certificate({ validMs: [NOW - 2 * YEAR, NOW - YEAR], extensions: [CA] });
    expect(codes(certificate(), { certificates: [certificate(), issuer] })).toEqual(['SIGN_CERTIFICATE_UNFIT']);
  });

  test('has every fault named, not just the first', () => {
    const bad = certificate({ key: rsa(1024, 3n), validMs: [NOW - 2 * YEAR, NOW - YEAR], extensions: [] });
    expect(codes(bad)).toEqual(['SIGN_KEY_WEAK', 'SIGN_KEY_WEAK', 'SIGN_CERTIFICATE_UNFIT', 'SIGN_CERTIFICATE_UNFIT']);
  });
});

/** SubjectPublicKeyInfo of the test key that relic's repository publishes with its private half. */
const RELIC = createPublicKey(`-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz9g2yUawKYGKq3oYugqB
JaOVUvF+7SQnNRCThEnaCfdBL+w1liagyXL0nijNsk9l4AIyTn77AOFowgt5wmP6
AYilZdfACDN0Cq0WsEtyrLNzLadcT3p/CUkixN95QXUG2xMntRawLahdqZo3JntW
6ky7OKXwJWURaBafzhWaRQ6X63Ew3wNKaBl5+XnA/0rrpqXObFzt3RwF3jAkXVpn
5bmymXPw1jKMwb1HzCtF6ZBlqq7y3afxbN+a45JqIHuPDPhHz/SxyRfMwy1icrsL
X+XYcXOSFMu5fUREQI0ASvyaf45x87poyrhhW1R6hqXyzysKrpBx8wP/4swjBwWA
7wIDAQAB
-----END PUBLIC KEY-----
`);

describe('F45: a key that everybody can have', () => {
  const published = certificate({ key: RELIC });

  test('is refused, for tests too, with its source, whatever the certificate around it says', () => {
    for (const purpose of ['release', 'test'] as const) {
      expect(judge(published, { purpose })).toMatchObject([
        { code: 'SIGN_KEY_PUBLIC', severity: 'error', failureMode: 'F45', hint: expect.stringContaining('relic') },
      ]);
    }
  });

  test('makes a signature untrusted, as a signer and as an authority', () => {
    const parsed = parseCertificate(parseDer(published, { file: 'x.cer' }));
    const chain = buildChain({
      ...{ leaf: parsed, pool: [], trust: trustOf([published]), atMs: NOW, purpose: 'code-signing' as const },
    });
    expect(chain.findings).toContainEqual(
      expect.objectContaining({ code: 'VERIFY_KEY_PUBLIC', severity: 'error', failureMode: 'F45' }),
    );
  });

  test('is listed by its hash, once, with where its private half can be read', () => {
    const hashes = PUBLISHED_KEYS.map(({ spkiSha256 }) => spkiSha256);
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const { spkiSha256, source } of PUBLISHED_KEYS) {
      expect(spkiSha256).toMatch(/^[0-9a-f]{64}$/);
      expect(source).toMatch(/^[\w-]+\/[\w-]+, \S+/);
    }
  });

  test('is known by the name that only its certificate has, when that issued itself', () => {
    const virto = { publicKeyInfo: new Uint8Array(0), subjectText: 'CN=Virto test certificate', selfIssued: true };
    expect(keyStanding(virto)).toMatchObject({ kind: 'public', source: expect.stringContaining('VirtIOTestCert') });
    expect(keyStanding({ ...virto, selfIssued: false })).toBeUndefined();
    expect(keyStanding({ ...virto, subjectText: 'CN=Acme' })).toBeUndefined();
  });
});

describe('a certificate for test machines', () => {
  const wdk = certificate({
    subject: 'WDKTestCert builder,134279100762949792',
    issuer: 'WDKTestCert builder,134279100762949792',
  });

  test('of the WDK is refused for releases, and taken for tests', () => {
    expect(codes(wdk)).toEqual(['SIGN_KEY_TEST']);
    expect(codes(wdk, { purpose: 'test' })).toEqual([]);
  });

  test('of the WDK is flagged when a file is judged', () => {
    const leaf = parseCertificate(parseDer(wdk, { file: 'x.cer' }));
    const { findings } = buildChain({ leaf, pool: [], trust: trustOf([]), atMs: NOW, purpose: 'code-signing' });
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'VERIFY_TEST_CERTIFICATE', severity: 'warning', failureMode: 'F45' }),
    );
  });

  test('of winpv is named as such outside of test signing', async () => {
    const keys = { root: newKey('EC P-256'), signer: newKey('EC P-256'), tsa: newKey('EC P-256') };
    const { root, signer, tsa } = await certifyTestKeys('Acme', keys);
    expect(codes(signer.certificate)).toEqual(['SIGN_KEY_TEST (warning)']);
    expect(codes(signer.certificate, { purpose: 'test' })).toEqual([]);
    for (const other of [root, tsa]) expect(codes(other.certificate)).not.toContain('SIGN_KEY_TEST (warning)');
  });

  test('is not what has part of such a name', () => {
    const close = certificate({ subject: 'WDKTestCertification Ltd', issuer: 'WDKTestCertification Ltd' });
    expect(codes(close)).toEqual([]);
  });
});
