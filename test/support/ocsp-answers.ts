import { createHash, sign } from 'node:crypto';
import { DigestOid, SignatureOid } from '../../packaging/formats/cms/object-ids.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  type Der,
  generalizedTime,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  time,
  tlv,
  unsignedInteger,
} from '../../packaging/formats/der/encode.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import { commonName } from '../../packaging/formats/x509/encode.ts';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import type { Party } from './test-ca.ts';

export const DAY_MS = 86_400_000;

export const anExtension = (id: string, value: Der, critical = false): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));

const uri = (text: string): Der => contextPrimitive(6, new TextEncoder().encode(text));

/** Extensions that tell where to ask. */
export const ocspPlace = (url: string): Der =>
  anExtension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), uri(url))));
export const listPlace = (...urls: readonly string[]): Der =>
  anExtension('2.5.29.31', sequence(sequence(contextConstructed(0, contextConstructed(0, ...urls.map(uri))))));

export interface Revoked {
  readonly dateMs: number;
  readonly reason?: number;
  readonly invalidityMs?: number;
}

const algorithm = sequence(oid(SignatureOid.ecdsaWithSha256));
const signed = (tbs: Der, by: Party): Der => bitString(new Uint8Array(sign('sha256', tbs, by.privateKey)));

export interface AnswerWish {
  /** About whom, and who issued that. */
  readonly about: Certificate;
  readonly issuer: Certificate;
  /** Whose key signs; with `certificate` in the answer when it is a delegated responder. */
  readonly by: Party;
  readonly certificate?: Certificate;
  readonly state?: 'good' | 'unknown' | Revoked;
  readonly thisMs: number;
  readonly nextMs?: number | undefined;
  readonly producedMs?: number;
  readonly hash?: 'sha1' | 'sha256';
  readonly byKey?: true;
  readonly critical?: string;
  readonly criticalInStatement?: string;
  /** More certificates, and statements, that come along. */
  readonly others?: readonly Certificate[];
  readonly more?: readonly Der[];
  /** Instead of the certificate's. */
  readonly serial?: Uint8Array;
}

const keyOctets = ({ publicKeyInfo }: Pick<Party, 'publicKeyInfo'>): Uint8Array =>
  parseDer(publicKeyInfo, { file: 'key' }).child(1, 'key').value.subarray(1);

const stateOf = (state: NonNullable<AnswerWish['state']>): Der => {
  if (state === 'good') return contextPrimitive(0, new Uint8Array(0));
  if (state === 'unknown') return contextPrimitive(2, new Uint8Array(0));
  const reason = state.reason === undefined ? [] : [contextConstructed(0, tlv(0x0a, Uint8Array.of(state.reason)))];
  return contextConstructed(1, generalizedTime(state.dateMs), ...reason);
};

/** SingleResponse, by fields as RFC 6960 has them. */
export const statementOf = (wish: AnswerWish): Der => {
  const { about, issuer, hash = 'sha1', state = 'good', thisMs, nextMs } = wish;
  const hashed = (bytes: Uint8Array) => octetString(new Uint8Array(createHash(hash).update(bytes).digest()));
  const id = sequence(
    sequence(oid(DigestOid[hash]), nullValue),
    hashed(about.issuer),
    hashed(keyOctets(issuer)),
    tlv(0x02, wish.serial ?? about.serial),
  );
  const invalidity = typeof state === 'object' ? state.invalidityMs : undefined;
  const extensions = [
    ...(invalidity === undefined ? [] : [anExtension('2.5.29.24', generalizedTime(invalidity))]),
    ...(wish.criticalInStatement === undefined ? [] : [anExtension(wish.criticalInStatement, nullValue, true)]),
  ];
  return sequence(
    id,
    stateOf(state),
    generalizedTime(thisMs),
    ...(nextMs === undefined ? [] : [contextConstructed(0, generalizedTime(nextMs))]),
    ...(extensions.length === 0 ? [] : [contextConstructed(1, sequence(...extensions))]),
  );
};

/** An answer in DER, with every field as it is wished for. */
export const answerBytes = (wish: AnswerWish): Der => {
  const { by, certificate, thisMs, producedMs = thisMs, byKey, critical } = wish;
  const keyHash = new Uint8Array(createHash('sha1').update(keyOctets(by)).digest());
  const tbs = sequence(
    byKey ? contextConstructed(2, octetString(keyHash)) : contextConstructed(1, commonName(by.name)),
    generalizedTime(producedMs),
    sequence(statementOf(wish), ...(wish.more ?? [])),
    ...(critical === undefined ? [] : [contextConstructed(1, sequence(anExtension(critical, nullValue, true)))]),
  );
  const along = [...(certificate === undefined ? [] : [certificate]), ...(wish.others ?? [])].map(({ der }) => der);
  const basic = sequence(
    tbs,
    algorithm,
    signed(tbs, by),
    ...(along.length === 0 ? [] : [contextConstructed(0, sequence(...along))]),
  );
  return sequence(
    tlv(0x0a, Uint8Array.of(0)),
    contextConstructed(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))),
  );
};

export interface ListWish {
  readonly thisMs: number;
  readonly nextMs?: number | undefined;
  readonly number?: number;
  /** cRLNumber of the list that this one changes. */
  readonly changesSince?: number;
  /** The content of issuingDistributionPoint. */
  readonly scope?: readonly Der[];
  readonly critical?: string;
  readonly criticalInEntry?: string;
  /** certificateIssuer of the first entry. */
  readonly entryIssuer?: string;
}

/** A list of revoked certificates in DER: serial numbers are `01 nn`, as `certify` gives them. */
export const crlBytes = (by: Party, revoked: Readonly<Record<number, Revoked>>, wish: ListWish): Der => {
  const items = Object.entries(revoked).map(([serial, { dateMs, reason, invalidityMs }], index) => {
    const extensions = [
      ...(reason === undefined ? [] : [anExtension('2.5.29.21', tlv(0x0a, Uint8Array.of(reason)))]),
      ...(invalidityMs === undefined ? [] : [anExtension('2.5.29.24', generalizedTime(invalidityMs))]),
      ...(wish.criticalInEntry === undefined ? [] : [anExtension(wish.criticalInEntry, nullValue, true)]),
      ...(wish.entryIssuer === undefined || index > 0
        ? []
        : [anExtension('2.5.29.29', sequence(contextConstructed(4, commonName(wish.entryIssuer))), true)]),
    ];
    return sequence(
      unsignedInteger(Uint8Array.of(1, Number(serial))),
      time(dateMs),
      ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
    );
  });
  const tbs = sequence(
    integer(1),
    algorithm,
    commonName(by.name),
    time(wish.thisMs),
    ...(wish.nextMs === undefined ? [] : [time(wish.nextMs)]),
    ...(items.length === 0 ? [] : [sequence(...items)]),
    contextConstructed(
      0,
      sequence(
        anExtension('2.5.29.20', integer(wish.number ?? 5)),
        ...(wish.changesSince === undefined ? [] : [anExtension('2.5.29.27', integer(wish.changesSince), true)]),
        ...(wish.scope === undefined ? [] : [anExtension('2.5.29.28', sequence(...wish.scope), true)]),
        ...(wish.critical === undefined ? [] : [anExtension(wish.critical, nullValue, true)]),
      ),
    ),
  );
  return sequence(tbs, algorithm, signed(tbs, by));
};
