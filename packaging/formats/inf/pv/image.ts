import type { Diagnostic, Severity } from '../../../../core/errors.ts';
import { type InfLine, sectionOf } from '../document.ts';
import type { RegistryType, RegistryWrite } from '../model.ts';
import { parseInfNumber } from '../numbers.ts';
import { allWrites, keyOf, type PvFacts, type PvInstall, pvProblem, serviceOf } from './facts.ts';

/** The registry as it is after the installation, compared with what the drivers expect (spec xen-pv 3.1, 3.5). */
export const checkImage = (facts: PvFacts): readonly Diagnostic[] => {
  const found = new Map<string, Diagnostic>();
  const add = (diagnostic: Diagnostic): unknown =>
    found.set(`${diagnostic.code} ${diagnostic.at?.line} ${diagnostic.message}`, diagnostic);
  for (const diagnostic of checkStrings(facts)) add(diagnostic);
  for (const install of facts.installs) {
    const broken = new Set<number>();
    for (const diagnostic of checkLines(facts, install)) {
      add(diagnostic);
      broken.add(diagnostic.at?.line ?? 0);
    }
    const writes = allWrites(install).filter(({ line }) => !broken.has(line));
    for (const diagnostic of writes.flatMap((write) => checkWrite(facts, write))) add(diagnostic);
    // A broken line is what is wrong, not that its value is missing.
    if (broken.size === 0) for (const diagnostic of checkMissing(facts, install)) add(diagnostic);
    for (const diagnostic of checkServices(facts, install)) add(diagnostic);
  }
  return [...found.values()];
};

const ROOTS = /^(hkcr|hkcu|hklm|hku|hkr)$/i;
const DWORD = 0x00010001;
const isDwordFlags = (flags: number): boolean => (flags & 0xffff0001) >>> 0 === DWORD;

/** F30: what a line of an AddReg section gets wrong so that it writes something else; undefined when it is sound. */
const lineFault = ({ fields }: InfLine): string | undefined => {
  const [root = '', , name = '', flagsText = '', ...values] = fields;
  if (!ROOTS.test(root)) return `the line begins with "${root}", which is no registry root`;
  if (/0x[0-9a-f]{4,8}\s*$/i.test(name)) return `"${name}" stands where the value's name belongs: a comma is missing`;
  const flags = parseInfNumber(flagsText);
  if (flags === undefined) return `"${flagsText}" stands where the flags belong, and is no number`;
  if (!isDwordFlags(flags)) return undefined;
  if (values.length === 0 || values[0] === '') return 'the line has no value';
  if (values.length === 1 && parseInfNumber(values[0] ?? '') === undefined) return `"${values[0]}" is no number`;
  return undefined;
};

const checkLines = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const sections = new Set(allWrites(install).map(({ section }) => section));
  return [...sections].flatMap((name) =>
    (sectionOf(facts.document, name)?.lines ?? []).flatMap((line) => {
      const fault = lineFault(line);
      return fault === undefined ? [] : registryLine(facts, line.line, `In [${name}], ${fault}.`);
    }),
  );
};

const registryLine = (facts: PvFacts, line: number | undefined, message: string, hint?: string): Diagnostic =>
  pvProblem(facts, 'PV_REGISTRY_LINE', message, {
    line,
    failureMode: 'F30',
    hint: hint ?? 'Write root,"subkey","name",flags,value with a comma for each field that is left out.',
  });

/** The type of each value that the drivers read (spec xen-pv 3.5). */
const TYPES: Readonly<Record<string, RegistryType>> = {
  supportedclasses: 'REG_MULTI_SZ',
  syntheticclasses: 'REG_MULTI_SZ',
  requestkey: 'REG_SZ',
  internal_ide_channel: 'REG_SZ',
  'max-ring-page-order': 'REG_DWORD',
  'multi-queue-max-queues': 'REG_DWORD',
  frontendmaxqueues: 'REG_DWORD',
  nics: 'REG_DWORD',
  disks: 'REG_DWORD',
  sanpolicy: 'REG_DWORD',
  timeoutvalue: 'REG_DWORD',
  bootflags: 'REG_DWORD',
};

const ACTIVE_STATE = /^active(deviceid|instanceid|locationinformation)$/i;
const POLICY = /^(disablecddb|dontstartrawdevices)$/i;
const REQUEST_KEY = /^system\\currentcontrolset\\services\\xenbus_monitor\\request$/i;

/** What one value must not be. */
const checkWrite = (facts: PvFacts, write: RegistryWrite): readonly Diagnostic[] => {
  const { name, type, line } = write;
  const key = keyOf(write);
  const lower = name.toLowerCase();
  const wanted = Object.hasOwn(TYPES, lower) ? TYPES[lower] : undefined;
  const at = { line, token: name } as const;
  if (wanted !== undefined && type !== wanted) {
    return [
      registryLine(facts, line, `${name} is written as ${type}; the driver reads ${wanted}.`, 'Correct the flags.'),
    ];
  }
  if (/\\bootflags$/.test(key) && name === '') {
    return [
      registryLine(
        facts,
        line,
        'BootFlags is written as a subkey, not as a value of the service.',
        'HKR,,"BootFlags",0x00010003,0x81',
      ),
    ];
  }
  if (lower === 'startoverride' || /\\startoverride$/.test(key)) {
    const hint = 'Leave it to Windows, which sets and clears it.';
    return [
      pvProblem(
        facts,
        'PV_START_OVERRIDE',
        'The INF writes StartOverride, which may keep a boot driver from starting.',
        { ...at, failureMode: 'F17', hint },
      ),
    ];
  }
  if (ACTIVE_STATE.test(name)) {
    const message = `The INF writes ${name}, which the bus driver keeps itself: on another host no function would be active.`;
    return [pvProblem(facts, 'PV_ACTIVE_DEVICE', message, { ...at, failureMode: 'F22', hint: 'Take the line out.' })];
  }
  if (POLICY.test(name) && write.value !== 0) {
    return [
      pvProblem(facts, 'PV_PNP_POLICY', `${name} keeps new devices waiting for a user.`, {
        ...at,
        severity: 'warning',
        failureMode: 'F50',
        hint: 'Write 0.',
      }),
    ];
  }
  return lower === 'requestkey' || /\\request$/.test(key) ? checkRequestKey(facts, write) : [];
};

/** F29 */
const checkRequestKey = (facts: PvFacts, write: RegistryWrite): readonly Diagnostic[] => {
  const { name, value, line } = write;
  const detail = { line, severity: 'warning', failureMode: 'F29' } as const;
  if (name.toLowerCase() !== 'requestkey') {
    const message =
      'The INF makes the key for restart requests, which the driver makes itself so that it is gone after a restart.';
    return [pvProblem(facts, 'PV_REQUEST_KEY', message, { ...detail, token: 'Request', hint: 'Take the line out.' })];
  }
  if (typeof value === 'string' && REQUEST_KEY.test(value)) return [];
  const message = `RequestKey is "${String(value)}"; the monitor watches its own service key.`;
  const hint = 'RequestKey="SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request"';
  return [pvProblem(facts, 'PV_REQUEST_KEY', message, { ...detail, token: name, hint })];
};

/** Values that must be there. */
const checkMissing = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => [
  ...checkBus(facts, install),
  ...checkMonitor(facts, install),
  ...checkDisks(facts, install),
];

const has = (writes: readonly RegistryWrite[], key: RegExp, name: string): RegistryWrite | undefined =>
  writes.find((write) => key.test(keyOf(write)) && write.name.toLowerCase() === name);

const checkBus = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const service = serviceOf(install, 'xenbus');
  if (service === undefined || has(service.registry, /^hkr\\parameters$/, 'supportedclasses') !== undefined) return [];
  const message = 'Nothing writes SupportedClasses for the bus, so it makes no device for any PV driver.';
  return [registryLine(facts, service.line, message, 'HKR,"Parameters","SupportedClasses",0x00010000,"VIF","VBD",...')];
};

/** F47: a bus of today has a monitor that starts by itself, and watches the key that it is told, or in its first form its own. */
const checkMonitor = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const bus = serviceOf(install, 'xenbus');
  const service = serviceOf(install, 'xenbus_monitor');
  const say = (line: number, message: string, hint: string): Diagnostic =>
    pvProblem(facts, 'PV_MONITOR_SETTINGS', `${message}, so nobody restarts the guest after an installation.`, {
      ...{ line, severity: 'warning', failureMode: 'F47', hint },
    });
  if (service === undefined) {
    if (bus === undefined || facts.coInstallers || facts.kind !== 'xenbus') return [];
    return [say(bus.line, 'The bus comes without its monitor', 'Add the service xenbus_monitor and its program.')];
  }
  if (service.startType !== AUTOMATIC) {
    return [say(service.line, 'The monitor does not start by itself', 'StartType = 2 for xenbus_monitor.')];
  }
  const told =
    has(service.registry, /^hkr\\parameters$/, 'requestkey') ??
    service.registry.find((write) => keyOf(write) === 'hkr\\request');
  if (told !== undefined) return [];
  return [
    say(
      service.line,
      'The monitor has no RequestKey',
      'HKR,"Parameters","RequestKey",0x00000000,%RequestKey% in AddReg of its service.',
    ),
  ];
};
const AUTOMATIC = 2;

const SAN_POLICY_ONLINE = 1;
const SHORTEST_TIMEOUT = 60;

interface DiskSetting {
  readonly key: RegExp;
  readonly name: string;
  readonly shown: string;
  readonly without: string;
  good(value: number): boolean;
  readonly line: string;
}

const DISK_SETTINGS: readonly DiskSetting[] = [
  {
    key: /^hklm\\system\\currentcontrolset\\services\\partmgr\\parameters$/,
    name: 'sanpolicy',
    shown: 'SanPolicy',
    without: 'data disks stay offline after the installation',
    good: (value) => value === SAN_POLICY_ONLINE,
    line: 'HKLM,"SYSTEM\\CurrentControlSet\\Services\\PartMgr\\Parameters","SanPolicy",0x00010001,1',
  },
  {
    key: /^hklm\\system\\currentcontrolset\\services\\disk$/,
    name: 'timeoutvalue',
    shown: 'TimeOutValue',
    without: 'requests time out while the guest is moved to another host',
    good: (value) => value >= SHORTEST_TIMEOUT,
    line: 'HKLM,"SYSTEM\\CurrentControlSet\\Services\\Disk","TimeOutValue",0x00010001,120',
  },
];

/** F51: what the co-installer did, the INF must do. */
const checkDisks = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] => {
  const service = serviceOf(install, 'xenvbd');
  if (facts.kind !== 'xenvbd' || facts.coInstallers || service === undefined) return [];
  return DISK_SETTINGS.flatMap(({ key, name, shown, without, good, line }) => {
    const write = has(allWrites(install), key, name);
    const value = typeof write?.value === 'number' ? write.value : undefined;
    if (value !== undefined && good(value)) return [];
    const severity: Severity = write === undefined ? 'error' : 'warning';
    const message =
      write === undefined ? `Nothing writes ${shown}: ${without}.` : `${shown} is ${String(value)}: ${without}.`;
    return pvProblem(facts, 'PV_DISK_SETTINGS', message, {
      line: write?.line ?? service.line,
      severity,
      failureMode: 'F51',
      hint: line,
    });
  });
};

/** How the services that Windows needs to start must be made: kernel drivers that start at boot. */
const BOOT_SERVICES: readonly string[] = ['xenbus', 'xenvbd'];

const checkServices = (facts: PvFacts, install: PvInstall): readonly Diagnostic[] =>
  install.services
    .filter(({ name, startType, serviceType }) => {
      return BOOT_SERVICES.includes(name.toLowerCase()) && (startType !== 0 || serviceType !== 1);
    })
    .map(({ name, line }) =>
      registryLine(
        facts,
        line,
        `The service ${name} is not a kernel driver that starts at boot.`,
        'ServiceType=1, StartType=0',
      ),
    );

/** Names that are filled in by Windows at run time, not by the INF. */
const ENVIRONMENT = /^(systemroot|systemdrive|windir|programfiles|programdata|commonprogramfiles|\d+)$/i;

/** F30: a name between percent signs that [Strings] does not have stays as it is written. */
const checkStrings = (facts: PvFacts): readonly Diagnostic[] => {
  const { document } = facts;
  const found = new Map<string, Diagnostic>();
  for (const { name: section, lines } of document.sections) {
    if (/^strings(\.|$)/i.test(section)) continue;
    for (const { rawKey, raw, line } of lines) {
      for (const text of rawKey === null ? raw : [rawKey, ...raw]) {
        for (const [, name = ''] of text.replaceAll('%%', '').matchAll(/%([^%\s]+)%/g)) {
          if (ENVIRONMENT.test(name) || document.strings.values.has(name.toLowerCase()) || found.has(`${line} ${name}`))
            continue;
          const message = `[Strings] has no "${name}", so %${name}% stays in the text.`;
          found.set(
            `${line} ${name}`,
            pvProblem(facts, 'PV_REGISTRY_LINE', message, {
              line,
              token: `%${name}%`,
              failureMode: 'F30',
              hint: 'Correct the name, or add it to [Strings].',
            }),
          );
        }
      }
    }
  }
  return [...found.values()];
};
