import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { octetString, oid, sequence, setOf, tlv, utf8String } from '../../../../packaging/formats/der/encode.ts';
import { parseDer } from '../../../../packaging/formats/der/parse.ts';
import { keyUsage, subjectKeyIdentifier } from '../../../../packaging/formats/x509/encode.ts';
import { formatName } from '../../../../packaging/formats/x509/name.ts';
import { parseCertificate, parseCertificates } from '../../../../packaging/formats/x509/parse.ts';
import { issuedBy, publicKeyOf } from '../../../../packaging/formats/x509/signature.ts';
import { describeCorpus, oracle, withTempFolder } from '../../../support/outside.ts';
import { certify, NOW_MS, party, YEAR_MS } from '../../../support/test-ca.ts';

const name = (...rdns: readonly (readonly [type: string, text: string])[]): string =>
  formatName(
    parseDer(sequence(...rdns.map(([type, text]) => setOf(sequence(oid(type), utf8String(text))))), { file: 'name' }),
  );

describe('a name as text', () => {
  test('has its last part first, as RFC 4514 wants', () => {
    expect(name(['2.5.4.6', 'GB'], ['2.5.4.10', 'Acme'], ['2.5.4.3', 'Acme PV'])).toBe('CN=Acme PV,O=Acme,C=GB');
  });

  test.each([
    ['Acme, Inc.', 'CN=Acme\\, Inc.'],
    ['a+b"c\\d<e>f;g', 'CN=a\\+b\\"c\\\\d\\<e\\>f\\;g'],
    [' space ', 'CN=\\ space\\ '],
    ['# first', 'CN=\\# first'],
    ['two\nlines', 'CN=two\\0alines'],
    ['right\u202eleft', 'CN=right\\e2\\80\\aeleft'],
    ['Müller', 'CN=Müller'],
  ])('escapes %j', (text, escaped) => {
    expect(name(['2.5.4.3', text])).toBe(escaped);
  });

  test('of an unknown type has its identifier', () => {
    expect(name(['1.2.3.4', 'x'])).toBe('1.2.3.4=x');
  });
});

describe('a certificate', () => {
  const root = party('Root');
  const certificate = certify(root, {
    authority: 3,
    keyUsage: [5, 6],
    more: [subjectKeyIdentifier(Uint8Array.of(1, 2))],
  });

  test('is read with what a verifier asks for', () => {
    expect(certificate).toMatchObject({
      subjectText: 'CN=Root',
      issuerText: 'CN=Root',
      selfIssued: true,
      notBeforeMs: NOW_MS - YEAR_MS,
      notAfterMs: NOW_MS + YEAR_MS,
      basicConstraints: { ca: true, pathLength: 3 },
      subjectKeyId: '0102',
      authorityKeyId: undefined,
      ekus: undefined,
      unknownCritical: [],
    });
    expect([...(certificate.keyUsage ?? [])]).toEqual(['keyCertSign', 'cRLSign']);
    expect(publicKeyOf(certificate)).toMatchObject({ kind: 'ec', bits: 256 });
  });

  test('is verified by the key of its issuer and by no other', () => {
    const other = certify(party('Other'));
    expect(issuedBy(certificate, certificate)).toBe(true);
    expect(issuedBy(certificate, other)).toBe(false);
  });

  test('with other algorithms inside and outside is refused: nothing covers the outer one', () => {
    const [tbs, , signature] = parseDer(certificate.der, { file: 'x' }).children;
    const rsa = sequence(oid('1.2.840.113549.1.1.11'), tlv(5, new Uint8Array(0)));
    const mixed = sequence(tbs?.bytes ?? rsa, rsa, signature?.bytes ?? rsa);
    expect(() => parseCertificate(parseDer(mixed, { file: 'x' }))).toThrow(/inside and outside a certificate differ/);
  });

  test('with an extension twice is refused', () => {
    expect(() => certify(root, { keyUsage: [5], more: [keyUsage(0)] })).toThrow(/twice/);
  });

  test('whose key is of no known kind is read, and verifies nothing', () => {
    const odd = { ...party('Odd'), publicKeyInfo: sequence(sequence(oid('1.2.3')), octetString(Uint8Array.of(0))) };
    const strange = certify(odd);
    expect(publicKeyOf(strange)).toBeUndefined();
    expect(issuedBy(certificate, strange)).toBe(false);
  });
});

describeCorpus('certificates of the corpus', (corpus) => {
  oracle('openssl', 'reads the same subject, issuer and dates', (tool) =>
    withTempFolder((folder) => {
      for (const path of ['root', 'intermediate', 'leaf', 'tsa', 'own/root', 'own/inter', 'own/leaf', 'own/leaf-ec']) {
        const bytes = corpus.file(`signed/test-certs/${path}.pem`);
        writeFileSync(join(folder, 'c.pem'), bytes);
        const options = ['-noout', '-subject', '-issuer', '-nameopt', 'RFC2253', '-dateopt', 'iso_8601', '-dates'];
        const { stdout } = tool('x509', '-in', join(folder, 'c.pem'), ...options);
        const [certificate] = parseCertificates(bytes, path);
        const iso = (ms = 0): string => new Date(ms).toISOString().replace('T', ' ').replace('.000', '');
        expect(stdout.toString('utf8').trim().split('\n')).toEqual([
          `subject=${certificate?.subjectText}`,
          `issuer=${certificate?.issuerText}`,
          `notBefore=${iso(certificate?.notBeforeMs)}`,
          `notAfter=${iso(certificate?.notAfterMs)}`,
        ]);
      }
    }),
  );

  test('verify each other as they say', () => {
    const read = (path: string) => {
      const [certificate] = parseCertificates(corpus.file(`signed/test-certs/own/${path}.pem`), path);
      if (certificate === undefined) throw new Error(`no certificate in ${path}`);
      return certificate;
    };
    expect(issuedBy(read('leaf'), read('inter'))).toBe(true);
    expect(issuedBy(read('leaf-ec'), read('inter'))).toBe(true);
    expect(issuedBy(read('inter'), read('root'))).toBe(true);
    expect(issuedBy(read('leaf'), read('root'))).toBe(false);
    expect(publicKeyOf(read('leaf'))).toMatchObject({ kind: 'rsa', bits: 2048 });
  });
});
