import { utf8 } from '../../../core/bytes.ts';
import { escapedAttribute } from '../xml/canonical.ts';
import { type OpcRelationship, RELATIONSHIPS_NAMESPACE } from './model.ts';

/** Which relationships of a part are meant: by their ids, or by their types. */
export interface RelationshipSelection {
  readonly ids: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

export const isSelected = ({ ids, types }: RelationshipSelection, { id, type }: OpcRelationship): boolean =>
  ids.has(id) || types.has(type);

/**
 * The relationships transform (ECMA-376 part 2, 13.2.4.24) and then Canonical XML: those that were selected, sorted by
 * id, each with its target mode written out and nothing between them.
 */
export const transformRelationships = (
  relationships: readonly OpcRelationship[],
  selection: RelationshipSelection,
): Uint8Array => {
  const rows = relationships
    .filter((relationship) => isSelected(selection, relationship))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(
      ({ id, target, mode, type }) =>
        `<Relationship Id="${escapedAttribute(id)}" Target="${escapedAttribute(target)}" TargetMode="${mode}" Type="${escapedAttribute(type)}"></Relationship>`,
    );
  return utf8(`<Relationships xmlns="${RELATIONSHIPS_NAMESPACE}">${rows.join('')}</Relationships>`);
};
