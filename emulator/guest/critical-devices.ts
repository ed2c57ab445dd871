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
