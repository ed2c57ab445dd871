import { describe, expect, test } from 'vitest';
import { boolean, octetString, oid, sequence, tlv } from '../../../packaging/formats/der/encode.ts';
import { authorityKeyIdentifier, KeyUsage, subjectKeyIdentifier } from '../../../packaging/formats/x509/encode.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { buildChain, type ChainRequest, trustOf } from '../../../packaging/signing/chain.ts';
import { checkEmbedded } from '../../../packaging/signing/check-embedded.ts';
import { judge } from '../../../packaging/signing/verdict.ts';
import { certify, NOW_MS, type Party, party, YEAR_MS } from '../../support/test-ca.ts';

const CODE = '1.3.6.1.5.5.7.3.3';
const STAMP = '1.3.6.1.5.5.7.3.8';

const root = party('Root');
const middle = party('Middle');
const signer = party('Signer');
const rootCertificate = certify(root, { authority: true });
const middleCertificate = certify(middle, { by: root, authority: 0 });
const leaf = certify(signer, { by: middle, eku: CODE });

const chain = (changes: Partial<ChainRequest> = {}) =>
  buildChain({
    leaf,
    pool: [middleCertificate],
    trust: { anchors: [rootCertificate] },
    atMs: NOW_MS,
    purpose: 'code-signing',
    ...changes,
  });

const verdictOf = (changes: Partial<ChainRequest> = {}): string => {
  const { verdict, reason } = judge(chain(changes).findings);
  return reason === undefined ? verdict : `${verdict} ${reason}`;
};

describe('a chain', () => {
  test('goes from the signer over what came along to a trusted root', () => {
    const { path, findings } = chain();
    expect(path.map(({ subjectText }) => subjectText)).toEqual(['CN=Signer', 'CN=Middle', 'CN=Root']);
    expect(findings).toEqual([]);
  });

  test('with an issuer missing is incomplete; with a root that is not trusted it is untrusted', () => {
    expect(verdictOf({ pool: [] })).toBe('untrusted VERIFY_CHAIN_INCOMPLETE');
    expect(verdictOf({ trust: { anchors: [] } })).toBe('untrusted VERIFY_CHAIN_INCOMPLETE');
    expect(verdictOf({ pool: [middleCertificate, rootCertificate], trust: { anchors: [] } })).toBe(
      'untrusted VERIFY_CHAIN_UNTRUSTED',
    );
  });

  test('is not made by names alone: the key of the issuer must have signed', () => {
    const impostor = certify({ ...party('Root'), name: 'Root' }, { authority: true });
    expect(verdictOf({ trust: { anchors: [impostor] } })).toBe('untrusted VERIFY_CHAIN_INCOMPLETE');
  });

  test('may end at an intermediate or at a self-signed signer, if that is what is trusted', () => {
    expect(verdictOf({ pool: [], trust: { anchors: [middleCertificate] } })).toBe('valid');
    const own = certify(signer, { eku: CODE });
    expect(verdictOf({ leaf: own, pool: [], trust: { anchors: [own] } })).toBe('valid');
  });

  test('takes another way where one issuer has expired', () => {
    const past = [NOW_MS - 2 * YEAR_MS, NOW_MS - YEAR_MS] as const;
    const expired = certify(middle, { by: root, authority: 0, serial: 2, validMs: past });
    expect(verdictOf({ pool: [expired] })).toBe('untrusted VERIFY_CHAIN_EXPIRED');
    expect(verdictOf({ pool: [expired, middleCertificate] })).toBe('valid');
  });

  test('goes over a cross-certificate to the root that is trusted', () => {
    const other = party('Other root');
    const crossed = certify(root, { by: other, authority: true });
    const trust = { anchors: [certify(other, { authority: true })] };
    expect(verdictOf({ pool: [middleCertificate, rootCertificate], trust })).toBe('untrusted VERIFY_CHAIN_UNTRUSTED');
    expect(verdictOf({ pool: [middleCertificate, rootCertificate, crossed], trust })).toBe('valid');
  });

  test('is judged at the given time, but for the root, which has none', () => {
    expect(verdictOf({ atMs: NOW_MS + 2 * YEAR_MS })).toBe('untrusted VERIFY_CHAIN_EXPIRED');
    const old = certify(root, { authority: true, validMs: [NOW_MS - 9 * YEAR_MS, NOW_MS - 8 * YEAR_MS] });
    expect(verdictOf({ trust: { anchors: [old] } })).toBe('valid');
  });

  test('of two that certify each other comes to an end', () => {
    const loop: readonly Certificate[] = [
      certify(middle, { by: root, authority: true }),
      certify(root, { by: middle, authority: true }),
    ];
    expect(verdictOf({ pool: loop, trust: { anchors: [] } })).toMatch(/^untrusted/);
  });

  test('over a hundred issuers of one name is given up, not tried for ever', () => {
    const twins = Array.from({ length: 100 }, (_, serial) => certify(middle, { by: root, authority: true, serial }));
    expect(chain({ pool: twins, trust: { anchors: [] } }).path.length).toBe(2);
  });
});

describe('certificates that may not do what they did', () => {
  const unsuitable = 'untrusted VERIFY_CERTIFICATE_UNSUITABLE';
  const byMiddle = (wish: Parameters<typeof certify>[1]): Certificate => certify(signer, { by: middle, ...wish });
  const withMiddle = (wish: Parameters<typeof certify>[1]) => ({ pool: [certify(middle, { by: root, ...wish })] });
  const critical = sequence(oid('1.2.3.4'), boolean(true), octetString(tlv(5, new Uint8Array(0))));

  test.each([
    ['a signer for time stamps only', { leaf: byMiddle({ eku: STAMP }) }],
    ['a signer that is an authority', { leaf: byMiddle({ eku: CODE, authority: true }) }],
    ['a signer that may only sign certificates', { leaf: byMiddle({ eku: CODE, keyUsage: [KeyUsage.keyCertSign] }) }],
    ['a signer with an unknown critical extension', { leaf: byMiddle({ eku: CODE, more: [critical] }) }],
    ['an issuer that is no authority', withMiddle({})],
    ['an issuer for time stamps only', withMiddle({ authority: true, eku: STAMP })],
    [
      'an issuer that may not sign certificates',
      withMiddle({ authority: true, keyUsage: [KeyUsage.digitalSignature] }),
    ],
    ['a time-stamp authority for code only', { purpose: 'time-stamping' as const }],
  ])('%s', (_what, changes) => {
    expect(verdictOf(changes)).toBe(unsuitable);
  });

  test('an issuer with more authorities below it than it allows', () => {
    const lower = party('Lower');
    const pool = [middleCertificate, certify(lower, { by: middle, authority: true })];
    expect(verdictOf({ leaf: certify(signer, { by: lower, eku: CODE }), pool })).toBe(unsuitable);
  });

  test('a signer with no extended key usage passes with a warning, as test signing needs', () => {
    const bare = byMiddle({});
    expect(verdictOf({ leaf: bare })).toBe('valid');
    expect(chain({ leaf: bare }).findings).toMatchObject([{ severity: 'warning' }]);
  });
});

describe('certificates that came along and are not needed', () => {
  const trust = { anchors: [rootCertificate] };
  const check = (...embedded: readonly Certificate[]): string => {
    const { verdict, reason } = judge(checkEmbedded(embedded, { trust, reported: undefined }));
    return `${verdict} ${reason ?? ''}`;
  };

  test('are fine when an issuer at hand signed them, or they are anchors or self-signed', () => {
    expect(check(middleCertificate, rootCertificate, certify(party('Stranger'), {}))).toBe('valid ');
  });

  test('are wrong when the issuer of that name did not sign them', () => {
    const forged: Party = { ...party('Root'), name: 'Root' };
    expect(check(certify(party('Somebody'), { by: forged }))).toBe('invalid VERIFY_CERTIFICATE_INVALID');
  });

  test('are not believed when nobody at hand could have signed them', () => {
    expect(check(certify(party('Somebody'), { by: party('Nobody') }))).toBe('untrusted VERIFY_CERTIFICATE_UNCHECKED');
  });

  test('may be cross-certificates of a key that is trusted anyway, which is said', () => {
    const more = [authorityKeyIdentifier(Uint8Array.of(9, 9, 9))];
    const crossed = certify(root, { by: party('Old root'), authority: true, more });
    expect(check(crossed)).toBe('valid ');
    expect(checkEmbedded([crossed], { trust, reported: undefined })).toMatchObject([
      { code: 'VERIFY_CERTIFICATE_UNCHECKED', severity: 'warning' },
    ]);
  });

  test('are no cross-certificates when they name no other key: a root with a damaged issuer looks like that', () => {
    expect(check(certify(root, { by: party('Rpot'), authority: true }))).toBe('untrusted VERIFY_CERTIFICATE_UNCHECKED');
    const id = Uint8Array.of(7, 7);
    const more = [subjectKeyIdentifier(id), authorityKeyIdentifier(id)];
    expect(check(certify(root, { by: party('Rpot'), authority: true, more }))).toBe(
      'untrusted VERIFY_CERTIFICATE_UNCHECKED',
    );
  });
});

describe('trusted certificates', () => {
  test('are read from DER and from PEM with several in one file', () => {
    const text = [rootCertificate, middleCertificate]
      .map(
        ({ der }) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`,
      )
      .join('some text\n');
    const names = ({ anchors }: { readonly anchors: readonly Certificate[] }) => anchors.map((c) => c.subjectText);
    expect(names(trustOf([new Uint8Array(Buffer.from(text))]))).toEqual(['CN=Root', 'CN=Middle']);
    expect(names(trustOf([rootCertificate.der, middleCertificate.der]))).toEqual(['CN=Root', 'CN=Middle']);
  });

  test('that are none stop with the reason', () => {
    expect(() => trustOf([new Uint8Array(Buffer.from('hello'))])).toThrow(/holds no certificate/);
  });
});
