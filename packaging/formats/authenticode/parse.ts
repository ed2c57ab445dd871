import { type HashName, hashOf, parseAlgorithmIdentifier } from '../cms/algorithms.ts';
import { SpcOid } from '../cms/object-ids.ts';
import { contextPrimitiveTag, contextTag, type DerNode, decodeUtf16be, parseDer, Tag } from '../der/parse.ts';

/** Page hashes as stored: `table` has entries of u32 file offset and hash (spec signing-formats 3.5). */
export interface PageHashes {
  readonly algorithm: 'sha1' | 'sha256';
  readonly table: Uint8Array;
}

/** SpcIndirectDataContent: what an embedded signature says of its file. */
export interface IndirectDataContent {
  readonly subject: 'pe' | 'cab' | 'other';
  /** Dotted object identifier of the subject's type. */
  readonly type: string;
  /** The type is not the one of the subject, which the form of the data told. */
  readonly misnamed: boolean;
  readonly digestAlgorithm: HashName | undefined;
  readonly digest: Uint8Array;
  readonly pageHashes: PageHashes | undefined;
}

const PAGE_HASH_CLASS = 'a6b586d5b4a12466ae05a217da8e60d6';
/**
 * Identifiers of the statement type, which stand where the subject's type belongs.
 * observed: pesign, in fwupdx64.efi.signed of Debian's fwupd-amd64-signed 1.4; firmware and osslsigncode accept it
 */
const STATEMENT_TYPES: ReadonlySet<string> = new Set([SpcOid.individualCodeSigning, '1.3.6.1.4.1.311.2.1.22']);
const PAGE_HASH_OIDS: Readonly<Record<string, PageHashes['algorithm']>> = {
  '1.3.6.1.4.1.311.2.3.1': 'sha1',
  '1.3.6.1.4.1.311.2.3.2': 'sha256',
};

/**
 * SpcIndirectDataContent ::= SEQUENCE { SEQUENCE { type OID, value ANY }, DigestInfo }   (spec signing-formats 3.3)
 * @throws WinpvError DER_*
 */
export const parseIndirectData = (node: DerNode): IndirectDataContent => {
  const data = node.expect(Tag.sequence, 'SpcIndirectDataContent').child(0, 'data', Tag.sequence);
  const info = node.child(1, 'messageDigest', Tag.sequence);
  const type = data.child(0, 'data.type').oid('data.type');
  const misnamed = STATEMENT_TYPES.has(type) && isPeImageData(data.children[1]);
  const subject = type === SpcOid.peImageData || misnamed ? 'pe' : type === SpcOid.cabData ? 'cab' : 'other';
  if (node.children.length > 2 || data.children.length > 2 || info.children.length > 2) {
    node.fail('DER_UNEXPECTED', 'SpcIndirectDataContent has a surplus field.');
  }
  return {
    subject,
    type,
    misnamed,
    digestAlgorithm: hashOf(parseAlgorithmIdentifier(info.child(0, 'digestAlgorithm'), 'digestAlgorithm')),
    digest: info.child(1, 'digest', Tag.octetString).value,
    pageHashes: subject === 'pe' ? readPageHashes(data.child(1, 'SpcPeImageData', Tag.sequence)) : undefined,
  };
};

const isPeImageData = (value: DerNode | undefined): boolean =>
  value?.tag === Tag.sequence && value.children[0]?.tag === Tag.bitString;

/** SpcPeImageData ::= SEQUENCE { flags BIT STRING, [0] EXPLICIT SpcLink }; page hashes are the link's `[1]` object. */
const readPageHashes = (image: DerNode): PageHashes | undefined => {
  const link = image.find(contextTag(0))?.children[0];
  if (link?.tag !== contextTag(1)) return undefined;
  const classId = link.child(0, 'SpcSerializedObject.classId', Tag.octetString).value;
  if (Buffer.from(classId).toString('hex') !== PAGE_HASH_CLASS) return undefined;
  const serialized = link.child(1, 'SpcSerializedObject.serializedData', Tag.octetString);
  const base = serialized.offset + serialized.bytes.length - serialized.value.length;
  const attribute = parseDer(serialized.value, { file: image.file, base })
    .expect(Tag.set, 'page hashes')
    .child(0, 'page hash attribute', Tag.sequence);
  const algorithm = PAGE_HASH_OIDS[attribute.child(0, 'page hash type').oid('page hash type')];
  if (algorithm === undefined) return attribute.fail('DER_UNEXPECTED', 'The page hashes are of an unknown type.');
  return {
    algorithm,
    table: attribute.child(1, 'page hash values', Tag.set).child(0, 'page hash table', Tag.octetString).value,
  };
};

/** What the signer says of the program: not proven, but signed. */
export interface OpusInfo {
  readonly programName?: string;
  readonly moreInfo?: string;
}

/** SpcSpOpusInfo ::= SEQUENCE { [0] EXPLICIT SpcString OPTIONAL, [1] EXPLICIT SpcLink OPTIONAL }   (spec 3.4) */
export const parseOpusInfo = (node: DerNode): OpusInfo => {
  node.expect(Tag.sequence, 'SpcSpOpusInfo');
  const name = node.find(contextTag(0))?.children[0];
  const link = node.find(contextTag(1))?.children[0];
  const programName = name === undefined ? undefined : spcString(name);
  const moreInfo = link === undefined ? undefined : spcLink(link);
  return {
    ...(programName === undefined ? {} : { programName }),
    ...(moreInfo === undefined ? {} : { moreInfo }),
  };
};

/** SpcString: `[0]` UTF-16BE or `[1]` ASCII. */
const spcString = (node: DerNode): string | undefined => {
  if (node.tag === contextPrimitiveTag(0)) return decodeUtf16be(node.value);
  return node.tag === contextPrimitiveTag(1) ? Buffer.from(node.value).toString('latin1') : undefined;
};

/** SpcLink: `[0]` a URL, `[2]` a file name; a serialized object (`[1]`) is not for people. */
const spcLink = (node: DerNode): string | undefined => {
  if (node.tag === contextPrimitiveTag(0)) return Buffer.from(node.value).toString('latin1');
  const file = node.tag === contextTag(2) ? node.children[0] : undefined;
  return file === undefined ? undefined : spcString(file);
};
