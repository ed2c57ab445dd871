import { type InfLine, type InfSection, sectionOf } from '../document.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleSection, SectionKind } from './contract.ts';
import { firstTarget } from './contract.ts';

type Found = readonly RuleFinding[];

const headerOf = (section: InfSection): number => section.headers[0] ?? 1;

const INSTALLER_VALUES: ReadonlySet<string> = new Set(['coinstallers32', 'installer32']);

const isInstallerValue = ({ fields }: InfLine): boolean => INSTALLER_VALUES.has((fields[2] ?? '').toLowerCase());

/** Co-installers and class installers: the registry values that register them. */
const coinstallerValues = (context: RuleContext): Found =>
  context.of('add-reg').flatMap((role) =>
    role.section.lines.filter(isInstallerValue).map(({ fields, line }) => {
      const name = fields[2] ?? '';
      const kind = name.toLowerCase() === 'installer32' ? 'class installer' : 'co-installer';
      return { code: 1303, line, section: role.section.name, token: name, message: `${name} registers a ${kind}.` };
    }),
  );

/** Sections of co-installers whose registry values do not tell it already. */
const coinstallerSections = (context: RuleContext): Found => {
  const told = new Set(
    context
      .of('add-reg')
      .filter(({ section }) => section.lines.some(isInstallerValue))
      .flatMap(({ uses }) => uses.map(({ from }) => from?.section)),
  );
  return context
    .of('coinstallers')
    .filter(({ section }) => !told.has(section))
    .map((role) => ({
      code: 1303,
      line: headerOf(role.section),
      section: role.section.name,
      token: role.section.name,
      message: `[${role.section.name}] is for co-installers.`,
      ...firstTarget(role),
    }));
};

const LEGACY_SECTIONS: readonly SectionKind[] = ['factdef', 'logconfig-override'];

/** Sections that no current Windows reads. Without a mode the documentation has them as ignored (2009). */
const legacySections = (context: RuleContext): Found =>
  LEGACY_SECTIONS.flatMap((kind) => context.of(kind)).map((role) => ({
    code: context.options.mode === 'none' ? 2009 : 1300,
    line: headerOf(role.section),
    section: role.section.name,
    token: role.section.name,
    message: `[${role.section.name}] describes hardware that is not plug and play, and is no longer read.`,
    ...firstTarget(role),
  }));

/** ClassInstall32 is not universal (spec infverif.md section 3). */
const classInstall = (context: RuleContext): Found => {
  const { mode } = context.options;
  if (mode !== 'u' && mode !== 'w') return [];
  return context.of('class-install').map(({ section }) => ({
    code: 1300,
    line: headerOf(section),
    section: section.name,
    token: section.name,
    message: `[${section.name}] is not allowed in a universal INF.`,
  }));
};

type Directives = ReadonlyMap<string, string>;

const named = (...names: readonly string[]): Directives => new Map(names.map((name) => [name.toLowerCase(), name]));

/** Directives that do something once, by program, rather than declare a state. */
const OPERATIONS = named('Ini2Reg', 'ProfileItems', 'RegisterDlls', 'UnregisterDlls', 'UpdateIniFields', 'UpdateInis');
const DELETIONS = named('BitReg', 'DelFiles', 'DelProperty', 'DelReg', 'DelService', 'RenFiles');

const ACTING: readonly SectionKind[] = [
  'install',
  'hw',
  'services',
  'coinstallers',
  'interface',
  'service',
  'event-log',
  'class-install',
];

const directiveFindings = (role: RuleSection, directives: Directives, code: number, words: string): Found =>
  role.section.lines.flatMap(({ key, line, fields }): Found => {
    const name = directives.get(key?.toLowerCase() ?? '');
    if (name === undefined) return [];
    const message = `${name} ${words}${fields[0] ? `: ${fields[0]}` : ''}.`;
    return [{ code, line, section: role.section.name, token: name, message, ...firstTarget(role) }];
  });

const operations = (context: RuleContext): Found => {
  const lenient = context.options.mode === 'none' ? { atMost: 'W' as const } : {};
  return ACTING.flatMap((kind) => context.of(kind)).flatMap((role) => [
    ...directiveFindings(role, OPERATIONS, 1302, 'is an operation of earlier times').map((found) => ({
      ...found,
      ...lenient,
    })),
    ...directiveFindings(role, named('LogConfig'), context.options.mode === 'none' ? 2009 : 1301, 'is no longer read'),
    ...directiveFindings(role, DELETIONS, 1309, 'deletes or changes what is there'),
  ]);
};

/** A delete flag in an AddReg section does what DelReg does. */
const deletingValues = (context: RuleContext): Found =>
  context.of('add-reg').flatMap((role) =>
    role.section.lines.flatMap(({ fields, raw, line }): Found => {
      const flags = Number(fields[3] ?? '0');
      if (!Number.isInteger(flags) || (flags & 0x4) === 0) return [];
      const message = `The entry deletes ${fields[2] ? `the value ${fields[2]}` : 'a key'} from the registry.`;
      return [{ code: 1308, line, section: role.section.name, token: raw[3] ?? '', message, ...firstTarget(role) }];
    }),
  );

/** Product types and suites exist on desktop and server systems only. */
const desktopTargets = ({ document, model }: RuleContext): Found =>
  model.manufacturers.flatMap(({ targets, line }) =>
    targets.flatMap(({ text, productType, suiteMask }): Found => {
      if (productType === undefined && suiteMask === undefined) return [];
      const message = `The decoration "${text}" has a product type or a suite, which only desktop systems know.`;
      return [{ code: 1307, line, section: sectionOf(document, 'Manufacturer')?.name ?? '', token: text, message }];
    }),
  );

const RULES = [
  coinstallerSections,
  coinstallerValues,
  legacySections,
  classInstall,
  operations,
  deletingValues,
  desktopTargets,
];

/** Rules about what INFs of earlier times do (spec infverif.md sections 3 and 4). */
export const legacyRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
