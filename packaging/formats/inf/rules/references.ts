import type { SectionKind } from './contract.ts';

/** How a directive names a section. */
export interface Reference {
  /** As documented. */
  readonly directive: string;
  /** What the section is for. */
  readonly kind: SectionKind;
  /** Number of the value that names it, from 0; `all` when every value names one. */
  readonly field: number | 'all';
  /** Whether there must be a name (1005, 1080). */
  readonly required: boolean;
}

const list = (directive: string, kind: SectionKind): Reference => ({ directive, kind, field: 'all', required: true });
const one = (directive: string, field: number, kind: SectionKind): Reference => ({
  directive,
  kind,
  field,
  required: true,
});
const maybe = (directive: string, field: number, kind: SectionKind): Reference => ({
  directive,
  kind,
  field,
  required: false,
});

const REGISTRY = [list('AddReg', 'add-reg'), list('DelReg', 'del-reg'), list('BitReg', 'bit-reg')];
const FILES = [list('CopyFiles', 'copy-files'), list('DelFiles', 'del-files'), list('RenFiles', 'ren-files')];
const PROPERTIES = [list('AddProperty', 'add-property'), list('DelProperty', 'del-property')];
const LEGACY = [
  list('UpdateInis', 'update-inis'),
  list('UpdateIniFields', 'update-ini-fields'),
  list('Ini2Reg', 'ini2reg'),
  list('RegisterDlls', 'register-dlls'),
  list('UnregisterDlls', 'register-dlls'),
  list('ProfileItems', 'profile-items'),
];
const INSTALL = [
  ...REGISTRY,
  ...FILES,
  ...PROPERTIES,
  ...LEGACY,
  list('LogConfig', 'log-config'),
  list('AddPowerSetting', 'power-setting'),
];
const SERVICES = [maybe('AddService', 2, 'service'), maybe('AddService', 3, 'event-log')];

/** Which directives of a section name which others (spec inf.md sections 8–10). Needs names one of the same kind. */
export const REFERENCES: Partial<Readonly<Record<SectionKind, readonly Reference[]>>> = {
  install: INSTALL,
  'class-install': INSTALL,
  'default-uninstall': INSTALL,
  hw: [...REGISTRY, ...PROPERTIES, list('AddPowerSetting', 'power-setting')],
  coinstallers: [...REGISTRY, ...FILES, ...LEGACY],
  services: SERVICES,
  'class-install-services': SERVICES,
  'default-uninstall-services': SERVICES,
  interfaces: [maybe('AddInterface', 2, 'interface')],
  interface: [...REGISTRY, ...FILES, ...PROPERTIES, ...LEGACY],
  'interface-class': [...REGISTRY, ...FILES, ...PROPERTIES, ...LEGACY],
  filters: [one('AddFilter', 2, 'filter')],
  components: [one('AddComponent', 2, 'component')],
  component: [...REGISTRY],
  software: [one('AddSoftware', 2, 'software-install')],
  events: [
    one('AddEventProvider', 1, 'event-provider'),
    one('AddAutoLogger', 2, 'auto-logger'),
    one('UpdateAutoLogger', 1, 'update-auto-logger'),
  ],
  'event-provider': [maybe('AddChannel', 2, 'event-channel')],
  'auto-logger': [one('AddAutoLoggerProvider', 1, 'auto-logger-provider')],
  'update-auto-logger': [one('AddAutoLoggerProvider', 1, 'auto-logger-provider')],
  com: [one('AddComServer', 2, 'com-server')],
  'com-server': [maybe('AddComClass', 2, 'com-class')],
  wmi: [one('WMIInterface', 2, 'wmi-interface')],
  wdf: [one('KmdfService', 1, 'wdf-service'), one('UmdfService', 1, 'wdf-service')],
  'logconfig-override': [list('LogConfig', 'log-config')],
  service: [...REGISTRY, list('AddTrigger', 'trigger'), one('FailureActions', 0, 'failure-actions')],
  'event-log': REGISTRY,
  'net-drivers': [one('AddNetFilter', 1, 'net-filter'), one('AddNetProtocol', 1, 'net-protocol')],
};

/** Sections that belong to an install section by their name (spec inf.md section 8). */
export const RELATED: readonly (readonly [suffix: string, kind: SectionKind])[] = [
  ['.HW', 'hw'],
  ['.Services', 'services'],
  ['.CoInstallers', 'coinstallers'],
  ['.Interfaces', 'interfaces'],
  ['.Filters', 'filters'],
  ['.Events', 'events'],
  ['.Components', 'components'],
  ['.Software', 'software'],
  ['.COM', 'com'],
  ['.WMI', 'wmi'],
  ['.Wdf', 'wdf'],
  ['.FactDef', 'factdef'],
  ['.LogConfigOverride', 'logconfig-override'],
  ['.NetDrivers', 'net-drivers'],
];

/** Sections that may have a `.Security` section beside them. */
export const SECURABLE: ReadonlySet<SectionKind> = new Set<SectionKind>(['add-reg', 'copy-files']);

const ARCH = /^(\.nt(x86|ia64|amd64|arm64|arm)?)?$/;
const ARCH_SERVICES = /^(\.nt(x86|ia64|amd64|arm64|arm)?)?\.services$/;

/** Sections that Windows looks up by their own name: what stands before the first dot, and the forms of the rest. */
const BY_NAME: Readonly<Record<string, readonly (readonly [rest: RegExp, kind: SectionKind])[]>> = {
  version: [[/^$/, 'version']],
  strings: [[/^(\.[0-9a-f]{4})?$/, 'strings']],
  manufacturer: [[/^$/, 'manufacturer']],
  sourcedisksnames: [[/^(\.(x86|ia64|amd64|arm64|arm))?$/, 'source-disks-names']],
  sourcedisksfiles: [[/^(\.(x86|ia64|amd64|arm64|arm))?$/, 'source-disks-files']],
  destinationdirs: [[/^$/, 'destination-dirs']],
  controlflags: [[/^$/, 'control-flags']],
  signatureattributes: [[/^$/, 'signature-attributes']],
  interfaceinstall32: [[ARCH, 'interface-install32']],
  deviceinstall32: [[ARCH, 'device-install32']],
  defaultuninstall: [
    [ARCH, 'default-uninstall'],
    [ARCH_SERVICES, 'default-uninstall-services'],
  ],
  classinstall32: [
    [ARCH, 'class-install'],
    [ARCH_SERVICES, 'class-install-services'],
  ],
};

/** The role of a section that Windows looks up by its own name. */
export const kindByName = (name: string): SectionKind | undefined => {
  const lower = name.toLowerCase();
  const dot = lower.indexOf('.');
  const base = dot < 0 ? lower : lower.slice(0, dot);
  const forms = Object.hasOwn(BY_NAME, base) ? BY_NAME[base] : undefined;
  return forms?.find(([rest]) => rest.test(lower.slice(base.length)))?.[1];
};
