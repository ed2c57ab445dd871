import { parseInfNumber } from '../numbers.ts';
import { directivesOf, type RuleFinding, type RuleGroup, type RuleSection } from './contract.ts';
import { checkDirective, checkRequired } from './directive-forms.ts';
import { entryOf, fieldOf, findingOn, isOpen } from './line-facts.ts';

type Findings = readonly RuleFinding[];

const ADD_COMPONENT = { directive: 'AddComponent', kind: 'components', noun: 'component', flags: 0xffffffff } as const;
const ADD_SOFTWARE = { directive: 'AddSoftware', kind: 'software', noun: 'software', flags: 1 } as const;

const checkComponent = ({ section }: RuleSection): Findings => [
  ...checkRequired(section, 'component', ['ComponentIDs']),
  ...directivesOf(section, 'ComponentIDs').flatMap((line) =>
    line.fields
      .filter((id) => /[\\,]/.test(id) && !isOpen(id))
      .map((id) =>
        findingOn(1150, section, line, `The component id "${id}" has a backslash or a comma.`, { token: id }),
      ),
  ),
];

const PROGRAM = 1;
const STORE_APP = 2;
const NEEDED: ReadonlyMap<number, readonly string[]> = new Map([
  [PROGRAM, ['SoftwareBinary', 'SoftwareVersion']],
  [STORE_APP, ['SoftwareID']],
]);

const checkVersion = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'SoftwareVersion').flatMap((line) => {
    const text = fieldOf(line, 0);
    const parts = text.split('.');
    if (isOpen(text) || text === '') return [];
    if (parts.length === 4 && parts.every((part) => /^\d{1,5}$/.test(part) && Number(part) <= 0xffff)) return [];
    const message = `SoftwareVersion "${text}" is not four numbers from 0 to 65535.`;
    return [findingOn(1217, section, line, message, { token: text })];
  });

const checkBinary = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'SoftwareBinary').flatMap((line) => {
    const text = fieldOf(line, 0);
    if (!/^([a-z]:|[\\/]|%(?!13%)-?\d+%)/i.test(text)) return [];
    const message = `SoftwareBinary "${text}" is not below the package.`;
    return [findingOn(1141, section, line, message, { token: text })];
  });

const checkSoftware = (role: RuleSection): Findings => {
  const { section } = role;
  const line = entryOf(section, 'SoftwareType');
  const text = line === undefined ? '' : fieldOf(line, 0);
  if (line === undefined || text === '') return checkRequired(section, 'software', ['SoftwareType']);
  if (isOpen(text)) return [];
  const type = parseInfNumber(text);
  const needed = type === undefined ? undefined : NEEDED.get(type);
  if (needed === undefined) {
    return [findingOn(1081, section, line, `SoftwareType cannot be "${text}"; it is 1 or 2.`, { token: text })];
  }
  const missing = needed
    .filter((key) => fieldOf(entryOf(section, key) ?? { ...line, fields: [] }, 0) === '')
    .map((key) => findingOn(1142, section, line, `SoftwareType ${text} needs ${key}.`, { hint: `Add ${key}.` }));
  if (type !== PROGRAM) return missing;
  const desktop = findingOn(1144, section, line, 'SoftwareType 1 runs on desktop systems only.');
  return [...missing, desktop, ...checkBinary(role)];
};

/** AddComponent and AddSoftware, and the sections that they name (spec inf.md section 10). */
export const componentRules: RuleGroup = (context) => [
  ...checkDirective(context, ADD_COMPONENT),
  ...context.of('component').flatMap(checkComponent),
  ...checkDirective(context, ADD_SOFTWARE),
  ...context.of('software-install').flatMap((role) => [...checkSoftware(role), ...checkVersion(role)]),
];
