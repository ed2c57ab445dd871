import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { escapedAttribute } from '../xml/canonical.ts';
import { encodeZip } from '../zip/encode.ts';
import {
  type OpcRelationship,
  type OpcTypes,
  partKey,
  RELATIONSHIPS_NAMESPACE,
  RELATIONSHIPS_TYPE,
  relationshipsPartOf,
  TYPES_ENTRY,
  TYPES_NAMESPACE,
} from './model.ts';
import { partNameFlaw } from './names.ts';
import { extensionOf } from './parse.ts';

export interface OpcInput {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface OpcContent {
  /** Without parts that hold relationships. */
  readonly parts: readonly OpcInput[];
  /** By the part that they start from; `/` for the package. */
  readonly relationships: ReadonlyMap<string, readonly Omit<OpcRelationship, 'part'>[]>;
}

const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>';

/** A part with relationships. */
export const encodeRelationships = (relationships: readonly Omit<OpcRelationship, 'part'>[]): Uint8Array => {
  const rows = relationships.map(({ id, type, target, mode }) => {
    const shownMode = mode === 'External' ? ' TargetMode="External"' : '';
    return `<Relationship Type="${escapedAttribute(type)}" Target="${escapedAttribute(target)}"${shownMode} Id="${escapedAttribute(id)}" />`;
  });
  return utf8(`${DECLARATION}<Relationships xmlns="${RELATIONSHIPS_NAMESPACE}">${rows.join('')}</Relationships>`);
};

/** The list of content types. */
export const encodeTypes = ({ defaults, overrides }: OpcTypes): Uint8Array => {
  const rows = [
    ...[...defaults].map(
      ([extension, type]) =>
        `<Default Extension="${escapedAttribute(extension)}" ContentType="${escapedAttribute(type)}" />`,
    ),
    ...[...overrides.values()].map(
      ({ name, contentType }) =>
        `<Override PartName="${escapedAttribute(name)}" ContentType="${escapedAttribute(contentType)}" />`,
    ),
  ];
  return utf8(`${DECLARATION}<Types xmlns="${TYPES_NAMESPACE}">${rows.join('')}</Types>`);
};

/**
 * The types with those of more parts: the extension's default where it is free or says the same, else an override.
 */
export const typesWith = (types: OpcTypes, parts: readonly Pick<OpcInput, 'name' | 'contentType'>[]): OpcTypes => {
  const defaults = new Map(types.defaults);
  const overrides = new Map(types.overrides);
  for (const { name, contentType } of parts) {
    const extension = extensionOf(name);
    const before = defaults.get(extension);
    if (extension !== '' && before === undefined) defaults.set(extension, contentType);
    else if (before !== contentType) overrides.set(partKey(name), { name, contentType });
  }
  return { defaults, overrides };
};

/**
 * Writes an OPC package: same input, same bytes.
 * @param modified milliseconds since 1970, for every entry
 * @throws WinpvError OPC_PART_NAME, ZIP_NAME_TWICE
 */
export const encodeOpc = async ({ parts, relationships }: OpcContent, modified: number): Promise<Uint8Array> => {
  for (const { name } of parts) {
    const flaw = partNameFlaw(name);
    if (flaw !== undefined)
      throw new WinpvError('OPC_PART_NAME', `No part can be named ${JSON.stringify(name)}: ${flaw}.`);
  }
  const lists = [...relationships].map(([source, list]) => ({
    ...{ name: relationshipsPartOf(source), contentType: RELATIONSHIPS_TYPE, bytes: encodeRelationships(list) },
  }));
  const rels = new Map([['rels', RELATIONSHIPS_TYPE]]);
  const types = typesWith({ defaults: rels, overrides: new Map() }, parts);
  const files = [...lists, ...parts].map(({ name, bytes }) => ({ name: name.slice(1), bytes }));
  return encodeZip([{ name: TYPES_ENTRY, bytes: encodeTypes(types) }, ...files], { modified });
};
