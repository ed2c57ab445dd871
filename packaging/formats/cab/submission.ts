import { type Diagnostic, problem } from '../../../core/errors.ts';
import { archiveNameFlaw, repeatedName } from '../archive-names.ts';

/** One driver package as it goes to Partner Center: a folder of the cabinet. */
export interface SubmissionPackage {
  readonly folder: string;
  /** Names without folders: INF, binaries, symbols, catalog. */
  readonly files: readonly PackageMember[];
}

export interface PackageMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SubmissionCab {
  /** `folder/name`, folders and names sorted. Write it only when no diagnostic is an error. */
  readonly files: readonly PackageMember[];
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_FOLDER_NAME = 39;
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Lays out a submission cabinet and lists every rule of Partner Center that it would break. That all packages serve the
 * same architectures is the caller's to see to.
 *
 * @param file the path to show for the cabinet, in findings
 * @see spec hardware-api 6, signing-formats 5.5
 */
export const planSubmissionCab = (packages: readonly SubmissionPackage[], file?: string): SubmissionCab => {
  const byFolder = [...packages].sort((a, b) => compareNames(a.folder, b.folder));
  const files = byFolder.flatMap(({ folder, files }) =>
    [...files]
      .sort((a, b) => compareNames(a.name, b.name))
      .map(({ name, bytes }) => ({ name: folder === '' ? name : `${folder}/${name}`, bytes })),
  );
  const empty = packages.length === 0 ? [problem('CAB_EMPTY', 'A submission needs at least one driver package.')] : [];
  const found = [...empty, ...checkFolders(packages), ...packages.flatMap(checkPackage)];
  return { files, diagnostics: file === undefined ? found : found.map((one) => ({ ...one, at: { file } })) };
};

const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const checkFolders = (packages: readonly SubmissionPackage[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  const found: Diagnostic[] = [];
  for (const { folder } of packages) {
    const key = folder.toUpperCase();
    if (folder !== '' && seen.has(key)) found.push(problem('CAB_FOLDER_TWICE', `Two packages use "${folder}".`));
    seen.add(key);
  }
  return found;
};

const checkPackage = ({ folder, files }: SubmissionPackage): readonly Diagnostic[] => [
  ...checkFolderName(folder, files),
  ...files.flatMap(({ name }) => checkMemberName(folder, name)),
  ...checkRepeated(folder, files),
  ...checkContent(folder, files),
];

const checkFolderName = (folder: string, files: readonly PackageMember[]): readonly Diagnostic[] => {
  if (folder === '') {
    const names = files.map(({ name }) => name).join(', ');
    return [problem('CAB_FILE_AT_ROOT', `These files have no package folder: ${names}.`)];
  }
  const hint = 'Use letters, digits, ".", "_" and "-", at most 39 characters, and one level.';
  if (folder.length > MAX_FOLDER_NAME) {
    return [problem('CAB_FOLDER_NAME', `The folder name "${folder}" has ${folder.length} characters.`, { hint })];
  }
  if (PLAIN_NAME.test(folder) && archiveNameFlaw(folder) === undefined) return [];
  return [problem('CAB_FOLDER_NAME', `The folder name "${folder}" is not plain.`, { hint })];
};

const checkMemberName = (folder: string, name: string): readonly Diagnostic[] => {
  if (/[\\/]/.test(name)) {
    return [problem('CAB_FOLDER_NESTED', `"${name}" of package "${folder}" is in a folder of its own.`)];
  }
  const flaw = archiveNameFlaw(name);
  return flaw === undefined
    ? []
    : [problem('CAB_NAME_UNSAFE', `"${name}" of package "${folder}" is refused: ${flaw}.`)];
};

const checkRepeated = (folder: string, files: readonly PackageMember[]): readonly Diagnostic[] => {
  const twice = repeatedName(files.map(({ name }) => name));
  return twice === undefined ? [] : [problem('CAB_NAME_TWICE', `Package "${folder}" holds "${twice}" twice.`)];
};

const checkContent = (folder: string, files: readonly PackageMember[]): readonly Diagnostic[] => {
  const has = (extension: string): boolean => files.some(({ name }) => name.toLowerCase().endsWith(extension));
  const found: Diagnostic[] = [];
  if (!has('.inf')) found.push(problem('CAB_NO_INF', `Package "${folder}" has no INF.`));
  if (has('.sys') && !has('.pdb')) {
    found.push(
      problem('CAB_NO_SYMBOLS', `Package "${folder}" has no .pdb; Microsoft asks for symbols to analyse crashes.`, {
        severity: 'warning',
      }),
    );
  }
  if (!has('.cat')) {
    found.push(
      problem('CAB_NO_CATALOG', `Package "${folder}" has no .cat; Partner Center wants one and replaces it.`, {
        severity: 'warning',
      }),
    );
  }
  return found;
};
