import { toHex } from '../../../core/bytes.ts';
import {
  attributeText,
  type Catalog,
  type CatalogMember,
  CatOid,
  findText,
  formatTag,
  memberKind,
  type NameValue,
  type SubjectKind,
  tagHash,
} from './model.ts';
import { osByCode, windowsName } from './os.ts';

/** A member as `winpv cat show --json` prints it. */
export interface ShownMember {
  /** Hash in lower-case hex, or the label of a member that has no hash as its tag. */
  readonly tag: string;
  /** Lower-case hex; of a compat member, which stores none, its tag. */
  readonly digest: string;
  readonly algorithm: string;
  readonly kind: SubjectKind;
  /** `hash`: the hash itself (version 2); `hex-text`: as hex digits (version 1); `label`: something else. */
  readonly tagFormat: 'hash' | 'hex-text' | 'label';
  /** Whether the member lists the hashes of the image's pages. */
  readonly pageHashes: boolean;
  /** With which algorithm, where it does. */
  readonly pageHashAlgorithm?: 'sha1' | 'sha256';
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ShownOs {
  readonly code: string;
  /** What goes into `--os`. */
  readonly name: string | null;
  readonly windows: string | null;
}

/** The result of `winpv cat show --json`, without the signatures. */
export interface ShownCatalog {
  readonly version: 1 | 2;
  readonly digestAlgorithm: 'sha1' | 'sha256';
  /** Lower-case hex of the 16 octets as stored. */
  readonly listIdentifier: string;
  /** ISO 8601, UTC, whole seconds. */
  readonly thisUpdate: string;
  /** Without OS and HWIDn. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly osAttributes: readonly string[];
  /** The same, each as Inf2Cat and as Windows call it; null for a code that is not in the vocabulary. */
  readonly operatingSystems: readonly ShownOs[];
  readonly hardwareIds: readonly string[];
  readonly members: readonly ShownMember[];
}

const ALGORITHM_NAMES: Readonly<Record<string, string>> = { [CatOid.sha1]: 'sha1', [CatOid.sha256]: 'sha256' };
const HARDWARE_ID = /^HWID(\d{1,9})$/;

/** Texts by their names; what is not text is shown in hex. */
const shownAttributes = (attributes: readonly NameValue[]): Record<string, string> =>
  Object.fromEntries(attributes.map((item) => [item.name, attributeText(item) ?? toHex(item.value)]));

const shownMember = (member: CatalogMember): ShownMember => {
  const { tag, indirectData, attributes } = member;
  const hash = tagHash(tag);
  const algorithm = indirectData === undefined ? hash?.algorithm : ALGORITHM_NAMES[indirectData.algorithm];
  return {
    tag: formatTag(tag),
    digest: toHex(indirectData?.digest ?? hash?.digest ?? new Uint8Array(0)),
    algorithm: algorithm ?? indirectData?.algorithm ?? '',
    kind: memberKind(member),
    tagFormat: hash === undefined ? 'label' : hash.digest.length === tag.length ? 'hash' : 'hex-text',
    pageHashes: hasPageHashes(member),
    ...pageHashAlgorithm(member),
    attributes: shownAttributes(attributes),
  };
};

/** Page hashes stand in the image data as a serialized object, `[0]` holding `[1]` (spec signing-formats 3.5). */
export const hasPageHashes = ({ indirectData }: CatalogMember): boolean =>
  indirectData?.type === CatOid.peImageData && Buffer.from(indirectData.data).includes(PAGE_HASH_CLASS);

/** Page hash tables of SHA-1 and of SHA-256: 1.3.6.1.4.1.311.2.3.1 and .2 (spec 3.5). */
const PAGE_HASH_OIDS = [
  { algorithm: 'sha1', oid: Buffer.from('060a2b060104018237020301', 'hex') },
  { algorithm: 'sha256', oid: Buffer.from('060a2b060104018237020302', 'hex') },
] as const;

const pageHashAlgorithm = (member: CatalogMember): Pick<ShownMember, 'pageHashAlgorithm'> => {
  if (!hasPageHashes(member)) return {};
  const data = Buffer.from(member.indirectData?.data ?? []);
  const found = PAGE_HASH_OIDS.find(({ oid }) => data.includes(oid));
  return found === undefined ? {} : { pageHashAlgorithm: found.algorithm };
};

const shownOs = (code: string): ShownOs => {
  const os = osByCode(code);
  return { code, name: os?.name ?? null, windows: os === undefined ? null : windowsName(os) };
};

const PAGE_HASH_CLASS = Buffer.from('0410a6b586d5b4a12466ae05a217da8e60d6', 'hex');

/** The hardware ids that a catalog names, in the order of their numbers. */
export const hardwareIdsOf = (attributes: readonly NameValue[]): readonly string[] =>
  attributes
    .flatMap((item) => {
      const number = HARDWARE_ID.exec(item.name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), id: attributeText(item) ?? '' }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ id }) => id);

/** The OS codes that a catalog names, in file order. */
export const osCodesOf = (attributes: readonly NameValue[]): readonly string[] =>
  (findText(attributes, 'OS') ?? '').split(',').filter((code) => code !== '');

/** A catalog as `winpv cat show --json` prints it; members in file order. */
export const showCatalog = ({ content }: Catalog): ShownCatalog => ({
  version: content.version,
  digestAlgorithm: content.version === 1 ? 'sha1' : 'sha256',
  listIdentifier: toHex(content.listIdentifier),
  thisUpdate: new Date(content.thisUpdate).toISOString().replace(/\.\d+Z$/, 'Z'),
  attributes: shownAttributes(content.attributes.filter(({ name }) => name !== 'OS' && !HARDWARE_ID.test(name))),
  osAttributes: osCodesOf(content.attributes),
  operatingSystems: osCodesOf(content.attributes).map(shownOs),
  hardwareIds: hardwareIdsOf(content.attributes),
  members: content.members.map(shownMember),
});
