import { compareBytes } from '../../../core/bytes.ts';
import {
  bmpString,
  contextConstructed,
  contextPrimitive,
  type Der,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  tlv,
} from '../der/encode.ts';
import {
  type CatalogContent,
  type CatalogMember,
  CatOid,
  type IndirectData,
  type MemberInfo,
  type NameValue,
} from './model.ts';

/** SEQUENCE OF with any number of items (a call with that many arguments would not fit the stack). */
const sequenceOf = (items: readonly Der[]): Der => tlv(0x30, Buffer.concat(items));

/** CAT_NAMEVALUE ::= SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } (spec signing-formats 1.4) */
const nameValue = ({ name, flags, value }: NameValue): Der =>
  sequence(bmpString(name), integer(flags), octetString(value));

/** Attribute ::= SEQUENCE { OID, SET OF one value } */
const attribute = (id: string, value: Der): Der => sequence(oid(id), tlv(0x31, value));

const MEMBER_INFO_2 = { pe: 0, cab: 1, flat: 2 } as const;
const NOTHING = new Uint8Array(0);

const memberInfo = (info: MemberInfo): Der =>
  info.form === 1
    ? attribute(CatOid.memberInfo, sequence(bmpString(info.guid), certVersion(info.certVersion)))
    : attribute(CatOid.memberInfo2, contextPrimitive(MEMBER_INFO_2[info.kind], NOTHING));

const certVersion = (value: number): Der => integer(value);

const indirectData = ({ type, data, algorithm, digest }: IndirectData): Der =>
  attribute(
    CatOid.indirectData,
    sequence(sequence(oid(type), data), sequence(sequence(oid(algorithm), nullValue), octetString(digest))),
  );

/** TrustedSubject ::= SEQUENCE { subjectIdentifier OCTET STRING, attributes SET OF Attribute } (spec 1.3) */
const trustedSubject = (member: CatalogMember): Der => {
  const attributes = member.attributes.map((item) => attribute(CatOid.nameValue, nameValue(item)));
  if (member.memberInfo !== undefined) attributes.push(memberInfo(member.memberInfo));
  if (member.indirectData !== undefined) attributes.push(indirectData(member.indirectData));
  return sequence(octetString(member.tag), setOf(...attributes, ...member.otherAttributes));
};

/** Extension ::= SEQUENCE { OID, OCTET STRING { CAT_NAMEVALUE } }, no critical flag (spec 1.6) */
const extension = (item: NameValue): Der => sequence(oid(CatOid.nameValue), octetString(nameValue(item)));

/**
 * The certificate trust list of a catalog: the whole SEQUENCE. Its value octets are what a signature covers.
 * Members are written in the order of their tags, attributes of a member in DER order, catalog attributes as given.
 */
export const encodeCtl = (content: CatalogContent): Der => {
  const members = [...content.members].sort((a, b) => compareBytes(a.tag, b.tag)).map(trustedSubject);
  const extensions = [...content.attributes.map(extension), ...content.otherExtensions];
  return sequence(
    sequence(oid(CatOid.catalogList)),
    octetString(content.listIdentifier),
    time(content.thisUpdate),
    sequence(oid(content.version === 1 ? CatOid.listMember : CatOid.listMember2), nullValue),
    sequenceOf(members),
    ...(extensions.length === 0 ? [] : [contextConstructed(0, sequenceOf(extensions))]),
  );
};

/** The catalog file before it is signed: signed data with no digest algorithms, certificates or signers (spec 1.1). */
export const encodeUnsignedCatalog = (content: CatalogContent): Uint8Array =>
  sequence(
    oid(CatOid.signedData),
    contextConstructed(
      0,
      sequence(integer(1), setOf(), sequence(oid(CatOid.ctl), contextConstructed(0, encodeCtl(content))), setOf()),
    ),
  );
