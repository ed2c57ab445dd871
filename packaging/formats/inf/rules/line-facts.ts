import type { InfLine, InfSection } from '../document.ts';
import { type BuildNumbers, directivesOf, type RuleContext, type RuleFinding, type RuleTarget } from './contract.ts';

/** The value of a field; empty when the line has fewer. */
export const fieldOf = (line: InfLine, index: number): string => line.fields[index] ?? '';

/** What a finding says besides its place. */
export type FindingDetail = Pick<RuleFinding, 'hint' | 'target' | 'token' | 'atMost'>;

/** A finding on a line of a section. */
export const findingOn = (
  code: number,
  section: InfSection,
  line: InfLine,
  message: string,
  detail: FindingDetail = {},
): RuleFinding => ({ code, section: section.name, line: line.line, message, ...detail });

/** A finding on the whole section: where it begins. */
export const findingOfSection = (
  code: number,
  section: InfSection,
  message: string,
  detail: FindingDetail = {},
): RuleFinding => ({
  code,
  section: section.name,
  ...(section.headers[0] === undefined ? {} : { line: section.headers[0] }),
  message,
  ...detail,
});

/**
 * Whether a text holds a token that is not filled in: of [Strings] (1235 reports it), of the stamping tool or of another
 * build system. Nothing more can be said of such a value.
 */
export const isOpen = (text: string): boolean => /%(?!-?\d+%)[^%\\]+%|\$[a-z_]+\$|@[a-z_]+@/i.test(text);

/** `{8-4-4-4-12}` in hexadecimal digits. */
export const isGuid = (text: string): boolean =>
  /^\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}$/i.test(text);

/** The first field of a directive that counts once; undefined when the section does not have it. */
export const entryOf = (section: InfSection, key: string): InfLine | undefined => directivesOf(section, key)[0];

/** Groups lines or the like by a key, in order. */
export const groupBy = <T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
};

/** Whether the first Windows is newer than the second. */
export const isLater = (a: BuildNumbers, b: BuildNumbers): boolean =>
  a[0] !== b[0] ? a[0] > b[0] : a[1] !== b[1] ? a[1] > b[1] : a[2] > b[2];

/** The targets that a Windows 10 or 11 of a build or later uses. */
export const targetsFrom = ({ targets }: RuleContext, build: number): ReadonlySet<RuleTarget> =>
  new Set(targets.filter(({ until }) => until === undefined || isLater(until, [10, 0, build])));

/**
 * The targets that mode h judges by rules which came with a build: a Models section is judged by the rules of the newest
 * Windows that uses it, and none by newer rules than are asked for (infverif.md sections 1 and 6; InfVerif /h).
 */
export const judgedFrom = (context: RuleContext, build: number): ReadonlySet<RuleTarget> =>
  (context.options.ruleBuild ?? build) < build ? new Set() : targetsFrom(context, build);

/**
 * How hard a rule of the WHQL requirements is taken: without a mode only faults of syntax are errors, so that what
 * Microsoft signed before the rule came stays valid.
 */
export const policyLevel = (context: RuleContext): Pick<FindingDetail, 'atMost'> =>
  context.options.mode === 'none' ? { atMost: 'W' } : {};
