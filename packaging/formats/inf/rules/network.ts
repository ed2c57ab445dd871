import { type InfLine, sectionOf } from '../document.ts';
import {
  directivesOf,
  firstTarget,
  type RuleContext,
  type RuleFinding,
  type RuleGroup,
  type RuleSection,
} from './contract.ts';

type Found = readonly RuleFinding[];

const ADDERS = ['AddNetFilter', 'AddNetProtocol'] as const;
const GUID = /^\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}$/i;

const isNetDriver = ({ model }: RuleContext): boolean => model.version.class.toLowerCase() === 'netdriver';

const classes = (context: RuleContext): Found => {
  if (!isNetDriver(context)) {
    return context.of('net-drivers').map(({ section }) => ({
      code: 2405,
      line: section.headers[0] ?? 1,
      section: section.name,
      token: section.name,
      message: `[${section.name}] is for the class NetDriver; this INF has the class ${context.model.version.class}.`,
    }));
  }
  const adds = context
    .of('net-drivers')
    .some(({ section }) => ADDERS.some((name) => directivesOf(section, name).length > 0));
  if (adds) return [];
  const line = sectionOf(context.document, 'Version')?.headers[0] ?? 1;
  return [
    { code: 2420, line, section: 'Version', message: 'An INF of class NetDriver adds no filter and no protocol.' },
  ];
};

const componentId = (role: RuleSection, { fields, line, key }: InfLine): Found => {
  const [id = '', section = ''] = fields;
  const at = { line, section: role.section.name, ...firstTarget(role) };
  if (id === '' || section === '')
    return [{ code: 2400, message: `${key} needs a component id and a section.`, ...at }];
  const found: RuleFinding[] = [];
  if (!/^[a-z0-9_]+$/.test(id)) {
    found.push({
      code: 2412,
      message: `The component id "${id}" has other characters than a-z, 0-9 and _.`,
      token: id,
      ...at,
    });
  }
  if (/^v?ms_/.test(id)) {
    found.push({ code: 2415, message: `The component id "${id}" begins as those of Microsoft do.`, token: id, ...at });
  }
  return found;
};

const adders = (context: RuleContext): Found =>
  context.of('net-drivers').flatMap((role) =>
    role.section.lines.flatMap((line): Found => {
      const key = line.key?.toLowerCase() ?? '';
      if (ADDERS.some((name) => name.toLowerCase() === key)) return componentId(role, line);
      if (key === 'include' || key === 'needs') return [];
      const message = `${line.key ?? 'The entry'} is not permitted in [${role.section.name}].`;
      return [{ code: 2402, line: line.line, section: role.section.name, token: line.key ?? '', message }];
    }),
  );

/**
 * The names of the entries in the sections of components are not public, FilterClass apart, which the codes name: others are
 * known by what they end with, so what they say is a warning at most.
 */
const GUESSED = { atMost: 'W' } as const;

/** What a value of a component section must look like, by the name of its entry. */
const FORMS: readonly (readonly [key: RegExp, code: number, form: RegExp, words: string])[] = [
  [/guid$|^netcfginstanceid$/, 2411, GUID, 'is no GUID in braces'],
  [/^filterclass$/, 2414, /^[a-z0-9_]+$/, 'has other characters than a-z, 0-9 and _'],
  [/bindname$/, 2417, /^[a-zA-Z0-9_]+$/, 'has other characters than letters, digits and _'],
  [/^(?:is|allow|has|mandatory|optional)|mandatory$|optional$/, 2413, /^(?:true|false)$/, 'is neither true nor false'],
];

const bindTokens = (role: RuleSection, { key, fields, line }: InfLine): Found =>
  fields.flatMap((token): Found => {
    const at = { line, section: role.section.name, token, ...GUESSED };
    if (!/^[a-z0-9_.]+$/.test(token)) {
      return [
        {
          code: 2416,
          message: `The bind token "${token}" of ${key} has other characters than a-z, 0-9, _ and dots.`,
          ...at,
        },
      ];
    }
    return /^(ms_|ndis)/.test(token)
      ? [{ code: 2419, message: `The bind token "${token}" is kept for Microsoft.`, ...at }]
      : [];
  });

const value = (role: RuleSection, entry: InfLine): Found => {
  const key = entry.key?.toLowerCase() ?? '';
  if (/tokens?$/.test(key)) return bindTokens(role, entry);
  const form = FORMS.find(([pattern]) => pattern.test(key));
  if (form === undefined) return [];
  const [, code, pattern, words] = form;
  const [text = ''] = entry.fields;
  const named = code === 2414 ? {} : GUESSED;
  const at = { line: entry.line, section: role.section.name, token: entry.key ?? '', ...named };
  if (entry.fields.length > 1)
    return [{ code: 2403, message: `${entry.key} has ${entry.fields.length} values instead of one.`, ...at }];
  return pattern.test(text) ? [] : [{ code, message: `${entry.key} is "${text}", which ${words}.`, ...at }];
};

const components = (context: RuleContext): Found =>
  [...context.of('net-filter'), ...context.of('net-protocol')].flatMap((role): Found => {
    const found = role.section.lines.flatMap((entry) => value(role, entry));
    const lower = role.section.lines.map(({ key, fields }) => [key?.toLowerCase(), fields[0]?.toLowerCase()]);
    const modifying = lower.some(([key, text]) => key === 'filtertype' && text === 'modifying');
    if (!modifying || lower.some(([key]) => key === 'filterclass')) return found;
    const message = `[${role.section.name}] is a modifying filter without FilterClass.`;
    return [
      ...found,
      { code: 2418, line: role.section.headers[0] ?? 1, section: role.section.name, message, token: role.section.name },
    ];
  });

const RULES = [classes, adders, components];

/** Rules about network drivers of class NetDriver. The names of their entries are known from the codes only. */
export const networkRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
