/**
 * Names of files inside archives (cabinet, ZIP), judged before anything is written anywhere.
 * A name that passes is relative, stays below its folder on every system, and can be stored by Windows.
 */
const SEPARATORS = /[\\/]/;
// A colon is a drive or an alternate data stream; the others Windows refuses in a file name.
const FORBIDDEN = /[<>:"|?*]/;
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

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
  return undefined;
};

/** Why the name must not be used, or undefined when it may. Either slash separates; both in one name are refused. */
export const archiveNameFlaw = (name: string): string | undefined => {
  if (name === '') return 'it is empty';
  if (hasControlCharacter(name)) return 'it has a control character';
  if (name.includes('\\') && name.includes('/')) return 'it mixes both kinds of slashes';
  if (FORBIDDEN.test(name)) return 'it has a character that Windows does not store in names';
  if (UNPAIRED_SURROGATE.test(name)) return 'it is not valid Unicode';
  for (const part of name.split(SEPARATORS)) {
    const flaw = partFlaw(part);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
};

/** The parts of a name, from the outermost folder to the file. */
export const archiveNameParts = (name: string): readonly string[] => name.split(SEPARATORS);

/** The first name that stands twice as Windows compares names, or is both a file and a folder. */
export const repeatedName = (names: readonly string[]): string | undefined => {
  const files = new Set<string>();
  const folders = new Set<string>();
  for (const name of names) {
    const path = archiveNameParts(name).join('/').toUpperCase();
    if (files.has(path) || folders.has(path)) return name;
    files.add(path);
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (files.has(folder)) return name;
      folders.add(folder);
    }
  }
  return undefined;
};
