import { utf8 } from '../../core/bytes.ts';
import { CHECKSUMS_NAME, encodeIndex, INDEX_NAME, type RepositoryIndex, type RepositoryPackage } from './contract.ts';
import type { FileContent } from './plan.ts';
import { packageLines } from './plan.ts';

/** Packages of a brand and architecture that no other takes the place of; parts of others are left out. */
export const newestPackages = ({ packages }: Pick<RepositoryIndex, 'packages'>): readonly RepositoryPackage[] =>
  [...packageLines(packages).values()].flatMap(([first]) =>
    first === undefined || first.partOf !== undefined ? [] : [first],
  );

/** `newest-acme-x64.txt`: one INF a line, as Windows writes paths, from the folder of the list. */
const newestLists = (index: RepositoryIndex): readonly FileContent[] => {
  const lists = new Map<string, string[]>();
  for (const { brand, architecture, path, inf } of newestPackages(index)) {
    const name = `newest-${brand}-${architecture}.txt`;
    lists.set(name, [...(lists.get(name) ?? []), `${path}/${inf}`.replaceAll('/', '\\')]);
  }
  return [...lists]
    .map(([name, lines]) => ({ name, bytes: utf8(`${lines.sort().join('\r\n')}\r\n`) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** In the form that `sha256sum -c` reads. */
const checksums = (index: RepositoryIndex): FileContent => {
  const rows = [
    ...index.packages.flatMap(({ path, files }) =>
      files.map(({ name, sha256 }) => ({ name: `${path}/${name}`, sha256 })),
    ),
    ...index.trust,
  ];
  const lines = rows.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return { name: CHECKSUMS_NAME, bytes: utf8(lines.join('')) };
};

/** Files that follow from the index alone, for whoever has no winpv. They may lag behind it, and are put right by the next run. */
export const derivedFiles = (index: RepositoryIndex): readonly FileContent[] => [
  checksums(index),
  ...newestLists(index),
];

export const indexFile = (index: RepositoryIndex): FileContent => ({ name: INDEX_NAME, bytes: encodeIndex(index) });

/** Whether a name is one that `derivedFiles` may give. */
export const isDerivedName = (name: string): boolean =>
  name === CHECKSUMS_NAME || /^newest-[a-z0-9-]+\.txt$/.test(name);
