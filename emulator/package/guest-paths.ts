import type { InfArch } from '../../packaging/formats/inf/target-os.ts';

/** What the folders of a guest depend on. */
export interface GuestPlaces {
  readonly arch: InfArch;
  /** The package's folder in the driver store, which is dirid 13. */
  readonly storeFolder: string;
}

const DRIVE = 'C:';
export const WINDOWS_FOLDER = 'C:\\Windows';
const SYSTEM32 = `${WINDOWS_FOLDER}\\System32`;
const PROGRAM_FILES = 'C:\\Program Files';
const PROGRAM_FILES_X86 = 'C:\\Program Files (x86)';

/** Folders by their number (spec inf.md section 5); those that depend on the architecture come after. */
const FOLDERS: Readonly<Record<number, string>> = {
  10: WINDOWS_FOLDER,
  11: SYSTEM32,
  12: `${SYSTEM32}\\drivers`,
  17: `${WINDOWS_FOLDER}\\INF`,
  18: `${WINDOWS_FOLDER}\\Help`,
  20: `${WINDOWS_FOLDER}\\Fonts`,
  23: `${SYSTEM32}\\spool\\drivers\\color`,
  24: DRIVE,
  30: DRIVE,
  50: `${WINDOWS_FOLDER}\\system`,
  51: `${SYSTEM32}\\spool`,
  52: `${SYSTEM32}\\spool\\drivers`,
  54: DRIVE,
  16419: 'C:\\ProgramData',
  16422: PROGRAM_FILES,
  16427: `${PROGRAM_FILES}\\Common Files`,
};

const PRINT_PROCESSORS: Readonly<Record<InfArch, string>> = {
  x86: 'w32x86',
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia64: 'ia64',
};

const STORE = 13;
const ABSOLUTE = [-1, 0xffff];
const PRINT_PROCESSOR = 55;
/** Folders of 32-bit programs, which are the ordinary ones on a 32-bit Windows. */
const FOR_32_BITS: Readonly<Record<number, readonly [on32: string, on64: string]>> = {
  16425: [SYSTEM32, `${WINDOWS_FOLDER}\\SysWOW64`],
  16426: [PROGRAM_FILES, PROGRAM_FILES_X86],
  16428: [`${PROGRAM_FILES}\\Common Files`, `${PROGRAM_FILES_X86}\\Common Files`],
};

const rootOf = (dirid: number, { arch, storeFolder }: GuestPlaces): string | undefined => {
  if (dirid === STORE) return storeFolder;
  if (dirid === PRINT_PROCESSOR) return `${SYSTEM32}\\spool\\prtprocs\\${PRINT_PROCESSORS[arch]}`;
  return FOR_32_BITS[dirid]?.[arch === 'x86' ? 0 : 1] ?? FOLDERS[dirid];
};

const joined = (folder: string, rest: string): string => {
  const below = rest.replace(/^[\\/]+|[\\/]+$/g, '').replaceAll('/', '\\');
  return below === '' ? folder : `${folder}\\${below}`;
};

/** The folder that a number and a path below it stand for; undefined for a number that the emulator does not know. */
export const guestFolder = (
  { dirid, subdir }: { readonly dirid: number | undefined; readonly subdir: string },
  places: GuestPlaces,
): string | undefined => {
  if (dirid === undefined) return undefined;
  if (ABSOLUTE.includes(dirid)) return /^[a-z]:/i.test(subdir) ? subdir.replace(/\\+$/, '') : undefined;
  const root = rootOf(dirid, places);
  return root === undefined ? undefined : joined(root, subdir);
};

/** Text with the numbers of folders put in (`%12%\x.sys`); a number that is not known stays as it is. */
export const withFolders = (text: string, places: GuestPlaces): string => {
  if (!text.includes('%')) return text;
  return text.replace(/%(-?\d{1,5})%(\\?)/g, (whole, number: string, separator: string) => {
    const root = rootOf(Number(number), places);
    return root === undefined ? whole : root + separator;
  });
};

/** A name for a package's folder in the driver store. Windows makes the last part of it from the content, as this does. */
export const storeFolderOf = (infName: string, arch: InfArch, contentHash: string): string =>
  `${SYSTEM32}\\DriverStore\\FileRepository\\${infName.toLowerCase()}_${arch}_${contentHash.slice(0, 16)}`;
