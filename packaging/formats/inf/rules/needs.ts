import { type InfSection, sectionOf } from '../document.ts';
import {
  directivesOf,
  firstTarget,
  includedBy,
  type RuleContext,
  type RuleFinding,
  type RuleGroup,
  type RuleSection,
} from './contract.ts';
import { inboxInf, inboxInfWith } from './inbox.ts';
import { RELATED } from './references.ts';

type Found = readonly RuleFinding[];

/** Include must name INFs of Windows. */
const includes = (context: RuleContext): Found =>
  context.sections.flatMap((role) =>
    directivesOf(role.section, 'Include').flatMap(({ fields, line }) =>
      fields.flatMap((file): Found => {
        const inbox = inboxInf(file);
        if (file === '' || inbox === 'known' || context.library.has(file.toLowerCase())) return [];
        const message =
          inbox === 'possible'
            ? `Include names ${file}, which is not among the INFs of Windows that winpv knows.`
            : `Include names ${file}, which is no INF of Windows.`;
        // No list of all INFs of all versions of Windows is public.
        const atMost = inbox === 'possible' ? ({ atMost: 'W' } as const) : {};
        return [
          { code: 1202, line, section: role.section.name, token: file, message, ...atMost, ...firstTarget(role) },
        ];
      }),
    ),
  );

/** The suffix that says what a section is for: `.Services`. */
const suffixOf = (name: string): string =>
  RELATED.find(([suffix]) => name.toLowerCase().endsWith(suffix.toLowerCase()))?.[0] ?? '';

const neededOnly = new WeakMap<RuleSection, boolean>();

/** Whether a section is one that Needs leads to, rather than one that Windows begins with. */
const isNeeded = (role: RuleSection): boolean => {
  const known = neededOnly.get(role);
  if (known !== undefined) return known;
  const { uses } = role;
  const needed = uses.length > 0 && uses.every(({ directive }) => directive === 'Needs');
  neededOnly.set(role, needed);
  return needed;
};

const suffixFinding = (
  role: RuleSection,
  needed: string,
): { readonly code: number; readonly message: string } | undefined => {
  const own = suffixOf(role.section.name);
  const other = suffixOf(needed);
  if (own.toLowerCase() === other.toLowerCase()) return undefined;
  const nested = isNeeded(role);
  if (other === '') {
    const message = `[${role.section.name}] needs [${needed}], which has no suffix ${own}.`;
    return { code: nested ? 1313 : 1311, message };
  }
  const message = `[${role.section.name}] needs [${needed}], which has the suffix ${other}.`;
  return { code: nested ? 1312 : 1310, message };
};

const suffixes = (context: RuleContext): Found =>
  context.uses.flatMap((use): Found => {
    const { directive, from, name, line } = use;
    if (directive !== 'Needs' || from === undefined || line === undefined) return [];
    const found = suffixFinding(from, name);
    if (found === undefined) return [];
    const detail = { line: line.line, section: from.section.name, token: name, ...firstTarget(from) };
    return [{ ...found, ...detail, ...(isKnownSection(context, name) ? {} : { atMost: 'W' as const }) }];
  });

/**
 * Whether it is known where a section is. Microsoft's own instructions for PCI devices have a .HW section need sections
 * of machine.inf that are called without the suffix.
 */
const isKnownSection = ({ document, library }: RuleContext, name: string): boolean =>
  sectionOf(document, name) !== undefined ||
  inboxInfWith(name) !== undefined ||
  [...library.values()].some((inf) => sectionOf(inf, name) !== undefined);

const DECORATION = /\.nt(x86|ia64|amd64|arm64|arm)?(?=\.|$)/i;

/** What is wrong with a needed section that this INF does not have. */
const absent = (
  context: RuleContext,
  section: InfSection,
  name: string,
): readonly [code: number, message: string] | undefined => {
  const files = includedBy(section);
  if (files.length === 0) {
    return [1319, `[${section.name}] needs [${name}], which is not in this INF, and includes no other.`];
  }
  const supplier = inboxInfWith(name);
  if (supplier !== undefined && !files.includes(supplier)) {
    return [1314, `[${section.name}] needs [${name}] of ${supplier}, which it does not include.`];
  }
  const known = files.map((file) => context.library.get(file));
  if (known.some((inf) => inf === undefined) || known.some((inf) => inf !== undefined && sectionOf(inf, name)))
    return undefined;
  const plain = name.replace(DECORATION, '');
  const decorated = known.some((inf) => inf !== undefined && plain !== name && sectionOf(inf, plain));
  if (decorated) return [1316, `[${name}] is in no included INF with this decoration; [${plain}] is.`];
  const elsewhere = [...context.library].find(([, inf]) => sectionOf(inf, name) !== undefined);
  if (elsewhere !== undefined)
    return [1314, `[${section.name}] needs [${name}] of ${elsewhere[0]}, which it does not include.`];
  return [1315, `[${section.name}] needs [${name}], which is in no included INF.`];
};

const absents = (context: RuleContext): Found =>
  context.uses.flatMap((use): Found => {
    const { directive, from, name, line, section } = use;
    if (directive !== 'Needs' || section !== undefined || from === undefined || line === undefined) return [];
    const found = absent(context, from.section, name);
    if (found === undefined) return [];
    const [code, message] = found;
    return [{ code, line: line.line, section: from.section.name, token: name, message, ...firstTarget(from) }];
  });

/** A directive other than Needs that names a section of an included INF. */
const direct = (context: RuleContext): Found =>
  context.uses.flatMap((use): Found => {
    const { directive, from, name, line, section } = use;
    if (section !== undefined || directive === 'Needs' || from === undefined || line === undefined) return [];
    const files = includedBy(from.section);
    const file = files.find((file) => {
      const inf = context.library.get(file);
      return inf !== undefined
        ? sectionOf(inf, name) !== undefined
        : inboxInfWith(name) === file || file === 'mdmcpq.inf';
    });
    if (file === undefined) return [];
    const message = `${directive} names [${name}] of ${file}; only Needs can.`;
    // Microsoft's own instructions for modem and serial devices name sections of mdmcpq.inf so.
    const atMost = file === 'mdmcpq.inf' ? ({ atMost: 'W' } as const) : {};
    return [{ code: 1220, line: line.line, section: from.section.name, token: name, message, ...atMost }];
  });

/** So many included INFs are compared with this one. */
const MAX_COMPARED = 64;

/** A section that an included INF has too. */
const twice = (context: RuleContext): Found => {
  const files = new Set(context.sections.flatMap(({ section }) => includedBy(section)));
  const own = new Set([
    'version',
    'manufacturer',
    'strings',
    'sourcedisksnames',
    'sourcedisksfiles',
    'destinationdirs',
    'controlflags',
  ]);
  return [...files].slice(0, MAX_COMPARED).flatMap((file): Found => {
    const inf = context.library.get(file);
    return context.document.sections.flatMap(({ name, headers }): Found => {
      const lower = name.toLowerCase();
      if (own.has(lower.replace(/\.[^.]*$/, '')) || own.has(lower)) return [];
      const there = inf === undefined ? inboxInfWith(name) === file : sectionOf(inf, name) !== undefined;
      if (!there) return [];
      const message = `The section [${name}] is in ${file} too, which this INF includes.`;
      const atMost = file === 'mdmcpq.inf' ? ({ atMost: 'W' } as const) : {};
      return [{ code: 2008, line: headers[0] ?? 1, section: name, token: name, message, ...atMost }];
    });
  });
};

const RULES = [includes, suffixes, absents, direct, twice];

/** Rules about Include and Needs (spec inf.md section 8). */
export const needsRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
