import type { InfLine } from '../document.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleSection, RuleTarget } from './contract.ts';
import { fileLists, systemPath } from './file-lists.ts';
import { entryOf, fieldOf, findingOn, groupBy, isOpen, policyLevel } from './line-facts.ts';
import { hasNoData, keyOf, type RegistryLine, registryLines, valueName } from './registry-lines.ts';

type Findings = readonly RuleFinding[];

/** Something that several sections may say of one thing. */
interface Statement {
  /** The thing: a path, a registry value, a setting of a service. */
  readonly subject: string;
  /** What is said, in a form that can be compared. */
  readonly content: string;
  /** The section that says it; what one section says twice is no conflict of sections. */
  readonly by: string;
  readonly targets: readonly RuleTarget[];
  readonly line: InfLine;
}

/** So many different statements on one thing are compared with each other. */
const MAX_COMPARED = 16;

const sharedTarget = (a: Statement, b: Statement): RuleTarget | undefined =>
  a.targets.find((target) => b.targets.includes(target));

const inLineOrder = <T extends Statement>(statements: readonly T[]): readonly T[] =>
  [...statements].sort((a, b) => a.line.line - b.line.line);

/** Pairs of statements on one thing that differ and that one Windows may both follow; the second of each is at fault. */
const conflicts = <T extends Statement>(
  statements: readonly T[],
): readonly { readonly first: T; readonly second: T; readonly target: RuleTarget }[] =>
  [...groupBy(inLineOrder(statements), ({ subject }) => subject).values()].flatMap((group) => {
    const seen: T[] = [];
    return group.flatMap((second) => {
      const first = seen.find(
        (other) =>
          other.content !== second.content && other.by !== second.by && sharedTarget(other, second) !== undefined,
      );
      const isNew = !seen.some(({ content, by }) => content === second.content && by === second.by);
      if (isNew && seen.length < MAX_COMPARED) seen.push(second);
      const target = first === undefined ? undefined : sharedTarget(first, second);
      return first === undefined || target === undefined ? [] : [{ first, second, target }];
    });
  });

interface CopyStatement extends Statement {
  readonly destination: string;
  readonly source: string;
  readonly section: RuleSection['section'];
}

/** One destination file that several source files are copied to (1330). */
const checkFiles = (context: RuleContext): Findings => {
  const copies = fileLists(context).flatMap((list) =>
    list.files.flatMap((file): readonly CopyStatement[] => {
      const { dirid, subdir } = list.place;
      const { destination, source, line } = file;
      if (dirid === undefined || destination === '' || isOpen(destination) || isOpen(source)) return [];
      const subject = systemPath(dirid, subdir, destination);
      const content = source.toLowerCase();
      return [
        { subject, content, by: content, targets: list.targets, line, destination, source, section: list.section },
      ];
    }),
  );
  return conflicts(copies).map(({ first, second, target }) => {
    const { destination, source, section, line } = second;
    const message = `"${destination}" is copied from "${source}" here, and from "${first.source}" in line ${first.line.line}.`;
    return findingOn(1330, section, line, message, { token: source, target: target.os, ...policyLevel(context) });
  });
};

interface ValueStatement extends Statement {
  readonly entry: RegistryLine;
}

const KEEPS = REGISTRY_FLAGS.noClobber | REGISTRY_FLAGS.append | REGISTRY_FLAGS.overwriteOnly;

const writes = (context: RuleContext): readonly RegistryLine[] =>
  registryLines(context).filter(
    (entry) => entry.flags !== undefined && !hasNoData(entry) && (entry.flags & KEEPS) === 0,
  );

const contentOf = ({ flags = 0, values }: RegistryLine): string =>
  JSON.stringify([(flags & 0xffff0001) >>> 0, ...values.map((value) => value.toLowerCase())]);

/** One value outside the keys of the device that two sections write differently (1331). */
const checkGlobalValues = (context: RuleContext): Findings => {
  const statements = writes(context)
    .filter(({ root }) => root !== 'HKR' && root !== '')
    .map((entry): ValueStatement => {
      const { role, line, name } = entry;
      const subject = `${keyOf(entry)}|${name}`.toLowerCase();
      return { subject, content: contentOf(entry), by: role.section.name, targets: role.targets, line, entry };
    });
  return conflicts(statements).map(({ first, second, target }) => {
    const { entry, line } = second;
    const message = `${keyOf(entry)} gets another content for ${valueName(entry)} here than in [${first.by}], line ${first.line.line}.`;
    return findingOn(1331, entry.role.section, line, message, { target: target.os });
  });
};

/** Sections that describe a service, by its name in lower case. */
const serviceSections = (context: RuleContext): readonly { readonly service: string; readonly role: RuleSection }[] =>
  context.of('service').flatMap((role) => {
    const names = role.uses.map(({ line }) => (line === undefined ? '' : fieldOf(line, 0).toLowerCase()));
    return [...new Set(names)].filter((service) => service !== '').map((service) => ({ service, role }));
  });

/** One value of a service that two of its sections write differently (1332). */
const checkServiceValues = (context: RuleContext): Findings => {
  const servicesOf = groupBy(serviceSections(context), ({ role }) => role.section.name.toLowerCase());
  const statements = writes(context)
    .filter(({ root }) => root === 'HKR')
    .flatMap((entry): readonly ValueStatement[] => {
      const { role, line, subkey, name } = entry;
      const sections = role.uses.flatMap(({ from }) => (from?.kind === 'service' ? [from.section.name] : []));
      return [...new Set(sections)].flatMap((by) =>
        (servicesOf.get(by.toLowerCase()) ?? []).map(({ service, role: install }) => ({
          subject: `${service}|${subkey}|${name}`.toLowerCase(),
          content: contentOf(entry),
          by,
          targets: install.targets,
          line,
          entry,
        })),
      );
    });
  return conflicts(statements).map(({ first, second, target }) => {
    const { entry, line, by } = second;
    const message = `The service sections [${first.by}] and [${by}] set ${valueName(entry)} differently (also line ${first.line.line}).`;
    return findingOn(1332, entry.role.section, line, message, { target: target.os });
  });
};

const SETTINGS = [
  'ServiceType',
  'StartType',
  'ErrorControl',
  'ServiceBinary',
  'LoadOrderGroup',
  'Dependencies',
  'StartName',
] as const;

interface SettingStatement extends Statement {
  readonly setting: string;
  readonly service: string;
  readonly role: RuleSection;
}

/** One service that two sections describe differently (1333). */
const checkServiceSettings = (context: RuleContext): Findings => {
  const statements = serviceSections(context).flatMap(({ service, role }) =>
    SETTINGS.flatMap((setting): readonly SettingStatement[] => {
      const line = entryOf(role.section, setting);
      if (line === undefined) return [];
      const content = line.fields.join(',').toLowerCase();
      const by = role.section.name;
      return [{ subject: `${service}|${setting}`, content, by, targets: role.targets, line, setting, service, role }];
    }),
  );
  return conflicts(statements).map(({ first, second, target }) => {
    const { setting, service, role, line } = second;
    const message = `${setting} of the service "${service}" is another one in [${first.by}], line ${first.line.line}.`;
    return findingOn(1333, role.section, line, message, { target: target.os });
  });
};

/** Sections that say different things of one file, value or service on one Windows (spec infverif.md section 2, 133x). */
export const conflictRules: RuleGroup = (context) => [
  ...checkFiles(context),
  ...checkGlobalValues(context),
  ...checkServiceValues(context),
  ...checkServiceSettings(context),
];
