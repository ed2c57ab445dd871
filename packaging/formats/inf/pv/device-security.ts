import type { Diagnostic, Severity } from '../../../../core/errors.ts';
import { lineOf, sectionOf } from '../document.ts';
import { keyOf, type PvFacts, type PvInstall, pvProblem, serviceOf } from './facts.ts';

/** The WMI classes of the interface driver (spec xen-pv 3.1). */
const WMI_GUIDS: readonly string[] = [
  '{1d80eb99-a1d6-4492-b62f-8b4549ff0b5e}',
  '{12138a69-97b2-49dd-b9de-54749aabc789}',
  '{ab8136bf-8ea7-420d-adad-89c83e587925}',
];

/** Whoever is at the machine, reaches it or runs in a sandbox on it: SDDL's names, and the same as SIDs. */
const USERS =
  'WD|AU|BU|IU|BG|AN|LG|NU|PU|RU|RD|SU|AC|DU|DG|S-1-1-0|S-1-2-[01]|S-1-5-(?:1|2|3|4|6|7|11|13|14|113)|S-1-5-32-(?:545|546|547|554|555)|S-1-5-21-[-\\d]+-(?:501|513|514)|S-1-15-2-[12]';
const ALLOWS_USERS = new RegExp(`\\((?:A|OA|XA|ZA);[^)]*;\\s*(?:${USERS})\\s*(?:;[^)]*)?\\)`, 'i');
const ACCESS_LIST = /D:\s*([A-Z_]*)/i;

/** Whether a descriptor lets ordinary users in: by an entry for them, or by having no access list, which is for all. */
export const opensToUsers = (descriptor: string): boolean => {
  const list = ACCESS_LIST.exec(descriptor);
  return list === null || /NO_ACCESS_CONTROL/i.test(list[1] ?? '') || ALLOWS_USERS.test(descriptor);
};

const ONLY_ADMINISTRATORS = 'D:P(A;;GA;;;SY)(A;;GA;;;BA)';

/** F43: without a descriptor any user reads and writes xenstore and grants memory (XSA-468). */
export const checkDeviceSecurity = (facts: PvFacts): readonly Diagnostic[] => {
  if (facts.kind === 'xencons') return facts.installs.flatMap((install) => checkConsole(facts, install));
  if (facts.kind !== 'xeniface') return [];
  const found = new Map<string, Diagnostic>();
  for (const install of facts.installs) {
    for (const diagnostic of [...checkDevice(facts, install), ...checkWmi(facts, install)]) {
      found.set(`${diagnostic.at?.line} ${diagnostic.message}`, diagnostic);
    }
  }
  return [...found.values()];
};

/** F44: the driver has a descriptor of its own, or the default one; an INF that says something must not open it. */
const checkConsole = (facts: PvFacts, { registry }: PvInstall): readonly Diagnostic[] =>
  registry
    .filter((one) => one.scope === 'hardware' && keyOf(one) === 'hkr' && one.name.toLowerCase() === 'security')
    .filter(({ value }) => typeof value === 'string' && opensToUsers(value))
    .map(({ line }) =>
      pvProblem(facts, 'PV_CONSOLE_OPEN', 'The security descriptor of the console lets ordinary users open it.', {
        ...{ line, token: 'Security', failureMode: 'F44' },
        hint: `HKR,,Security,,"${ONLY_ADMINISTRATORS}"`,
      }),
    );

/** Packages with a co-installer are older than the advisory; what is in use is told, not refused. */
const severity = ({ coInstallers, model }: PvFacts): Severity =>
  coInstallers || !model.version.pnpLockdown ? 'warning' : 'error';

const open = (facts: PvFacts, line: number | undefined, message: string, hint: string, token?: string): Diagnostic =>
  pvProblem(facts, 'PV_DEVICE_OPEN', message, {
    line,
    ...(token === undefined ? {} : { token }),
    severity: severity(facts),
    failureMode: 'F43',
    hint,
  });

const checkDevice = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const write = install.registry.find(
    (one) => one.scope === 'hardware' && keyOf(one) === 'hkr' && one.name.toLowerCase() === 'security',
  );
  const hint = `In the .HW section: HKR,,Security,,"${ONLY_ADMINISTRATORS}"`;
  if (write === undefined) {
    const line = serviceOf(install, 'xeniface')?.line ?? install.section.headers[0];
    return [open(facts, line, 'The device has no security descriptor, so every user may open it.', hint)];
  }
  if (typeof write.value === 'string' && opensToUsers(write.value)) {
    return [
      open(facts, write.line, 'The security descriptor of the device lets ordinary users open it.', hint, 'Security'),
    ];
  }
  return [];
};

const checkWmi = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const { document } = facts;
  const name = `${install.section.name}.WMI`;
  const section = sectionOf(document, name);
  const hint = `In [${name}]: WMIInterface={GUID},,SECTION, and in SECTION: Security="O:BAG:BAD:(A;;GA;;;BA)(A;;GA;;;SY)"`;
  if (section === undefined) {
    const line = install.section.headers[0];
    return [open(facts, line, 'The WMI classes have no security descriptor, so every user may use them.', hint)];
  }
  const interfaces = section.lines.filter(({ key }) => key?.toLowerCase() === 'wmiinterface');
  const secured = new Set<string>();
  const found: Diagnostic[] = [];
  for (const { fields, line } of interfaces) {
    const [guid = '', , securitySection = ''] = fields;
    const descriptor = lineOf(sectionOf(document, securitySection), 'Security');
    secured.add(guid.trim().toLowerCase());
    if (descriptor === undefined) {
      found.push(open(facts, line, `The WMI class ${guid} has no security descriptor.`, hint, guid));
    } else if (opensToUsers(descriptor.fields[0] ?? '')) {
      const message = `The security descriptor of the WMI class ${guid} lets ordinary users in.`;
      found.push(open(facts, descriptor.line, message, hint, 'Security'));
    }
  }
  for (const guid of WMI_GUIDS.filter((one) => !secured.has(one))) {
    const message = `The WMI class ${guid.toUpperCase()} has no security descriptor.`;
    found.push(open(facts, section.headers[0], message, hint));
  }
  return found;
};
