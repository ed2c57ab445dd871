import { toHex } from '../../../core/bytes.ts';
import { type AlgorithmIdentifier, parseAlgorithmIdentifier } from '../cms/algorithms.ts';
import { contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';

/** One revoked certificate. */
export interface Revocation {
  /** Milliseconds since 1970. */
  readonly dateMs: number;
  /** CRLReason (RFC 5280, 5.3.1); undefined when the list gives none. */
  readonly reason: number | undefined;
}

/** A list of revoked certificates, as read. Byte fields are views of whole encodings unless said otherwise. */
export interface RevocationList {
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  /** By the value octets of the serial number, in lower-case hex. */
  readonly revoked: ReadonlyMap<string, Revocation>;
  /** Critical extensions: such a list speaks of less, or of others, than its issuer's certificates. */
  readonly critical: readonly string[];
  /** tbsCertList: what the issuer signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** The signature octets, without the count of unused bits. */
  readonly signature: Uint8Array;
  readonly file: string;
}

/** Microsoft's and DigiCert's longest lists have some ten thousand. */
const MAX_REVOKED = 2_000_000;
const REASON_CODE = '2.5.29.21';

const isTime = ({ tag }: DerNode): boolean => tag === Tag.utcTime || tag === Tag.generalizedTime;

/**
 * CertificateList ::= SEQUENCE { tbsCertList SEQUENCE { version OPTIONAL, signature, issuer, thisUpdate, nextUpdate
 * OPTIONAL, revokedCertificates OPTIONAL, [0] crlExtensions OPTIONAL }, signatureAlgorithm, signatureValue }   (RFC 5280, 5.1)
 * @throws WinpvError DER_*
 */
export const parseRevocationList = (bytes: Uint8Array, file: string): RevocationList => {
  const node = parseDer(bytes, { file }).expect(Tag.sequence, 'CertificateList');
  if (node.children.length !== 3) node.fail('DER_UNEXPECTED', 'A revocation list does not have three parts.');
  const tbs = node.child(0, 'tbsCertList', Tag.sequence);
  const outer = node.child(1, 'signatureAlgorithm', Tag.sequence);
  const first = tbs.children[0]?.tag === Tag.integer ? 1 : 0;
  const signatureAlgorithm = parseAlgorithmIdentifier(tbs.child(first, 'signature', Tag.sequence), 'signature');
  if (toHex(outer.bytes) !== toHex(signatureAlgorithm.node.bytes)) {
    outer.fail('DER_UNEXPECTED', 'The signature algorithms inside and outside a revocation list differ.');
  }
  const [next, ...rest] = tbs.children.slice(first + 3);
  const hasNext = next !== undefined && isTime(next);
  const fields = hasNext || next === undefined ? rest : [next, ...rest];
  const entries = fields[0]?.tag === Tag.sequence ? fields[0] : undefined;
  const extensions = fields[entries === undefined ? 0 : 1];
  if (fields.length > (entries === undefined ? 0 : 1) + (extensions === undefined ? 0 : 1)) {
    tbs.fail('DER_UNEXPECTED', 'A revocation list has an unknown field.');
  }
  const bits = node.child(2, 'signatureValue', Tag.bitString);
  if (bits.value[0] !== 0) bits.fail('DER_UNEXPECTED', 'A signature is not whole octets.');
  return {
    issuer: tbs.child(first + 1, 'issuer', Tag.sequence).bytes,
    thisUpdateMs: tbs.child(first + 2, 'thisUpdate').time('thisUpdate'),
    nextUpdateMs: hasNext ? next.time('nextUpdate') : undefined,
    revoked: readRevoked(entries),
    critical: readCritical(extensions),
    tbs: tbs.bytes,
    signatureAlgorithm,
    signature: bits.value.subarray(1),
    file,
  };
};

/** SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL } */
const readRevoked = (entries: DerNode | undefined): ReadonlyMap<string, Revocation> => {
  const items = entries?.children ?? [];
  if (items.length > MAX_REVOKED) entries?.fail('DER_UNEXPECTED', 'The revocation list has too many entries.');
  return new Map(
    items.map((item) => {
      item.expect(Tag.sequence, 'revokedCertificate');
      const serial = item.child(0, 'userCertificate').integerHex('userCertificate');
      return [serial, { dateMs: item.child(1, 'revocationDate').time('revocationDate'), reason: reasonOf(item) }];
    }),
  );
};

const reasonOf = (entry: DerNode): number | undefined => {
  for (const extension of entry.children[2]?.expect(Tag.sequence, 'crlEntryExtensions').children ?? []) {
    if (extension.child(0, 'extnID').oid('extnID') !== REASON_CODE) continue;
    const { value } = extension.child(extension.children.length - 1, 'extnValue', Tag.octetString);
    return parseDer(value, { file: entry.file }).expect(Tag.enumerated, 'CRLReason').value[0];
  }
  return undefined;
};

const readCritical = (extensions: DerNode | undefined): readonly string[] =>
  (extensions?.expect(contextTag(0), 'crlExtensions').child(0, 'crlExtensions', Tag.sequence).children ?? [])
    .filter((extension) => extension.find(Tag.boolean)?.value[0] === 0xff)
    .map((extension) => extension.child(0, 'extnID').oid('extnID'));

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g;

/** The lists of a `.crl` file: one in DER, or any number in PEM. @throws WinpvError DER_* */
export const parseRevocationLists = (bytes: Uint8Array, file: string): readonly RevocationList[] => {
  if (bytes[0] === Tag.sequence) return [parseRevocationList(bytes, file)];
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM)];
  // Neither form: reading it as DER says what is wrong at which place.
  if (blocks.length === 0) return [parseRevocationList(bytes, file)];
  return blocks.map(([, text = '']) => parseRevocationList(new Uint8Array(Buffer.from(text, 'base64')), file));
};
