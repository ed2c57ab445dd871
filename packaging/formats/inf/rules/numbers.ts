import { parseInfNumber } from '../numbers.ts';
import { directivesOf, type RuleGroup } from './contract.ts';
import { fieldOf, findingOn, isOpen } from './line-facts.ts';

/** WMIInterface flags are 0 or 1 (spec inf.md section 10). */
export const numberRules: RuleGroup = (context) =>
  context.of('wmi').flatMap(({ section }) =>
    directivesOf(section, 'WMIInterface').flatMap((line) => {
      const text = fieldOf(line, 1);
      if (isOpen(text) || [0, 1].includes(parseInfNumber(text) ?? -1)) return [];
      return [
        findingOn(1256, section, line, `WMIInterface has the flags "${text}"; 0 and 1 are known.`, { token: text }),
      ];
    }),
  );
