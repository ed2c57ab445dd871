import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { boolean, type Der, integer, octetString, oid, sequence } from '../../packaging/formats/der/encode.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import {
  commonName,
  encodeCertificate,
  encodeTbsCertificate,
  extendedKeyUsage,
  keyUsage,
} from '../../packaging/formats/x509/encode.ts';
import { type Certificate, parseCertificate } from '../../packaging/formats/x509/parse.ts';

/** A name with a key that can certify others. */
export interface Party {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKeyInfo: Uint8Array;
}

export const party = (name: string): Party => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { name, privateKey, publicKeyInfo: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
};

export interface Wish {
  readonly by?: Party;
  /** Limit of authorities below, or true for none; absent for a leaf. */
  readonly authority?: true | number;
  readonly eku?: string;
  readonly keyUsage?: readonly number[];
  readonly validMs?: readonly [from: number, to: number];
  readonly serial?: number;
  /** An INTEGER below zero, as careless authorities have issued. */
  readonly negativeSerial?: boolean;
  readonly more?: readonly Der[];
}

export const YEAR_MS = 365 * 86_400_000;
export const NOW_MS = Date.UTC(2026, 10, 24);

const basicConstraints = (limit: true | number): Der =>
  sequence(
    oid('2.5.29.19'),
    boolean(true),
    octetString(limit === true ? sequence(boolean(true)) : sequence(boolean(true), integer(limit))),
  );

/** A certificate for `subject`, by itself or by another party, with just the extensions that are wished for. */
export const certify = (subject: Party, wish: Wish = {}): Certificate => {
  const issuer = wish.by ?? subject;
  const [notBeforeMs, notAfterMs] = wish.validMs ?? [NOW_MS - YEAR_MS, NOW_MS + YEAR_MS];
  const positive = encodeTbsCertificate({
    serialNumber: Uint8Array.of(1, wish.serial ?? 1),
    signature: 'ecdsa-sha256',
    issuer: commonName(issuer.name),
    subject: commonName(subject.name),
    notBeforeMs,
    notAfterMs,
    publicKeyInfo: subject.publicKeyInfo,
    extensions: [
      ...(wish.authority === undefined ? [] : [basicConstraints(wish.authority)]),
      ...(wish.eku === undefined ? [] : [extendedKeyUsage(wish.eku)]),
      ...(wish.keyUsage === undefined ? [] : [keyUsage(...wish.keyUsage)]),
      ...(wish.more ?? []),
    ],
  });
  const tbs = wish.negativeSerial === true ? withNegativeSerial(positive) : positive;
  const der = encodeCertificate(tbs, 'ecdsa-sha256', new Uint8Array(sign('sha256', tbs, issuer.privateKey)));
  return parseCertificate(parseDer(der, { file: `${subject.name}.cer` }));
};

/** The same with the sign bit of the serial number set. */
const withNegativeSerial = (tbs: Uint8Array): Uint8Array => {
  const copy = tbs.slice();
  const { offset } = parseDer(tbs, { file: 'tbs' }).child(1, 'serialNumber');
  copy[offset + 2] = 0x81;
  return copy;
};
