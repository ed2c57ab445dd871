import type { Io } from '../io.ts';

/** Where winpv keeps the root of an emulated service, which the packages that came back lead to. */
const ROOT = /^\.winpv\/submission-(.+)-root\.pem$/;

/**
 * Says of a folder which root its returned packages lead to. It is trusted by whoever names it only: a folder must not bring
 * its own trust along.
 * @param files the paths below the folder
 */
export const returnedRootLines = (
  io: Io,
  folder: string,
  { files, named }: { readonly files: readonly string[]; readonly named: readonly string[] },
): readonly string[] =>
  files.flatMap((path) => {
    const key = ROOT.exec(path)?.[1];
    if (key === undefined || !files.some((other) => other.startsWith(`${key}-signed/`))) return [];
    const root = io.files.join(folder, ...path.split('/'));
    if (named.some((other) => io.files.relative(other, root) === '' || other === root)) return [];
    return [`${key}-signed was signed by the emulated Partner Center, for tests only: --ca ${root} trusts it.`];
  });
