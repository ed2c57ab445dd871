import { sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SignatureOid } from '../../../packaging/formats/cms/object-ids.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  type Der,
  integer,
  octetString,
  oid,
  sequence,
  time,
  tlv,
  unsignedInteger,
} from '../../../packaging/formats/der/encode.ts';
import {
  parseRevocationList,
  parseRevocationLists,
  type RevocationList,
} from '../../../packaging/formats/x509/crl-parse.ts';
import { commonName } from '../../../packaging/formats/x509/encode.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { craftPe, craftStamp } from '../../support/crafted.ts';
import { certify, NOW_MS, type Party, party } from '../../support/test-ca.ts';

const DAY_MS = 86_400_000;
const keys = { root: party('Root'), middle: party('Middle'), signer: party('Signer'), stamper: party('Stamper') };
const root = certify(keys.root, { authority: true });
const middle = certify(keys.middle, { by: keys.root, authority: true, serial: 7 });
const signer = certify(keys.signer, { by: keys.middle, eku: '1.3.6.1.5.5.7.3.3', serial: 8 });
const stamper = certify(keys.stamper, { by: keys.root, eku: '1.3.6.1.5.5.7.3.8', serial: 9 });

interface Entry {
  readonly serial: number;
  readonly dateMs: number;
  readonly reason?: number;
}

const extension = (id: string, value: Der, critical = false): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** A list of revoked certificates, version 2. */
const listBytes = (
  by: Party,
  entries: readonly Entry[],
  { critical, nextMs = NOW_MS + DAY_MS }: { readonly critical?: string; readonly nextMs?: number } = {},
): Uint8Array => {
  const algorithm = sequence(oid(SignatureOid.ecdsaWithSha256));
  const items = entries.map(({ serial, dateMs, reason }) =>
    sequence(
      unsignedInteger(Uint8Array.of(1, serial)),
      time(dateMs),
      ...(reason === undefined ? [] : [sequence(extension('2.5.29.21', tlv(0x0a, Uint8Array.of(reason))))]),
    ),
  );
  const tbs = sequence(
    integer(1),
    algorithm,
    commonName(by.name),
    time(NOW_MS - DAY_MS),
    time(nextMs),
    ...(items.length === 0 ? [] : [sequence(...items)]),
    contextConstructed(
      0,
      sequence(
        extension('2.5.29.20', integer(5)),
        ...(critical === undefined ? [] : [extension(critical, sequence(), true)]),
      ),
    ),
  );
  return sequence(tbs, algorithm, bitString(new Uint8Array(sign('sha256', tbs, by.privateKey))));
};
const list = (...args: Parameters<typeof listBytes>): RevocationList =>
  parseRevocationList(listBytes(...args), 'a.crl');

const SIGNED_MS = NOW_MS - 100 * DAY_MS;
const stampedPe = craftPe({
  certificate: signer,
  party: keys.signer,
  certificates: [signer, middle],
  unsigned: (signature) => [
    craftStamp({ certificate: stamper, party: keys.stamper }, signature, { genTimeMs: SIGNED_MS }),
  ],
});
const barePe = craftPe({ certificate: signer, party: keys.signer, certificates: [signer, middle] });

const evidence = (lists: readonly RevocationList[]) =>
  lists.length === 0 ? undefined : { lists, answers: [], nowMs: NOW_MS };

const judged = (bytes: Uint8Array, revocationLists: readonly RevocationList[]): FileVerdict =>
  verifyFile({
    path: 'demo.sys',
    bytes,
    catalogs: [],
    trust: [root.der],
    atMs: NOW_MS,
    revocation: evidence(revocationLists),
  });
const outcome = (bytes: Uint8Array, ...lists: readonly RevocationList[]): string => {
  const { verdict, reason, signatures } = judged(bytes, lists);
  return [verdict, reason, signatures[0]?.revocation].filter((word) => word !== undefined).join(' ');
};

const before: Entry = { serial: 8, dateMs: SIGNED_MS - DAY_MS };
const after: Entry = { serial: 8, dateMs: SIGNED_MS + DAY_MS };

describe('revocation', () => {
  test('is not checked without a list, which the report says', () => {
    expect(outcome(stampedPe)).toBe('valid not-checked');
  });

  test('is checked for the whole chain when there is a list of each issuer, else for a part', () => {
    const [ofRoot, ofMiddle] = [list(keys.root, []), list(keys.middle, [])];
    expect(outcome(stampedPe, ofRoot, ofMiddle)).toBe('valid good');
    expect(outcome(stampedPe, ofMiddle)).toBe('valid partly-checked');
  });

  test('before the time stamp makes a signature invalid, after it leaves it valid', () => {
    expect(outcome(stampedPe, list(keys.middle, [before]))).toBe('invalid VERIFY_REVOKED revoked');
    expect(outcome(stampedPe, list(keys.middle, [after]))).toBe('valid partly-checked');
    const warned = judged(stampedPe, [list(keys.middle, [after])]).diagnostics;
    expect(warned).toContainEqual(expect.objectContaining({ code: 'VERIFY_REVOKED', severity: 'warning' }));
  });

  test('at any time makes a signature without a time stamp invalid', () => {
    expect(outcome(barePe, list(keys.middle, [after]))).toBe('invalid VERIFY_REVOKED revoked');
  });

  test('of an issuer counts as well, and that of another serial number does not', () => {
    const early = SIGNED_MS - DAY_MS;
    expect(outcome(stampedPe, list(keys.root, [{ serial: 7, dateMs: early }]))).toBe('invalid VERIFY_REVOKED revoked');
    expect(outcome(stampedPe, list(keys.middle, [{ serial: 7, dateMs: early }]))).toBe('valid partly-checked');
  });

  test('of a time-stamp authority spoils earlier stamps only if the reason is harmful or not said', () => {
    const later = { serial: 9, dateMs: SIGNED_MS + DAY_MS };
    expect(outcome(stampedPe, list(keys.root, [{ ...later, reason: 4 }]))).toMatch(/^valid/);
    expect(outcome(stampedPe, list(keys.root, [{ ...later, reason: 1 }]))).toBe(
      'invalid VERIFY_TIMESTAMP_INVALID partly-checked',
    );
    expect(outcome(stampedPe, list(keys.root, [later]))).toBe('invalid VERIFY_TIMESTAMP_INVALID partly-checked');
  });

  test('is not told by a list of the right name that another key signed, or with something critical that is unknown', () => {
    const impostor: Party = { ...party('Middle') };
    expect(outcome(stampedPe, list(impostor, [before]))).toBe('valid partly-checked');
    expect(outcome(stampedPe, list(keys.middle, [before], { critical: '1.2.3.4' }))).toBe('valid partly-checked');
  });

  test('by a list that should have been renewed is said', () => {
    const codes = (...lists: readonly RevocationList[]) =>
      judged(stampedPe, lists).diagnostics.flatMap(({ code }) => (code.startsWith('VERIFY_REV') ? code : []));
    const old = list(keys.middle, [], { nextMs: NOW_MS - DAY_MS / 2 });
    expect(codes(old)).toEqual(['VERIFY_REVOCATION_STALE']);
    expect(codes(list(keys.middle, []))).toEqual([]);
  });
});

describe('a list of revoked certificates', () => {
  const bytes = listBytes(keys.middle, [before, { ...after, serial: 0x55, reason: 1 }]);

  test('is read from DER, and several from PEM', () => {
    const pem = new TextEncoder().encode(
      encodePem('X509 CRL', bytes) + encodePem('X509 CRL', listBytes(keys.root, [])),
    );
    const lists = parseRevocationLists(pem, 'a.pem');
    expect(lists.map(({ revoked }) => [...revoked.keys()])).toEqual([['0108', '0155'], []]);
    expect(parseRevocationLists(bytes, 'a.crl')[0]?.revoked.get('0155')).toEqual({
      dateMs: after.dateMs,
      reason: 1,
      invalidityMs: undefined,
    });
  });

  test('that is cut short or is something else stops with the reason', () => {
    for (const end of [0, 1, 5, 40, bytes.length - 1]) {
      expect(() => parseRevocationLists(bytes.subarray(0, end), 'a.crl')).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^DER_/) }),
      );
    }
    expect(() => parseRevocationLists(signer.der, 'a.cer')).toThrow(
      expect.objectContaining({ code: 'DER_UNEXPECTED' }),
    );
  });
});
