import { type InfSection, lineOf } from '../document.ts';
import { directivesOf, firstTarget, type RuleContext, type RuleFinding, type RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

/** A service section of a framework, and what it must say. */
const LIBRARY_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['KmdfService', 'KmdfLibraryVersion'],
  ['UmdfService', 'UmdfLibraryVersion'],
]);

const libraryVersions = (context: RuleContext): Found =>
  context.of('wdf-service').flatMap((role): Found => {
    const use = role.uses[0];
    const key = LIBRARY_VERSIONS.get(use?.directive ?? '');
    if (key === undefined || lineOf(role.section, key) !== undefined) return [];
    const line = role.section.headers[0] ?? 1;
    const message = `[${role.section.name}] has no ${key}, which ${use?.directive} needs.`;
    return [{ code: 1084, line, section: role.section.name, message, token: role.section.name, ...firstTarget(role) }];
  });

const serviceNames = (section: InfSection, key: string): readonly string[] =>
  directivesOf(section, key).flatMap(({ fields }) => fields.slice(0, 1));

const serviceOrder = (context: RuleContext): Found =>
  context.of('wdf').flatMap((role): Found => {
    const order = directivesOf(role.section, 'UmdfServiceOrder').flatMap(({ fields }) => fields);
    const listed = new Set(order.map((name) => name.toLowerCase()));
    const services = directivesOf(role.section, 'UmdfService');
    const missing = services.filter(({ fields }) => !listed.has((fields[0] ?? '').toLowerCase()));
    const created = new Set(serviceNames(role.section, 'UmdfService').map((name) => name.toLowerCase()));
    const at = { section: role.section.name, ...firstTarget(role) };
    return [
      ...missing.map(({ fields, line }) => ({
        code: 1400,
        line,
        message: `The UMDF service "${fields[0] ?? ''}" is not in UmdfServiceOrder.`,
        token: fields[0] ?? '',
        ...at,
      })),
      ...directivesOf(role.section, 'UmdfServiceOrder').flatMap(({ fields, line }): Found => {
        const unknown = created.size === 0 ? undefined : fields.find((name) => !created.has(name.toLowerCase()));
        if (unknown === undefined || unknown === '') return [];
        // Services of included INFs may be listed too.
        if (directivesOf(role.section, 'Needs').length > 0) return [];
        const message = `UmdfServiceOrder lists "${unknown}", for which there is no UmdfService.`;
        return [{ code: 2501, line, message, token: unknown, ...at }];
      }),
    ];
  });

/** The major number of UmdfLibraryVersion; undefined while it is to be stamped. */
const umdfMajor = (section: InfSection): number | undefined => {
  const match = /^(\d+)\.\d+/.exec(lineOf(section, 'UmdfLibraryVersion')?.fields[0] ?? '');
  return match === null ? undefined : Number(match[1]);
};

const umdfVersions = (context: RuleContext): Found =>
  context.of('wdf-service').flatMap((role): Found => {
    const major = umdfMajor(role.section);
    const version = lineOf(role.section, 'UmdfLibraryVersion');
    const at = { section: role.section.name, ...firstTarget(role) };
    if (major === 1 && version !== undefined) {
      const message = 'The driver uses UMDF 1, which is deprecated.';
      return [{ code: 1402, line: version.line, message, token: 'UmdfLibraryVersion', ...at }];
    }
    const classId = lineOf(role.section, 'DriverCLSID');
    if (major === undefined || classId === undefined) return [];
    const message = `DriverCLSID is for UMDF 1; the driver uses UMDF ${major}.`;
    return [{ code: 1401, line: classId.line, message, token: 'DriverCLSID', ...at }];
  });

const RULES = [libraryVersions, serviceOrder, umdfVersions];

/** Rules about the driver frameworks (spec inf.md section 10, .Wdf). */
export const wdfRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
