const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * A word as it is typed into a shell: as it is where that is safe; in double quotes, which every shell has, where nothing
 * in it means something there; else in single quotes as POSIX shells and PowerShell take them.
 */
export const shellWord = (text: string): string => {
  if (PLAIN.test(text) && !text.startsWith('-')) return text;
  if (/^[^"$`\\!]*$/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
};

/** A path as an argument: one that begins with a hyphen is no option. */
export const pathWord = (path: string): string => shellWord(path.startsWith('-') ? `./${path}` : path);
