import type { InfLine, InfSection } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import {
  firstTarget,
  type RuleContext,
  type RuleFinding,
  type RuleGroup,
  type RuleSection,
  type RuleTarget,
  type SectionKind,
} from './contract.ts';
import { driverVerFindings } from './version.ts';

type Found = readonly RuleFinding[];

/** Directives that have a meaning in some kinds of section only. What is not listed may be of a device class. */
const HOMES: ReadonlyMap<string, readonly SectionKind[]> = new Map<string, readonly SectionKind[]>(
  (
    [
      ['AddService', ['services', 'class-install-services', 'default-uninstall-services']],
      ['AddInterface', ['interfaces']],
      ['AddFilter', ['filters']],
      ['AddComponent', ['components']],
      ['AddSoftware', ['software']],
      ['AddEventProvider', ['events']],
      ['AddAutoLogger', ['events']],
      ['UpdateAutoLogger', ['events']],
      ['AddComServer', ['com']],
      ['WMIInterface', ['wmi']],
      ['KmdfService', ['wdf']],
      ['UmdfService', ['wdf']],
      ['UmdfServiceOrder', ['wdf']],
    ] as const
  ).map(([name, kinds]) => [name.toLowerCase(), kinds]),
);

/** Kinds of section that hold directives; in others a key may be any name. */
const HOLDERS: ReadonlySet<SectionKind> = new Set<SectionKind>([
  'install',
  'hw',
  'services',
  'coinstallers',
  'interfaces',
  'filters',
  'events',
  'components',
  'software',
  'com',
  'wmi',
  'wdf',
  'interface',
  'service',
  'class-install',
]);

const misplaced = (context: RuleContext): Found =>
  context.sections.flatMap((role): Found => {
    if (!HOLDERS.has(role.kind)) return [];
    return role.section.lines.flatMap(({ key, line }): Found => {
      const homes = HOMES.get(key?.toLowerCase() ?? '');
      if (homes === undefined || homes.includes(role.kind)) return [];
      const message = `${key} has no meaning in [${role.section.name}].`;
      return [{ code: 1290, line, section: role.section.name, token: key ?? '', message, ...firstTarget(role) }];
    });
  });

/** Entries that may stand once. */
const ONCE: Partial<Readonly<Record<SectionKind, readonly string[]>>> = {
  version: ['Signature', 'Class', 'ClassGuid', 'Provider', 'DriverVer', 'CatalogFile', 'ExtensionId', 'PnpLockdown'],
  install: ['FeatureScore', 'DriverVer'],
  service: [
    'ServiceType',
    'StartType',
    'ErrorControl',
    'ServiceBinary',
    'DisplayName',
    'Description',
    'LoadOrderGroup',
    'StartName',
  ],
  filter: ['FilterLevel', 'FilterPosition'],
  'software-install': ['SoftwareType', 'SoftwareBinary', 'SoftwareVersion', 'SoftwareID', 'SoftwareArguments'],
  'event-provider': ['ProviderName', 'ResourceFile', 'MessageFile', 'ParameterFile'],
  'com-server': ['ServerType', 'ServerBinary'],
  'wdf-service': ['KmdfLibraryVersion', 'UmdfLibraryVersion'],
};

const onceOnly = (context: RuleContext): Found =>
  context.sections.flatMap(({ kind, section }): Found => {
    const names = ONCE[kind];
    if (names === undefined) return [];
    return names.flatMap((name) => {
      const lines = section.lines.filter(({ key }) => key?.toLowerCase() === name.toLowerCase());
      const [first] = lines;
      return lines.slice(1).map(({ line }) => ({
        code: 1088,
        line,
        section: section.name,
        token: name,
        message: `${name} stands in line ${first?.line ?? 0} already; one of the two is ignored.`,
      }));
    });
  });

/** Most values of a line that mean something. */
const MOST: Partial<Readonly<Record<SectionKind, Readonly<Record<string, number>> | number>>> = {
  services: { addservice: 6, delservice: 4 },
  interfaces: { addinterface: 4 },
  filters: { addfilter: 3 },
  components: { addcomponent: 3 },
  software: { addsoftware: 3 },
  events: { addeventprovider: 2, addautologger: 3, updateautologger: 2 },
  com: { addcomserver: 3 },
  wmi: { wmiinterface: 3 },
  wdf: { kmdfservice: 2, umdfservice: 2 },
  service: { servicetype: 1, starttype: 1, errorcontrol: 1, servicebinary: 1, loadordergroup: 1 },
  'source-disks-files': 3,
  'source-disks-names': 6,
  'destination-dirs': 2,
  'copy-files': 5,
  'ren-files': 2,
};

const extraFields = (context: RuleContext): Found =>
  context.sections.flatMap(({ kind, section }): Found => {
    const most = MOST[kind];
    if (most === undefined) return [];
    return section.lines.flatMap(({ key, fields, line, raw }): Found => {
      const limit = typeof most === 'number' ? most : most[key?.toLowerCase() ?? ''];
      if (limit === undefined) return [];
      const extra = fields.findIndex((field, index) => index >= limit && field !== '');
      if (extra < 0) return [];
      const message = `The entry has ${fields.length} values; ${limit} are read.`;
      return [{ code: 1201, line, section: section.name, token: raw[extra] ?? '', message }];
    });
  });

const eachLine = (
  context: RuleContext,
  kind: SectionKind,
  name: string,
  check: (line: InfLine, section: InfSection) => Found,
): Found =>
  context
    .of(kind)
    .flatMap(({ section }) =>
      section.lines.flatMap((line) => (line.key?.toLowerCase() === name.toLowerCase() ? check(line, section) : [])),
    );

const featureScores = (context: RuleContext): Found =>
  eachLine(context, 'install', 'FeatureScore', ({ fields, raw, line }, { name }) => {
    if (/^(0x)?[0-9a-f]{1,2}$/i.test(fields[0] ?? '')) return [];
    const message = `FeatureScore is "${fields[0] ?? ''}", which is not one byte in hexadecimal.`;
    return [{ code: 1245, line, section: name, token: raw[0] ?? '', message }];
  });

const copyInfs = (context: RuleContext): Found =>
  eachLine(context, 'install', 'CopyINF', ({ fields, line }, { name }) =>
    fields.flatMap((file): Found => {
      if (file === '' || /\.inf$/i.test(file)) return [];
      return [{ code: 1110, line, section: name, token: file, message: `CopyINF names "${file}", which is no INF.` }];
    }),
  );

const driverVers = (context: RuleContext): Found =>
  eachLine(context, 'install', 'DriverVer', (line) => driverVerFindings(line));

/** LayoutFile is for INFs of Windows. */
const inboxOnly = (context: RuleContext): Found =>
  eachLine(context, 'version', 'LayoutFile', ({ line }, { name }) => [
    {
      code: 1208,
      line,
      section: name,
      token: 'LayoutFile',
      message: 'LayoutFile is for INFs of Windows.',
      atMost: 'W',
    },
  ]);

/** Whether the oldest Windows of a target is older than a build of Windows 10 (or a version before it). */
const isOlder = ({ oldest: [major, minor, build] }: RuleTarget, than: number): boolean => {
  if (than > 10_000) return major < 10 || build < than;
  return major < 6 && (major > 0 || minor > 0);
};

/** The build that knows a directive first (spec infverif.md, Checks that need data). */
const SINCE: ReadonlyMap<string, number> = new Map(
  Object.entries({
    AddProperty: 6000,
    AddComponent: 15063,
    AddSoftware: 15063,
    AddEventProvider: 17763,
    AddFilter: 18362,
    AddTrigger: 19041,
    ServiceSidType: 19041,
    DelayedAutoStart: 19041,
    AddAutoLogger: 22000,
    UpdateAutoLogger: 22000,
    FailureActions: 22621,
    BootFlags: 25398,
    AddComServer: 26100,
  }).map(([name, build]) => [name.toLowerCase(), build]),
);

const DIRECTIVE_HOMES: ReadonlySet<SectionKind> = new Set<SectionKind>([
  'install',
  'hw',
  'services',
  'interface',
  'filters',
  'events',
  'components',
  'software',
  'com',
  'service',
]);

const tooNew = (role: RuleSection, { key, fields, line }: InfLine): Found => {
  const name = key?.toLowerCase() ?? '';
  let build = SINCE.get(name);
  if (role.kind === 'software-install' && name === 'softwaretype' && parseInfNumber(fields[0] ?? '') === 2)
    build = 16299;
  const target = build === undefined ? undefined : role.targets.find((own) => isOlder(own, build ?? 0));
  if (build === undefined || target === undefined) return [];
  const message = `${key} exists since Windows build ${build}; older ones read this section too.`;
  return [{ code: 1199, line, section: role.section.name, token: key ?? '', message, target: target.os }];
};

const introductions = (context: RuleContext): Found => {
  // A primitive driver is itself new enough for all but the newest syntax, whatever it is decorated with.
  const devices = context.model.manufacturers.length > 0;
  if (!devices) return [];
  return context.sections.flatMap((role): Found => {
    if (!DIRECTIVE_HOMES.has(role.kind) && role.kind !== 'software-install') return [];
    return role.section.lines.flatMap((line) => tooNew(role, line));
  });
};

const DRIVER_STORE = 13;
const DRIVER_STORE_SINCE = 16299;

/** Files that stay in the driver store: since Windows 8.1 for some classes, for all since Windows 10 1709. */
const driverStore = (context: RuleContext): Found => {
  const { mode } = context.options;
  const strict = mode === 'h' || mode === 'w';
  return context.of('destination-dirs').flatMap(({ section }) =>
    section.lines.flatMap(({ key, fields, line, raw }): Found => {
      if (parseInfNumber(fields[0] ?? '') !== DRIVER_STORE) return [];
      const isDefault = key?.toLowerCase() === 'defaultdestdir';
      const readers = isDefault ? context.of('install') : context.rolesOf(key ?? '');
      const target = readers.flatMap(({ targets }) => targets).find((own) => isOlder(own, DRIVER_STORE_SINCE));
      if (target === undefined || context.model.manufacturers.length === 0) return [];
      const message = `Directory id 13 is for all drivers since Windows build ${DRIVER_STORE_SINCE}; older ones read this INF too.`;
      const found = { code: 1199, line, section: section.name, token: raw[0] ?? '', message, target: target.os };
      return [strict ? found : { ...found, atMost: 'W' }];
    }),
  );
};

const RULES = [
  driverStore,
  misplaced,
  onceOnly,
  extraFields,
  featureScores,
  copyInfs,
  driverVers,
  inboxOnly,
  introductions,
];

/** Rules about where directives stand, how often, and since when they exist (spec inf.md sections 8–10). */
export const directiveRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
