import { equalBytes, toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem, type SourcePosition, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type LinkStyle, type MemberStyle, membersOf } from '../formats/cat/member.ts';
import {
  type CatalogContent,
  type CatalogMember,
  CatOid,
  findText,
  formatTag,
  memberKind,
  type NameValue,
  tagHash,
  textAttribute,
} from '../formats/cat/model.ts';
import { formatOsAttr, osByCode } from '../formats/cat/os.ts';
import { hasPageHashes, osCodesOf } from '../formats/cat/show.ts';
import type { CatalogSubject } from '../formats/cat/subject.ts';

/** How the members of a catalog are written, as far as it can be seen in them. */
export interface CatalogStyle {
  readonly link: LinkStyle;
  /** `full`: SHA-1 members of version 2 say all that the main members say (Inf2Cat); `bare`: their kind alone (MakeCat). */
  readonly compat: 'full' | 'bare';
  /** How a file's name is stored: as Inf2Cat does in lower case, as it is, or not at all. */
  readonly fileName: 'lower-case' | 'as-is' | 'none';
  /** What a new member says of the systems; undefined when no member says it. */
  readonly osAttr: string | undefined;
  /** Whether every image lists the hashes of its pages. */
  readonly pageHashes: boolean;
}

/** `<<<Obsolete>>>` in UTF-16BE. */
const OBSOLETE = Buffer.from('\0<\0<\0<\0O\0b\0s\0o\0l\0e\0t\0e\0>\0>\0>', 'latin1');

/**
 * The style of a catalog. One without members is Inf2Cat's when it names systems, and MakeCat's otherwise.
 */
export const catalogStyle = ({ members, attributes }: CatalogContent): CatalogStyle => {
  const mains = members.filter(({ indirectData }) => indirectData !== undefined);
  const compats = members.filter(({ indirectData }) => indirectData === undefined);
  const data = mains.map(({ indirectData }) => Buffer.from(indirectData?.data ?? []));
  const names = mains.flatMap((member) => findText(member.attributes, 'File') ?? []);
  const osAttrs = mains.flatMap((member) => findText(member.attributes, 'OSAttr') ?? []);
  const images = mains.filter((member) => memberKind(member) === 'pe');
  const codes = osCodesOf(attributes);
  const empty = mains.length === 0 && codes.length > 0;
  return {
    link: data.some((bytes) => bytes.includes(OBSOLETE)) ? 'obsolete' : 'empty',
    compat: compats.every((member) => member.attributes.length === 0) && !empty ? 'bare' : 'full',
    fileName:
      names.length === 0 && !empty
        ? 'none'
        : names.every((name) => name === name.toLowerCase())
          ? 'lower-case'
          : 'as-is',
    osAttr: osAttrs.length === 0 && !empty ? undefined : osAttrOf(codes, osAttrs),
    pageHashes: images.length > 0 && images.every(hasPageHashes),
  };
};

/** The most that a member says, when it covers what the others say; else what the catalog's own systems give. */
const osAttrOf = (codes: readonly string[], osAttrs: readonly string[]): string | undefined => {
  const [longest] = [...osAttrs].sort((a, b) => b.split(',').length - a.split(',').length);
  const covered = new Set(longest?.split(','));
  if (longest !== undefined && osAttrs.every((text) => text.split(',').every((part) => covered.has(part))))
    return longest;
  const known = codes.flatMap((code) => osByCode(code) ?? []);
  return known.length === codes.length && known.length > 0 ? formatOsAttr(known) : longest;
};

/** A file to add. What is not said is done as the catalog's other members do it. */
export interface MemberAddition {
  readonly name: string;
  /** Where it was read, for findings; its name alone unless said otherwise. */
  readonly path?: string;
  readonly subject: CatalogSubject;
  /** All that its main member says. */
  readonly attributes?: readonly NameValue[];
  /** Besides the usual ones; one of the same name takes the place of the usual one. */
  readonly more?: readonly NameValue[];
  readonly pageHashes?: boolean;
  readonly compat?: MemberStyle['compat'];
}

export interface CatalogEdit {
  readonly content: CatalogContent;
  /** Members that are new, or that are gone. */
  readonly changed: readonly CatalogMember[];
  readonly diagnostics: readonly Diagnostic[];
}

const keyOf = ({ tag }: Pick<CatalogMember, 'tag'>): string => toHex(tag);

/**
 * Lists more files, in the catalog's version and style. Catalog attributes, the list identifier and the time stay; a
 * member that is there already stays as it is, with a warning.
 */
export const addMembers = (content: CatalogContent, additions: readonly MemberAddition[]): CatalogEdit => {
  const style = catalogStyle(content);
  const listed = new Set(content.members.map(keyOf));
  const changed: CatalogMember[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const addition of additions) {
    const wanted = membersLike(content, style, addition);
    const missing = wanted.filter((member) => !listed.has(keyOf(member)));
    if (missing.length === 0) {
      const message = `The catalog lists the content of ${shownText(addition.name)} already.`;
      const at = { file: addition.path ?? addition.name };
      diagnostics.push(problem('CAT_DUPLICATE', message, { severity: 'warning', at }));
    }
    for (const member of missing) listed.add(keyOf(member));
    changed.push(...missing);
  }
  return { content: { ...content, members: [...content.members, ...changed] }, changed, diagnostics };
};

const membersLike = (
  { version }: CatalogContent,
  style: CatalogStyle,
  addition: MemberAddition,
): readonly CatalogMember[] => {
  const { name, subject, more = [], pageHashes = style.pageHashes, compat = style.compat } = addition;
  const shown = style.fileName === 'lower-case' ? name.toLowerCase() : name;
  const usual = [
    ...(style.fileName === 'none' ? [] : [textAttribute('File', shown)]),
    ...(style.osAttr === undefined ? [] : [textAttribute('OSAttr', style.osAttr)]),
  ];
  const { attributes = [...usual.filter((item) => more.every(({ name: own }) => own !== item.name)), ...more] } =
    addition;
  return membersOf(subject, {
    version,
    attributes,
    link: style.link,
    compat,
    pageHashes: pageHashes ? 'listed' : 'none',
  });
};

/** What is to be taken out: a tag as `cat show` prints it, a file by its content, or the name in `File`. */
export interface MemberSelector {
  /** A tag, or a path of which the last part is the name. */
  readonly text: string;
  /** The content, when there is a file at the path. */
  readonly subject?: CatalogSubject;
}

/**
 * Takes members out, both of a file where the catalog tells which two belong together. Catalog attributes, the list
 * identifier and the time stay.
 *
 * @param at the catalog, for findings
 * @throws WinpvError CAT_MEMBER_MISSING, with every selector that fits nothing
 */
export const removeMembers = (
  content: CatalogContent,
  selectors: readonly MemberSelector[],
  at?: SourcePosition,
): CatalogEdit => {
  const where = at === undefined ? {} : { at };
  const find = finderOf(content.members);
  const gone = new Set<CatalogMember>();
  const alone: CatalogMember[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const selector of selectors) {
    const found = find(selector);
    if (found.length === 0) {
      const message = `The catalog lists nothing under "${shownText(selector.text)}": no tag, no content, no File.`;
      diagnostics.push(problem('CAT_MEMBER_MISSING', message, { ...where, hint: 'See winpv cat show.' }));
    }
    for (const member of found) gone.add(member);
    for (const member of found) {
      const partner = partnerOf(content, found, member);
      if (partner === 'unknown') alone.push(member);
      else if (partner !== undefined) gone.add(partner);
    }
  }
  if (diagnostics.some(({ severity }) => severity === 'error')) throw WinpvError.of(diagnostics);
  // A member whose partner was named separately is not alone.
  const left = alone.filter((member) => ![...gone].some((other) => mayBelong(member, other)));
  diagnostics.push(...left.map((member) => ({ ...partnerUnknown(member), ...where })));
  const members = content.members.filter((member) => !gone.has(member));
  return { content: { ...content, members }, changed: [...gone], diagnostics };
};

const partnerUnknown = (member: CatalogMember): Diagnostic =>
  problem(
    'CAT_PARTNER_UNKNOWN',
    `The catalog does not tell which other member is of the same file as ${formatTag(member.tag)}; that one stays.`,
    { severity: 'warning', hint: 'Name the file itself, or both tags.' },
  );

type Finder = (selector: MemberSelector) => readonly CatalogMember[];

/** Looks members up: by tag, else by content, else by the name in File. */
const finderOf = (members: readonly CatalogMember[]): Finder => {
  const byTag = new Map<string, CatalogMember[]>();
  const byHash = new Map<string, CatalogMember[]>();
  const byName = new Map<string, CatalogMember[]>();
  const put = (map: Map<string, CatalogMember[]>, key: string | undefined, member: CatalogMember): void => {
    if (key === undefined) return;
    const before = map.get(key);
    if (before === undefined) map.set(key, [member]);
    else if (before.at(-1) !== member) before.push(member);
  };
  for (const member of members) {
    const tag = formatTag(member.tag);
    put(byTag, tag.toLowerCase(), member);
    put(byHash, tag, member);
    if (member.indirectData !== undefined) put(byHash, toHex(member.indirectData.digest), member);
    put(byName, findText(member.attributes, 'File')?.toLowerCase(), member);
  }
  return ({ text, subject }) => {
    const tag = text.toLowerCase();
    const hashes = subject === undefined ? [] : [subject.digest('sha1'), subject.digest('sha256')].map(toHex);
    const byContent = [...new Set(hashes.flatMap((hash) => byHash.get(hash) ?? []))];
    const name = tag.slice(Math.max(tag.lastIndexOf('/'), tag.lastIndexOf('\\')) + 1);
    return byTag.get(tag) ?? (byContent.length > 0 ? byContent : (byName.get(name) ?? []));
  };
};

const sameValue = (a: NameValue, b: NameValue): boolean =>
  a.name === b.name && a.flags === b.flags && equalBytes(a.value, b.value);

/** Whether two members of version 2 may be of one file: the SHA-1 one says what the SHA-256 one says, or less of it. */
const mayBelong = (a: CatalogMember, b: CatalogMember): boolean => {
  const [main, compat] = a.indirectData === undefined ? [b, a] : [a, b];
  if (main.indirectData?.algorithm !== CatOid.sha256 || tagHash(compat.tag)?.algorithm !== 'sha1') return false;
  if (compat.indirectData !== undefined || memberKind(a) !== memberKind(b)) return false;
  return compat.attributes.every((item) => main.attributes.some((other) => sameValue(item, other)));
};

/** The other member of the file, when neither could be of another; undefined when it is named as well or there is none. */
const partnerOf = (
  { version, members }: CatalogContent,
  found: readonly CatalogMember[],
  member: CatalogMember,
): CatalogMember | 'unknown' | undefined => {
  // A file that was named by its content, and all files of a name, bring both members along.
  if (version === 1 || found.some((other) => mayBelong(member, other))) return undefined;
  const partners = members.filter((other) => mayBelong(member, other));
  const [partner] = partners;
  if (partner === undefined) return undefined;
  return partners.length === 1 && members.filter((other) => mayBelong(partner, other)).length === 1
    ? partner
    : 'unknown';
};
