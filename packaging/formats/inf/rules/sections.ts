import { sectionOf } from '../document.ts';
import {
  includedBy,
  type RuleContext,
  type RuleFinding,
  type RuleGroup,
  type RuleSection,
  type SectionKind,
  type SectionUse,
} from './contract.ts';
import { REFERENCES } from './references.ts';

type Found = readonly RuleFinding[];

/** Kinds that a directive may name together with those of the same family (1205); all other pairs do not go together (1206). */
const FAMILIES: Partial<Readonly<Record<SectionKind, string>>> = {
  'add-reg': 'registry',
  'del-reg': 'registry',
  'bit-reg': 'registry',
  'copy-files': 'files',
  'del-files': 'files',
  'ren-files': 'files',
  'add-property': 'properties',
  'del-property': 'properties',
  service: 'service',
  'event-log': 'event log',
  interface: 'interface',
  filter: 'filter',
  component: 'component',
  'software-install': 'software',
  'event-provider': 'event provider',
  'event-channel': 'event channel',
  'auto-logger': 'logger',
  'update-auto-logger': 'logger',
  'com-server': 'COM server',
  'com-class': 'COM class',
  'wmi-interface': 'WMI interface',
  'wdf-service': 'WDF service',
  trigger: 'trigger',
  'failure-actions': 'failure actions',
  'update-inis': 'ini',
  'update-ini-fields': 'ini',
  ini2reg: 'ini',
  'register-dlls': 'register',
  'profile-items': 'profile',
  'log-config': 'resources',
};

/** A section that some Windows reads. */
const counts = ({ targets, kind, uses }: RuleSection): boolean =>
  targets.length > 0 || kind === 'manufacturer' || (uses.length === 0 && kind !== 'install');

const missing = (context: RuleContext): Found =>
  context.uses.flatMap((use): Found => {
    const { section, directive, name, line, from } = use;
    if (section !== undefined || directive === 'Needs' || use.kind === 'models' || line === undefined) return [];
    if (includedElsewhere(context, use) || (name.startsWith('@') && !name.includes('@', 1))) return [];
    const found = { line: line.line, section: from?.section.name ?? '', token: name };
    const message = `${directive} names the section [${name}], which is not in this INF.`;
    const hint = directive === 'CopyFiles' && name.includes('.') ? `Write @${name} to copy one file.` : undefined;
    const read = from === undefined || counts(from);
    return [{ code: 1203, message, ...found, ...(hint && { hint }), ...(read ? {} : { atMost: 'W' as const }) }];
  });

/** Whether 1220 says it: the section is in an INF that is included. */
const includedElsewhere = ({ library }: RuleContext, { from, name }: SectionUse): boolean =>
  from !== undefined &&
  includedBy(from.section).some((file) => {
    const inf = library.get(file);
    return (inf !== undefined && sectionOf(inf, name) !== undefined) || file === 'mdmcpq.inf';
  });

const shared = (context: RuleContext): Found =>
  context.document.sections.flatMap((section): Found => {
    const roles = context.rolesOf(section.name).filter(({ kind }) => FAMILIES[kind] !== undefined);
    const [first, ...others] = roles;
    const other = others.find(({ kind }) => kind !== first?.kind);
    if (first === undefined || other === undefined || section.lines.length === 0) return [];
    const [one, two] = [first.uses[0], other.uses[0]];
    if (one === undefined || two === undefined) return [];
    const code = FAMILIES[first.kind] === FAMILIES[other.kind] ? 1205 : 1206;
    const by = ({ directive, line }: SectionUse): string => `${directive}${line ? ` (line ${line.line})` : ''}`;
    const message = `The section [${section.name}] is named by ${by(one)} and by ${by(two)}.`;
    // The place is that of Microsoft's checker: where the section begins.
    return [{ code, message, section: section.name, token: section.name, line: section.headers[0] ?? 1 }];
  });

const repeated = ({ document }: RuleContext): Found =>
  document.sections.flatMap(({ name, headers }) => {
    const [first = 1, ...again] = headers;
    const message = `The section [${name}] begins again; it began in line ${first}.`;
    return again.map((line) => ({ code: 1209, line, section: name, message, token: name }));
  });

/** What any line says, and all that comes before a dot in it: a section of such a name may be meant by it. */
const mentioned = ({ document, sections }: RuleContext): ReadonlySet<string> => {
  const names = new Set<string>();
  for (const { lines } of document.sections) {
    for (const { fields } of lines) for (const field of fields) names.add(field.toLowerCase());
  }
  for (const { section } of sections) names.add(section.name.toLowerCase());
  return names;
};

/** Sections that the setup of printers looks up by name (print/printer-inf-files). */
const OF_PRINTERS = /^(printerpackageinstallation|previous names|oem urls)(\.|$)/;

const unused = (context: RuleContext): Found => {
  const unknown = context.document.sections.filter(({ name }) => context.rolesOf(name).length === 0);
  if (unknown.length === 0) return [];
  const names = mentioned(context);
  const known = (name: string): boolean => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      if (names.has(name.slice(0, end))) return true;
    }
    return false;
  };
  return unknown.flatMap(({ name, headers }): Found => {
    if (known(name.toLowerCase()) || OF_PRINTERS.test(name.toLowerCase())) return [];
    const line = headers[0] ?? 1;
    return [{ code: 2083, line, section: name, token: name, message: `Nothing names the section [${name}].` }];
  });
};

/** Directives that must name a section and do not. */
const unnamed = (context: RuleContext): Found =>
  context.sections.flatMap((role): Found => {
    const references = (REFERENCES[role.kind] ?? []).filter(({ required }) => required);
    if (references.length === 0) return [];
    return role.section.lines.flatMap((line): Found => {
      const reference = references.find(({ directive }) => directive.toLowerCase() === line.key?.toLowerCase());
      if (reference === undefined) return [];
      const { field, directive } = reference;
      const names = field === 'all' ? line.fields : line.fields.slice(field, field + 1);
      if (names.some((name) => name !== '')) return misplacedFile(role, directive, line.line, names);
      return [{ code: 1005, line: line.line, section: role.section.name, message: `${directive} names no section.` }];
    });
  });

/** `@file` has a meaning in CopyFiles only; a section may have such a name, though. */
const misplacedFile = (role: RuleSection, directive: string, line: number, names: readonly string[]): Found => {
  if (directive === 'CopyFiles') return [];
  const file = names.find((name) => name.startsWith('@') && name.includes('.') && !name.includes('@', 1));
  if (file === undefined) return [];
  const message = `${directive} cannot name a file with "@"; only CopyFiles can.`;
  return [{ code: 1078, line, section: role.section.name, token: file, message, atMost: 'W' }];
};

const RULES = [missing, shared, repeated, unused, unnamed];

/** Rules about which section names which (spec inf.md sections 8–10). */
export const sectionRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
