import type { Machine } from '../../drivers/behaviour.ts';
import { keyAt, type RegistryKey, valueAt } from './registry.ts';

const CONTROL = 'SYSTEM\\CurrentControlSet\\Control';

/** What an entry of `Control\CriticalDeviceDatabase` gives a device that is new while Windows starts. */
export interface CriticalDevice {
  /** The device's id that the entry is for. */
  readonly id: string;
  readonly service: string;
  /** As in the registry. */
  readonly classGuid: string;
}

/** What a policy on installing devices leaves of the start (Microsoft KB 2773300; spec xen-pv F50). */
export interface NewDevicePolicy {
  /** Whether new devices are looked up in the critical device database. */
  readonly bindsCriticalDevices: boolean;
  /** Whether devices without a driver are started raw. */
  readonly startsRawDevices: boolean;
}

const isOn = (registry: RegistryKey, name: string): boolean => {
  const data = valueAt(registry, `${CONTROL}\\PnP`, name)?.data;
  return typeof data === 'number' && data !== 0;
};

/** @param registry HKLM */
export const newDevicePolicy = (registry: RegistryKey): NewDevicePolicy => ({
  bindsCriticalDevices: !isOn(registry, 'DisableCDDB'),
  startsRawDevices: !isOn(registry, 'DontStartRawDevices'),
});

/** Where the entry of an id stands. */
const entryKey = (id: string): string =>
  `${CONTROL}\\CriticalDeviceDatabase\\${id.toLowerCase().replaceAll('\\', '#')}`;

/**
 * Setup classes without whose devices no program runs: CDROM, DiskDrive, HDC, Keyboard, Mouse, SCSIAdapter, System, HIDClass,
 * Volume (general knowledge, not verified as a whole; observed in logs of Windows 7: Keyboard and System).
 */
const CRITICAL_CLASSES: ReadonlySet<string> = new Set([
  ...['{4d36e965-e325-11ce-bfc1-08002be10318}', '{4d36e967-e325-11ce-bfc1-08002be10318}'],
  ...['{4d36e96a-e325-11ce-bfc1-08002be10318}', '{4d36e96b-e325-11ce-bfc1-08002be10318}'],
  ...['{4d36e96f-e325-11ce-bfc1-08002be10318}', '{4d36e97b-e325-11ce-bfc1-08002be10318}'],
  ...['{4d36e97d-e325-11ce-bfc1-08002be10318}', '{745a17a0-74d3-11d0-b6fe-00a0c90f57da}'],
  '{71a27cdd-812a-11d0-bec7-08002be2092f}',
]);

/** A driver that was just installed on a device. */
export interface InstalledDriver {
  /** The id that it matched by. */
  readonly id: string;
  readonly classGuid: string;
  readonly service: string | undefined;
}

/**
 * Windows before 8 has a co-installer of its own for these classes (SysClass.Dll, CriticalDeviceCoInstaller): each device that
 * is installed leaves an entry, so that one like it is bound while Windows starts (observed: setup logs of Windows 7; what is
 * written: the re-implementation in ReactOS). Its lists of filters are not kept here: nothing reads them.
 */
export const rememberCritical = (
  machine: Pick<Machine, 'setValue'>,
  { id, classGuid, service }: InstalledDriver,
): void => {
  if (service === undefined || service === '' || !CRITICAL_CLASSES.has(classGuid.toLowerCase())) return;
  const key = entryKey(id);
  machine.setValue(key, 'Service', 'REG_SZ', service);
  machine.setValue(key, 'ClassGUID', 'REG_SZ', classGuid);
};

const textOf = (key: RegistryKey, name: string): string => {
  const data = Object.hasOwn(key.values, name) ? key.values[name]?.data : undefined;
  return typeof data === 'string' ? data : '';
};

/**
 * What Windows before 8 binds a new device to while it starts: the entry of its first id that has one; `#` stands for `\`
 * in their names (observed: registry files for offline repair, and conversion tools, which write this database up to
 * Windows 7 and the driver database from Windows 8 on). Undefined also when a policy forbids it.
 * @param registry HKLM
 */
export const criticalDevice = (
  registry: RegistryKey,
  {
    hardwareIds,
    compatibleIds,
  }: { readonly hardwareIds: readonly string[]; readonly compatibleIds: readonly string[] },
): CriticalDevice | undefined => {
  const database = keyAt(registry, `${CONTROL}\\CriticalDeviceDatabase`);
  if (database === undefined || !newDevicePolicy(registry).bindsCriticalDevices) return undefined;
  for (const ids of [hardwareIds, compatibleIds]) {
    for (const id of ids) {
      const name = id.toLowerCase().replaceAll('\\', '#');
      const key = Object.hasOwn(database.keys, name) ? database.keys[name] : undefined;
      const service = key === undefined ? '' : textOf(key, 'service');
      if (key !== undefined && service !== '') return { id, service, classGuid: textOf(key, 'classguid') };
    }
  }
  return undefined;
};
