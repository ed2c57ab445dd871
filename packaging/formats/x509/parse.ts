import { createHash } from 'node:crypto';
import { toHex } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { type AlgorithmIdentifier, parseAlgorithmIdentifier } from '../cms/algorithms.ts';
import { contextPrimitiveTag, contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';
import { type CertificateExtensions, parseExtensions } from './extensions.ts';
import { formatName } from './name.ts';

/** An X.509 certificate, as read. Byte fields are views of whole encodings unless said otherwise. */
export interface Certificate extends CertificateExtensions {
  readonly der: Uint8Array;
  /** tbsCertificate: what the issuer signed. */
  readonly tbs: Uint8Array;
  /** The value octets of serialNumber. */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** `CN=…,O=…` (RFC 4514). */
  readonly issuerText: string;
  readonly subjectText: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** The signature octets, without the count of unused bits. */
  readonly signature: Uint8Array;
  /** SHA-1 of the whole certificate, lower-case hex: what Windows calls the thumbprint. */
  readonly thumbprint: string;
  /** Subject equals issuer. */
  readonly selfIssued: boolean;
  /** Where it stands, for messages. */
  readonly file: string;
  readonly offset: number;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/**
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }   (RFC 5280, 4.1)
 *
 * The algorithm outside must be the one inside: nothing but this comparison covers the outer one.
 * @throws WinpvError DER_*
 */
export const parseCertificate = (node: DerNode): Certificate => {
  node.expect(Tag.sequence, 'Certificate');
  if (node.children.length !== 3) node.fail('DER_UNEXPECTED', 'A certificate does not have three parts.');
  const tbs = node.child(0, 'tbsCertificate', Tag.sequence);
  const outer = node.child(1, 'signatureAlgorithm', Tag.sequence);
  const first = tbs.children[0]?.tag === contextTag(0) ? 1 : 0;
  const part = (index: number, name: string, tag: number): DerNode => tbs.child(first + index, name, tag);
  const signatureAlgorithm = parseAlgorithmIdentifier(part(1, 'signature', Tag.sequence), 'signature');
  if (!same(outer.bytes, signatureAlgorithm.node.bytes)) {
    outer.fail('DER_UNEXPECTED', 'The signature algorithms inside and outside a certificate differ.');
  }
  const issuer = part(2, 'issuer', Tag.sequence);
  const validity = part(3, 'validity', Tag.sequence);
  const subject = part(4, 'subject', Tag.sequence);
  return {
    der: node.bytes,
    tbs: tbs.bytes,
    serial: part(0, 'serialNumber', Tag.integer).value,
    issuer: issuer.bytes,
    subject: subject.bytes,
    issuerText: formatName(issuer),
    subjectText: formatName(subject),
    notBeforeMs: validity.child(0, 'notBefore').time('notBefore'),
    notAfterMs: validity.child(1, 'notAfter').time('notAfter'),
    publicKeyInfo: part(5, 'subjectPublicKeyInfo', Tag.sequence).bytes,
    signatureAlgorithm,
    signature: wholeBits(node.child(2, 'signatureValue', Tag.bitString)),
    thumbprint: toHex(createHash('sha1').update(node.bytes).digest()),
    selfIssued: same(issuer.bytes, subject.bytes),
    file: node.file,
    offset: node.offset,
    ...parseExtensions(extensionList(tbs, first + 6)),
  };
};

/** After the key: issuerUniqueID [1], subjectUniqueID [2], extensions [3], each optional. */
const extensionList = (tbs: DerNode, start: number): DerNode | undefined => {
  let list: DerNode | undefined;
  for (const field of tbs.children.slice(start)) {
    if (field.tag === contextTag(3) && list === undefined) list = field.child(0, 'extensions', Tag.sequence);
    else if (field.tag !== contextPrimitiveTag(1) && field.tag !== contextPrimitiveTag(2)) {
      field.fail('DER_UNEXPECTED', 'A certificate has an unknown field.');
    }
  }
  return list;
};

const wholeBits = (node: DerNode): Uint8Array =>
  node.value[0] === 0 ? node.value.subarray(1) : node.fail('DER_UNEXPECTED', 'A signature is not whole octets.');

const PEM = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/g;
/** A store of roots has some hundreds. */
const MAX_CERTIFICATES = 5_000;

/**
 * The certificates of a `.cer`, `.crt` or `.pem` file: one in DER, or any number in PEM with any text between them.
 * @throws WinpvError DER_* when there is none or one cannot be read
 */
export const parseCertificates = (bytes: Uint8Array, file: string): readonly Certificate[] => {
  if (bytes[0] === Tag.sequence) return [parseCertificate(parseDer(bytes, { file }))];
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM)];
  if (blocks.length === 0 || blocks.length > MAX_CERTIFICATES) {
    throw new WinpvError('DER_UNEXPECTED', 'The file holds no certificate, neither PEM nor DER.', { at: { file } });
  }
  return blocks.map(([, text = '']) => {
    const der = new Uint8Array(Buffer.from(text, 'base64'));
    return parseCertificate(parseDer(der, { file }));
  });
};
