/**
 * Names are compared without case, and the same few are compared a thousand times in every run: each is put into one case once.
 * A long run of odd names must not fill the memory.
 */
const MOST_KNOWN = 20_000;

/** A function of text that is asked for the same few texts again and again. */
export const remembered = <T>(change: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const after = change(text);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, after);
    return after;
  };
};

export const lowerCase = remembered((text) => text.toLowerCase());
export const upperCase = remembered((text) => text.toUpperCase());
