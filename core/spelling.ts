/**
 * How far two words are apart: the fewest insertions, deletions, replacements and swaps of neighbours that turn one
 * into the other (optimal string alignment). Time and memory grow with the product of the lengths.
 */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
};

/** Words longer than this are not misspelt names, and comparing them would cost time. */
const LONGEST_NAME = 64;

const plain = (text: string): string => text.toLowerCase().replace(/[-_ ]/g, '');

/** `vendorDeviceId` is also looked for as `DeviceId` and as `vendorDevice`: people forget a word more than a letter. */
const shorterNames = (candidate: string): readonly string[] => {
  const words = candidate.match(/[A-Z]?[^A-Z]+/g) ?? [];
  return [words.slice(1).join(''), words.slice(0, -1).join('')].filter((name) => name.length >= 4);
};

const nearness = (word: string, candidate: string): number => {
  const limit = (name: string): number => Math.max(1, Math.max(word.length, name.length) / 3);
  const whole = [{ name: candidate, extra: 0 }, ...shorterNames(candidate).map((name) => ({ name, extra: 1 }))];
  const distances = whole.map(({ name, extra }) => {
    const distance = editDistance(plain(word), plain(name));
    return distance <= limit(name) ? distance + extra : Number.POSITIVE_INFINITY;
  });
  return Math.min(...distances);
};

/**
 * The candidate that `word` most likely meant, ignoring case and `-`, `_` or blanks between words; undefined when none
 * is near enough (a third of the longer word, at least one letter). Of equally near ones the first.
 */
export const closestName = (word: string, candidates: readonly string[]): string | undefined => {
  if (word.length > LONGEST_NAME) return undefined;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: nearness(word, candidate) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
};

// The characters that a terminal, an editor or a log would act on instead of showing: controls, line and paragraph
// separators, bidirectional controls, and halves of surrogate pairs.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const LONGEST_SHOWN = 80;

/** A text from outside, fit to stand in a message: what cannot be shown is written `\u{202e}`, a long text is cut. */
export const shownText = (text: string): string => {
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
};

/** The same for a line of source: one character stays one character, so that columns keep their places. */
export const shownLine = (line: string): string =>
  line.replace(/\t/g, ' ').replace(UNPRINTABLE, (character) => '\ufffd'.repeat(character.length));
