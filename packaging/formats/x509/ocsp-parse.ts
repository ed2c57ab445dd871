import { toHex } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { type AlgorithmIdentifier, type HashName, hashOf, parseAlgorithmIdentifier } from '../cms/algorithms.ts';
import { contextPrimitiveTag, contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';
import { parseListExtensions, parseReason, type Revocation } from './crl-parse.ts';
import { type Certificate, parseCertificate } from './parse.ts';

/** Which certificate an answer is about: hashes of its issuer's name and key, and its number (RFC 6960, 4.1.1). */
export interface OcspCertificateId {
  /** Undefined when the hash is not known here. */
  readonly hash: HashName | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Value octets in lower-case hex. */
  readonly serial: string;
}

/** What a responder says of one certificate. */
export interface OcspStatement {
  readonly id: OcspCertificateId;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Of a revoked one. */
  readonly revocation: Revocation | undefined;
  /** Milliseconds since 1970. */
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  /** Critical extensions: none is known here, so nothing can be concluded from such a statement. */
  readonly unknownCritical: readonly string[];
}

export type OcspResponderId =
  | { readonly kind: 'name'; readonly name: Uint8Array }
  /** SHA-1 of the key, as in `OcspCertificateId`. */
  | { readonly kind: 'key'; readonly keyHash: Uint8Array };

/** A signed answer of an OCSP responder. Byte fields are views of whole encodings unless said otherwise. */
export interface OcspResponse {
  readonly der: Uint8Array;
  readonly responder: OcspResponderId;
  readonly producedAtMs: number;
  readonly statements: readonly OcspStatement[];
  readonly unknownCritical: readonly string[];
  /** tbsResponseData: what the responder signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** The signature octets, without the count of unused bits. */
  readonly signature: Uint8Array;
  /** Nothing vouches for these but their own signatures. */
  readonly certificates: readonly Certificate[];
  readonly file: string;
}

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
/** Responders answer for one certificate, some for a handful. */
const MAX_STATEMENTS = 1_000;
const MAX_CERTIFICATES = 20;
/** Nonce and archive cutoff are not critical; the invalidity date may stand in a statement, as in a list. */
const INVALIDITY_DATE = '2.5.29.24';
const REFUSALS: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

/**
 * OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OID, response
 * OCTET STRING } OPTIONAL }   (RFC 6960, 4.2.1)
 * @throws WinpvError DER_*; REVOCATION_REFUSED when the responder gave no answer
 */
export const parseOcspResponse = (bytes: Uint8Array, file: string): OcspResponse => {
  const node = parseDer(bytes, { file }).expect(Tag.sequence, 'OCSPResponse');
  const status = node.child(0, 'responseStatus', Tag.enumerated);
  const [code, ...more] = status.value;
  if (code === undefined || more.length > 0)
    status.fail('DER_UNEXPECTED', 'The state of the answer is not one number.');
  if (code !== 0) {
    const why = REFUSALS[code ?? -1];
    if (why === undefined) return status.fail('DER_UNEXPECTED', 'The state of the answer is none that exists.');
    throw new WinpvError('REVOCATION_REFUSED', `The responder did not answer: ${why}.`, { at: { file } });
  }
  const outer = node.child(1, 'responseBytes', contextTag(0));
  const wrapped = outer.child(0, 'ResponseBytes', Tag.sequence);
  exactly(node, 2);
  exactly(outer, 1);
  exactly(wrapped, 2);
  const type = wrapped.child(0, 'responseType').oid('responseType');
  const octets = wrapped.child(1, 'response', Tag.octetString);
  if (type !== BASIC_RESPONSE)
    wrapped.fail('DER_UNEXPECTED', `The answer is of type ${type}, which is not known here.`);
  const base = octets.offset + octets.bytes.length - octets.value.length;
  return readBasic(parseDer(octets.value, { file, base }), bytes);
};

const exactly = (node: DerNode, count: number): void => {
  if (node.children.length !== count)
    node.fail('DER_UNEXPECTED', `A part of the answer does not have ${count} fields.`);
};

/** BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature BIT STRING, certs [0] OPTIONAL } */
const readBasic = (node: DerNode, der: Uint8Array): OcspResponse => {
  const tbs = node.expect(Tag.sequence, 'BasicOCSPResponse').child(0, 'tbsResponseData', Tag.sequence);
  const bits = node.child(2, 'signature', Tag.bitString);
  if (bits.value[0] !== 0) bits.fail('DER_UNEXPECTED', 'A signature is not whole octets.');
  const certs = node.children[3];
  if (certs !== undefined) exactly(certs.expect(contextTag(0), 'certs'), 1);
  if (node.children.length > 4) node.fail('DER_UNEXPECTED', 'The answer has an unknown field.');
  const list = certs?.child(0, 'certs', Tag.sequence).children ?? [];
  if (list.length > MAX_CERTIFICATES) certs?.fail('DER_UNEXPECTED', 'The answer brings too many certificates.');
  return {
    der,
    ...readData(tbs),
    tbs: tbs.bytes,
    signatureAlgorithm: parseAlgorithmIdentifier(node.child(1, 'signatureAlgorithm'), 'signatureAlgorithm'),
    signature: bits.value.subarray(1),
    certificates: list.map(parseCertificate),
    file: node.file,
  };
};

/**
 * ResponseData ::= SEQUENCE { version [0] DEFAULT v1, responderID, producedAt, responses SEQUENCE OF, responseExtensions [1]
 * OPTIONAL }; ResponderID ::= CHOICE { byName [1] Name, byKey [2] OCTET STRING }
 */
const readData = (tbs: DerNode) => {
  const versioned = tbs.children[0]?.tag === contextTag(0);
  if (versioned && tbs.child(0, 'version').child(0, 'version').smallInteger('version') !== 0) {
    tbs.fail('DER_UNEXPECTED', 'The answer is not of version 1.');
  }
  const first = versioned ? 1 : 0;
  const responses = tbs.child(first + 2, 'responses', Tag.sequence);
  const extensions = tbs.children[first + 3]?.expect(contextTag(1), 'responseExtensions');
  if (tbs.children.length > first + 4) tbs.fail('DER_UNEXPECTED', 'The answer has an unknown field.');
  if (responses.children.length === 0 || responses.children.length > MAX_STATEMENTS) {
    responses.fail('DER_UNEXPECTED', 'The answer speaks of no certificate, or of too many.');
  }
  return {
    responder: readResponder(tbs.child(first, 'responderID')),
    producedAtMs: tbs.child(first + 1, 'producedAt', Tag.generalizedTime).time('producedAt'),
    statements: responses.children.map(readStatement),
    unknownCritical: criticalOf(parseListExtensions(extensions?.child(0, 'responseExtensions'))),
  };
};

const criticalOf = (extensions: ReturnType<typeof parseListExtensions>): readonly string[] =>
  extensions.filter(({ oid, critical }) => critical && oid !== INVALIDITY_DATE).map(({ oid }) => oid);

const readResponder = (node: DerNode): OcspResponderId => {
  const inner = node.child(0, 'responderID');
  if (node.tag === contextTag(1)) return { kind: 'name', name: inner.expect(Tag.sequence, 'byName').bytes };
  node.expect(contextTag(2), 'responderID');
  return { kind: 'key', keyHash: inner.expect(Tag.octetString, 'byKey').value };
};

/** SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] OPTIONAL, singleExtensions [1] OPTIONAL } */
const readStatement = (node: DerNode): OcspStatement => {
  node.expect(Tag.sequence, 'SingleResponse');
  const rest = node.children.slice(3);
  const next = rest[0]?.tag === contextTag(0) ? rest[0] : undefined;
  const more = next === undefined ? rest : rest.slice(1);
  if (more.length > 1) node.fail('DER_UNEXPECTED', 'A statement has an unknown field.');
  const extensions = parseListExtensions(
    more[0]?.expect(contextTag(1), 'singleExtensions').child(0, 'singleExtensions'),
  );
  const invalidity = extensions
    .find(({ oid }) => oid === INVALIDITY_DATE)
    ?.value()
    .time('invalidityDate');
  return {
    id: readId(node.child(0, 'certID', Tag.sequence)),
    ...readStatus(node.child(1, 'certStatus'), invalidity),
    thisUpdateMs: node.child(2, 'thisUpdate', Tag.generalizedTime).time('thisUpdate'),
    nextUpdateMs: next?.child(0, 'nextUpdate', Tag.generalizedTime).time('nextUpdate'),
    unknownCritical: criticalOf(extensions),
  };
};

/** CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING, serialNumber INTEGER } */
const readId = (node: DerNode): OcspCertificateId => {
  exactly(node, 4);
  return {
    hash: hashOf(parseAlgorithmIdentifier(node.child(0, 'hashAlgorithm'), 'hashAlgorithm')),
    issuerNameHash: node.child(1, 'issuerNameHash', Tag.octetString).value,
    issuerKeyHash: node.child(2, 'issuerKeyHash', Tag.octetString).value,
    serial: toHex(node.child(3, 'serialNumber', Tag.integer).value),
  };
};

/** CertStatus ::= CHOICE { good [0] NULL, revoked [1] { revocationTime, revocationReason [0] OPTIONAL }, unknown [2] NULL } */
const readStatus = (node: DerNode, invalidityMs: number | undefined): Pick<OcspStatement, 'status' | 'revocation'> => {
  if (node.tag === contextTag(1)) {
    const reason = node.children[1]?.expect(contextTag(0), 'revocationReason').child(0, 'revocationReason');
    if (node.children.length > 2) node.fail('DER_UNEXPECTED', 'A revocation has an unknown field.');
    const dateMs = node.child(0, 'revocationTime', Tag.generalizedTime).time('revocationTime');
    const revocation = { dateMs, reason: reason === undefined ? undefined : parseReason(reason), invalidityMs };
    return { status: 'revoked', revocation };
  }
  if (node.value.length > 0) node.fail('DER_UNEXPECTED', 'The state of a certificate is not one that exists.');
  if (node.tag === contextPrimitiveTag(0)) return { status: 'good', revocation: undefined };
  node.expect(contextPrimitiveTag(2), 'certStatus');
  return { status: 'unknown', revocation: undefined };
};

const PEM = /-----BEGIN OCSP RESPONSE-----([A-Za-z0-9+/=\s]+)-----END OCSP RESPONSE-----/g;
const MAX_BLOCKS = 1_000;

/** The answers of a file: one in DER, or any number in PEM. @throws WinpvError DER_*, REVOCATION_REFUSED */
export const parseOcspResponses = (bytes: Uint8Array, file: string): readonly OcspResponse[] => {
  const blocks = bytes[0] === Tag.sequence ? [] : [...Buffer.from(bytes).toString('latin1').matchAll(PEM)];
  // Neither form: reading it as DER says what is wrong at which place.
  if (blocks.length === 0 || blocks.length > MAX_BLOCKS) return [parseOcspResponse(bytes, file)];
  return blocks.map(([, text = '']) => parseOcspResponse(new Uint8Array(Buffer.from(text, 'base64')), file));
};
