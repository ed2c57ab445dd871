import { compareBytes, toHex } from '../../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import { contextPrimitiveTag, contextTag, type DerNode, decodeUtf16be, parseDer, Tag } from '../der/parse.ts';
import {
  type Catalog,
  type CatalogContent,
  type CatalogMember,
  type CatalogVersion,
  CatOid,
  type IndirectData,
  type MemberInfo,
  type NameValue,
} from './model.ts';

/** More members or attributes than any catalog has; Windows' own largest have some ten thousand. */
const MAX_ENTRIES = 200_000;

/**
 * Reads a catalog, signed or not, of either version (spec signing-formats 1.1–1.6).
 *
 * @param bytes the whole file: one DER ContentInfo, nothing after it
 * @throws WinpvError CAT_NOT_A_CATALOG when it is other signed data, DER_* and CAT_MALFORMED when it is damaged
 */
export const parseCatalog = (bytes: Uint8Array, file: string): Catalog => {
  if (bytes[0] !== Tag.sequence) {
    throw new WinpvError('CAT_NOT_A_CATALOG', 'The file is not an ASN.1 SEQUENCE, which a catalog is.', {
      at: { file, offset: 0 },
    });
  }
  const signedData = readSignedData(parseDer(bytes, { file }));
  const contentInfo = signedData.child(2, 'SignedData.contentInfo', Tag.sequence);
  if (contentInfo.child(0, 'contentInfo.contentType').oid('contentInfo.contentType') !== CatOid.ctl) {
    return notACatalog(contentInfo, 'The signed data is not a certificate trust list, which a catalog is.');
  }
  const ctl = contentInfo.child(1, 'contentInfo.content', contextTag(0)).child(0, 'CTL', Tag.sequence);
  const findings: Diagnostic[] = [];
  return { file, content: readCtl(ctl, findings), ctl: ctl.bytes, ctlValue: ctl.value, signedData, findings };
};

const notACatalog = (node: DerNode, message: string): never => {
  throw new WinpvError('CAT_NOT_A_CATALOG', message, { at: { file: node.file, offset: node.offset } });
};

const malformed = (node: DerNode, message: string): never => {
  throw new WinpvError('CAT_MALFORMED', message, { at: { file: node.file, offset: node.offset } });
};

const readSignedData = (root: DerNode): DerNode => {
  if (root.child(0, 'ContentInfo.contentType').oid('ContentInfo.contentType') !== CatOid.signedData) {
    return notACatalog(root, 'The file is not PKCS #7 signed data, which a catalog is.');
  }
  return root.child(1, 'ContentInfo.content', contextTag(0)).child(0, 'SignedData', Tag.sequence);
};

/** CertificateTrustList as catalogs use it: no version, no sequenceNumber, no nextUpdate (spec 1.2). */
const readCtl = (ctl: DerNode, findings: Diagnostic[]): CatalogContent => {
  const usage = ctl.child(0, 'CTL.subjectUsage', Tag.sequence).child(0, 'CTL.subjectUsage').oid('CTL.subjectUsage');
  if (usage !== CatOid.catalogList)
    return notACatalog(ctl, `The trust list's usage is ${usage}, not that of a catalog.`);
  const listIdentifier = ctl.child(1, 'CTL.listIdentifier', Tag.octetString);
  if (listIdentifier.value.length !== 16) return malformed(listIdentifier, 'The list identifier has not 16 octets.');
  const thisUpdate = ctl.child(2, 'CTL.thisUpdate').time('CTL.thisUpdate');
  const version = readVersion(ctl.child(3, 'CTL.subjectAlgorithm', Tag.sequence));
  const members = bounded(ctl.child(4, 'CTL.trustedSubjects', Tag.sequence)).map((node) => readMember(node, findings));
  checkMembers(members, ctl, findings);
  const extensions = ctl.children.length > 5 ? ctl.child(5, 'CTL.extensions', contextTag(0)) : undefined;
  if (ctl.children.length > 6) return malformed(ctl, 'The trust list has more fields than a catalog has.');
  return { version, listIdentifier: listIdentifier.value, thisUpdate, members, ...readExtensions(extensions) };
};

const bounded = (node: DerNode): readonly DerNode[] =>
  node.children.length > MAX_ENTRIES
    ? malformed(node, `The catalog has more than ${MAX_ENTRIES} entries in one list.`)
    : node.children;

const readVersion = (algorithm: DerNode): CatalogVersion => {
  const dotted = algorithm.child(0, 'CTL.subjectAlgorithm').oid('CTL.subjectAlgorithm');
  if (dotted === CatOid.listMember) return 1;
  if (dotted === CatOid.listMember2) return 2;
  return notACatalog(algorithm, `The trust list's subject algorithm ${dotted} is not that of a catalog.`);
};

const readExtensions = (holder: DerNode | undefined): Pick<CatalogContent, 'attributes' | 'otherExtensions'> => {
  const attributes: NameValue[] = [];
  const otherExtensions: Uint8Array[] = [];
  const nodes = holder === undefined ? [] : bounded(holder.child(0, 'CTL.extensions', Tag.sequence));
  for (const node of nodes) {
    const id = node.expect(Tag.sequence, 'Extension').child(0, 'Extension.extnID').oid('Extension.extnID');
    const value = node.child(1, 'Extension.extnValue');
    if (id === CatOid.nameValue && value.tag === Tag.octetString && node.children.length === 2) {
      const offset = value.offset + value.bytes.length - value.value.length;
      attributes.push(readNameValue(parseDer(value.value, { file: node.file, base: offset })));
    } else otherExtensions.push(node.bytes);
  }
  return { attributes, otherExtensions };
};

/** CAT_NAMEVALUE ::= SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } */
const readNameValue = (node: DerNode): NameValue => {
  node.expect(Tag.sequence, 'CAT_NAMEVALUE');
  return {
    name: readBmpString(node.child(0, 'CAT_NAMEVALUE.name', Tag.bmpString)),
    flags: node.child(1, 'CAT_NAMEVALUE.flags').smallInteger('CAT_NAMEVALUE.flags'),
    value: node.child(2, 'CAT_NAMEVALUE.value', Tag.octetString).value,
  };
};

const readBmpString = (node: DerNode): string =>
  node.value.length % 2 === 1 ? malformed(node, 'A BMPString has an odd number of octets.') : decodeUtf16be(node.value);

interface Gathered {
  readonly attributes: NameValue[];
  readonly otherAttributes: Uint8Array[];
  memberInfo: MemberInfo | undefined;
  indirectData: IndirectData | undefined;
}

/** TrustedSubject ::= SEQUENCE { subjectIdentifier OCTET STRING, attributes SET OF Attribute } (spec 1.3) */
const readMember = (node: DerNode, findings: Diagnostic[]): CatalogMember => {
  const tag = node.expect(Tag.sequence, 'TrustedSubject').child(0, 'subjectIdentifier', Tag.octetString).value;
  const gathered: Gathered = { attributes: [], otherAttributes: [], memberInfo: undefined, indirectData: undefined };
  const set = node.children.length > 1 ? node.child(1, 'subjectAttributes', Tag.set) : undefined;
  const attributes = set === undefined ? [] : bounded(set);
  for (const attribute of attributes) gatherAttribute(attribute, gathered);
  if (set !== undefined && !ascending(attributes.map(({ bytes }) => bytes))) {
    findings.push(
      problem('CAT_NOT_SORTED', 'The attributes of a member are not in DER order.', {
        severity: 'warning',
        at: { file: set.file, offset: set.offset },
      }),
    );
  }
  return { tag, ...gathered };
};

const gatherAttribute = (attribute: DerNode, into: Gathered): void => {
  const id = attribute.expect(Tag.sequence, 'Attribute').child(0, 'Attribute.type').oid('Attribute.type');
  const values = attribute.child(1, 'Attribute.values', Tag.set);
  const [value] = values.children;
  if (value === undefined || values.children.length > 1 || attribute.children.length > 2) {
    into.otherAttributes.push(attribute.bytes);
  } else if (id === CatOid.nameValue) into.attributes.push(readNameValue(value));
  else if (id === CatOid.memberInfo) into.memberInfo = once(attribute, into.memberInfo, readMemberInfo(value));
  else if (id === CatOid.memberInfo2) into.memberInfo = once(attribute, into.memberInfo, readMemberInfo2(value));
  else if (id === CatOid.indirectData) into.indirectData = once(attribute, into.indirectData, readIndirectData(value));
  else into.otherAttributes.push(attribute.bytes);
};

const once = <T>(node: DerNode, before: T | undefined, now: T): T =>
  before === undefined ? now : malformed(node, 'A member has the same attribute twice.');

/** CAT_MEMBERINFO ::= SEQUENCE { BMPString "{GUID}", INTEGER certVersion } */
const readMemberInfo = (node: DerNode): MemberInfo => {
  node.expect(Tag.sequence, 'CAT_MEMBERINFO');
  return {
    form: 1,
    guid: readBmpString(node.child(0, 'CAT_MEMBERINFO.subjectGuid', Tag.bmpString)),
    certVersion: node.child(1, 'CAT_MEMBERINFO.certVersion').smallInteger('CAT_MEMBERINFO.certVersion'),
  };
};

const KIND_BY_TAG = new Map([
  [contextPrimitiveTag(0), 'pe'],
  [contextPrimitiveTag(1), 'cab'],
  [contextPrimitiveTag(2), 'flat'],
] as const);

/** CAT_MEMBERINFO2: an empty context-tagged value whose tag is the kind (spec 1.4). */
const readMemberInfo2 = (node: DerNode): MemberInfo => {
  const kind = KIND_BY_TAG.get(node.tag);
  if (kind === undefined || node.value.length > 0) return malformed(node, 'A member is of an unknown kind.');
  return { form: 2, kind };
};

const readIndirectData = (node: DerNode): IndirectData => {
  const subject = node.expect(Tag.sequence, 'SPC_INDIRECT_DATA').child(0, 'SPC_INDIRECT_DATA.data', Tag.sequence);
  const digestInfo = node.child(1, 'SPC_INDIRECT_DATA.messageDigest', Tag.sequence);
  if (subject.children.length > 2) return malformed(subject, 'Indirect data has more fields than it may.');
  return {
    type: subject.child(0, 'SPC_INDIRECT_DATA.type').oid('SPC_INDIRECT_DATA.type'),
    data: subject.children[1]?.bytes ?? new Uint8Array(0),
    algorithm: digestInfo
      .child(0, 'DigestInfo.digestAlgorithm', Tag.sequence)
      .child(0, 'DigestInfo.digestAlgorithm')
      .oid('DigestInfo.digestAlgorithm'),
    digest: digestInfo.child(1, 'DigestInfo.digest', Tag.octetString).value,
  };
};

const ascending = (list: readonly Uint8Array[]): boolean =>
  list.every((item, i) => i === 0 || compareBytes(list[i - 1] ?? item, item) <= 0);

const checkMembers = (members: readonly CatalogMember[], ctl: DerNode, findings: Diagnostic[]): void => {
  const tags = members.map(({ tag }) => tag);
  const at = { file: ctl.file, offset: ctl.offset };
  if (!ascending(tags)) {
    findings.push(
      problem('CAT_NOT_SORTED', 'The members are not in the order of their tags.', { severity: 'warning', at }),
    );
  }
  if (new Set(tags.map(toHex)).size < tags.length) {
    findings.push(problem('CAT_DUPLICATE', 'Two members have the same tag.', { severity: 'warning', at }));
  }
};
