/**
 * Names are compared without case, and the same few are compared a thousand times in every run: each is put into one case once.
 * A long run of odd names must not fill the memory.
 */
const MOST_KNOWN = 20_000;

const remembered = (change: (text: string) => string): ((text: string) => string) => {
  const known = new Map<string, string>();
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
