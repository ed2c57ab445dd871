/** File names that Windows keeps for devices, with any extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i;

/** Git's folder and the short name that Windows may give it; a Mac does not see the characters that nobody sees. */
const GIT_FOLDER = /^(\.git|git~[0-9]+)$/i;

/**
 * Why a patch may not name a path of the tree; undefined when it may. The words go on after the path. A path is
 * `/`-separated, relative, and stays below the root on every system; `.git` is never touched.
 */
export const pathComplaint = (path: string): string | undefined => {
  if (path === '') return 'is empty';
  if (path.length > 1024) return 'is longer than 1024 characters';
  if (/\p{Cc}/u.test(path)) return 'has a control character in it';
  if (/\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}|[\u2028\u2029]/u.test(path)) {
    return 'has a character in it that nobody can see';
  }
  if (path.startsWith('/') || path.startsWith('\\')) return 'is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'begins with a drive letter';
  if (/[\\:*?"<>|]/.test(path)) return 'has a character that no file name on Windows has';
  const parts = path.split('/');
  if (parts.some((part) => part === '..')) return 'leads out of the tree';
  if (parts.some((part) => part === '' || part === '.')) return 'has an empty part';
  if (parts.some((part) => GIT_FOLDER.test(part.replace(/[. ]+$/, '')))) return 'is inside a folder of git';
  if (parts.some((part) => /[. ]$/.test(part))) return 'has a part that ends in a dot or a blank';
  return parts.some((part) => DEVICE.test(part)) ? 'is a device on Windows' : undefined;
};

/** Whether a path is the INF of a driver: upstream's repositories have it as `src/<driver>.inf`. */
export const isInfOf = (path: string, driver: string): boolean =>
  path.slice(path.lastIndexOf('/') + 1).toLowerCase() === `${driver}.inf`;
