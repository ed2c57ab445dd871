import { MAX_FIELD } from './entry.ts';

/** The strings of an INF in one language: names in lower case. */
export interface StringTable {
  readonly values: ReadonlyMap<string, string>;
  /** Whether a name holds a percent sign, which a reference writes twice. */
  readonly percentNames: boolean;
}

/** English (United States), the language assumed when none is named. */
export const DEFAULT_LANGUAGE = 0x0409;

const PRIMARY_LANGUAGE = 0x3ff;
/** A reference to a name with percent signs is tried so many of them long, which bounds the time. */
const MAX_PERCENT_SIGNS = 4;

/** The LANGID of `Strings.LLLL`, 'default' for `Strings`, undefined for any other section. */
export const stringsLanguage = (sectionName: string): number | 'default' | undefined => {
  // Asked of every section, again and again: most are told apart by their first letter.
  if (!/^s/i.test(sectionName) || !/^strings/i.test(sectionName)) return undefined;
  if (sectionName.length === 7) return 'default';
  const match = /^strings\.([0-9a-f]{4})$/i.exec(sectionName);
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16);
};

/**
 * The Strings section that a system of a language uses, for the whole file (spec inf.md section 3): the exact LANGID,
 * its neutral form, any of the same primary language, the undecorated one.
 */
export const chooseStringsSection = <T extends { readonly name: string }>(
  sections: readonly T[],
  language: number,
): T | undefined => {
  const primary = language & PRIMARY_LANGUAGE;
  const rank = (section: T): number => {
    const own = stringsLanguage(section.name);
    if (own === undefined) return 0;
    if (own === 'default') return 1;
    if (own === language) return 4;
    if (own === primary) return 3;
    return (own & PRIMARY_LANGUAGE) === primary ? 2 : 0;
  };
  let best: T | undefined;
  let bestRank = 0;
  for (const section of sections) {
    const own = rank(section);
    if (own > bestRank) {
      best = section;
      bestRank = own;
    }
  }
  return best;
};

/** Entries of a Strings section, as written; of two with the same name the first counts. */
export const stringTable = (entries: Iterable<readonly [name: string, value: string]>): StringTable => {
  const values = new Map<string, string>();
  let percentNames = false;
  for (const [written, value] of entries) {
    const name = written.replaceAll('%%', '%').toLowerCase();
    if (name.includes('%')) percentNames = true;
    if (!values.has(name)) values.set(name, value);
  }
  return { values, percentNames };
};

interface Reference {
  readonly value: string | undefined;
  /** Offset of the closing percent sign. */
  readonly close: number;
}

const resolve = (raw: string, open: number, close: number, table: StringTable): Reference => {
  if (close === open + 1) return { value: '%', close };
  const value = table.values.get(raw.slice(open + 1, close).toLowerCase());
  if (value !== undefined || !table.percentNames) return { value, close };
  let end = close;
  for (let i = 0; i < MAX_PERCENT_SIGNS && raw[end + 1] === '%'; i += 1) {
    end = raw.indexOf('%', end + 2);
    if (end < 0) break;
    const name = raw
      .slice(open + 1, end)
      .replaceAll('%%', '%')
      .toLowerCase();
    const long = table.values.get(name);
    if (long !== undefined) return { value: long, close: end };
  }
  return { value: undefined, close };
};

/**
 * Replaces `%name%` by its string and `%%` by a percent sign, once: what comes from a string is not looked at again.
 * A name that is not there stays as it is written. The result is cut to the longest length of a field.
 */
export const substituteStrings = (raw: string, table: StringTable): string => {
  let open = raw.indexOf('%');
  if (open < 0) return raw;
  let out = '';
  let from = 0;
  while (open >= 0 && out.length <= MAX_FIELD) {
    const first = raw.indexOf('%', open + 1);
    if (first < 0) break;
    const { value, close } = resolve(raw, open, first, table);
    out += raw.slice(from, open) + (value ?? raw.slice(open, close + 1));
    from = close + 1;
    open = raw.indexOf('%', from);
  }
  out += raw.slice(from);
  return out.length > MAX_FIELD ? out.slice(0, MAX_FIELD) : out;
};
