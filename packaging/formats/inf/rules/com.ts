import { directivesOf, type RuleFinding, type RuleGroup, type RuleSection } from './contract.ts';
import { checkDirective, checkRange, checkRequired } from './directive-forms.ts';
import { fieldOf, findingOn, isGuid, isOpen } from './line-facts.ts';
import { keyOf, type RegistryLine, registryLines } from './registry-lines.ts';

type Findings = readonly RuleFinding[];

const ADD_COM_SERVER = { directive: 'AddComServer', kind: 'com', noun: 'COM server', flags: 0 } as const;

const THREADING_MODEL = /^(apartment|free|both|neutral)$/i;

const checkServer = ({ section }: RuleSection): Findings => [
  ...checkRequired(section, 'COM server', ['ServerType', 'ServerBinary', 'AddComClass']),
  ...checkRange(section, 'ServerType', { from: 1, to: 1 }),
  ...directivesOf(section, 'AddComClass').flatMap((line) => {
    const text = fieldOf(line, 0);
    if (text === '' || isGuid(text) || isOpen(text)) return [];
    return [
      findingOn(1019, section, line, `AddComClass names the class "${text}", which is no GUID.`, { token: text }),
    ];
  }),
];

const threadingMessage = (text: string): string =>
  `ThreadingModel cannot be "${text}"; it is Apartment, Free, Both or Neutral.`;

const checkClass = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'ThreadingModel').flatMap((line) => {
    const text = fieldOf(line, 0);
    if (THREADING_MODEL.test(text) || isOpen(text)) return [];
    return [findingOn(1160, section, line, threadingMessage(text), { token: text })];
  });

const CLASS_KEY = /(?:^|\\)clsid\\\{[0-9a-f-]{36}\}\\([^\\]+)$/i;
const SERVER_KEYS = /^(localserver(32)?|localservice|inproc(server|handler(32)?))$/i;

/** Classes that AddReg registers: those that run in another process, and threading models (since Windows has them). */
const checkRegistered = (entry: RegistryLine): Findings => {
  const { role, line, subkey, name, values } = entry;
  const server = CLASS_KEY.exec(subkey)?.[1];
  if (server === undefined) return [];
  if (SERVER_KEYS.test(server)) {
    const message = `${keyOf(entry)} registers a COM class of the type ${server}; drivers have InprocServer32 only.`;
    return [findingOn(1325, role.section, line, message, { token: server })];
  }
  const text = values[0] ?? '';
  if (name.toLowerCase() !== 'threadingmodel' || !/^inprocserver32$/i.test(server)) return [];
  if (text === '' || THREADING_MODEL.test(text) || isOpen(text)) return [];
  return [findingOn(1160, role.section, line, threadingMessage(text), { token: text })];
};

/** COM servers, by AddComServer and by AddReg (spec inf.md section 10, infverif.md section 5). */
export const comRules: RuleGroup = (context) => [
  ...checkDirective(context, ADD_COM_SERVER),
  ...context.of('com-server').flatMap(checkServer),
  ...context.of('com-class').flatMap(checkClass),
  ...registryLines(context).flatMap(checkRegistered),
];
