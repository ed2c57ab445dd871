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

/** A member as `winpv cat show --json` prints it. */
export interface ShownMember {
  /** Hash in lower-case hex, or the label of a member that has no hash as its tag. */
  readonly tag: string;
  /** Lower-case hex; of a compat member, which stores none, its tag. */
  readonly digest: string;
  readonly algorithm: string;
  readonly kind: SubjectKind;
  /** Whether the member lists the hashes of the image's pages. */
  readonly pageHashes: boolean;
  readonly attributes: Readonly<Record<string, string>>;
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
    pageHashes: hasPageHashes(member),
    attributes: shownAttributes(attributes),
  };
};

/** Page hashes stand in the image data as a serialized object, `[0]` holding `[1]` (spec signing-formats 3.5). */
export const hasPageHashes = ({ indirectData }: CatalogMember): boolean =>
  indirectData?.type === CatOid.peImageData && Buffer.from(indirectData.data).includes(PAGE_HASH_CLASS);

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
  hardwareIds: hardwareIdsOf(content.attributes),
  members: content.members.map(shownMember),
});
