/**
 * The titles of tests as a source file writes them, without running it. A small scanner of TypeScript's words is enough:
 * strings, templates, comments and regular expressions are told apart, so that a title in a comment is none.
 */

interface Word {
  readonly kind: 'name' | 'string' | 'mark';
  readonly text: string;
}

const DECLARES = /^(?:test|it|oracle|describe\w*|in[A-Z]\w*)$/;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const NAME = /[A-Za-z_$][\w$]*/y;
const QUOTED = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const PATTERN = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const NUMBER = /\d[\w.]*/y;
/** After these a slash begins a regular expression; elsewhere it divides. */
const BEFORE_PATTERN = /^(?:[([{},;:=!&|?+\-*%<>~^]|return|typeof|case|in|of|await)$/;

const matchAt = (pattern: RegExp, source: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
};

/** Where the template literal that begins at `start` ends, with the templates inside its `${…}`. */
const templateEnd = (source: string, start: number): number => {
  let at = start + 1;
  while (at < source.length && source[at] !== '`') {
    if (source[at] === '\\') at += 2;
    else if (source.startsWith('${', at)) at = expressionEnd(source, at + 2);
    else at += 1;
  }
  return at + 1;
};

const expressionEnd = (source: string, start: number): number => {
  let depth = 1;
  let at = start;
  while (at < source.length && depth > 0) {
    const quoted = matchAt(QUOTED, source, at);
    if (quoted !== undefined) at += quoted.length;
    else if (source[at] === '`') at = templateEnd(source, at);
    else {
      if (source[at] === '{') depth += 1;
      if (source[at] === '}') depth -= 1;
      at += 1;
    }
  }
  return at;
};

const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

/** The next word at `at`, and how long it is; no word for spaces, comments, numbers and patterns. */
const wordAt = (source: string, at: number, before: Word | undefined): { word?: Word; length: number } => {
  const first = source[at] ?? '';
  if (/\s/.test(first)) return { length: 1 };
  const comment = matchAt(COMMENT, source, at);
  if (comment !== undefined) return { length: comment.length };
  const quoted = matchAt(QUOTED, source, at);
  if (quoted !== undefined) {
    return { word: { kind: 'string', text: unescaped(quoted.slice(1, -1)) }, length: quoted.length };
  }
  if (first === '`') {
    const end = templateEnd(source, at);
    return { word: { kind: 'string', text: unescaped(source.slice(at + 1, end - 1)) }, length: end - at };
  }
  const name = matchAt(NAME, source, at);
  if (name !== undefined) return { word: { kind: 'name', text: name }, length: name.length };
  const skipped = matchAt(NUMBER, source, at);
  if (skipped !== undefined) return { word: { kind: 'name', text: skipped }, length: skipped.length };
  const pattern = before === undefined || BEFORE_PATTERN.test(before.text) ? matchAt(PATTERN, source, at) : undefined;
  if (pattern !== undefined) return { word: { kind: 'name', text: 'pattern' }, length: pattern.length };
  return { word: { kind: 'mark', text: first }, length: 1 };
};

const wordsOf = (source: string): Word[] => {
  const words: Word[] = [];
  for (let at = 0; at < source.length; ) {
    const { word, length } = wordAt(source, at, words.at(-1));
    if (word !== undefined) words.push(word);
    at += length;
  }
  return words;
};

const isMark = (word: Word | undefined, text: string): boolean => word?.kind === 'mark' && word.text === text;

/** The index after the bracket that closes the one at `open`. */
const closed = (words: readonly Word[], open: number): number => {
  let depth = 0;
  for (let at = open; at < words.length; at += 1) {
    const { kind, text } = words[at] ?? { kind: 'name', text: '' };
    if (kind !== 'mark') continue;
    if ('([{'.includes(text)) depth += 1;
    if (')]}'.includes(text)) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return words.length;
};

/** The index after the types in `test.each<[string, () => void]>(…)`. */
const typesClosed = (words: readonly Word[], open: number): number => {
  let depth = 0;
  for (let at = open; at < words.length; at += 1) {
    if (isMark(words[at], '<')) depth += 1;
    if (isMark(words[at], '>') && !isMark(words[at - 1], '=')) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return words.length;
};

/** The title among a call's first arguments: `('title', …)`, or after one other argument, as `oracle` has it. */
const titlesOfCall = (words: readonly Word[], open: number): string[] => {
  const [first, comma, second] = words.slice(open + 1, open + 4);
  const named = first?.kind === 'string' ? [first.text] : [];
  return isMark(comma, ',') && second?.kind === 'string' ? [...named, second.text] : named;
};

/** Every title that the source declares, in file order: of tests, of groups, and templates as they are written. */
export const testTitles = (source: string): string[] => {
  const words = wordsOf(source);
  return words.flatMap((word, index) => {
    if (word.kind !== 'name' || !DECLARES.test(word.text) || isMark(words[index - 1], '.')) return [];
    const titles: string[] = [];
    for (let at = index + 1; at < words.length; ) {
      if (isMark(words[at], '.')) at += 2;
      else if (isMark(words[at], '<')) at = typesClosed(words, at);
      else if (isMark(words[at], '(')) {
        titles.push(...titlesOfCall(words, at));
        at = closed(words, at);
      } else break;
    }
    return titles;
  });
};

/** Where a title has a value put in: `%s` and `$name` of a table, `${…}` of a template. */
const PUT_IN = /\$\{[^}]*\}|%[sdifjoOpc#$%]|\$[A-Za-z_][\w.]*/g;

/** Whether a test or group that ran as `name` is the one that its source calls `title`; `oracle` and contracts put words in front. */
export const namedBy = (title: string, name: string): boolean => {
  const fixed = title.split(PUT_IN).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^(?:.* )?${fixed.join('[\\s\\S]*')}$`, 's').test(name);
};
