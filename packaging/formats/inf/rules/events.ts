import { type InfLine, type InfSection, sectionOf } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import { directivesOf, type RuleContext, type RuleFinding, type RuleGroup, type RuleSection } from './contract.ts';
import { checkRange, checkRequired } from './directive-forms.ts';
import { entryOf, fieldOf, findingOn, isGuid, isOpen } from './line-facts.ts';

type Findings = readonly RuleFinding[];

const MAX_NAME = 255;
const BAD_NAME = /[><&"|\\:'`?*]/;
/** Admin, Operational, Analytic, Debug. */
const CHANNEL_TYPES = { from: 1, to: 4 };
const ANALYTIC = 3;
const SEQUENTIAL = 2;

const checkGuidField = (section: InfSection, line: InfLine, index: number): Findings => {
  const text = fieldOf(line, index);
  if (isGuid(text) || isOpen(text)) return [];
  if (text === '') return [findingOn(1080, section, line, `${line.key} lacks the GUID of the provider.`)];
  return [findingOn(1019, section, line, `${line.key} names the GUID "${text}", which is none.`, { token: text })];
};

const checkName = (section: InfSection, line: InfLine, what: string): Findings => {
  const name = fieldOf(line, 0);
  if (name === '') return [findingOn(1080, section, line, `${line.key} lacks the name of the ${what}.`)];
  if (isOpen(name)) return [];
  if (name.length > MAX_NAME) {
    return [findingOn(1286, section, line, `The name of the ${what} has more than ${MAX_NAME} characters.`)];
  }
  if (!BAD_NAME.test(name)) return [];
  return [
    findingOn(1081, section, line, `The name "${name}" of the ${what} has a character that it must not.`, {
      token: name,
    }),
  ];
};

const checkEvents = ({ section }: RuleSection): Findings => [
  ...directivesOf(section, 'AddEventProvider').flatMap((line) => [...checkGuidField(section, line, 0)]),
  ...directivesOf(section, 'AddAutoLogger').flatMap((line) => [
    ...checkName(section, line, 'session'),
    ...checkGuidField(section, line, 1),
  ]),
  ...directivesOf(section, 'UpdateAutoLogger').flatMap((line) => [...checkName(section, line, 'session')]),
];

const checkChannelType = (section: InfSection, line: InfLine): Findings => {
  const text = fieldOf(line, 1);
  if (isOpen(text)) return [];
  if (text === '') return [findingOn(1080, section, line, `AddChannel lacks the type of "${fieldOf(line, 0)}".`)];
  const type = parseInfNumber(text);
  if (type !== undefined && type >= CHANNEL_TYPES.from && type <= CHANNEL_TYPES.to) return [];
  const message = `AddChannel has the type "${text}"; 1 Admin, 2 Operational, 3 Analytic and 4 Debug are known.`;
  return [findingOn(1081, section, line, message, { token: text })];
};

/** Channels of one provider with the same Value. */
const checkValues = (context: RuleContext, channels: readonly InfLine[]): Findings => {
  const seen = new Map<number, string>();
  return channels.flatMap((channel) => {
    const section = sectionOf(context.document, fieldOf(channel, 2));
    const line = section === undefined ? undefined : entryOf(section, 'Value');
    const value = line === undefined ? undefined : parseInfNumber(fieldOf(line, 0));
    if (section === undefined || line === undefined || value === undefined) return [];
    const other = seen.get(value);
    if (other === undefined) seen.set(value, fieldOf(channel, 0));
    if (other === undefined || other === fieldOf(channel, 0)) return [];
    const message = `The channels "${other}" and "${fieldOf(channel, 0)}" have the same Value ${value}.`;
    return [findingOn(1180, section, line, message)];
  });
};

const checkProvider = (context: RuleContext, { section }: RuleSection): Findings => {
  const channels = directivesOf(section, 'AddChannel');
  return [
    ...checkRequired(section, 'event provider', ['ProviderName', 'ResourceFile']),
    ...directivesOf(section, 'ProviderName')
      .filter((line) => fieldOf(line, 0) !== '')
      .flatMap((line) => checkName(section, line, 'provider')),
    ...channels.flatMap((line) => [...checkName(section, line, 'channel'), ...checkChannelType(section, line)]),
    ...checkValues(context, channels),
  ];
};

const numberOf = (section: InfSection, key: string): number | undefined => {
  const line = entryOf(section, key);
  return line === undefined ? undefined : parseInfNumber(fieldOf(line, 0));
};

/** LoggingAutoBackup=1 is for sequential logs of Admin and Operational channels. */
const checkBackup = ({ section, uses }: RuleSection): Findings => {
  const line = entryOf(section, 'LoggingAutoBackup');
  if (line === undefined || numberOf(section, 'LoggingAutoBackup') !== 1) return [];
  const types = uses.map((use) => (use.line === undefined ? undefined : parseInfNumber(fieldOf(use.line, 1))));
  const found: RuleFinding[] = [];
  if (types.some((type) => type !== undefined && type >= ANALYTIC)) {
    found.push(findingOn(1181, section, line, 'LoggingAutoBackup is for channels of type Admin and Operational.'));
  }
  if (numberOf(section, 'LoggingRetention') !== SEQUENTIAL) {
    const message = 'LoggingAutoBackup=1 needs LoggingRetention=2 (sequential).';
    found.push(findingOn(1182, section, line, message, { hint: 'Add LoggingRetention=2.' }));
  }
  return found;
};

const MIB = 1024 * 1024;

const checkChannel = (role: RuleSection): Findings => {
  const { section } = role;
  return [
    ...checkBackup(role),
    ...checkRange(section, 'Isolation', { from: 1, to: 3 }),
    ...checkRange(section, 'Enabled', { from: 0, to: 1 }),
    ...checkRange(section, 'LoggingMaxSize', { from: MIB, to: Number.MAX_SAFE_INTEGER }),
    ...checkRange(section, 'LoggingRetention', { from: 1, to: 2 }),
    ...checkRange(section, 'LoggingAutoBackup', { from: 0, to: 1 }),
  ];
};

/** A log file of a session belongs below %DriverData% (spec infverif.md section 2). */
const checkLogFile = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'FileName').flatMap((line) => {
    const text = fieldOf(line, 0);
    if (text === '' || /^%+driverdata%+(\\|$)/i.test(text)) return [];
    return [findingOn(1326, section, line, `The log file "${text}" is not below %%DriverData%%.`, { token: text })];
  });

const checkAutoLogger = (role: RuleSection): Findings => [
  ...checkRange(role.section, 'Start', { from: 0, to: 1 }),
  ...checkRange(role.section, 'ClockType', { from: 1, to: 3 }),
  ...checkRange(role.section, 'FileMax', { from: 0, to: 16 }),
  ...checkLogFile(role),
  ...checkLoggerProviders(role),
];

const checkLoggerProviders = ({ section }: RuleSection): Findings =>
  directivesOf(section, 'AddAutoLoggerProvider').flatMap((line) => [...checkGuidField(section, line, 0)]);

/** Events: providers with their channels, and trace sessions (spec inf.md section 10). */
export const eventRules: RuleGroup = (context) => [
  ...context.of('events').flatMap(checkEvents),
  ...context.of('event-provider').flatMap((role) => checkProvider(context, role)),
  ...context.of('event-channel').flatMap(checkChannel),
  ...context
    .of('auto-logger')
    .flatMap((role) => [...checkRequired(role.section, 'trace session', ['Start']), ...checkAutoLogger(role)]),
  ...context.of('update-auto-logger').flatMap(checkLoggerProviders),
];
