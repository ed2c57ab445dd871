import { equalBytes, toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { peDigest } from '../../packaging/formats/pe/digest.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import type { ReturnedFile } from './run.ts';

/** A package: files of one folder that holds an INF. */
interface Folder {
  readonly inf: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Signing makes catalogs anew, and symbols do not come back. */
const LEFT_OUT = /\.(cat|pdb)$/i;

const foldersOf = (files: readonly ReturnedFile[]): readonly Folder[] => {
  const folders = new Map<string, Map<string, Uint8Array>>();
  for (const { name, bytes } of files) {
    const at = name.lastIndexOf('/');
    const folder = folders.get(name.slice(0, Math.max(0, at))) ?? new Map<string, Uint8Array>();
    folders.set(name.slice(0, Math.max(0, at)), folder.set(name.slice(at + 1).toLowerCase(), bytes));
  }
  return [...folders.values()].flatMap((folder) => {
    const inf = [...folder.keys()].filter((name) => name.endsWith('.inf')).sort();
    return inf.length === 0 ? [] : [{ inf: inf.join(', '), files: folder }];
  });
};

const sameContent = (name: string, sent: Uint8Array, returned: Uint8Array): boolean => {
  if (equalBytes(sent, returned)) return true;
  if (!isPe(sent) || !isPe(returned)) return false;
  const digest = (bytes: Uint8Array): string => toHex(peDigest(parsePe(bytes, name), 'sha256'));
  return digest(sent) === digest(returned);
};

/**
 * Whether what came back is what was sent: each image equal but for signatures, everything else byte for byte, nothing
 * lost and nothing added but catalogs.
 * @param sent the packages, a folder each
 * @param returned the files of the signed package
 */
export const compareFiles = (
  sent: readonly ReturnedFile[],
  returned: readonly ReturnedFile[],
): readonly Diagnostic[] => {
  const differs = (message: string): Diagnostic => problem('PUBLISH_RETURNED_DIFFERS', message);
  const [before, after] = [foldersOf(sent), foldersOf(returned)];
  const lost = before.filter(({ inf }) => !after.some((one) => one.inf === inf));
  const added = after.filter(({ inf }) => !before.some((one) => one.inf === inf));
  return [
    ...lost.map(({ inf }) => differs(`The package of ${shownText(inf)} did not come back.`)),
    ...added.map(({ inf }) => differs(`A package came back that was not sent: ${shownText(inf)}.`)),
    ...before.flatMap(({ inf, files }) => {
      const [folder, twice] = after.filter((one) => one.inf === inf);
      if (folder === undefined) return [];
      const names = [...new Set([...files.keys(), ...folder.files.keys()])].filter((name) => !LEFT_OUT.test(name));
      return [
        ...(twice === undefined ? [] : [differs(`The package of ${shownText(inf)} came back more than once.`)]),
        ...names.sort().flatMap((name) => {
          const [was, is] = [files.get(name), folder.files.get(name)];
          const shown = `${shownText(name)}, of the package of ${shownText(inf)},`;
          if (was === undefined) return [differs(`${shown} was not sent, and came back.`)];
          if (is === undefined) return [differs(`${shown} was sent, and did not come back.`)];
          return sameContent(name, was, is) ? [] : [differs(`${shown} is not what was sent.`)];
        }),
      ];
    }),
    ...(after.length === 0 ? [differs('No driver package came back.')] : []),
  ];
};
