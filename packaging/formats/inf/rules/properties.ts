import type { InfLine, InfSection } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import type { RuleFinding, RuleGroup } from './contract.ts';
import { fieldOf, findingOn, isGuid, isOpen } from './line-facts.ts';

const FIRST_PROPERTY = 2;

/**
 * `{format},id,type,[flags],value` lines. Properties by name are left alone, as new Windows bring new names; so are types,
 * as shipped INFs have others than those documented (observed: DsHidMini, type 3).
 */
const checkLine = (section: InfSection, line: InfLine): readonly RuleFinding[] => {
  const [format, id] = [fieldOf(line, 0), fieldOf(line, 1)];
  if (!format.startsWith('{') || isOpen(format) || isOpen(id)) return [];
  const found: RuleFinding[] = [];
  if (!isGuid(format)) {
    const message = `The format "${format}" of the property is no GUID in braces.`;
    found.push(findingOn(1019, section, line, message, { token: format }));
  }
  const number = parseInfNumber(id);
  if (id === '' || number === undefined || number < FIRST_PROPERTY) {
    const message = `"${id}" is no property id; it is a number from 2.`;
    found.push(findingOn(1268, section, line, message, { token: id }));
  }
  return found;
};

/** AddProperty lines that name a property by its GUID (spec inf.md section 9). */
export const propertyRules: RuleGroup = (context) =>
  context.of('add-property').flatMap(({ section }) => section.lines.flatMap((line) => checkLine(section, line)));
