/**
 * Whether `text` is what `pattern` says, whatever the case of ASCII letters: `*` is any text, `?` one character. Time grows with
 * the product of the lengths at most.
 */
export const matchesGlob = (pattern: string, text: string): boolean => {
  const [p, t] = [asciiLower(pattern), asciiLower(text)];
  let [at, star, retry] = [0, -1, 0];
  for (let i = 0; i < t.length; ) {
    if (p[at] === '*') {
      [star, retry] = [at, i];
      at += 1;
    } else if (at < p.length && (p[at] === '?' || p[at] === t[i])) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      at = star + 1;
      retry += 1;
      i = retry;
    } else return false;
  }
  return /^\**$/.test(p.slice(at));
};

/** Letters beyond ASCII stay: some of them become ASCII letters otherwise. */
export const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
