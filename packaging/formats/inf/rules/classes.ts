import { type InfLine, type InfSection, lineOf, sectionOf } from '../document.ts';
import { directivesOf, type RuleContext, type RuleFinding, type RuleGroup } from './contract.ts';
import { fieldOf, findingOfSection, findingOn, isGuid, isOpen, policyLevel } from './line-facts.ts';
import { classByGuid, classByName, isSystemClass } from './setup-classes.ts';

type Findings = readonly RuleFinding[];

/** Most characters of a class name (spec inf.md section 4). */
const MAX_CLASS_NAME = 31;

/**
 * Classes that the documentation reserves for Microsoft in part only: host controllers and hubs are USB devices, and
 * drivers beside them are signed in that class.
 */
const PARTLY_RESERVED: ReadonlySet<string> = new Set(['usb']);

interface ClassLines {
  readonly section: InfSection;
  readonly name: InfLine | undefined;
  readonly guid: InfLine | undefined;
}

const checkGuid = ({ section, guid }: ClassLines): Findings => {
  const text = guid === undefined ? '' : fieldOf(guid, 0);
  if (guid === undefined || text === '' || isOpen(text) || isGuid(text)) return [];
  return [findingOn(1010, section, guid, `ClassGuid is "${text}", which is no GUID in braces.`, { token: text })];
};

const checkPair = ({ section, name, guid }: ClassLines): Findings => {
  if (name === undefined || guid === undefined) return [];
  const [className, classGuid] = [fieldOf(name, 0), fieldOf(guid, 0)];
  if (isOpen(className) || !isGuid(classGuid)) return [];
  const own = classByGuid(classGuid);
  if (own !== undefined && own.name.toLowerCase() !== className.toLowerCase()) {
    const message = `ClassGuid is that of the class ${own.name}, and Class is "${className}".`;
    return [findingOn(1280, section, name, message, { token: className, hint: `Write Class=${own.name}.` })];
  }
  const known = classByName(className);
  if (known === undefined || known.guid === classGuid.toLowerCase()) return [];
  const message = `Class is ${known.name}, and ClassGuid is not the one of that class.`;
  return [findingOn(1281, section, guid, message, { token: classGuid, hint: `Write ClassGuid=${known.guid}.` })];
};

const checkReserved = ({ section, name, guid }: ClassLines): Findings => {
  const className = name === undefined ? '' : fieldOf(name, 0);
  const known = classByName(className) ?? classByGuid(guid === undefined ? '' : fieldOf(guid, 0));
  const line = name ?? guid;
  if (known === undefined || line === undefined || !known.reserved) return [];
  if (PARTLY_RESERVED.has(known.name.toLowerCase())) return [];
  const message = `The class ${known.name} is for Microsoft alone.`;
  return [findingOn(1284, section, line, message, { token: className })];
};

const checkLength = ({ section, name }: ClassLines): Findings => {
  const text = name === undefined ? '' : fieldOf(name, 0);
  if (name === undefined || text.length <= MAX_CLASS_NAME) return [];
  const message = `Class has ${text.length} characters; Windows allows ${MAX_CLASS_NAME}.`;
  return [findingOn(1286, section, name, message, { token: text })];
};

const checkClassInstall = (context: RuleContext): Findings => {
  const { classGuid } = context.model.version;
  if (!isSystemClass(classGuid)) return [];
  return context.of('class-install').map(({ section }) => {
    const name = classByGuid(classGuid)?.name ?? classGuid;
    const message = `[${section.name}] would install the class ${name}, which Windows has.`;
    return findingOfSection(1285, section, message, policyLevel(context));
  });
};

/** GUIDs that name interfaces and property sets. */
const checkGuids = (context: RuleContext): Findings => {
  const wrong = (section: InfSection, line: InfLine, text: string, what: string): Findings =>
    isGuid(text) || isOpen(text)
      ? []
      : [findingOn(1019, section, line, `${what} "${text}" is no GUID in braces.`, { token: text })];
  const first = (kind: 'interfaces' | 'wmi', directive: string): Findings =>
    context
      .of(kind)
      .flatMap(({ section }) =>
        directivesOf(section, directive).flatMap((line) =>
          wrong(section, line, fieldOf(line, 0), `The ${directive} class`),
        ),
      );
  const keys = context
    .of('interface-install32')
    .flatMap(({ section }) =>
      section.lines.flatMap((line) => wrong(section, line, line.key ?? '', 'The interface class')),
    );
  return [...first('interfaces', 'AddInterface'), ...first('wmi', 'WMIInterface'), ...keys];
};

/** Setup classes and other GUIDs (spec inf.md section 4, infverif.md section 2). */
export const classRules: RuleGroup = (context) => {
  const section = sectionOf(context.document, 'Version');
  if (section === undefined) return [];
  const lines: ClassLines = { section, name: lineOf(section, 'Class'), guid: lineOf(section, 'ClassGuid') };
  return [
    ...checkGuid(lines),
    ...checkPair(lines),
    ...checkReserved(lines),
    ...checkLength(lines),
    ...checkClassInstall(context),
    ...checkGuids(context),
  ];
};
