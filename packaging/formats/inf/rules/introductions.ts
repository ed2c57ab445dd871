import type { InfLine } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleSection, RuleTarget, SectionKind } from './contract.ts';

type Found = readonly RuleFinding[];

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

/** The first target of some sections that is too old for files in the driver store. */
const oldTarget = (sections: readonly RuleSection[]): RuleTarget | undefined => {
  for (const { targets } of sections) {
    const target = targets.find((own) => isOlder(own, DRIVER_STORE_SINCE));
    if (target !== undefined) return target;
  }
  return undefined;
};

/** Files that stay in the driver store: since Windows 8.1 for some classes, for all since Windows 10 1709. */
const driverStore = (context: RuleContext): Found => {
  if (context.model.manufacturers.length === 0) return [];
  const { mode } = context.options;
  const atMost = mode === 'h' || mode === 'w' ? {} : { atMost: 'W' as const };
  const seen = new Set<string>();
  return context.of('destination-dirs').flatMap(({ section }) =>
    section.lines.flatMap(({ key, fields, line, raw }): Found => {
      const list = key?.toLowerCase() ?? '';
      if (parseInfNumber(fields[0] ?? '') !== DRIVER_STORE || seen.has(list)) return [];
      seen.add(list);
      const target = oldTarget(list === 'defaultdestdir' ? context.of('install') : context.rolesOf(list));
      if (target === undefined) return [];
      const message = `Directory id 13 is for all drivers since Windows build ${DRIVER_STORE_SINCE}; older ones read this INF too.`;
      return [{ code: 1199, line, section: section.name, token: raw[0] ?? '', message, target: target.os, ...atMost }];
    }),
  );
};

/** Rules about syntax that older Windows do not know (spec infverif.md, Checks that need data). */
export const introductionRules: RuleGroup = (context) => [...driverStore(context), ...introductions(context)];
