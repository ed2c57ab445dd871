import type { RegistryData, RegistryDataType } from '../../drivers/behaviour.ts';
import { classByName, SETUP_CLASSES } from '../../packaging/formats/inf/rules/setup-classes.ts';
import { Build } from '../../packaging/signing/policy-data.ts';
import type { HostSettings } from '../xen/host.ts';
import { SERVICE_GROUP_ORDER } from './group-order.ts';
import type { GuestSpec } from './guest.ts';
import { inboxDrivers } from './inbox.ts';
import { type InboxService, inboxServices } from './inbox-services.ts';
import type { RegistryKey, RegistryValue } from './registry.ts';
import { SAFE_BOOT_KEYS } from './safe-boot-keys.ts';
import { featuresOf } from './windows.ts';
import type { SystemDisk } from './world.ts';

type EmulatedDisks = HostSettings['emulatedDisks'];
type EmulatedNics = HostSettings['emulatedNics'];

const CONTROL_SET = 'SYSTEM\\CurrentControlSet';
const CONTROL = `${CONTROL_SET}\\Control`;
const SERVICES = `${CONTROL_SET}\\Services`;

/** Values of one key: name, type, data. */
type Values = readonly (readonly [name: string, type: RegistryDataType, data: RegistryData])[];
type Write = readonly [key: string, values: Values];

const DEMAND_START = 3;

/** Miniports that the machine's own hardware needs: the others are kept from starting at boot. */
const IN_USE: Readonly<Record<EmulatedDisks, readonly string[]>> = {
  ide: ['intelide', 'atapi'],
  nvme: ['intelide', 'atapi', 'stornvme'],
};

const imagePath = ({ image }: InboxService): string => `\\SystemRoot\\System32\\drivers\\${image}`;

const serviceKey = (service: InboxService, guest: GuestSpec, disks: EmulatedDisks): readonly Write[] => {
  const { name, type, start, errorControl, group, tag, storage } = service;
  const key = `${SERVICES}\\${name}`;
  const idle = storage === true && !IN_USE[disks].includes(name);
  const overrides = featuresOf(guest.windows).startOverride;
  const values: Values = [
    ['Type', 'REG_DWORD', type],
    ['Start', 'REG_DWORD', idle && !overrides ? DEMAND_START : start],
    ['ErrorControl', 'REG_DWORD', errorControl],
    ['ImagePath', 'REG_EXPAND_SZ', imagePath(service)],
    ...(group === '' ? [] : ([['Group', 'REG_SZ', group]] as const)),
    ...(tag === undefined ? [] : ([['Tag', 'REG_DWORD', tag]] as const)),
  ];
  // observed: a system that was set up on IDE disks has `storahci\StartOverride` with 3.
  return idle && overrides
    ? [
        [key, values],
        [`${key}\\StartOverride`, [['0', 'REG_DWORD', DEMAND_START]]],
      ]
    : [[key, values]];
};

const word = (value: number): string => {
  const bytes = [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** `GroupOrderList`: for each group with tags a count and the tags. Their order on a real system is not known. */
const groupOrderLists = (services: readonly InboxService[]): Write => {
  const groups = new Map<string, number[]>();
  for (const { group, tag } of services) {
    if (tag !== undefined) groups.set(group, [...(groups.get(group) ?? []), tag]);
  }
  const values = [...groups].map(([group, tags]) => {
    const ordered = tags.sort((a, b) => a - b);
    return [group, 'REG_BINARY', [ordered.length, ...ordered].map(word).join('')] as const;
  });
  return [`${CONTROL}\\GroupOrderList`, values];
};

type ClassFilters = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Windows' own class filters. DiskDrive: observed; the others are general knowledge. */
const classFilters = ({ windows: { build } }: GuestSpec): ClassFilters => ({
  DiskDrive: { UpperFilters: ['partmgr'], ...(build >= Build.windows8 ? { LowerFilters: ['EhStorClass'] } : {}) },
  Keyboard: { UpperFilters: ['kbdclass'] },
  Mouse: { UpperFilters: ['mouclass'] },
  Volume: {
    UpperFilters: build >= Build.windows8 ? ['volsnap'] : [],
    LowerFilters: ['fvevol', ...(build >= Build.windows10 ? ['iorate'] : []), 'rdyboost'],
  },
});

const classKeys = (guest: GuestSpec): readonly Write[] => {
  const filters = classFilters(guest);
  return SETUP_CLASSES.map(({ name, guid }): Write => {
    const own = Object.entries(filters[name] ?? {}).filter(([, services]) => services.length > 0);
    return [
      `${CONTROL}\\Class\\${guid}`,
      [['Class', 'REG_SZ', name], ...own.map(([value, services]) => [value, 'REG_MULTI_SZ', services] as const)],
    ];
  });
};

/**
 * Windows before 8 binds boot devices by `Control\CriticalDeviceDatabase` (observed: the keys of the IDE drivers, of
 * GenDisk; `#` stands for `\`); what it has of its own there follows from its in-box drivers.
 */
const criticalDevices = (guest: GuestSpec): readonly Write[] =>
  featuresOf(guest.windows).driverDatabase
    ? []
    : inboxDrivers(guest).flatMap(({ rankId, service, classGuid, bootCritical }): readonly Write[] => {
        if (!bootCritical || service === undefined) return [];
        const key = `${CONTROL}\\CriticalDeviceDatabase\\${rankId.toLowerCase().replaceAll('\\', '#')}`;
        return [
          [
            key,
            [
              ['Service', 'REG_SZ', service],
              ['ClassGUID', 'REG_SZ', classGuid],
            ],
          ],
        ];
      });

const safeBoot = (): readonly Write[] =>
  (['Minimal', 'Network'] as const).flatMap((mode) => {
    const { keys, classes } = SAFE_BOOT_KEYS[mode];
    const root = `${CONTROL}\\SafeBoot\\${mode}`;
    return [
      ...keys.map(({ name, kind }): Write => [`${root}\\${name}`, [['', 'REG_SZ', kind]]]),
      ...classes.map((name): Write => [`${root}\\${classByName(name)?.guid ?? name}`, [['', 'REG_SZ', name]]]),
    ];
  });

/** Dumps as a fresh Windows is set to write them: automatic since 8, of the kernel before (general knowledge). */
const crashControl = ({ windows: { build } }: GuestSpec): Write => [
  `${CONTROL}\\CrashControl`,
  [
    ['AutoReboot', 'REG_DWORD', 1],
    ['CrashDumpEnabled', 'REG_DWORD', build >= Build.windows8 ? 7 : 2],
    ['DumpFile', 'REG_EXPAND_SZ', '%SystemRoot%\\MEMORY.DMP'],
    ['DumpFilters', 'REG_MULTI_SZ', ['dumpfve.sys']],
    ['MinidumpDir', 'REG_EXPAND_SZ', '%SystemRoot%\\Minidump'],
  ],
];

const system = (): readonly Write[] => [
  [
    'SYSTEM\\Select',
    [
      ['Current', 'REG_DWORD', 1],
      ['Default', 'REG_DWORD', 1],
      ['Failed', 'REG_DWORD', 0],
      ['LastKnownGood', 'REG_DWORD', 1],
    ],
  ],
  [`${CONTROL}\\ServiceGroupOrder`, [['List', 'REG_MULTI_SZ', SERVICE_GROUP_ORDER]]],
  [
    `${CONTROL}\\Session Manager`,
    [
      ['BootExecute', 'REG_MULTI_SZ', ['autocheck autochk *']],
      ['ProtectionMode', 'REG_DWORD', 1],
    ],
  ],
  [`${CONTROL}\\Session Manager\\Memory Management`, [['PagingFiles', 'REG_MULTI_SZ', ['?:\\pagefile.sys']]]],
  [`${CONTROL}\\CoDeviceInstallers`, []],
  [`${CONTROL}\\DeviceClasses`, []],
  [`${CONTROL}\\PnP`, []],
  [`${CONTROL_SET}\\Enum`, []],
  [`${SERVICES}\\EventLog\\System`, []],
  [`${SERVICES}\\EventLog\\Application`, []],
];

const software = ({ windows }: GuestSpec): Write => [
  'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion',
  [
    ['ProductName', 'REG_SZ', windows.title],
    ['CurrentBuild', 'REG_SZ', String(windows.build)],
    ['CurrentVersion', 'REG_SZ', windows.major >= 10 ? '6.3' : `${windows.major}.${windows.minor}`],
    ['SystemRoot', 'REG_SZ', 'C:\\Windows'],
  ],
];

/** A key while it is being written; nobody else has it yet. */
interface Draft {
  readonly name: string;
  readonly values: Record<string, RegistryValue>;
  readonly keys: Record<string, Draft>;
}

const draft = (name: string): Draft => ({ name, values: {}, keys: {} });

const draftAt = (root: Draft, path: string): Draft => {
  let key = root;
  for (const part of path.split('\\')) {
    const id = part.toLowerCase();
    key.keys[id] ??= draft(part);
    key = key.keys[id];
  }
  return key;
};

const written = (writes: readonly Write[]): RegistryKey => {
  const root = draft('HKEY_LOCAL_MACHINE');
  for (const [path, values] of writes) {
    const key = draftAt(root, path);
    for (const [name, type, data] of values) key.values[name.toLowerCase()] = { name, type, data };
  }
  return root;
};

/** Shared by all that begin with it: nobody may change it in place. */
const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const below of Object.values(value)) frozen(below);
  return Object.freeze(value);
};

const registryOf = (guest: GuestSpec, disks: EmulatedDisks): RegistryKey => {
  const services = inboxServices(guest);
  const writes: readonly Write[] = [
    ...system(),
    crashControl(guest),
    ...services.flatMap((service) => serviceKey(service, guest, disks)),
    groupOrderLists(services),
    ...classKeys(guest),
    ...criticalDevices(guest),
    ...safeBoot(),
    software(guest),
  ];
  return written(writes);
};

const made = new Map<string, SystemDisk>();

/**
 * The disk of a Windows that was just set up on emulated hardware: the registry as far as it is modelled, no packages, no
 * files but Windows' own. Made once a kind of guest, and shared. Its devices are not in `Enum` yet: the first boot finds them.
 * @param _nics in-box drivers for either card are there anyway
 */
export const newDisk = (guest: GuestSpec, disks: EmulatedDisks, _nics: EmulatedNics): SystemDisk => {
  const key = `${guest.windows.name} ${guest.arch} ${disks}`;
  const before = made.get(key);
  if (before !== undefined) return before;
  const disk = frozen<SystemDisk>({ registry: registryOf(guest, disks), files: {}, store: [] });
  made.set(key, disk);
  return disk;
};
