import { fileNameOf } from '../../packaging/bundle/catalog-scope.ts';
import type { PackageInf } from '../../packaging/bundle/package-view.ts';

/** The order in which people install: each bus before what hangs below it. */
const ORDER = ['xenbus', 'xenvif', 'xennet', 'xenvbd', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];

/** `xenbus` of `acme/xenbus/x64/xenbus.inf`. */
export const driverOf = ({ path }: Pick<PackageInf, 'path'>): string =>
  fileNameOf(path)
    .toLowerCase()
    .replace(/\.inf$/, '');

const placeOf = (inf: PackageInf): number => {
  const place = ORDER.indexOf(inf.pv?.kind ?? driverOf(inf));
  return place < 0 ? ORDER.length : place;
};

/** The INFs with each bus before its children, others last; by their paths where nothing else decides. */
export const inOrder = (infs: readonly PackageInf[]): readonly PackageInf[] =>
  [...infs].sort((a, b) => placeOf(a) - placeOf(b) || (a.path < b.path ? -1 : Number(a.path > b.path)));

/** Keys by INF: the folder of the INF, and the INF itself where it is not alone there. */
export const packageKeys = (infs: readonly PackageInf[], label: string): ReadonlyMap<PackageInf, string> => {
  const counts = new Map<string, number>();
  for (const { folder } of infs) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  return new Map(
    infs.map((inf) => {
      const alone = counts.get(inf.folder) === 1 && inf.folder !== '';
      return [inf, `${label}:${alone ? inf.folder.slice(0, -1) : `${inf.folder}${driverOf(inf)}`}`];
    }),
  );
};
