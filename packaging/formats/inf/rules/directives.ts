import type { InfLine, InfSection } from '../document.ts';
import { firstTarget, type RuleContext, type RuleFinding, type RuleGroup, type SectionKind } from './contract.ts';
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

/** Directives whose values are read one by one, and mean nothing without one. */
const NEED_VALUE: ReadonlySet<string> = new Set(['include', 'needs', 'copyinf', 'excludeid']);

const emptyArguments = (context: RuleContext): Found =>
  context.sections.flatMap(({ kind, section }): Found => {
    if (!HOLDERS.has(kind)) return [];
    return section.lines.flatMap(({ key, fields, line }): Found => {
      if (!NEED_VALUE.has(key?.toLowerCase() ?? '') || fields.some((field) => field !== '')) return [];
      return [{ code: 1006, line, section: section.name, token: key ?? '', message: `${key} says nothing.` }];
    });
  });

/** Fewest values of a line in the sections of earlier times. */
const FEWEST: Partial<Readonly<Record<SectionKind, number>>> = {
  'update-inis': 2,
  'update-ini-fields': 3,
  ini2reg: 2,
  'register-dlls': 3,
};

const incomplete = (context: RuleContext): Found =>
  context.sections.flatMap(({ kind, section }): Found => {
    const fewest = FEWEST[kind];
    if (fewest === undefined) return [];
    return section.lines
      .filter(({ fields }) => fields.length < fewest)
      .map(({ line, fields }) => ({
        code: 1085,
        line,
        section: section.name,
        message: `The entry has ${fields.length} of the ${fewest} values that it needs.`,
      }));
  });

const powerSettings = (context: RuleContext): Found =>
  context.of('power-setting').flatMap(({ section }) =>
    ['SubGroup', 'Setting'].flatMap((name): Found => {
      if (section.lines.some(({ key }) => key?.toLowerCase() === name.toLowerCase())) return [];
      const message = `[${section.name}] has no ${name}.`;
      return [{ code: 1289, line: section.headers[0] ?? 1, section: section.name, token: section.name, message }];
    }),
  );

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

const RULES = [
  misplaced,
  onceOnly,
  extraFields,
  emptyArguments,
  incomplete,
  powerSettings,
  featureScores,
  copyInfs,
  driverVers,
  inboxOnly,
];

/** Rules about where directives stand, how often, and with what (spec inf.md sections 8–10). */
export const directiveRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
