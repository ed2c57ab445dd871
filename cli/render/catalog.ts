import type { ShownCatalog } from '../../packaging/formats/cat/show.ts';

/** A catalog for people: what it is for, then its members in file order. */
export const catalogLines = (shown: ShownCatalog): readonly string[] => [
  `version ${shown.version} (${shown.digestAlgorithm}), made ${shown.thisUpdate}, list ${shown.listIdentifier}`,
  `for ${shown.osAttributes.join(', ') || '(no system named)'}`,
  ...shown.hardwareIds.map((id) => `  ${id}`),
  ...Object.entries(shown.attributes).map(([name, value]) => `  ${name} = ${value}`),
  `${shown.members.length} members`,
  ...shown.members.map(({ tag, kind, attributes }) => {
    const { File: file = '', OSAttr: os = '' } = attributes;
    return `  ${tag}  ${kind.padEnd(4)}  ${[file, os].filter((text) => text !== '').join('  ')}`.trimEnd();
  }),
];
