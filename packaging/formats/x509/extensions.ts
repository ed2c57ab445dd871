import { toHex } from '../../../core/bytes.ts';
import { X509Oid } from '../cms/object-ids.ts';
import { contextPrimitiveTag, type DerNode, parseDer, Tag } from '../der/parse.ts';
import { type GeneralName, type NameConstraints, parseGeneralNames, parseNameConstraints } from './general-name.ts';

/** Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }   (RFC 5280, 4.1) */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** What stands in the OCTET STRING. */
  readonly value: Uint8Array;
  readonly node: DerNode;
}

export interface BasicConstraints {
  readonly ca: boolean;
  /** How many CA certificates may stand below this one; undefined when there is no limit. */
  readonly pathLength: number | undefined;
}

/** Bits of KeyUsage, from the first (RFC 5280, 4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

/** What the extensions say that a verifier asks for; undefined where the certificate has no such extension. */
export interface CertificateExtensions {
  readonly ekus: readonly string[] | undefined;
  readonly ekuCritical: boolean;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly basicConstraints: BasicConstraints | undefined;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  /** Certificate policies, dotted. */
  readonly policies: readonly string[];
  /** subjectAltName. */
  readonly alternativeNames: readonly GeneralName[];
  /** What names an authority allows below itself. */
  readonly nameConstraints: NameConstraints | undefined;
  /** Critical extensions that this reader does not evaluate: a verifier must refuse the certificate as an issuer or signer. */
  readonly unknownCritical: readonly string[];
}

const MAX_EXTENSIONS = 200;
const CERTIFICATE_POLICIES = '2.5.29.32';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const NAME_CONSTRAINTS = '2.5.29.30';

/** Extensions whose absence of meaning for a chain is known: names, places of lists, policies, Microsoft's template. */
const EVALUATED_OR_HARMLESS: ReadonlySet<string> = new Set([
  X509Oid.subjectKeyIdentifier,
  X509Oid.keyUsage,
  X509Oid.basicConstraints,
  X509Oid.authorityKeyIdentifier,
  X509Oid.extendedKeyUsage,
  CERTIFICATE_POLICIES,
  SUBJECT_ALTERNATIVE_NAME,
  NAME_CONSTRAINTS,
  '2.5.29.18',
  '2.5.29.31',
  '1.3.6.1.5.5.7.1.1',
]);

/** @throws WinpvError DER_*: a broken extension, or the same one twice */
export const parseExtensions = (list: DerNode | undefined): CertificateExtensions => {
  const extensions = (list?.children ?? []).map(parseExtension);
  const byOid = new Map(extensions.map((extension) => [extension.oid, extension]));
  if (extensions.length > MAX_EXTENSIONS || byOid.size < extensions.length) {
    list?.fail('DER_UNEXPECTED', 'A certificate has too many extensions, or one of them twice.');
  }
  const inner = (oid: string): DerNode | undefined => {
    const extension = byOid.get(oid);
    return extension === undefined ? undefined : innerValue(extension);
  };
  const policies = inner(CERTIFICATE_POLICIES);
  const subjectKeyId = inner(X509Oid.subjectKeyIdentifier);
  return {
    ekus: inner(X509Oid.extendedKeyUsage)?.children.map((node) => node.oid('KeyPurposeId')),
    ekuCritical: byOid.get(X509Oid.extendedKeyUsage)?.critical ?? false,
    keyUsage: readKeyUsage(inner(X509Oid.keyUsage)),
    basicConstraints: readBasicConstraints(inner(X509Oid.basicConstraints)),
    subjectKeyId:
      subjectKeyId === undefined ? undefined : toHex(subjectKeyId.expect(Tag.octetString, 'KeyIdentifier').value),
    authorityKeyId: readAuthorityKeyId(inner(X509Oid.authorityKeyIdentifier)),
    policies: policies?.children.map((node) => node.child(0, 'policyIdentifier').oid('policyIdentifier')) ?? [],
    alternativeNames: parseGeneralNames(inner(SUBJECT_ALTERNATIVE_NAME)),
    nameConstraints: parseNameConstraints(inner(NAME_CONSTRAINTS)),
    unknownCritical: extensions
      .filter(({ oid, critical }) => critical && !EVALUATED_OR_HARMLESS.has(oid))
      .map(({ oid }) => oid),
  };
};

const innerValue = ({ value, node }: Extension): DerNode =>
  parseDer(value, { file: node.file, base: node.offset + node.bytes.length - value.length });

const parseExtension = (node: DerNode): Extension => {
  const { children } = node.expect(Tag.sequence, 'Extension');
  const oid = node.child(0, 'extnID').oid('extnID');
  const critical = children.length > 2 ? node.child(1, 'critical', Tag.boolean).value[0] !== 0 : false;
  const value = node.child(children.length - 1, 'extnValue', Tag.octetString).value;
  return { oid, critical, value, node };
};

const readKeyUsage = (node: DerNode | undefined): ReadonlySet<KeyUsage> | undefined => {
  if (node === undefined) return undefined;
  const [, ...octets] = node.expect(Tag.bitString, 'KeyUsage').value;
  return new Set(KEY_USAGES.filter((_, i) => ((octets[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0));
};

const readBasicConstraints = (node: DerNode | undefined): BasicConstraints | undefined => {
  if (node === undefined) return undefined;
  node.expect(Tag.sequence, 'BasicConstraints');
  const limit = node.find(Tag.integer);
  return {
    ca: (node.find(Tag.boolean)?.value[0] ?? 0) !== 0,
    pathLength: limit?.smallInteger('pathLenConstraint'),
  };
};

const readAuthorityKeyId = (node: DerNode | undefined): string | undefined => {
  const id = node?.expect(Tag.sequence, 'AuthorityKeyIdentifier').find(contextPrimitiveTag(0));
  return id === undefined ? undefined : toHex(id.value);
};
