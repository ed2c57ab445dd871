import { WinpvError } from '../../core/errors.ts';
import { formatVersion } from '../../core/version.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { showCatalog } from '../formats/cat/show.ts';
import { parseSignedData, signedDataOf } from '../formats/cms/parse.ts';
import { diffNames, type NamesDiff } from '../formats/inf/diff.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import { parseVersionResource } from '../formats/pe/version-resource.ts';
import { fileKind } from '../signing/file-kind.ts';
import { embeddedSignatures } from '../signing/read-signatures.ts';
import { authenticodeDigest, flatDigest } from '../statements/digests.ts';
import { diffPackages, type PackageDiff, type PackageFileBytes } from './diff.ts';

type Files = readonly PackageFileBytes[];

/** A file that both packages have, with other bytes. */
export interface FileDiff {
  readonly name: string;
  /** `re-signed`: an image whose Authenticode hash is the same. */
  readonly change: 'content' | 're-signed';
  /** File versions of an image, where they differ. */
  readonly version?: { readonly from: string | null; readonly to: string | null };
  /** Subjects of its signers, where they differ. */
  readonly signers?: { readonly from: readonly string[]; readonly to: readonly string[] };
}

/** How a catalog differs in what it is for. */
export interface CatalogDiff {
  readonly name: string;
  readonly osAttributes: NamesDiff;
  readonly hardwareIds: NamesDiff;
  /** Files that it lists, by name. */
  readonly files: NamesDiff;
}

/** A package that both releases have and that is not the same in both. */
export interface ReleasedPackageDiff {
  /** Below the release: `acme/xenbus/x64`. */
  readonly folder: string;
  /** Whether it does and holds the same, whoever signed it. */
  readonly same: boolean;
  readonly does: PackageDiff;
  readonly files: readonly FileDiff[];
  readonly catalogs: readonly CatalogDiff[];
}

export interface ReleaseDiff {
  /** Signatures do not count, as in a comparison of packages. */
  readonly same: boolean;
  /** Whether any file that the two have in common was signed by somebody else, or again. */
  readonly resigned: boolean;
  readonly brands: NamesDiff;
  readonly drivers: NamesDiff;
  readonly architectures: NamesDiff;
  /** Folders of whole packages. */
  readonly packages: NamesDiff;
  readonly changed: readonly ReleasedPackageDiff[];
}

/** Packages by folder: a folder that holds an INF, with the files beside it. */
const packagesOf = (files: Files): ReadonlyMap<string, Files> => {
  const folderOf = ({ name }: PackageFileBytes): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
  const folders = new Set(files.filter(({ name }) => /\.inf$/i.test(name)).map(folderOf));
  const found = new Map([...folders].map((folder): [string, PackageFileBytes[]] => [folder, []]));
  for (const file of files) {
    found.get(folderOf(file))?.push({ ...file, name: file.name.slice(file.name.lastIndexOf('/') + 1) });
  }
  return found;
};

/** What stands at a place of `<brand>/<driver>/<architecture>`, counted from the end. */
const parts = (folders: Iterable<string>, fromEnd: number): readonly string[] => [
  ...new Set([...folders].flatMap((folder) => folder.split('/').at(-fromEnd) ?? [])),
];

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return undefined;
  }
};

const versionOf = ({ bytes, path }: PackageFileBytes): string | null => {
  const resource = isPe(bytes) ? orUndefined(() => parseVersionResource(parsePe(bytes, path))) : undefined;
  return resource === undefined ? null : formatVersion(resource.fixed.fileVersion);
};

/** Subjects of those who signed a file, or the issuers that they are named by where their certificates are missing. */
const signersOf = ({ bytes, path }: PackageFileBytes): readonly string[] => {
  if (!['pe', 'cat', 'cab'].includes(fileKind(path, bytes))) return [];
  const nodes = orUndefined(() => embeddedSignatures(bytes, path)) ?? [];
  return nodes.flatMap((node) => {
    const signed = orUndefined(() => parseSignedData(signedDataOf(node)));
    return (signed?.signers ?? []).map(({ signerId }) => {
      const certificate = signed?.certificates.find(
        ({ serial, issuer }) =>
          signerId.kind === 'issuer-and-serial' &&
          Buffer.compare(serial, signerId.serial) === 0 &&
          Buffer.compare(issuer, signerId.issuer) === 0,
      );
      return certificate?.subjectText ?? '(unknown)';
    });
  });
};

const fileDiff = (from: PackageFileBytes, to: PackageFileBytes): FileDiff | undefined => {
  if (flatDigest(from.bytes) === flatDigest(to.bytes)) return undefined;
  const hash = authenticodeDigest(to);
  const versions = { from: versionOf(from), to: versionOf(to) };
  const signers = { from: signersOf(from), to: signersOf(to) };
  return {
    name: to.name,
    change: hash !== undefined && hash === authenticodeDigest(from) ? 're-signed' : 'content',
    ...(versions.from === versions.to ? {} : { version: versions }),
    ...(signers.from.join('\n') === signers.to.join('\n') ? {} : { signers }),
  };
};

const catalogDiff = (from: PackageFileBytes, to: PackageFileBytes): CatalogDiff | undefined => {
  const [before, after] = [from, to].map(({ bytes, path }) =>
    orUndefined(() => showCatalog(parseCatalog(bytes, path))),
  );
  if (before === undefined || after === undefined) return undefined;
  const listed = ({ members }: typeof before): readonly string[] =>
    members.map((member) => (member.attributes.File ?? member.digest).toLowerCase());
  const diff = {
    name: to.name,
    osAttributes: diffNames(before.osAttributes, after.osAttributes),
    hardwareIds: diffNames(before.hardwareIds, after.hardwareIds),
    files: diffNames(listed(before), listed(after)),
  };
  const quiet = [diff.osAttributes, diff.hardwareIds, diff.files].flatMap(({ gained, lost }) => [...gained, ...lost]);
  return quiet.length === 0 ? undefined : diff;
};

const packageDiff = (folder: string, from: Files, to: Files): ReleasedPackageDiff | undefined => {
  const before = new Map(from.map((file) => [file.name.toLowerCase(), file]));
  const pairs = to.flatMap((file) => {
    const old = before.get(file.name.toLowerCase());
    return old === undefined ? [] : [[old, file] as const];
  });
  const files = pairs.flatMap(([old, file]) => fileDiff(old, file) ?? []);
  if (files.length === 0 && pairs.length === from.length && pairs.length === to.length) return undefined;
  const catalogs = pairs.filter(([, { name }]) => /\.cat$/i.test(name));
  const does = diffPackages(from, to);
  return {
    ...{ folder, same: does.same, does, files },
    catalogs: catalogs.flatMap(([old, file]) => catalogDiff(old, file) ?? []),
  };
};

/**
 * What one release has otherwise than another, from the files below both: packages by their folders, what their INFs do,
 * and what stands in them. Archives and statements follow from these, and are not compared.
 *
 * @throws WinpvError what reading an INF throws
 */
export const diffReleases = (from: Files, to: Files): ReleaseDiff => {
  const [before, after] = [packagesOf(from), packagesOf(to)];
  const changed = [...after].flatMap(([folder, files]) => {
    const old = before.get(folder);
    return old === undefined ? [] : (packageDiff(folder, old, files) ?? []);
  });
  const places = (fromEnd: number): NamesDiff => diffNames(parts(before.keys(), fromEnd), parts(after.keys(), fromEnd));
  const packages = diffNames([...before.keys()], [...after.keys()]);
  return {
    same: packages.gained.length + packages.lost.length === 0 && changed.every(({ same }) => same),
    resigned: changed.some(({ files }) =>
      files.some(({ change, signers }) => change === 're-signed' || signers !== undefined),
    ),
    ...{ brands: places(3), drivers: places(2), architectures: places(1), packages, changed },
  };
};

/** Whether there is any package to compare. */
export const hasPackages = (files: Files): boolean => files.some(({ name }) => /\.inf$/i.test(name));
