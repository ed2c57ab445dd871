import { describe, expect, test } from 'vitest';
import {
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  octetString,
  oid,
  sequence,
  tlv,
} from '../../../packaging/formats/der/encode.ts';
import {
  authorityKeyIdentifier,
  commonName,
  KeyUsage,
  subjectKeyIdentifier,
} from '../../../packaging/formats/x509/encode.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { allPaths, buildChain, type ChainRequest, trustOf } from '../../../packaging/signing/chain.ts';
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

describe('names that an authority does not allow', () => {
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'));
  const subtrees = (n: number, ...bases: readonly Der[]): Der =>
    contextConstructed(n, ...bases.map((base) => sequence(base)));
  const constraints = (...lists: readonly Der[]): Der =>
    sequence(oid('2.5.29.30'), boolean(true), octetString(sequence(...lists)));
  const alternatives = (...names: readonly Der[]): Der => sequence(oid('2.5.29.17'), octetString(sequence(...names)));
  const directory = (name: string): Der => contextConstructed(4, commonName(name));
  const dns = (name: string): Der => contextPrimitive(2, text(name));
  const email = (name: string): Der => contextPrimitive(1, text(name));
  const uri = (name: string): Der => contextPrimitive(6, text(name));
  const ip = (...octets: readonly number[]): Der => contextPrimitive(7, Uint8Array.from(octets));
  const other = contextConstructed(0, oid('1.2.3.4'));

  const under = (limits: Der, ...names: readonly Der[]): string =>
    verdictOf({
      leaf: certify(signer, { by: middle, eku: CODE, more: names.length === 0 ? [] : [alternatives(...names)] }),
      pool: [certify(middle, { by: root, authority: true, more: [limits] })],
    });
  const refused = 'untrusted VERIFY_NAME_NOT_ALLOWED';

  test.each([
    ['a subject outside what is permitted', under(constraints(subtrees(0, directory('Somebody else')))), refused],
    ['the permitted subject, in another case', under(constraints(subtrees(0, directory('SIGNER')))), 'valid'],
    ['an excluded subject', under(constraints(subtrees(1, directory('Signer')))), refused],
    ['a subject, when only hosts are limited', under(constraints(subtrees(0, dns('example.org')))), 'valid'],
    ['a host below', under(constraints(subtrees(0, dns('example.org'))), dns('a.Example.org')), 'valid'],
    [
      'a host that only ends alike',
      under(constraints(subtrees(0, dns('example.org'))), dns('badexample.org')),
      refused,
    ],
    ['a mailbox at a host', under(constraints(subtrees(0, email('example.org'))), email('me@example.org')), 'valid'],
    [
      'a mailbox below a host',
      under(constraints(subtrees(0, email('example.org'))), email('me@a.example.org')),
      refused,
    ],
    [
      'a URI below a host',
      under(constraints(subtrees(0, uri('.example.org'))), uri('https://a.example.org/x')),
      'valid',
    ],
    ['a URI elsewhere', under(constraints(subtrees(0, uri('.example.org'))), uri('https://example.com/')), refused],
    [
      'an address in a network',
      under(constraints(subtrees(0, ip(10, 0, 0, 0, 255, 0, 0, 0))), ip(10, 1, 2, 3)),
      'valid',
    ],
    ['an address outside', under(constraints(subtrees(0, ip(10, 0, 0, 0, 255, 0, 0, 0))), ip(11, 1, 2, 3)), refused],
    ['a form of name that nobody here compares', under(constraints(subtrees(1, other)), other), refused],
  ])('%s', (_what, verdict, expected) => {
    expect(verdict).toBe(expected);
  });

  test('count for every certificate below, not the next one only', () => {
    const lower = party('Lower');
    const pool = [
      certify(middle, { by: root, authority: true, more: [constraints(subtrees(1, directory('Signer')))] }),
      certify(lower, { by: middle, authority: true }),
    ];
    expect(verdictOf({ leaf: certify(signer, { by: lower, eku: CODE }), pool })).toBe(refused);
  });

  test('do not count for an authority that certifies itself anew', () => {
    const limits = constraints(subtrees(0, directory('Signer')));
    const renewed = party('Middle');
    const pool = [
      certify(middle, { by: root, authority: true, more: [limits] }),
      certify(renewed, { by: middle, authority: true }),
    ];
    expect(verdictOf({ leaf: certify(signer, { by: renewed, eku: CODE }), pool })).toBe('valid');
  });
});

describe('every way up', () => {
  test('is followed without regard to trust, cross-certificates and roots alike', () => {
    const crossed = certify(root, { by: party('Cross root'), authority: true });
    const ways = allPaths({
      leaf,
      pool: [middleCertificate, rootCertificate, crossed],
      trust: { anchors: [] },
      atMs: NOW_MS,
      purpose: 'code-signing',
    });
    const ends = ways.map(({ path, findings }) => `${path.at(-1)?.issuerText} ${judge(findings).verdict}`);
    expect(ends.sort()).toEqual(['CN=Cross root valid', 'CN=Root valid']);
  });

  test('is judged for itself: an issuer that is no authority spoils only its own way', () => {
    const pool = [certify(middle, { by: root, serial: 2 }), certify(middle, { by: root, authority: true })];
    const ways = allPaths({ leaf, pool, trust: { anchors: [] }, atMs: NOW_MS, purpose: 'code-signing' });
    expect(ways.map(({ findings }) => judge(findings).verdict).sort()).toEqual(['untrusted', 'valid']);
  });
});
