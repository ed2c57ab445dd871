import { equalBytes } from '../../core/bytes.ts';
import type { PackageFolder, SentFile } from './contract.ts';

/** Which package that came back is which that was sent: the service names folders anew. */

const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1);

export interface Packages {
  readonly folders: readonly PackageFolder[];
  /** Files that belong to no package. */
  readonly stray: readonly SentFile[];
}

/** A package is a folder with an INF at its top, and what is below it, to the next such folder. */
export const packagesOf = (files: readonly SentFile[]): Packages => {
  const tops = new Set(files.filter(({ name }) => /\.inf$/i.test(name)).map(({ name }) => folderOf(name)));
  const content = new Map<string, Map<string, SentFile>>([...tops].map((top) => [top, new Map()]));
  const stray: SentFile[] = [];
  for (const file of files) {
    const top = nearestTop(file.name, tops);
    if (top === undefined) stray.push(file);
    else content.get(top)?.set(file.name.slice(top.length).toLowerCase(), file);
  }
  const folders = [...content].map(([path, members]) => ({
    path,
    infs: [...members.keys()].filter((name) => /^[^/]+\.inf$/.test(name)).sort(),
    files: members,
  }));
  return { folders, stray };
};

const nearestTop = (name: string, tops: ReadonlySet<string>): string | undefined => {
  for (let folder = folderOf(name); ; folder = folderOf(folder.slice(0, -1))) {
    if (tops.has(folder)) return folder;
    if (folder === '') return undefined;
  }
};

export interface Paired {
  readonly pairs: readonly { readonly sent: PackageFolder; readonly came: PackageFolder }[];
  readonly lost: readonly PackageFolder[];
  readonly added: readonly PackageFolder[];
}

const key = ({ infs }: PackageFolder): string => infs.join('\n');

const sameInfs = (a: PackageFolder, b: PackageFolder): boolean =>
  a.infs.every((name) => {
    const [one, other] = [a.files.get(name)?.bytes, b.files.get(name)?.bytes];
    return one !== undefined && other !== undefined && equalBytes(one, other);
  });

/** By the names of the INFs; of several with the same names, by their bytes, and what is left in its order. */
export const pairPackages = (sent: readonly PackageFolder[], came: readonly PackageFolder[]): Paired => {
  const left = new Set(came);
  const pairs: { sent: PackageFolder; came: PackageFolder }[] = [];
  const take = (one: PackageFolder, fits: (other: PackageFolder) => boolean): boolean => {
    const other = [...left].find((candidate) => key(candidate) === key(one) && fits(candidate));
    if (other === undefined) return false;
    left.delete(other);
    pairs.push({ sent: one, came: other });
    return true;
  };
  const unequal = sent.filter((one) => !take(one, (other) => sameInfs(one, other)));
  const lost = unequal.filter((one) => !take(one, () => true));
  return { pairs, lost, added: [...left] };
};
