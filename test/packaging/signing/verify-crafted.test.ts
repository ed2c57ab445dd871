import { describe, expect, test } from 'vitest';
import { attribute, digest, encodeSignedAttributes } from '../../../packaging/formats/cms/encode.ts';
import { CmsOid, DigestOid, SpcOid } from '../../../packaging/formats/cms/object-ids.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
} from '../../../packaging/formats/der/encode.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import { preparePeForSignature } from '../../../packaging/formats/pe/attach.ts';
import { peDigest } from '../../../packaging/formats/pe/digest.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import {
  type Craft,
  craftCountersignature,
  craftPe,
  craftSignature,
  craftStamp,
  imageContent,
} from '../../support/crafted.ts';
import { standIn } from '../../support/signed-package.ts';
import { certify, NOW_MS, party, type Wish, YEAR_MS } from '../../support/test-ca.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const DAY_MS = 86_400_000;
/** NestedSignature in an attribute outside the signature. */
const nested = (signature: Der): Der => attribute(SpcOid.nestedSignature, signature);
const valueOctets = (der: Der): Uint8Array => parseDer(der, { file: 'content' }).value;

const keys = {
  root: party('Root'),
  middle: party('Middle'),
  inner: party('Inner'),
  signer: party('Signer'),
  stamper: party('Stamper'),
};
const root = certify(keys.root, { authority: true });
const middle = certify(keys.middle, { by: keys.root, authority: true });
const signer = certify(keys.signer, { by: keys.root, eku: CODE_SIGNING });
const stamper = certify(keys.stamper, { by: keys.root, eku: TIME_STAMPING, serial: 2 });
const good: Craft = { certificate: signer, party: keys.signer };
const authority = { certificate: stamper, party: keys.stamper };

const judged = (bytes: Uint8Array): FileVerdict =>
  verifyFile({ path: 'demo.sys', bytes, catalogs: [], trust: [root.der], atMs: NOW_MS });
const outcome = (craft: Partial<Craft>): string => {
  const { verdict, reason } = judged(craftPe({ ...good, ...craft }));
  return `${verdict} ${reason ?? ''}`.trimEnd();
};
const warnings = (craft: Partial<Craft>): readonly string[] =>
  judged(craftPe({ ...good, ...craft }))
    .diagnostics.filter(({ severity }) => severity === 'warning')
    .map(({ code }) => code);

/** A signer below the given authorities, the one nearest to the root first. */
const below = (wish: Wish, leaf: Wish = { eku: CODE_SIGNING }): Partial<Craft> => {
  const issuer = certify(keys.middle, { by: keys.root, ...wish });
  const certificate = certify(keys.signer, { by: keys.middle, ...leaf });
  return { certificate, certificates: [certificate, issuer] };
};

test('what the cases below change is valid without the change', () => {
  expect(outcome({})).toBe('valid');
  expect(outcome(below({ authority: true }))).toBe('valid');
  expect(outcome({ unsigned: (signature) => [craftStamp(authority, signature)] })).toBe('valid');
});

describe('a chain that is not one', () => {
  const unknownCritical = sequence(oid('1.3.6.1.4.1.32473.1'), boolean(true), octetString(nullValue));
  test.each<[string, Partial<Craft>, string]>([
    ['an issuer without basic constraints', below({}), 'untrusted VERIFY_CERTIFICATE_UNSUITABLE'],
    [
      'an issuer that may sign certificates, but is no authority',
      below({ keyUsage: [5] }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'an issuer that may not sign certificates',
      below({ authority: true, keyUsage: [0] }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'an issuer for time stamps only',
      below({ authority: true, eku: TIME_STAMPING }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'an issuer with a critical extension that nobody knows',
      below({ authority: true, more: [unknownCritical] }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'a signer with such an extension',
      below({ authority: true }, { eku: CODE_SIGNING, more: [unknownCritical] }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'an issuer that has expired',
      below({ authority: true, validMs: [NOW_MS - 9 * YEAR_MS, NOW_MS - DAY_MS] }),
      'untrusted VERIFY_CHAIN_EXPIRED',
    ],
    [
      'a signer that is not valid yet',
      below({ authority: true }, { eku: CODE_SIGNING, validMs: [NOW_MS + DAY_MS, NOW_MS + YEAR_MS] }),
      'untrusted VERIFY_CHAIN_EXPIRED',
    ],
    [
      'a signer for time stamps',
      { certificate: stamper, party: keys.stamper },
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'a signer that may not make digital signatures',
      below({ authority: true }, { eku: CODE_SIGNING, keyUsage: [2] }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'a signer that is an authority',
      below({ authority: true }, { eku: CODE_SIGNING, authority: true }),
      'untrusted VERIFY_CERTIFICATE_UNSUITABLE',
    ],
    [
      'an issuer that did not come along',
      { ...below({ authority: true }), certificates: [certify(keys.signer, { by: keys.middle, eku: CODE_SIGNING })] },
      'untrusted VERIFY_CHAIN_INCOMPLETE',
    ],
    [
      'a root of the right name with another key',
      { certificate: certify(keys.signer, { by: party('Root'), eku: CODE_SIGNING }) },
      'invalid VERIFY_CERTIFICATE_INVALID',
    ],
  ])('%s', (_what, craft, expected) => {
    const { certificate, certificates } = craft;
    const stored = certificates ?? (certificate === undefined ? {} : [certificate]);
    expect(outcome(Array.isArray(stored) ? { ...craft, certificates: stored } : craft)).toBe(expected);
  });

  test('more authorities than one of them allows', () => {
    const limited = certify(keys.middle, { by: keys.root, authority: 0 });
    const inner = certify(keys.inner, { by: keys.middle, authority: true });
    const certificate = certify(keys.signer, { by: keys.inner, eku: CODE_SIGNING });
    const craft = { certificate, certificates: [certificate, inner, limited] };
    expect(outcome(craft)).toBe('untrusted VERIFY_CERTIFICATE_UNSUITABLE');
    const unlimited = certify(keys.middle, { by: keys.root, authority: 1 });
    expect(outcome({ ...craft, certificates: [certificate, inner, unlimited] })).toBe('valid');
  });

  test('a cross-certificate that has expired does no harm beside a certificate that has not', () => {
    const certificate = certify(keys.signer, { by: keys.middle, eku: CODE_SIGNING });
    const old = certify(keys.middle, {
      by: keys.root,
      authority: true,
      validMs: [NOW_MS - 9 * YEAR_MS, NOW_MS - YEAR_MS],
    });
    expect(outcome({ certificate, certificates: [certificate, old, middle] })).toBe('valid');
    expect(outcome({ certificate, certificates: [certificate, old] })).toBe('untrusted VERIFY_CHAIN_EXPIRED');
  });

  test('a negative serial number is no fault of the signature: it is compared as it is stored', () => {
    const tbs = certify(keys.signer, { by: keys.root, eku: CODE_SIGNING, serial: 1 });
    expect(tbs.serial[0]).toBeLessThan(0x80);
    const negative = certify(keys.signer, { by: keys.root, eku: CODE_SIGNING, negativeSerial: true });
    expect(negative.serial[0]).toBeGreaterThanOrEqual(0x80);
    expect(outcome({ certificate: negative })).toBe('valid');
  });
});

describe('signed content that is of something else', () => {
  const hash = peDigest(preparePeForSignature(standIn(), 'demo.sys'), 'sha256');
  const digestInfo = (algorithm: string, value: Uint8Array): Der =>
    sequence(sequence(oid(algorithm), nullValue), octetString(value));
  const peData = sequence(
    bitString(new Uint8Array(0)),
    contextConstructed(0, contextConstructed(2, contextPrimitive(0, new Uint8Array(0)))),
  );
  const content = (type: string, data: Der = peData): Der =>
    sequence(sequence(oid(type), data), digestInfo(DigestOid.sha256, hash));

  test.each<[string, Der, string]>([
    ['a cabinet', imageContent(standIn(), 'cab'), 'invalid VERIFY_CONTENT_MISMATCH'],
    ['a kind that nobody knows', content('1.3.6.1.4.1.311.2.1.99'), 'invalid VERIFY_CONTENT_MISMATCH'],
    [
      'a cabinet by its identifier, with the data of an image',
      content(SpcOid.cabData),
      'invalid VERIFY_CONTENT_MISMATCH',
    ],
    ['another image', imageContent(standIn({ strings: ['other'] })), 'invalid VERIFY_DIGEST_MISMATCH'],
    [
      'an image with a hash of another length',
      sequence(sequence(oid(SpcOid.peImageData), peData), digestInfo(DigestOid.sha1, hash)),
      'invalid VERIFY_DIGEST_MISMATCH',
    ],
    [
      'an image with a hash by MD5',
      sequence(sequence(oid(SpcOid.peImageData), peData), digestInfo('1.2.840.113549.2.5', hash)),
      'invalid VERIFY_ALGORITHM_UNKNOWN',
    ],
    [
      'an image with something more',
      sequence(...parseDer(content(SpcOid.peImageData), { file: 'c' }).children.map(({ bytes }) => bytes), nullValue),
      'invalid VERIFY_MALFORMED',
    ],
  ])('%s', (_what, crafted, expected) => {
    expect(outcome({ content: crafted })).toBe(expected);
  });

  test('an image whose kind pesign wrote as a statement type is read by the form of its data, with a warning', () => {
    const craft = { content: content(SpcOid.individualCodeSigning) };
    expect(outcome(craft)).toBe('valid');
    expect(warnings(craft)).toContain('VERIFY_CONTENT_MISMATCH');
    expect(outcome({ content: content(SpcOid.individualCodeSigning, nullValue) })).toBe(
      'invalid VERIFY_CONTENT_MISMATCH',
    );
  });

  test('a content type that the attributes do not name', () => {
    expect(outcome({ contentType: SpcOid.certificateTrustList })).toBe('invalid VERIFY_CONTENT_MISMATCH');
  });
});

describe('authenticated attributes', () => {
  const content = imageContent(standIn());
  const type = attribute(CmsOid.contentType, oid(SpcOid.indirectData));
  const of = (value: Uint8Array): Der => attribute(CmsOid.messageDigest, octetString(digest('sha256', value)));
  test.each<[string, Der, string]>([
    ['without a message digest', setOf(type), 'invalid VERIFY_ATTRIBUTE_WRONG'],
    ['without a content type', setOf(of(valueOctets(content))), 'invalid VERIFY_ATTRIBUTE_WRONG'],
    [
      'with two message digests, one of them right',
      setOf(type, of(valueOctets(content)), of(new Uint8Array(9))),
      'invalid VERIFY_ATTRIBUTE_WRONG',
    ],
    [
      'with one message digest of two values',
      setOf(
        type,
        attribute(
          CmsOid.messageDigest,
          octetString(digest('sha256', valueOctets(content))),
          octetString(new Uint8Array(32)),
        ),
      ),
      'invalid VERIFY_ATTRIBUTE_WRONG',
    ],
    [
      'with a program name twice',
      encodeSignedAttributes(SpcOid.indirectData, valueOctets(content), 'sha256', [
        attribute(SpcOid.opusInfo, sequence()),
        attribute(SpcOid.opusInfo, sequence(contextConstructed(0, contextPrimitive(0, Uint8Array.of(0, 0x41))))),
      ]),
      'invalid VERIFY_ATTRIBUTE_WRONG',
    ],
    [
      'with the digest of the whole content, its tag and length included',
      setOf(type, of(content)),
      'invalid VERIFY_CONTENT_MISMATCH',
    ],
    ['out of order', sequenceAsSet(of(valueOctets(content)), type), 'invalid VERIFY_NOT_CANONICAL'],
  ])('%s', (_what, signedAttributes, expected) => {
    expect(outcome({ signedAttributes })).toBe(expected);
  });
});

/** A SET OF whose members stand as given. */
function sequenceAsSet(...items: readonly Der[]): Der {
  const set = sequence(...items).slice();
  set[0] = 0x31;
  return set;
}

describe('a time stamp', () => {
  const stamped = (stamp: (signature: Uint8Array) => Der): string =>
    outcome({ unsigned: (signature) => [stamp(signature)] });
  const elsewhere = new Uint8Array(64);
  const expired = certify(keys.stamper, {
    by: keys.root,
    eku: TIME_STAMPING,
    validMs: [NOW_MS - YEAR_MS, NOW_MS - 300 * DAY_MS],
  });
  const bySigner = { certificate: signer, party: keys.signer };
  test.each<[string, (signature: Uint8Array) => Der, string]>([
    ['over another signature', () => craftStamp(authority, elsewhere), 'invalid VERIFY_TIMESTAMP_INVALID'],
    [
      'of the older form over another signature',
      () => craftCountersignature(authority, elsewhere),
      'invalid VERIFY_TIMESTAMP_INVALID',
    ],
    [
      'by an authority that had expired',
      (signature) => craftStamp({ ...authority, certificate: expired }, signature),
      'untrusted VERIFY_TIMESTAMP_UNTRUSTED',
    ],
    [
      'by an authority that has expired since',
      (signature) =>
        craftStamp({ ...authority, certificate: expired }, signature, { genTimeMs: NOW_MS - 310 * DAY_MS }),
      'valid',
    ],
    [
      'by the code signer itself',
      (signature) => craftStamp(bySigner, signature),
      'untrusted VERIFY_TIMESTAMP_UNTRUSTED',
    ],
    [
      'of before the signer was certified',
      (signature) =>
        craftStamp(
          {
            ...authority,
            certificate: certify(keys.stamper, {
              by: keys.root,
              eku: TIME_STAMPING,
              validMs: [NOW_MS - 9 * YEAR_MS, NOW_MS],
            }),
          },
          signature,
          { genTimeMs: NOW_MS - 5 * YEAR_MS },
        ),
      'untrusted VERIFY_CHAIN_EXPIRED',
    ],
    [
      'of next year',
      (signature) => craftStamp(authority, signature, { genTimeMs: NOW_MS + 200 * DAY_MS }),
      'untrusted VERIFY_TIMESTAMP_UNTRUSTED',
    ],
  ])('%s', (_what, stamp, expected) => {
    expect(stamped(stamp)).toBe(expected);
  });

  test('of the older form is believed when the authority is at hand', () => {
    const certificates: readonly Certificate[] = [signer, stamper];
    const unsigned = (signature: Uint8Array) => [craftCountersignature(authority, signature)];
    expect(outcome({ certificates, unsigned })).toBe('valid');
  });

  test('over a SHA-1 hash of the signature is weak', () => {
    const craft = { unsigned: (signature: Uint8Array) => [craftStamp(authority, signature, { hash: 'sha1' })] };
    expect(outcome(craft)).toBe('valid');
    expect(warnings(craft)).toContain('VERIFY_ALGORITHM_WEAK');
  });

  test('must not be there twice', () => {
    const twice = (signature: Uint8Array) => [
      craftStamp(authority, signature),
      craftStamp(authority, signature, { policy: '1.2.4' }),
    ];
    expect(outcome({ unsigned: twice })).toBe('invalid VERIFY_ATTRIBUTE_WRONG');
  });
});

describe('nested signatures', () => {
  const inner = (craft: Partial<Craft>, content = imageContent(standIn())): Der =>
    craftSignature({ ...good, ...craft, content });
  test.each<[string, Der, string]>([
    ['of the same image', inner({}), 'valid'],
    ['of another image', inner({}, imageContent(standIn({ strings: ['other'] }))), 'invalid VERIFY_DIGEST_MISMATCH'],
    [
      'by a signer that nobody trusts',
      inner({ certificate: certify(keys.signer, { eku: CODE_SIGNING }) }),
      'untrusted VERIFY_CHAIN_UNTRUSTED',
    ],
    [
      'with a signature nested once more',
      inner({ unsigned: () => [nested(inner({}))] }),
      'invalid VERIFY_ATTRIBUTE_UNKNOWN',
    ],
    ['that are none', sequence(oid(CmsOid.data)), 'invalid VERIFY_MALFORMED'],
  ])('%s', (_what, signature, expected) => {
    expect(outcome({ unsigned: () => [nested(signature)] })).toBe(expected);
  });
});
