import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { checkCatalogs } from './catalogs.ts';
import { type CompareOptions, type PackageFolder, returned, type SentFile } from './contract.ts';
import { checkImages } from './images.ts';
import { packagesOf, pairPackages } from './pair-packages.ts';
import { isSameFile } from './same-file.ts';

export { type CompareOptions, RETURNED_RULES } from './contract.ts';

/**
 * Whether what came back is what was sent, signed as it should be: nothing is to be published while an error is among
 * the findings. Paths have `/` between their parts; folders may be called anything.
 *
 * @param sent the driver packages, a folder each
 * @param came the files of the signed package
 */
export const compareReturned = (
  sent: readonly SentFile[],
  came: readonly SentFile[],
  options: CompareOptions,
): readonly Diagnostic[] => {
  const [before, after] = [packagesOf(sent), packagesOf(came)];
  const { pairs, lost, added } = pairPackages(before.folders, after.folders);
  const tolerated = options.allPackages === false && pairs.length > 0;
  return [
    ...lost.map(({ path, infs }) => {
      const message = `The package of ${shownText(infs.join(', '))} did not come back.`;
      const detail = tolerated ? { severity: 'warning' as const } : {};
      return returned('RETURNED_PACKAGE_LOST', message, { at: { file: path.slice(0, -1) }, ...detail });
    }),
    ...added.map(({ path, infs }) =>
      returned('RETURNED_PACKAGE_ADDED', `A package of ${shownText(infs.join(', '))} came back that was not sent.`, {
        at: { file: path.slice(0, -1) },
      }),
    ),
    ...after.stray.map(({ name }) =>
      returned('RETURNED_ADDED', 'The file is of no driver package.', { at: { file: name } }),
    ),
    ...pairs.flatMap((pair) => compareFolders(pair.sent, pair.came)),
    ...after.folders.flatMap((folder) => checkImages(folder, pairs.find((one) => one.came === folder)?.sent, options)),
    ...checkCatalogs(after.folders, options),
  ];
};

/** Symbols stay with the service. */
const MAY_STAY = /\.pdb$/;
/** Catalogs are made anew, and have rules of their own. */
const CATALOG = /\.cat$/;

const compareFolders = (sent: PackageFolder, came: PackageFolder): readonly Diagnostic[] => {
  const names = [...new Set([...sent.files.keys(), ...came.files.keys()])].sort();
  return names.flatMap((name) => {
    if (CATALOG.test(name)) return [];
    const [was, is] = [sent.files.get(name), came.files.get(name)];
    if (is === undefined) {
      if (was === undefined || MAY_STAY.test(name)) return [];
      return [returned('RETURNED_LOST', 'The file did not come back.', { at: { file: was.name } })];
    }
    if (was === undefined) return [returned('RETURNED_ADDED', 'The file was not sent.', { at: { file: is.name } })];
    return compareFile(was, is);
  });
};

const compareFile = (was: SentFile, is: SentFile): readonly Diagnostic[] => {
  const at = { file: is.name };
  try {
    if (isSameFile(was, is)) return [];
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return [returned('RETURNED_UNREAD', `The image cannot be read: ${error.message}`, { at })];
  }
  return [returned('RETURNED_CHANGED', 'The file is not what was sent.', { at })];
};
