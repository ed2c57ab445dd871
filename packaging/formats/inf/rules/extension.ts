import { lineOf, sectionOf } from '../document.ts';
import { parseInfFlags } from '../numbers.ts';
import { directivesOf, firstTarget, type RuleContext, type RuleFinding, type RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

const GUID = /^\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}$/i;
const ASSOCIATED = 2;

const extensionId = ({ document, isExtension }: RuleContext): Found => {
  const section = sectionOf(document, 'Version');
  const own = lineOf(section, 'ExtensionId');
  const id = own?.fields[0] ?? '';
  if (id !== '' && own !== undefined) {
    if (GUID.test(id)) return [];
    const message = `ExtensionId is "${id}", which is no GUID in braces.`;
    return [{ code: 1380, line: own.line, section: 'Version', message, token: own.raw[0] ?? '' }];
  }
  if (!isExtension) return [];
  const line = own?.line ?? section?.headers[0] ?? 1;
  return [{ code: 1381, line, section: 'Version', message: 'An Extension INF has no ExtensionId.' }];
};

const sections = (context: RuleContext): Found =>
  [...context.of('class-install'), ...context.of('coinstallers')].map(({ section }) => ({
    code: 1382,
    line: section.headers[0] ?? 1,
    section: section.name,
    token: section.name,
    message: `An Extension INF cannot have [${section.name}].`,
  }));

const services = (context: RuleContext): Found =>
  context.of('services').flatMap((role) =>
    directivesOf(role.section, 'AddService').flatMap(({ fields, line, raw }): Found => {
      if ((parseInfFlags(fields[1]) & ASSOCIATED) === 0) return [];
      const message = `The service "${fields[0] ?? ''}" would be the function driver, which only a base INF can set.`;
      return [{ code: 1383, line, section: role.section.name, message, token: raw[1] ?? '', ...firstTarget(role) }];
    }),
  );

/** Rules about Extension INFs (spec inf.md section 13). */
export const extensionRules: RuleGroup = (context) => [
  ...extensionId(context),
  ...(context.isExtension ? [...sections(context), ...services(context)] : []),
];
