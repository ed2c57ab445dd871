import { compareBytes } from '../../../core/bytes.ts';
import {
  bmpString,
  constructed,
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
const sequenceOf = (items: readonly Der[]): Der => constructed(0x30, items);

/** CAT_NAMEVALUE ::= SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } (spec signing-formats 1.4) */
const nameValue = ({ name, flags, value }: NameValue): Der =>
  sequence(bmpString(name), integer(flags), octetString(value));

/** Attribute ::= SEQUENCE { OID, SET OF one value } */
const attribute = (id: string, value: Der): Der => sequence(oid(id), tlv(0x31, value));

const MEMBER_INFO_2 = { pe: 0, cab: 1, flat: 2 } as const;
const NOTHING = new Uint8Array(0);

const memberInfo = (info: MemberInfo): Der =>
  info.form === 1
    ? attribute(CatOid.memberInfo, sequence(bmpString(info.guid), integer(info.certVersion)))
    : attribute(CatOid.memberInfo2, contextPrimitive(MEMBER_INFO_2[info.kind], NOTHING));

const indirectData = ({ type, data, algorithm, digest }: IndirectData): Der =>
  attribute(
    CatOid.indirectData,
    sequence(sequence(oid(type), data), sequence(sequence(oid(algorithm), nullValue), octetString(digest))),
  );

/** Remembers the encodings of values that many members share: both members of a file have one list of attributes. */
const remembered = <T>(encode: (value: T) => Der[]): ((value: T) => Der[]) => {
  const known = new Map<T, Der[]>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const encoded = encode(value);
    known.set(value, encoded);
    return encoded;
  };
};

/** TrustedSubject ::= SEQUENCE { subjectIdentifier OCTET STRING, attributes SET OF Attribute } (spec 1.3) */
const trustedSubjects = (members: readonly CatalogMember[]): readonly Der[] => {
  const nameValues = remembered((list: readonly NameValue[]) =>
    list.map((item) => attribute(CatOid.nameValue, nameValue(item))),
  );
  const info = remembered((value: MemberInfo | undefined) => (value === undefined ? [] : [memberInfo(value)]));
  return members.map((member) => {
    const attributes = [...nameValues(member.attributes), ...info(member.memberInfo), ...member.otherAttributes];
    if (member.indirectData !== undefined) attributes.push(indirectData(member.indirectData));
    return sequence(octetString(member.tag), constructed(0x31, attributes.sort(compareBytes)));
  });
};

/** Extension ::= SEQUENCE { OID, OCTET STRING { CAT_NAMEVALUE } }, no critical flag (spec 1.6) */
const extension = (item: NameValue): Der => sequence(oid(CatOid.nameValue), octetString(nameValue(item)));

/**
 * The certificate trust list of a catalog: the whole SEQUENCE. Its value octets are what a signature covers.
 * Members are written in the order of their tags, attributes of a member in DER order, catalog attributes as given.
 */
export const encodeCtl = (content: CatalogContent): Der => {
  const members = [...content.members].sort((a, b) => compareBytes(a.tag, b.tag));
  const extensions = [...content.attributes.map(extension), ...content.otherExtensions];
  return sequence(
    sequence(oid(CatOid.catalogList)),
    octetString(content.listIdentifier),
    time(content.thisUpdate),
    sequence(oid(content.version === 1 ? CatOid.listMember : CatOid.listMember2), nullValue),
    sequenceOf(trustedSubjects(members)),
    ...(extensions.length === 0 ? [] : [contextConstructed(0, sequenceOf(extensions))]),
  );
};

/** The catalog file before it is signed: signed data with no digest algorithms, certificates or signers (spec 1.1). */
export const encodeUnsignedCatalog = (content: CatalogContent): Uint8Array => wrapUnsignedCtl(encodeCtl(content));

/** The same around a trust list that is encoded already. */
export const wrapUnsignedCtl = (ctl: Der): Uint8Array =>
  sequence(
    oid(CatOid.signedData),
    contextConstructed(
      0,
      sequence(integer(1), setOf(), sequence(oid(CatOid.ctl), contextConstructed(0, ctl)), setOf()),
    ),
  );
