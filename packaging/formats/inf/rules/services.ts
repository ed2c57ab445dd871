import { type InfLine, type InfSection, sectionOf } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import { directivesOf, type RuleContext, type RuleFinding, type RuleGroup, type RuleSection } from './contract.ts';
import { copiedPaths, hasLayoutFile, systemPath } from './file-lists.ts';
import { entryOf, fieldOf, findingOfSection, findingOn, groupBy, isGuid, isOpen, policyLevel } from './line-facts.ts';

type Findings = readonly RuleFinding[];

const ASSOCIATED = 0x2;
const UNIQUE_NAME = 0x10000;
/** Most characters of a service name (service control manager). */
const MAX_SERVICE_NAME = 256;
const EVENT_LOGS: ReadonlySet<string> = new Set(['system', 'application', 'security']);

const flagsOf = (line: InfLine): number => (parseInfNumber(fieldOf(line, 1)) ?? 0) >>> 0;

/** `AddService=,2` and lines that say something else without a name. */
const checkUnnamed = (section: InfSection, line: InfLine): Findings => {
  const found: RuleFinding[] = [];
  if (flagsOf(line) !== ASSOCIATED && !isOpen(fieldOf(line, 1))) {
    found.push(findingOn(1253, section, line, 'AddService names no service, so Windows skips it.'));
  }
  const install = fieldOf(line, 2);
  if (install !== '') {
    const message = `AddService names no service, so its section [${install}] is ignored.`;
    found.push(findingOn(1272, section, line, message, { token: install }));
  }
  return found;
};

const checkInstallSection = (context: RuleContext, section: InfSection, line: InfLine): Findings => {
  const [name, install] = [fieldOf(line, 0), fieldOf(line, 2)];
  if (install === '') {
    return [findingOn(1005, section, line, `AddService needs a section that describes the service "${name}".`)];
  }
  const isElsewhere = directivesOf(section, 'Include').length > 0;
  if (isOpen(install) || isElsewhere || sectionOf(context.document, install) !== undefined) return [];
  const message = `The section [${install}] of the service "${name}" is not there.`;
  return [findingOn(2006, section, line, message, { token: install })];
};

const checkAddService = (context: RuleContext, { section }: RuleSection, line: InfLine): Findings => {
  const found: RuleFinding[] = [];
  const [name, flags, log] = [fieldOf(line, 0), fieldOf(line, 1), fieldOf(line, 4)];
  if (parseInfNumber(flags) === undefined && !isOpen(flags)) {
    const message = `AddService cannot read the flags "${flags}" of "${name}": they are no number.`;
    found.push(findingOn(1083, section, line, message, { token: flags }));
  }
  if (name === '') return [...found, ...checkUnnamed(section, line)];
  if (log !== '' && !EVENT_LOGS.has(log.toLowerCase()) && !isOpen(log)) {
    found.push(findingOn(1250, section, line, `"${log}" is no event log of Windows.`, { token: log }));
  }
  if (name.length > MAX_SERVICE_NAME) {
    const code = (flagsOf(line) & UNIQUE_NAME) === 0 ? 1286 : 1021;
    const message = `The service name has ${name.length} characters; Windows allows ${MAX_SERVICE_NAME}.`;
    found.push(findingOn(code, section, line, message));
  }
  return [...found, ...checkInstallSection(context, section, line)];
};

const checkDelService = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'DelService')
    .filter((line) => fieldOf(line, 0) === '')
    .map((line) => findingOn(1253, section, line, 'DelService names no service, so Windows skips it.'));

/** Two function drivers for one device. */
const checkAssociated = ({ section }: RuleSection, lines: readonly InfLine[]): Findings => {
  const associated = lines.filter((line) => fieldOf(line, 0) !== '' && (flagsOf(line) & ASSOCIATED) !== 0);
  const [first, ...others] = [...groupBy(associated, (line) => fieldOf(line, 0).toLowerCase()).values()].map(
    ([line]) => line,
  );
  if (first === undefined) return [];
  return others.flatMap((line) => {
    if (line === undefined) return [];
    const message = `Both "${fieldOf(first, 0)}" and "${fieldOf(line, 0)}" are to be the function driver of [${section.name}].`;
    return [findingOn(1211, section, line, message, { token: fieldOf(line, 0) })];
  });
};

interface Declaration {
  readonly role: RuleSection;
  readonly line: InfLine;
}

const declarations = (context: RuleContext): readonly Declaration[] =>
  (['services', 'class-install-services'] as const)
    .flatMap((kind) => context.of(kind))
    .flatMap((role) => directivesOf(role.section, 'AddService').map((line) => ({ role, line })));

const checkUnique = (all: readonly Declaration[]): Findings =>
  [...groupBy(all, ({ line }) => fieldOf(line, 0).toLowerCase()).values()].flatMap((same) => {
    const plain = same.find(({ line }) => (flagsOf(line) & UNIQUE_NAME) === 0);
    if (plain === undefined || !same.some(({ line }) => (flagsOf(line) & UNIQUE_NAME) !== 0)) return [];
    const { role, line } = plain;
    const message = `The service "${fieldOf(line, 0)}" has a unique name elsewhere in the INF, and not here.`;
    return fieldOf(line, 0) === '' ? [] : [findingOn(1022, role.section, line, message)];
  });

const REQUIRED = ['ServiceType', 'StartType', 'ErrorControl', 'ServiceBinary'] as const;
const SERVICE_TYPES = 0x1ff;

/** What the numbers of a service may be. */
const NUMBERS: readonly (readonly [key: string, allows: (value: number) => boolean])[] = [
  ['ServiceType', (value) => value > 0 && (value & ~SERVICE_TYPES) === 0],
  ['StartType', (value) => value >= 0 && value <= 4],
  ['ErrorControl', (value) => value >= 0 && value <= 3],
];

const checkEntries = ({ section }: RuleSection): Findings => {
  const found: RuleFinding[] = [];
  for (const key of REQUIRED) {
    const line = entryOf(section, key);
    const message = `The service section [${section.name}] needs ${key}.`;
    if (line === undefined) found.push(findingOfSection(1013, section, message));
    else if (fieldOf(line, 0) === '') found.push(findingOn(1014, section, line, `${key} of the service is empty.`));
  }
  for (const [key, allows] of NUMBERS) {
    const line = entryOf(section, key);
    const text = line === undefined ? '' : fieldOf(line, 0);
    if (line === undefined || text === '' || isOpen(text)) continue;
    const value = parseInfNumber(text);
    if (value === undefined) {
      found.push(findingOn(1260, section, line, `${key} is "${text}", which is no number.`, { token: text }));
    } else if (!allows(value)) {
      found.push(findingOn(1014, section, line, `${key} cannot be ${text}.`, { token: text }));
    }
  }
  return found;
};

const DRIVER_TYPES: ReadonlySet<number> = new Set([1, 2, 4, 8]);
const PROCESS_ENTRIES = ['RequiredPrivileges', 'DelayedAutoStart', 'ServiceSidType'];

const numberOf = (section: InfSection, key: string): number | undefined => {
  const line = entryOf(section, key);
  return line === undefined ? undefined : parseInfNumber(fieldOf(line, 0));
};

const checkConflicts = ({ section }: RuleSection): Findings => {
  const type = numberOf(section, 'ServiceType');
  if (type === undefined) return [];
  if (DRIVER_TYPES.has(type)) {
    return PROCESS_ENTRIES.flatMap((key) => directivesOf(section, key)).map((line) =>
      findingOn(
        1252,
        section,
        line,
        `${line.key} is for services that are programs, and ServiceType ${type} is a driver.`,
      ),
    );
  }
  const start = entryOf(section, 'StartType');
  const value = numberOf(section, 'StartType');
  if (start === undefined || value === undefined || value > 1 || (type & 0x70) === 0) return [];
  const message = `StartType ${value} is for drivers, and the service is a program.`;
  return [findingOn(1252, section, start, message)];
};

const checkDisabled = ({ section, uses }: RuleSection): Findings => {
  const start = entryOf(section, 'StartType');
  if (start === undefined || numberOf(section, 'StartType') !== 4) return [];
  const associated = uses.find(({ line }) => line !== undefined && (flagsOf(line) & ASSOCIATED) !== 0);
  if (associated?.line === undefined) return [];
  const message = `The function driver "${fieldOf(associated.line, 0)}" is disabled, so its device does not start.`;
  return [findingOn(1251, section, start, message)];
};

/** The path of ServiceBinary without quotes and arguments; undefined when it is none. */
const binaryPath = (text: string): string | undefined => {
  const quoted = /^"([^"]+)"/.exec(text);
  if (quoted !== null) return quoted[1];
  const [path = '', ...rest] = text.split('"');
  return path === '' || rest.length % 2 === 1 || /[<>|?*]/.test(path) ? undefined : path;
};

const checkBinary = (context: RuleContext, { section }: RuleSection, copied: ReadonlySet<string>): Findings => {
  const line = entryOf(section, 'ServiceBinary');
  const text = line === undefined ? '' : fieldOf(line, 0);
  if (line === undefined || text === '' || isOpen(text)) return [];
  const path = binaryPath(text);
  if (path === undefined) {
    return [findingOn(1254, section, line, `The path "${text}" of ServiceBinary cannot be read.`, { token: text })];
  }
  const parts = /^%(-?\d+)%\\*(.*)$/.exec(path);
  if (parts === null) {
    const message = `ServiceBinary is "${path}", which does not begin with a directory id.`;
    return [findingOn(2085, section, line, message, { token: path, ...policyLevel(context) })];
  }
  const file = systemPath(Number(parts[1]), parts[2] ?? '');
  const isCopied = copied.has(file) || copied.has(file.replace(/ .*$/, ''));
  if (isCopied || hasLayoutFile(context)) return [];
  const message = `No CopyFiles of this INF puts "${path}" where ServiceBinary looks for it.`;
  return [findingOn(2084, section, line, message, { token: path })];
};

const checkTrigger = ({ section }: RuleSection): Findings => {
  const missing = ['TriggerType', 'Action']
    .filter((key) => entryOf(section, key) === undefined)
    .map((key) => findingOfSection(1013, section, `The trigger section [${section.name}] needs ${key}.`));
  const wrong = directivesOf(section, 'SubType')
    .filter((line) => !isGuid(fieldOf(line, 0)) && !isOpen(fieldOf(line, 0)))
    .map((line) =>
      findingOn(1019, section, line, `SubType "${fieldOf(line, 0)}" is no GUID.`, { token: fieldOf(line, 0) }),
    );
  return [...missing, ...wrong];
};

/** Services: AddService and DelService lines, and the sections that they name (spec inf.md section 10). */
export const serviceRules: RuleGroup = (context) => {
  const all = declarations(context);
  const copied = copiedPaths(context);
  const byRole = [...context.of('services'), ...context.of('class-install-services')];
  return [
    ...all.flatMap(({ role, line }) => checkAddService(context, role, line)),
    ...byRole.flatMap((role) => checkAssociated(role, directivesOf(role.section, 'AddService'))),
    ...byRole.flatMap(checkDelService),
    ...checkUnique(all),
    ...context
      .of('service')
      .flatMap((role) => [
        ...checkEntries(role),
        ...checkConflicts(role),
        ...checkDisabled(role),
        ...checkBinary(context, role, copied),
      ]),
    ...context.of('trigger').flatMap(checkTrigger),
  ];
};
