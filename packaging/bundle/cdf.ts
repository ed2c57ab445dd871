import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { CatalogDefinition, CdfFile } from '../formats/cat/cdf.ts';
import { membersOf } from '../formats/cat/member.ts';
import { type CatalogContent, type CatalogMember, utf16le } from '../formats/cat/model.ts';
import { type CatalogSubject, flatSubjectOf, listedSubjectOf } from '../formats/cat/subject.ts';
import { listIdentifierOf } from './catalog.ts';

/**
 * A file of a catalog definition file as it is to be hashed: by its content, unless ALTSIPID says that it is flat.
 *
 * @param file its bytes, and the path to show for it
 * @throws WinpvError CAT_CDF_INVALID when ALTSIPID says another kind than the content has; PE_* and CAB_*
 */
export const cdfSubject = (
  definition: CatalogDefinition,
  entry: CdfFile,
  file: { readonly bytes: Uint8Array; readonly path: string },
): CatalogSubject => {
  if (entry.kind === 'flat') return flatSubjectOf(file.bytes);
  const subject = listedSubjectOf(file.bytes, file.path);
  if (entry.kind === undefined || entry.kind === subject.kind) return subject;
  const [said, found] = [KIND_NAMES[entry.kind], KIND_NAMES[subject.kind]];
  throw new WinpvError('CAT_CDF_INVALID', `ALTSIPID says that "${shownText(entry.path)}" is ${said}; it is ${found}.`, {
    at: { file: definition.file, line: entry.line },
  });
};

const KIND_NAMES = { pe: 'an image', cab: 'a cabinet', flat: 'neither an image nor a cabinet' } as const;

/**
 * The members that MakeCat makes for a file (spec signing-formats 2.8): the attributes on the main member alone, and the
 * label as the tag of a file without `<HASH>`.
 */
export const cdfMembers = (
  { version, pageHashes }: Pick<CatalogDefinition, 'version' | 'pageHashes'>,
  { label, hashed, attributes }: CdfFile,
  subject: CatalogSubject,
): readonly CatalogMember[] => {
  const wanted = pageHashes ? 'listed' : 'none';
  const members = membersOf(subject, { version, attributes, compat: 'bare', pageHashes: wanted });
  return hashed ? members : members.map((member) => ({ ...member, tag: utf16le(`${label}\0`) }));
};

export interface CdfCatalog {
  readonly content: CatalogContent;
  /** A warning for each file whose hash is listed already. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The catalog that MakeCat makes of a definition file; the same input gives the same bytes.
 *
 * @param members those of each file of the definition, in its order
 */
export const planCdf = (
  definition: CatalogDefinition,
  members: readonly (readonly CatalogMember[])[],
  thisUpdate: number,
): CdfCatalog => {
  const listed = new Map<string, CatalogMember>();
  const diagnostics: Diagnostic[] = [];
  for (const [i, { path, line }] of definition.files.entries()) {
    const own = (members[i] ?? []).map((member) => ({ member, key: toHex(member.tag) }));
    if (own.some(({ key }) => listed.has(key))) {
      const message = `"${shownText(path)}" has the content or label of a file above, and is listed once.`;
      const at = { file: definition.file, line };
      diagnostics.push(problem('CAT_DUPLICATE', message, { severity: 'warning', at }));
    }
    for (const { member, key } of own) if (!listed.has(key)) listed.set(key, member);
  }
  const content = {
    version: definition.version,
    thisUpdate,
    members: [...listed.values()],
    // Catalogs hold their attributes last-added-first (spec 1.6).
    attributes: definition.attributes.toReversed(),
    otherExtensions: [],
  };
  return { content: { ...content, listIdentifier: listIdentifierOf(content) }, diagnostics };
};
