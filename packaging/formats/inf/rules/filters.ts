import type { RuleFinding, RuleGroup, RuleSection } from './contract.ts';
import { checkDirective } from './directive-forms.ts';
import { entryOf, fieldOf, findingOfSection, findingOn, isOpen } from './line-facts.ts';
import { isUsedBy, registryLines } from './registry-lines.ts';

const ADD_FILTER = { directive: 'AddFilter', kind: 'filters', noun: 'filter', flags: 0 } as const;

/** Exactly one of FilterLevel and FilterPosition. */
const checkFilter = ({ section }: RuleSection): readonly RuleFinding[] => {
  const level = entryOf(section, 'FilterLevel');
  const position = entryOf(section, 'FilterPosition');
  if (level !== undefined && position !== undefined) {
    const message = 'FilterLevel and FilterPosition exclude each other; one of them is ignored.';
    return [findingOn(1087, section, position, message)];
  }
  if (level === undefined && position === undefined) {
    const message = `The filter section [${section.name}] needs FilterLevel or FilterPosition.`;
    return [findingOfSection(1013, section, message)];
  }
  if (position === undefined) return [];
  const text = fieldOf(position, 0);
  if (/^(upper|lower)$/i.test(text) || isOpen(text)) return [];
  const hint = 'Write FilterPosition=Upper or FilterPosition=Lower.';
  return [findingOn(1081, section, position, `FilterPosition cannot be "${text}".`, { token: text, hint })];
};

const LEVEL_VALUES = /^(upper|lower)filter(levels|defaultlevel)$/i;

/** Levels are the base driver's to define (spec inf.md sections 9 and 13). */
const levelsInExtension: RuleGroup = (context) =>
  !context.isExtension
    ? []
    : registryLines(context)
        .filter((entry) => entry.root === 'HKR' && entry.subkey === '' && LEVEL_VALUES.test(entry.name))
        .filter((entry) => isUsedBy(entry, 'hw'))
        .map(({ role, line, name }) =>
          findingOn(1430, role.section, line, `"${name}" defines filter levels, which only the base INF may.`, {
            token: name,
          }),
        );

/** AddFilter and the sections that it names (spec inf.md section 10). */
export const filterRules: RuleGroup = (context) => [
  ...checkDirective(context, ADD_FILTER),
  ...context.of('filter').flatMap(checkFilter),
  ...levelsInExtension(context),
];
