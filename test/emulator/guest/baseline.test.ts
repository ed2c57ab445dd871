import { describe, expect, test } from 'vitest';
import { newDisk } from '../../../emulator/guest/baseline.ts';
import { GROUPS_BEFORE_ALL, SERVICE_GROUP_ORDER } from '../../../emulator/guest/group-order.ts';
import { keyAt, keyNames, valueAt, withValue } from '../../../emulator/guest/registry.ts';
import { guestById, guestSpecs } from '../../../emulator/guest/windows.ts';

const guest = (id: string) => {
  const found = guestById(id);
  if (found === undefined) throw new Error(`No guest ${id}.`);
  return found;
};

const SEVEN = guest('windows-7-sp1-x64');
const TEN = guest('windows-10-22h2-x64');
const CONTROL = 'SYSTEM\\CurrentControlSet\\Control';
const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';
const DISK_CLASS = `${CONTROL}\\Class\\{4d36e967-e325-11ce-bfc1-08002be10318}`;

const disk = (spec = TEN, disks: 'ide' | 'nvme' = 'ide') => newDisk(spec, disks, 'rtl8139');
const read = (key: string, name: string, spec = TEN, disks: 'ide' | 'nvme' = 'ide') =>
  valueAt(disk(spec, disks).registry, key, name)?.data;

describe('a fresh disk', () => {
  test('is made once, shared, and cannot be changed in place', () => {
    expect(disk()).toBe(newDisk({ ...TEN, secureBoot: true }, 'ide', 'e1000'));
    expect(disk()).not.toBe(disk(TEN, 'nvme'));
    const services = keyAt(disk().registry, SERVICES);
    expect(Object.isFrozen(services)).toBe(true);
    const changed = withValue(disk().registry, `${SERVICES}\\disk`, 'TimeOutValue', { type: 'REG_DWORD', data: 120 });
    expect(valueAt(changed, `${SERVICES}\\disk`, 'TimeOutValue')?.data).toBe(120);
    expect(read(`${SERVICES}\\disk`, 'TimeOutValue')).toBeUndefined();
  });

  test('survives JSON for every guest', () => {
    for (const spec of guestSpecs()) expect(JSON.parse(JSON.stringify(disk(spec)))).toEqual(disk(spec));
  });

  test('has services whose groups Windows orders', () => {
    const known = new Set([...GROUPS_BEFORE_ALL, ...SERVICE_GROUP_ORDER].map((group) => group.toLowerCase()));
    for (const spec of guestSpecs()) {
      for (const { name, values } of Object.values(keyAt(disk(spec).registry, SERVICES)?.keys ?? {})) {
        const group = values.group?.data;
        // PnP Filter is a group of SafeBoot that the list does not have.
        if (typeof group === 'string' && group !== 'PnP Filter') expect(known, name).toContain(group.toLowerCase());
      }
    }
    expect(read(`${CONTROL}\\ServiceGroupOrder`, 'List')).toEqual(SERVICE_GROUP_ORDER);
  });

  test('starts at boot what leads to its disk, and keeps idle miniports from it', () => {
    expect(read(`${SERVICES}\\intelide`, 'Start')).toBe(0);
    expect(read(`${SERVICES}\\intelide\\StartOverride`, '0')).toBeUndefined();
    expect(read(`${SERVICES}\\stornvme`, 'Start')).toBe(0);
    expect(read(`${SERVICES}\\stornvme\\StartOverride`, '0')).toBe(3);
    expect(read(`${SERVICES}\\stornvme\\StartOverride`, '0', TEN, 'nvme')).toBeUndefined();
    expect(read(`${SERVICES}\\storahci\\StartOverride`, '0', TEN, 'nvme')).toBe(3);
    expect(read(`${SERVICES}\\disk\\StartOverride`, '0')).toBeUndefined();
    // Windows 7 has no overrides: what is idle starts on demand.
    expect(read(`${SERVICES}\\msahci`, 'Start', SEVEN)).toBe(3);
    expect(keyAt(disk(SEVEN).registry, `${SERVICES}\\msahci\\StartOverride`)).toBeUndefined();
    expect(read(`${SERVICES}\\atapi`, 'Start', SEVEN)).toBe(0);
  });

  test('has the classes by their GUIDs, with the filters of Windows itself', () => {
    expect(read(DISK_CLASS, 'Class')).toBe('DiskDrive');
    expect(read(DISK_CLASS, 'UpperFilters')).toEqual(['partmgr']);
    expect(read(DISK_CLASS, 'LowerFilters')).toEqual(['EhStorClass']);
    expect(read(DISK_CLASS, 'LowerFilters', SEVEN)).toBeUndefined();
    const system = `${CONTROL}\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}`;
    expect(read(system, 'Class')).toBe('System');
    expect(read(system, 'UpperFilters')).toBeUndefined();
  });

  test('has every filter of its classes as a service', () => {
    for (const spec of guestSpecs()) {
      const { registry } = disk(spec);
      for (const { values } of Object.values(keyAt(registry, `${CONTROL}\\Class`)?.keys ?? {})) {
        for (const list of [values.upperfilters?.data, values.lowerfilters?.data]) {
          for (const service of Array.isArray(list) ? list : []) {
            expect(keyAt(registry, `${SERVICES}\\${service}`), `${spec.id} ${service}`).toBeDefined();
          }
        }
      }
    }
  });

  test('binds boot devices by the critical device database before Windows 8 only', () => {
    const database = `${CONTROL}\\CriticalDeviceDatabase`;
    expect(keyAt(disk().registry, database)).toBeUndefined();
    const keys = keyNames(keyAt(disk(SEVEN).registry, database));
    expect(keys).toContain('gendisk');
    expect(keys).toContain('pci#ven_8086&dev_7010');
    expect(keys).toContain('*pnp0600');
    expect(keys.filter((key) => key.includes('5853'))).toEqual([]);
    expect(read(`${database}\\pci#cc_0101`, 'Service', SEVEN)).toBe('pciide');
  });

  test('has no policy that stops new devices, and dumps as set up', () => {
    expect(read(`${CONTROL}\\PnP`, 'DisableCDDB')).toBeUndefined();
    expect(read(`${CONTROL}\\CrashControl`, 'CrashDumpEnabled')).toBe(7);
    expect(read(`${CONTROL}\\CrashControl`, 'CrashDumpEnabled', SEVEN)).toBe(2);
    expect(read(`${CONTROL}\\GroupOrderList`, 'SCSI Miniport')).toBe('020000001900000020000000');
  });
});
