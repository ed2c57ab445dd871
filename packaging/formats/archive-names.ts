/**
 * Names of files inside archives (cabinet, ZIP), judged before anything is written anywhere.
 * A name that passes is relative, stays below its folder on every system, and can be stored by Windows.
 */
const SEPARATORS = /[\\/]/;
// A colon is a drive or an alternate data stream; the others Windows refuses in a file name.
const FORBIDDEN = /[<>:"|?*]/;
/** Far beyond any driver package, and a bound on the time that comparing names takes. */
const MAX_LENGTH = 1024;
const MAX_DEPTH = 32;
/** What a part may have at most: 255 units on Windows and macOS, 255 bytes of UTF-8 on Linux. */
const MAX_PART_BYTES = 255;
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
// Windows takes `nul.txt` and `nul .txt` for the device as well.
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(\.|$)/i;
/** Characters that turn what follows around, or that nobody sees: two names would look alike. */
const UNSEEN = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

const hasControlCharacter = (text: string): boolean => {
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
};

const partFlaw = (part: string): string | undefined => {
  if (part === '') return 'it is absolute or has an empty part';
  if (part === '.' || part === '..') return `it has the part "${part}"`;
  if (part.endsWith('.') || part.endsWith(' ')) return 'a part of it ends with a dot or a blank';
  if (DEVICE.test(part)) return `"${part}" is a device of Windows`;
  if (Buffer.byteLength(part) > MAX_PART_BYTES) return `a part of it has more than ${MAX_PART_BYTES} bytes`;
  return undefined;
};

/** Why the name must not be used, or undefined when it may. Either slash separates; both in one name are refused. */
export const archiveNameFlaw = (name: string): string | undefined => {
  if (name === '') return 'it is empty';
  if (hasControlCharacter(name)) return 'it has a control character';
  if (name.includes('\\') && name.includes('/')) return 'it mixes both kinds of slashes';
  if (FORBIDDEN.test(name)) return 'it has a character that Windows does not store in names';
  if (UNPAIRED_SURROGATE.test(name)) return 'it is not valid Unicode';
  if (UNSEEN.test(name)) return 'it has a character that is not seen';
  const parts = name.split(SEPARATORS);
  if (name.length > MAX_LENGTH || parts.length > MAX_DEPTH) return 'it is too long or too deep';
  for (const part of parts) {
    const flaw = partFlaw(part);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
};

/** The parts of a name, from the outermost folder to the file. */
export const archiveNameParts = (name: string): readonly string[] => name.split(SEPARATORS);

/**
 * The first file name that stands twice as Windows or macOS compare names (without case, whatever the Unicode form), or
 * is also the name of a folder.
 *
 * @param folders folders that are listed by themselves; every folder on the way to a file counts anyway
 */
export const repeatedName = (names: readonly string[], folders: readonly string[] = []): string | undefined => {
  const files = new Set<string>();
  const above = new Set<string>();
  for (const folder of folders) addFolders(`${comparable(folder)}/`, above);
  for (const name of names) {
    const path = comparable(name);
    if (files.has(path)) return name;
    files.add(path);
    addFolders(path, above);
  }
  return names.find((name) => above.has(comparable(name)));
};

const comparable = (name: string): string =>
  archiveNameParts(name).join('/').normalize('NFC').toUpperCase().normalize('NFC');

const addFolders = (path: string, folders: Set<string>): void => {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    folders.add(path.slice(0, slash));
  }
};
