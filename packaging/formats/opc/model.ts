import type { PackedEntry } from '../zip/unpack.ts';

/** An Open Packaging Conventions package (ECMA-376 part 2): a ZIP whose entries are parts, with types and relationships. */

export interface OpcPart {
  /** `/hck/data/PackageInfo.xml`: begins with a slash, as the ZIP spells it. */
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  /** Unpacks the part. @throws WinpvError ZIP_DATA_INVALID */
  bytes(): Uint8Array;
  /** The same piece by piece. @throws WinpvError ZIP_DATA_INVALID after the last one */
  chunks(): AsyncGenerator<Uint8Array>;
  /** As the ZIP has it. */
  readonly packed: PackedEntry;
}

export interface OpcRelationship {
  readonly id: string;
  readonly type: string;
  /** As written. */
  readonly target: string;
  readonly mode: 'Internal' | 'External';
  /** The part's name; undefined for an external target. */
  readonly part: string | undefined;
}

export interface OpcTypes {
  /** By extension, lower case, without the dot. */
  readonly defaults: ReadonlyMap<string, string>;
  /** By part name, lower case. */
  readonly overrides: ReadonlyMap<string, { readonly name: string; readonly contentType: string }>;
}

export interface OpcPackage {
  readonly file: string;
  /** All but the content types, in the ZIP's order; parts with relationships too. */
  readonly parts: readonly OpcPart[];
  readonly types: OpcTypes;
  /** By the part that they start from (`/` for the package), lower case. */
  readonly relationships: ReadonlyMap<string, readonly OpcRelationship[]>;
  /** The archive is one of the form for more than 4 GiB, which not everybody takes. */
  readonly zip64: boolean;
}

export const RELATIONSHIPS_TYPE = 'application/vnd.openxmlformats-package.relationships+xml';
export const RELATIONSHIPS_NAMESPACE = 'http://schemas.openxmlformats.org/package/2006/relationships';
export const TYPES_NAMESPACE = 'http://schemas.openxmlformats.org/package/2006/content-types';
export const TYPES_ENTRY = '[Content_Types].xml';
/** Where the package's own relationships start. */
export const PACKAGE_SOURCE = '/';

/** Part names are compared without the case of ASCII letters (9.1.1.4). */
export const partKey = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

export const partNamed = (opc: OpcPackage, name: string): OpcPart | undefined =>
  opc.parts.find((part) => partKey(part.name) === partKey(name));

export const relationshipsOf = (opc: OpcPackage, source: string): readonly OpcRelationship[] =>
  opc.relationships.get(partKey(source)) ?? [];

/** The part that holds the relationships of another one: `/a/b.xml` has `/a/_rels/b.xml.rels`, the package `/_rels/.rels`. */
export const relationshipsPartOf = (source: string): string => source.replace(/([^/]*)$/, '_rels/$1.rels');

/** The part whose relationships this part holds; undefined when it holds none. */
export const sourceOfRelationships = (name: string): string | undefined => {
  const match = /^(.*\/)_rels\/([^/]*)\.rels$/i.exec(name);
  if (match === null) return undefined;
  const [, folder = '', part = ''] = match;
  return part === '' && folder !== '/' ? undefined : `${folder}${part}`;
};
