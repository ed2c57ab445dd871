import type { SourceTree } from './source-tree.ts';

const NAMES: readonly string[] = ['revision', '.revision'];
const MAX_BYTES = 4096;
/** A git id, shortened or not, perhaps with what git describe or a person put after it. */
const COMMIT = /^(?:commit[ :]+)?([0-9a-f]{7,64})(?:$|[\s+-])/i;

const commitIn = (text: string): string | undefined =>
  COMMIT.exec(text.replace(/^\ufeff/, '').trim())?.[1]?.toLowerCase();

/** The folder and those above it, innermost first; the top is the empty text. */
const upwards = (folder: string): readonly string[] => {
  const parts = folder.split('/').slice(0, -1);
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    parts
      .slice(0, parts.length - i)
      .map((part) => `${part}/`)
      .join(''),
  );
};

/**
 * The commit that a package was built from: the nearest `revision` or `.revision` (spec xen-pv 7.2), or what git wrote
 * into an archive that it made; undefined when nothing says so.
 */
export const sourceRevision = async (tree: SourceTree, folder: string): Promise<string | undefined> => {
  const there = new Set(tree.names);
  for (const place of upwards(folder)) {
    for (const name of NAMES) {
      if (!there.has(place + name)) continue;
      const bytes = await tree.read(place + name);
      const commit = commitIn(new TextDecoder().decode(bytes.subarray(0, MAX_BYTES)));
      if (commit !== undefined) return commit;
    }
  }
  return commitIn(tree.comment ?? '');
};
