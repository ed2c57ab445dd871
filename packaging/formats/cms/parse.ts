import { compareBytes, concatBytes } from '../../../core/bytes.ts';
import { contextPrimitiveTag, contextTag, type DerNode, Tag } from '../der/parse.ts';
import { type Certificate, parseCertificate } from '../x509/parse.ts';
import { type AlgorithmIdentifier, parseAlgorithmIdentifier } from './algorithms.ts';
import { CmsOid } from './object-ids.ts';

/** Attribute ::= SEQUENCE { type OID, values SET OF ANY } */
export interface Attribute {
  readonly oid: string;
  readonly values: readonly DerNode[];
  readonly node: DerNode;
}

export interface AttributeSet {
  readonly attributes: readonly Attribute[];
  /** The attributes as stored, under the tag of a SET: what a signature covers (RFC 5652, 5.4). */
  readonly asSet: Uint8Array;
  readonly sorted: boolean;
  readonly node: DerNode;
}

/** How a SignerInfo names its certificate. Byte fields as in `Certificate`. */
export type SignerId =
  | { readonly kind: 'issuer-and-serial'; readonly issuer: Uint8Array; readonly serial: Uint8Array }
  | { readonly kind: 'subject-key-id'; readonly subjectKeyId: Uint8Array };

export interface SignerInfo {
  readonly version: number;
  readonly signerId: SignerId;
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly signedAttributes: AttributeSet | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly unsignedAttributes: AttributeSet | undefined;
  readonly node: DerNode;
}

/** SignedData of PKCS #7 1.5 or CMS, as stored. Nothing is judged here but the shape. */
export interface SignedData {
  readonly version: number;
  readonly digestAlgorithms: readonly AlgorithmIdentifier[];
  readonly contentType: string;
  /** The value inside `[0]`; its value octets are what messageDigest covers. Undefined when the content is detached. */
  readonly content: DerNode | undefined;
  readonly certificates: readonly Certificate[];
  /** Attribute certificates and the like in the set of certificates; no chain uses them. */
  readonly otherCertificates: readonly DerNode[];
  readonly revocationLists: readonly DerNode[];
  readonly signers: readonly SignerInfo[];
  /** SETs that are not in DER order, by the name of their field. */
  readonly unsorted: readonly { readonly field: string; readonly node: DerNode }[];
  readonly node: DerNode;
}

/** Real signatures have at most a dozen; each costs a key operation. */
const MAX_CERTIFICATES = 64;
const MAX_ITEMS = 64;

/**
 * ContentInfo ::= SEQUENCE { contentType OID signedData, [0] EXPLICIT SignedData }: returns the SignedData.
 * @throws WinpvError DER_*
 */
export const signedDataOf = (contentInfo: DerNode): DerNode => {
  contentInfo.expect(Tag.sequence, 'ContentInfo');
  const type = contentInfo.child(0, 'ContentInfo.contentType').oid('ContentInfo.contentType');
  if (type !== CmsOid.signedData) contentInfo.fail('DER_UNEXPECTED', `The content is ${type}, not signed data.`);
  exactly(contentInfo, 2, 'ContentInfo');
  const content = contentInfo.child(1, 'ContentInfo.content', contextTag(0));
  exactly(content, 1, 'ContentInfo.content');
  return content.child(0, 'SignedData', Tag.sequence);
};

/**
 * SignedData ::= SEQUENCE { version, digestAlgorithms SET, contentInfo, [0] certificates OPTIONAL, [1] crls OPTIONAL,
 * signerInfos SET }   (RFC 2315, 9.1; RFC 5652, 5.1)
 *
 * @throws WinpvError DER_*: an unknown field, a surplus one, more than 64 certificates
 */
export const parseSignedData = (node: DerNode): SignedData => {
  node.expect(Tag.sequence, 'SignedData');
  const fields = new FieldCursor(node, 'SignedData');
  const version = fields.next('version', Tag.integer).smallInteger('SignedData.version');
  const digests = fields.next('digestAlgorithms', Tag.set);
  const contentInfo = fields.next('contentInfo', Tag.sequence);
  const certificates = fields.optional(contextTag(0));
  const lists = fields.optional(contextTag(1));
  const signers = fields.next('signerInfos', Tag.set);
  fields.end();
  const certificateNodes = bounded(certificates, MAX_CERTIFICATES);
  const sets = [
    ['digestAlgorithms', digests],
    ['certificates', certificates],
    ['signerInfos', signers],
  ] as const;
  return {
    version,
    digestAlgorithms: bounded(digests, MAX_ITEMS).map((item) => parseAlgorithmIdentifier(item, 'digestAlgorithms')),
    ...readContent(contentInfo),
    certificates: certificateNodes.filter(({ tag }) => tag === Tag.sequence).map(parseCertificate),
    otherCertificates: certificateNodes.filter(({ tag }) => tag !== Tag.sequence).map(otherCertificate),
    revocationLists: bounded(lists, MAX_ITEMS),
    signers: bounded(signers, MAX_ITEMS).map(parseSignerInfo),
    unsorted: sets.flatMap(([field, set]) => (set === undefined || isSorted(set) ? [] : [{ field, node: set }])),
    node,
  };
};

/** SignerInfo alone, as a legacy countersignature stores it. @throws WinpvError DER_* */
export const parseSignerInfo = (node: DerNode): SignerInfo => {
  node.expect(Tag.sequence, 'SignerInfo');
  const fields = new FieldCursor(node, 'SignerInfo');
  const version = fields.next('version', Tag.integer).smallInteger('SignerInfo.version');
  const keyId = fields.optional(contextPrimitiveTag(0));
  const signerId: SignerId =
    keyId === undefined
      ? readIssuerAndSerial(fields.next('issuerAndSerialNumber', Tag.sequence))
      : { kind: 'subject-key-id', subjectKeyId: keyId.value };
  const digestAlgorithm = parseAlgorithmIdentifier(fields.next('digestAlgorithm', Tag.sequence), 'digestAlgorithm');
  const signed = fields.optional(contextTag(0));
  const algorithm = fields.next('digestEncryptionAlgorithm', Tag.sequence);
  const signature = fields.next('encryptedDigest', Tag.octetString).value;
  const unsigned = fields.optional(contextTag(1));
  fields.end();
  return {
    version,
    signerId,
    digestAlgorithm,
    signedAttributes: signed === undefined ? undefined : parseAttributes(signed),
    signatureAlgorithm: parseAlgorithmIdentifier(algorithm, 'digestEncryptionAlgorithm'),
    signature,
    unsignedAttributes: unsigned === undefined ? undefined : parseAttributes(unsigned),
    node,
  };
};

/** The attributes with this type; there is at most one in a correct set. */
export const attributesOf = (set: AttributeSet | undefined, oid: string): readonly Attribute[] =>
  set?.attributes.filter((attribute) => attribute.oid === oid) ?? [];

const parseAttributes = (node: DerNode): AttributeSet => ({
  attributes: bounded(node, MAX_ITEMS).map((item) => {
    item.expect(Tag.sequence, 'Attribute');
    exactly(item, 2, 'Attribute');
    const oid = item.child(0, 'Attribute.type').oid('Attribute.type');
    return { oid, values: item.child(1, 'Attribute.values', Tag.set).children, node: item };
  }),
  asSet: concatBytes(Uint8Array.of(Tag.set), node.bytes.subarray(1)),
  sorted: isSorted(node),
  node,
});

const readContent = (node: DerNode): Pick<SignedData, 'contentType' | 'content'> => {
  const contentType = node.child(0, 'contentInfo.contentType').oid('contentInfo.contentType');
  if (node.children.length === 1) return { contentType, content: undefined };
  exactly(node, 2, 'contentInfo');
  const explicit = node.child(1, 'contentInfo.content', contextTag(0));
  exactly(explicit, 1, 'contentInfo.content');
  return { contentType, content: explicit.child(0, 'contentInfo.content') };
};

const readIssuerAndSerial = (node: DerNode): SignerId => {
  exactly(node, 2, 'issuerAndSerialNumber');
  return {
    kind: 'issuer-and-serial',
    issuer: node.child(0, 'issuer', Tag.sequence).bytes,
    serial: node.child(1, 'serialNumber', Tag.integer).value,
  };
};

/** CertificateChoices other than a certificate: [0] PKCS #6, [1] and [2] attribute certificates, [3] others. */
const otherCertificate = (node: DerNode): DerNode =>
  node.tag >= contextTag(0) && node.tag <= contextTag(3)
    ? node
    : node.fail('DER_UNEXPECTED', 'The set of certificates holds something else.');

const isSorted = (set: DerNode): boolean =>
  set.children.every((item, i, all) => i === 0 || compareBytes(all[i - 1]?.bytes ?? item.bytes, item.bytes) <= 0);

const bounded = (node: DerNode | undefined, limit: number): readonly DerNode[] => {
  if (node === undefined) return [];
  return node.children.length > limit
    ? node.fail('DER_UNEXPECTED', `A set has ${node.children.length} items; ${limit} are read.`)
    : node.children;
};

const exactly = (node: DerNode, count: number, name: string): void => {
  if (node.children.length !== count) {
    node.fail('DER_UNEXPECTED', `The field ${name} has ${node.children.length} parts, not ${count}.`);
  }
};

/** Takes the fields of a SEQUENCE one after the other, and insists that none is left. */
class FieldCursor {
  private readonly node: DerNode;
  private readonly type: string;
  private index = 0;

  constructor(node: DerNode, type: string) {
    this.node = node;
    this.type = type;
  }

  next(name: string, tag: number): DerNode {
    const field = this.node.child(this.index, `${this.type}.${name}`, tag);
    this.index += 1;
    return field;
  }

  optional(tag: number): DerNode | undefined {
    const field = this.node.children[this.index];
    if (field?.tag !== tag) return undefined;
    this.index += 1;
    return field;
  }

  end(): void {
    this.node.children[this.index]?.fail('DER_UNEXPECTED', `${this.type} has an unknown field.`);
  }
}
