import { toHex } from '../../../core/bytes.ts';
import type { Diagnostic } from '../../../core/errors.ts';
import type { DerNode } from '../der/parse.ts';

/** 1: SHA-1 hashes as text; 2: raw SHA-256 hashes, each with a SHA-1 "compat" member beside it (spec signing-formats 1.3). */
export type CatalogVersion = 1 | 2;

/** Hashes that a catalog member may carry. */
export type CatalogAlgorithm = 'sha1' | 'sha256';

/** How a file is hashed: by its format, not by its name (spec 1.5). */
export type SubjectKind = 'pe' | 'cab' | 'flat';

/** The object identifiers of catalogs (spec 1.8). */
export const CatOid = {
  signedData: '1.2.840.113549.1.7.2',
  ctl: '1.3.6.1.4.1.311.10.1',
  catalogList: '1.3.6.1.4.1.311.12.1.1',
  listMember: '1.3.6.1.4.1.311.12.1.2',
  listMember2: '1.3.6.1.4.1.311.12.1.3',
  nameValue: '1.3.6.1.4.1.311.12.2.1',
  memberInfo: '1.3.6.1.4.1.311.12.2.2',
  memberInfo2: '1.3.6.1.4.1.311.12.2.3',
  indirectData: '1.3.6.1.4.1.311.2.1.4',
  peImageData: '1.3.6.1.4.1.311.2.1.15',
  cabData: '1.3.6.1.4.1.311.2.1.25',
  link: '1.3.6.1.4.1.311.2.1.28',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Text of a name/value's flags: authenticated, data is text, name is text. Everything Inf2Cat writes has it. */
export const AUTHENTICATED_TEXT = 0x1001_0001;
/** Flag bits of a name/value (mscat.h, CRYPTCATATTRIBUTE). */
export const NameValueFlag = { nameIsText: 0x1, nameIsOid: 0x2, dataIsText: 0x1_0000, dataIsBase64: 0x2_0000 } as const;

/** CAT_NAMEVALUE ::= SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } */
export interface NameValue {
  readonly name: string;
  readonly flags: number;
  /** As stored; text is UTF-16LE with a NUL at the end. */
  readonly value: Uint8Array;
}

/**
 * SPC_INDIRECT_DATA ::= SEQUENCE { SEQUENCE { OID type, data }, SEQUENCE { AlgorithmIdentifier, OCTET STRING digest } }
 */
export interface IndirectData {
  readonly type: string;
  /** The whole encoding of `data`; page hashes, link style and enhanced hashes are in it. Empty when there is none. */
  readonly data: Uint8Array;
  /** Dotted object identifier of the digest algorithm. */
  readonly algorithm: string;
  readonly digest: Uint8Array;
}

/** What says which kind of file a member is: version 1 names a subject GUID, version 2 a bare tag. */
export type MemberInfo =
  | { readonly form: 1; readonly guid: string; readonly certVersion: number }
  | { readonly form: 2; readonly kind: SubjectKind };

/** TrustedSubject: one hash and what is said of it. */
export interface CatalogMember {
  /** subjectIdentifier as stored: UTF-16LE hex text with a NUL (version 1) or the raw hash (version 2). */
  readonly tag: Uint8Array;
  readonly memberInfo: MemberInfo | undefined;
  /** Absent in SHA-1 compat members. */
  readonly indirectData: IndirectData | undefined;
  /** In file order. */
  readonly attributes: readonly NameValue[];
  /** Whole encodings of attributes that winpv does not know. */
  readonly otherAttributes: readonly Uint8Array[];
}

/** Everything that the certificate trust list of a catalog says. */
export interface CatalogContent {
  readonly version: CatalogVersion;
  /** 16 octets: a version 4 GUID in Windows (mixed-endian) byte order. */
  readonly listIdentifier: Uint8Array;
  /** Milliseconds since 1970; whole seconds are stored. */
  readonly thisUpdate: number;
  readonly members: readonly CatalogMember[];
  /** Catalog attributes in file order, which is last-added-first: … OS, HWIDn … HWID1. */
  readonly attributes: readonly NameValue[];
  /** Whole encodings of extensions that winpv does not know; written after the attributes. */
  readonly otherExtensions: readonly Uint8Array[];
}

/** A catalog file as read. */
export interface Catalog {
  readonly file: string;
  readonly content: CatalogContent;
  /** The whole CTL SEQUENCE as stored. */
  readonly ctl: Uint8Array;
  /** Its value octets: what `messageDigest` covers (spec 1.2). */
  readonly ctlValue: Uint8Array;
  /** The SignedData SEQUENCE, for the signature's reader. */
  readonly signedData: DerNode;
  /** Departures from DER order and from the writing rules: readable, but Windows may refuse them. */
  readonly findings: readonly Diagnostic[];
}

/** Subject GUIDs of version 1 (spec 1.4); that of a CAB is by convention only (spec 10). */
export const SUBJECT_GUIDS: Readonly<Record<SubjectKind, string>> = {
  pe: '{C689AAB8-8E78-11D0-8C47-00C04FC295EE}',
  cab: '{C689AABA-8E78-11D0-8C47-00C04FC295EE}',
  flat: '{DE351A42-8E59-11D0-8C47-00C04FC295EE}',
};

/** UTF-16LE, as texts in OCTET STRINGs are. */
export const utf16le = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));

/** A text attribute as Inf2Cat writes it. */
export const textAttribute = (name: string, text: string, flags: number = AUTHENTICATED_TEXT): NameValue => ({
  name,
  flags,
  value: utf16le(`${text}\0`),
});

/** The text of a name/value, without its NUL; undefined when its flags say that it is not text or its length is odd. */
export const attributeText = ({ flags, value }: NameValue): string | undefined => {
  if ((flags & NameValueFlag.dataIsText) === 0 || value.length % 2 === 1) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf16le').replace(/\0$/, '');
};

/** The text of the first attribute with this name (Windows compares names exactly). */
export const findText = (attributes: readonly NameValue[], name: string): string | undefined => {
  const found = attributes.find((attribute) => attribute.name === name);
  return found === undefined ? undefined : attributeText(found);
};

/** The hash a tag stands for, told by the tag's own length and form, for hybrids mix both (spec 1.3). */
export interface TagHash {
  readonly algorithm: CatalogAlgorithm;
  readonly digest: Uint8Array;
}

const HEX_TEXT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;

/** The hash in a tag; undefined when the tag is a label (MakeCat without `<HASH>`). */
export const tagHash = (tag: Uint8Array): TagHash | undefined => {
  if (tag.length === 20) return { algorithm: 'sha1', digest: tag };
  if (tag.length === 32) return { algorithm: 'sha256', digest: tag };
  const text = tagText(tag);
  if (text === undefined || !HEX_TEXT.test(text)) return undefined;
  return { algorithm: text.length === 40 ? 'sha1' : 'sha256', digest: new Uint8Array(Buffer.from(text, 'hex')) };
};

const tagText = (tag: Uint8Array): string | undefined =>
  tag.length % 2 === 0 && tag.length >= 2 && tag.at(-1) === 0 && tag.at(-2) === 0
    ? Buffer.from(tag.buffer, tag.byteOffset, tag.byteLength - 2).toString('utf16le')
    : undefined;

/** The tag as people read it: the hash in lower-case hex, a label as its text, anything else in hex. */
export const formatTag = (tag: Uint8Array): string => {
  const hash = tagHash(tag);
  return hash === undefined ? (tagText(tag) ?? toHex(tag)) : toHex(hash.digest);
};

/** The tag that a hash has in a catalog of this version. */
export const tagOfHash = (version: CatalogVersion, digest: Uint8Array): Uint8Array =>
  version === 2 ? digest : utf16le(`${toHex(digest).toUpperCase()}\0`);

/** Which kind of file a member says it is; undefined when it does not say, or names a kind that is not known here. */
export const statedKind = ({ memberInfo }: CatalogMember): SubjectKind | undefined => {
  if (memberInfo?.form === 2) return memberInfo.kind;
  const guid = memberInfo?.guid.toUpperCase();
  return (['pe', 'cab', 'flat'] as const).find((kind) => SUBJECT_GUIDS[kind] === guid);
};

/** Which kind of file a member is; a member that does not say is judged by its indirect data, and is else flat. */
export const memberKind = (member: CatalogMember): SubjectKind => {
  const { indirectData } = member;
  const stated = statedKind(member);
  if (stated !== undefined) return stated;
  if (indirectData?.type === CatOid.peImageData) return 'pe';
  return indirectData?.type === CatOid.link ? 'cab' : 'flat';
};
