import { lineOf, sectionOf } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import type { RuleContext, RuleFinding, RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

const HAS_ARCH = /\.nt(x86|ia64|amd64|arm64|arm)$/i;

const header = ({ document }: RuleContext, name: string): number => sectionOf(document, name)?.headers[0] ?? 1;

/** [Manufacturer] and [DefaultInstall] exclude each other. */
const both = (context: RuleContext): Found => {
  const name = context.model.defaultInstallSections[0];
  if (name === undefined || sectionOf(context.document, 'Manufacturer') === undefined) return [];
  const message = `An INF with [Manufacturer] cannot have [${name}] too.`;
  return [{ code: 1212, line: header(context, name), section: name, token: name, message }];
};

/** What a primitive driver lacks in [Version] (spec inf.md section 11). */
const REQUIRED = ['Provider', 'Class', 'ClassGuid', 'DriverVer'];

/** Neither devices nor DefaultInstall. Some INFs only install a class, or are read by a program. */
const nothing = (context: RuleContext): Found => {
  if (context.of('class-install').length + context.of('interface-install32').length > 0) return [];
  const message = 'The INF has neither [Manufacturer] nor a DefaultInstall section for an architecture.';
  const atMost = context.model.version.class === '' ? { atMost: 'W' as const } : {};
  return [{ code: 1423, line: header(context, 'Version'), section: 'Version', message, ...atMost }];
};

/** Why an INF of DefaultInstall sections is no primitive driver; empty when it is one. */
const primitiveFaults = ({ document, model, options }: RuleContext): readonly string[] => {
  const version = sectionOf(document, 'Version');
  const lacking = REQUIRED.filter((key) => (lineOf(version, key)?.fields[0] ?? '') === '');
  // A file that is to be stamped gets its DriverVer later.
  const missing = lacking.filter((key) => key !== 'DriverVer' || !options.stampinf);
  const plain = model.defaultInstallSections.filter((name) => !HAS_ARCH.test(name));
  return [
    ...(missing.length === 0 ? [] : [`[Version] lacks ${missing.join(', ')}`]),
    ...plain.map((name) => `[${name}] has no architecture`),
  ];
};

const primitive = (context: RuleContext): Found => {
  const { document, model } = context;
  const names = model.defaultInstallSections;
  if (sectionOf(document, 'Manufacturer') !== undefined) return [];
  if (names.length === 0) return nothing(context);
  const found: RuleFinding[] = names.filter((name) => !HAS_ARCH.test(name)).map((name) => withoutArch(context, name));
  const faults = primitiveFaults(context);
  if (faults.length > 0) {
    const message = `The INF is no primitive driver: ${faults.join('; ')}.`;
    found.push({ code: 1420, line: header(context, 'Version'), section: 'Version', message });
  }
  return found;
};

const withoutArch = (context: RuleContext, name: string): RuleFinding => ({
  code: 1421,
  line: header(context, name),
  section: name,
  token: name,
  message: `[${name}] has no architecture.`,
});

/** DefaultUninstall must be for an architecture, and say that it is for systems of earlier times. */
const uninstall = (context: RuleContext): Found =>
  context.of('default-uninstall').flatMap(({ section }): Found => {
    const withDevices = sectionOf(context.document, 'Manufacturer') !== undefined;
    if (!withDevices && !HAS_ARCH.test(section.name)) return [withoutArch(context, section.name)];
    const legacy = parseInfNumber(lineOf(section, 'LegacyUninstall')?.fields[0] ?? '') === 1;
    if (legacy) return [];
    const message = `[${section.name}] has no LegacyUninstall=1.`;
    return [{ code: 1422, line: section.headers[0] ?? 1, section: section.name, token: section.name, message }];
  });

const RULES = [both, primitive, uninstall];

/** Rules about INFs without devices (spec inf.md section 11). */
export const defaultInstallRules: RuleGroup = (context) => RULES.flatMap((rule) => rule(context));
