import type { InfLine, InfSection } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import { directivesOf, type RuleContext, type RuleFinding, type RuleSection, type SectionKind } from './contract.ts';
import { entryOf, fieldOf, findingOfSection, findingOn, groupBy, isOpen } from './line-facts.ts';

/** `Directive=name,[flags],section`, the form that most directives of newer Windows have. */
export interface NamedDirective {
  readonly directive: string;
  /** Sections that have it. */
  readonly kind: SectionKind;
  /** What the name is of, for messages: `filter`. */
  readonly noun: string;
  /** Flags that may be set. */
  readonly flags: number;
}

const checkLine = (section: InfSection, line: InfLine, form: NamedDirective): readonly RuleFinding[] => {
  const { directive, noun, flags } = form;
  const [name, written] = [fieldOf(line, 0), fieldOf(line, 1)];
  const found: RuleFinding[] = [];
  if (name === '') found.push(findingOn(1080, section, line, `${directive} does not name the ${noun}.`));
  const value = parseInfNumber(written);
  if (!isOpen(written) && (value === undefined || (value & ~flags) !== 0 || value < 0)) {
    const message = `${directive} has the flags "${written}" for "${name}", which it does not know.`;
    found.push(findingOn(1083, section, line, message, { token: written }));
  }
  return found;
};

/** The same name twice in one section. */
const checkTwice = ({ section }: RuleSection, { directive, noun }: NamedDirective): readonly RuleFinding[] =>
  [...groupBy(directivesOf(section, directive), (line) => fieldOf(line, 0).toLowerCase())].flatMap(([name, lines]) => {
    const [, second] = lines;
    if (name === '' || second === undefined) return [];
    return [findingOn(1086, section, second, `${directive} adds the ${noun} "${fieldOf(second, 0)}" a second time.`)];
  });

/** Name and flags of all lines of a directive, and no name twice in a section. */
export const checkDirective = (context: RuleContext, form: NamedDirective): readonly RuleFinding[] =>
  context
    .of(form.kind)
    .flatMap((role) => [
      ...directivesOf(role.section, form.directive).flatMap((line) => checkLine(role.section, line, form)),
      ...checkTwice(role, form),
    ]);

/** Keys that a section must have, each with a value. */
export const checkRequired = (section: InfSection, noun: string, keys: readonly string[]): readonly RuleFinding[] =>
  keys.flatMap((key) => {
    const line = entryOf(section, key);
    if (line === undefined) {
      return [findingOfSection(1013, section, `The ${noun} section [${section.name}] needs ${key}.`)];
    }
    return fieldOf(line, 0) === '' ? [findingOn(1014, section, line, `${key} of the ${noun} is empty.`)] : [];
  });

/** Numbers from one to another; a value that is no number or is outside is 1260 or 1014. */
export const checkRange = (
  section: InfSection,
  key: string,
  range: { readonly from: number; readonly to: number },
): readonly RuleFinding[] =>
  directivesOf(section, key).flatMap((line) => {
    const text = fieldOf(line, 0);
    const value = parseInfNumber(text);
    if (text === '' || isOpen(text)) return [];
    if (value === undefined) {
      return [findingOn(1260, section, line, `${key} is "${text}", which is no number.`, { token: text })];
    }
    if (value >= range.from && value <= range.to) return [];
    const message = `${key} cannot be ${text}: ${range.from} to ${range.to} is allowed.`;
    return [findingOn(1014, section, line, message, { token: text })];
  });
