import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { encodeCtl } from '../formats/cat/encode.ts';
import { type LinkStyle, membersOf } from '../formats/cat/member.ts';
import {
  type CatalogContent,
  type CatalogMember,
  type CatalogVersion,
  findText,
  memberKind,
  type NameValue,
  textAttribute,
} from '../formats/cat/model.ts';
import { CATALOG_OSES, type CatalogOs, formatOsAttr, readsVersion2 } from '../formats/cat/os.ts';
import { type CatalogSubject, listedSubjectOf, subjectOf } from '../formats/cat/subject.ts';
import { printInf, sectionOf } from '../formats/inf/document.ts';
import { type CatalogInf, catalogNameFor, fileNameOf, scopedFiles } from './catalog-scope.ts';

export type { CatalogInf } from './catalog-scope.ts';

/** How the catalogs of a folder are to be made. */
export interface CatalogRequest {
  /** Every INF of the folder: each catalog lists the hardware ids of all of them. Order does not matter. */
  readonly infs: readonly CatalogInf[];
  /** The file at a path from the folder of the INFs, `/` between the parts, whatever its case; undefined without one. */
  readonly files: (sourcePath: string) => Uint8Array | undefined;
  /** How a file at a path is called in findings, where its path from the folder would not tell people. */
  readonly shown?: (sourcePath: string) => string;
  readonly osList: readonly CatalogOs[];
  /** Milliseconds since 1970: the catalogs' time, and "today" for the date in DriverVer. */
  readonly thisUpdate: number;
  /** Default: as Inf2Cat, 1 for a catalog whose own systems are not all Windows 8 or later. */
  readonly version?: CatalogVersion;
  /** Which images get page hashes besides those of [SignatureAttributes]: all, or destination names in lower case. */
  readonly pageHashes?: 'all' | ReadonlySet<string>;
  readonly link?: LinkStyle;
}

export interface PlannedCatalog {
  /** File name as the INF gives it. */
  readonly name: string;
  readonly content: CatalogContent;
}

/** The same request with files known by their hashes only. */
export type SubjectRequest = Omit<CatalogRequest, 'files' | 'shown'> & {
  readonly subjects: (sourcePath: string) => CatalogSubject | undefined;
};

/**
 * The catalogs that Inf2Cat makes for a folder (spec signing-formats 2): one for each name that an INF gives to an
 * architecture of the list, each with that architecture's systems, and the files that they install. The same input gives
 * the same bytes. A file that is not there is left out: `checkCatalogs` is what finds it.
 */
export const planCatalogs = ({ files, shown, ...request }: CatalogRequest): readonly PlannedCatalog[] =>
  planCatalogsOf({ ...request, subjects: subjectsOf(files, shown) });

/** A lookup that reads and hashes each file once. */
export const subjectsOf = (
  files: CatalogRequest['files'],
  shown: CatalogRequest['shown'] = (path) => path,
): SubjectRequest['subjects'] => {
  const known = new Map<string, CatalogSubject | undefined>();
  return (sourcePath) => {
    const key = sourcePath.toLowerCase();
    if (!known.has(key)) {
      const bytes = files(sourcePath);
      known.set(key, bytes === undefined ? undefined : listedSubjectOf(bytes, shown(sourcePath)));
    }
    return known.get(key);
  };
};

/** `planCatalogs` for files of which only the hashes are at hand. */
export const planCatalogsOf = (request: SubjectRequest): readonly PlannedCatalog[] => {
  const infs = inFileOrder(request.infs);
  const hardwareIds = hardwareIdsOf(infs);
  return catalogScopes(infs, request.osList).map((scope) => ({
    name: scope.name,
    content: contentOf(scope, hardwareIds, request),
  }));
};

/** 1 when the list has a system older than Windows 8, which reads no other (spec 2.2). */
export const catalogVersionFor = (osList: readonly CatalogOs[]): CatalogVersion =>
  osList.every(readsVersion2) ? 2 : 1;

/** One catalog: its systems in canonical order, and the INFs that name it for them. */
interface CatalogScope {
  readonly name: string;
  readonly oses: readonly CatalogOs[];
  readonly infs: readonly { readonly inf: CatalogInf; readonly oses: readonly CatalogOs[] }[];
}

/** Order in which Windows lists a folder: by upper-case code units. */
const inFileOrder = (infs: readonly CatalogInf[]): readonly CatalogInf[] => {
  const key = ({ document }: CatalogInf): string => fileNameOf(document.file).toUpperCase();
  return [...infs].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
};

const catalogScopes = (infs: readonly CatalogInf[], osList: readonly CatalogOs[]): readonly CatalogScope[] => {
  const oses = CATALOG_OSES.filter((os) => osList.includes(os));
  const names = new Map<string, string>();
  for (const inf of infs) {
    for (const { arch } of oses) {
      const name = catalogNameFor(inf, arch);
      if (name !== undefined && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
    }
  }
  return [...names].map(([key, name]) => {
    const own = infs.flatMap((inf) => {
      const ownOses = oses.filter(({ arch }) => catalogNameFor(inf, arch)?.toLowerCase() === key);
      return ownOses.length === 0 ? [] : [{ inf, oses: ownOses }];
    });
    return { name, infs: own, oses: oses.filter((os) => own.some((item) => item.oses.includes(os))) };
  });
};

/** Hardware and compatible ids of all INFs, lower-case, each once, in the order of the files (spec 2.5). */
const hardwareIdsOf = (infs: readonly CatalogInf[]): readonly string[] => {
  const ids = new Set<string>();
  for (const { model } of infs) {
    for (const device of model.devices) for (const id of device.ids) ids.add(id.toLowerCase());
  }
  return [...ids];
};

/** A file to list; one that is installed under two names is listed under the first. */
interface Listed {
  readonly name: string;
  readonly subject: CatalogSubject;
  readonly oses: Set<CatalogOs>;
  readonly signature: readonly NameValue[];
}

const listedFiles = (scope: CatalogScope, subjects: SubjectRequest['subjects']): readonly Listed[] => {
  const listed = new Map<string, Listed>();
  const list = (name: string, subject: CatalogSubject, oses: Iterable<CatalogOs>, signature: readonly NameValue[]) => {
    const key = `${subject.kind} ${toHex(subject.digest('sha1'))}`;
    const before = listed.get(key);
    if (before === undefined) listed.set(key, { name: name.toLowerCase(), subject, oses: new Set(oses), signature });
    else for (const os of oses) before.oses.add(os);
  };
  for (const { inf, oses } of scope.infs) {
    const { document } = inf;
    list(fileNameOf(document.file), subjectOf(printInf(document), document.file), oses, []);
    const signatures = signatureAttributes(inf);
    for (const { file, oses: users } of scopedFiles(inf, oses)) {
      const subject = subjects(file.sourcePath);
      const signature = signatures.get(file.name.toLowerCase()) ?? signatures.get(file.source.toLowerCase()) ?? [];
      if (subject !== undefined) list(file.name, subject, users, signature);
    }
  }
  return [...listed.values()];
};

const SIGNATURE_ATTRIBUTES: Readonly<Record<string, (value: string) => NameValue | undefined>> = {
  petrust: (value) => (isTrue(value) ? textAttribute('PETrusted', '1') : undefined),
  windowshello: (value) => (isTrue(value) ? textAttribute('WindowsHello', '1') : undefined),
  drmlevel: (value) => textAttribute('DRMLevel', value),
};
const isTrue = (value: string): boolean => /^(true|1)$/i.test(value);

/** [SignatureAttributes]: what each named file's members say, by lower-case file name (spec 2.6). */
const signatureAttributes = ({ document }: CatalogInf): ReadonlyMap<string, readonly NameValue[]> =>
  new Map(
    (sectionOf(document, 'SignatureAttributes')?.lines ?? []).map(({ key, fields }) => [
      (key ?? '').toLowerCase(),
      (sectionOf(document, fields[0] ?? '')?.lines ?? []).flatMap(
        (line) => SIGNATURE_ATTRIBUTES[line.key?.toLowerCase() ?? '']?.(line.fields[0] ?? '') ?? [],
      ),
    ]),
  );

const contentOf = (scope: CatalogScope, hardwareIds: readonly string[], request: SubjectRequest): CatalogContent => {
  const version = request.version ?? catalogVersionFor(scope.oses);
  const { link = 'empty', pageHashes } = request;
  const members: CatalogMember[] = [];
  for (const { name, subject, oses, signature } of listedFiles(scope, request.subjects)) {
    const attributes = [textAttribute('File', name), textAttribute('OSAttr', formatOsAttr(oses)), ...signature];
    const wanted = signature.length > 0 || pageHashes === 'all' || pageHashes?.has(name) === true;
    members.push(...membersOf(subject, { version, attributes, link, pageHashes: wanted ? 'listed' : 'none' }));
  }
  const attributes = [
    textAttribute('OS', scope.oses.map(({ code }) => code).join(',')),
    ...hardwareIds.map((id, i) => textAttribute(`HWID${i + 1}`, id)).reverse(),
  ];
  const content = { version, thisUpdate: request.thisUpdate, members, attributes, otherExtensions: [] };
  return { ...content, listIdentifier: listIdentifierOf(content) };
};

/** CAT_PAGE_HASH_NAME for each name of `pageHashes` that no catalog lists as an image: a misspelt one has no effect. */
export const checkPageHashNames = (
  planned: readonly PlannedCatalog[],
  pageHashes: CatalogRequest['pageHashes'],
): readonly Diagnostic[] => {
  if (pageHashes === undefined || pageHashes === 'all') return [];
  const members = planned.flatMap(({ content }) => content.members);
  const images = new Set(
    members.flatMap((member) => (memberKind(member) === 'pe' ? (findText(member.attributes, 'File') ?? []) : [])),
  );
  return [...pageHashes]
    .filter((name) => !images.has(name))
    .map((name) => {
      const message = `Page hashes are asked for "${shownText(name)}", which no catalog of the folder lists as an image.`;
      return problem('CAT_PAGE_HASH_NAME', message, {
        hint: `Listed images: ${[...images].slice(0, 20).map(shownText).join(', ') || 'none'}.`,
      });
    });
};

/** A version 4 GUID from the hash of everything else in the list, so that the same input gives the same bytes. */
export const listIdentifierOf = (content: Omit<CatalogContent, 'listIdentifier'>): Uint8Array => {
  const ctl = encodeCtl({ ...content, listIdentifier: new Uint8Array(16) });
  const id = new Uint8Array(createHash('sha256').update(ctl).digest()).slice(0, 16);
  // Windows' byte order: the version is in the high half of byte 7, the variant in the top bits of byte 8.
  id[7] = 0x40 | ((id[7] ?? 0) & 0x0f);
  id[8] = 0x80 | ((id[8] ?? 0) & 0x3f);
  return id;
};
