import { type InfLine, type InfSection, sectionOf } from '../document.ts';
import { stringsLanguage } from '../strings.ts';
import type { RuleContext, RuleFinding, RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

const DIRECTORY_ID = /^-?\d+$/;

/** Names of variables of Windows that are often written with one percent sign by mistake. */
const tokensOf = (text: string): readonly string[] => {
  const names: string[] = [];
  let open = text.indexOf('%');
  while (open >= 0) {
    const close = text.indexOf('%', open + 1);
    if (close < 0) break;
    if (close > open + 1) names.push(text.slice(open + 1, close));
    open = text.indexOf('%', close + 1);
  }
  return names;
};

const NONE: readonly string[] = [];

const lineTokens = ({ raw, rawKey }: InfLine): readonly string[] => {
  const inKey = rawKey?.includes('%') ?? false;
  // A value alone is its own key, and most lines have no token.
  const valuesOnly = !inKey || (raw.length === 1 && raw[0] === rawKey);
  if (valuesOnly && !raw.some((text) => text.includes('%'))) return NONE;
  return (valuesOnly ? raw : [rawKey ?? '', ...raw]).flatMap(tokensOf);
};

/** %token% without a string. Directory ids are no tokens. */
const undefinedTokens = ({ document }: RuleContext): Found => {
  const found: RuleFinding[] = [];
  for (const { name, lines } of document.sections) {
    if (stringsLanguage(name) !== undefined) continue;
    for (const line of lines) {
      for (const token of lineTokens(line)) {
        const known = document.strings.values.has(token.toLowerCase());
        if (known || DIRECTORY_ID.test(token)) continue;
        const message = `The token %${token}% has no string in [Strings].`;
        found.push({ code: 1235, line: line.line, section: name, message, token: `%${token}%` });
      }
    }
  }
  return found;
};

/** Every Strings section must have the same entries, for there is no falling back to another. */
const counts = ({ document }: RuleContext): Found => {
  const base = sectionOf(document, 'Strings');
  if (base === undefined) return [];
  const keys = (section: InfSection): ReadonlySet<string> =>
    new Set(section.lines.map(({ rawKey }) => (rawKey ?? '').toLowerCase()));
  const wanted = keys(base).size;
  return document.sections.flatMap((section): Found => {
    if (typeof stringsLanguage(section.name) !== 'number' || keys(section).size === wanted) return [];
    const message = `[${section.name}] has ${keys(section).size} entries; [Strings] has ${wanted}.`;
    return [{ code: 1295, line: section.headers[0] ?? 1, section: section.name, token: section.name, message }];
  });
};

/** The first of two entries with one name counts. */
const repeated = ({ document }: RuleContext): Found =>
  document.sections.flatMap((section): Found => {
    if (stringsLanguage(section.name) === undefined) return [];
    const seen = new Map<string, number>();
    return section.lines.flatMap(({ rawKey, line }): Found => {
      const key = (rawKey ?? '').toLowerCase();
      const first = seen.get(key);
      if (first === undefined) seen.set(key, line);
      if (first === undefined || rawKey === null) return [];
      const message = `"${rawKey}" stands in line ${first} already; this one is ignored.`;
      return [{ code: 1294, line, section: section.name, token: rawKey, message, atMost: 'W' }];
    });
  });

const RULES = [undefinedTokens, counts, repeated];

/** Rules about [Strings] and %tokens% (spec inf.md section 3). */
export const stringRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
