import { describe, expect, test } from 'vitest';
import { newDisk } from '../../../emulator/guest/baseline.ts';
import { criticalDevice, newDevicePolicy } from '../../../emulator/guest/critical-devices.ts';
import { keyAt, type RegistryKey, withValue } from '../../../emulator/guest/registry.ts';
import { guestById } from '../../../emulator/guest/windows.ts';
import { KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { transition } from '../../../emulator/transition.ts';
import { knownPackage, libraryOf } from '../../support/history.ts';

const CONTROL = 'SYSTEM\\CurrentControlSet\\Control';

const fresh = (id: string): RegistryKey => {
  const guest = guestById(id);
  if (guest === undefined) throw new Error(`No guest ${id}.`);
  return newDisk(guest, 'ide', 'rtl8139').registry;
};

const SEVEN = fresh('windows-7-sp1-x64');
const PV_DISK = {
  hardwareIds: ['SCSI\\DiskXENSRC__PVDISK__________2.0_', 'GenDisk'],
  compatibleIds: ['SCSI\\Disk', 'SCSI\\RAW'],
};
const ADAPTER = { hardwareIds: ['XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B'], compatibleIds: [] };

describe('Windows 7 while it starts', () => {
  test('binds a PV disk that it never saw, as any disk', () => {
    expect(criticalDevice(SEVEN, PV_DISK)).toEqual({
      id: 'GenDisk',
      service: 'disk',
      classGuid: '{4d36e967-e325-11ce-bfc1-08002be10318}',
    });
  });

  test('binds no adapter that nobody entered, and one that somebody did', () => {
    expect(criticalDevice(SEVEN, ADAPTER)).toBeUndefined();
    const key = `${CONTROL}\\CriticalDeviceDatabase\\xenbus#ven_xp0001&dev_vbd&rev_0900000b`;
    const entered = withValue(SEVEN, key, 'Service', { type: 'REG_SZ', data: 'xenvbd' });
    expect(criticalDevice(entered, ADAPTER)).toMatchObject({ service: 'xenvbd', classGuid: '' });
  });

  test('takes the first of the ids that has an entry', () => {
    const ide = {
      hardwareIds: ['PCI\\VEN_8086&DEV_7010&SUBSYS_00015853', 'PCI\\VEN_8086&DEV_7010'],
      compatibleIds: ['PCI\\CC_0101'],
    };
    expect(criticalDevice(SEVEN, ide)?.service).toBe('intelide');
    expect(criticalDevice(SEVEN, { ...ide, hardwareIds: [] })?.service).toBe('pciide');
  });

  test('binds nothing when a policy switches the database off; a value of 0 leaves it on', () => {
    const set = (data: number) => withValue(SEVEN, `${CONTROL}\\Pnp`, 'DisableCDDB', { type: 'REG_DWORD', data });
    expect(criticalDevice(set(1), PV_DISK)).toBeUndefined();
    expect(criticalDevice(set(0), PV_DISK)?.service).toBe('disk');
    expect(newDevicePolicy(set(1))).toEqual({ bindsCriticalDevices: false, startsRawDevices: true });
    const raw = withValue(SEVEN, `${CONTROL}\\Pnp`, 'DontStartRawDevices', { type: 'REG_DWORD', data: 1 });
    expect(newDevicePolicy(raw)).toEqual({ bindsCriticalDevices: true, startsRawDevices: false });
  });
});

describe('a driver that is installed on Windows 7', () => {
  const entries = (guestName: string, label: string) => {
    const guest = guestById(guestName);
    if (guest === undefined) throw new Error(`No guest ${guestName}.`);
    const release = KNOWN_RELEASES.find((one) => one.label === label);
    const packages = (release?.builds ?? []).map(({ driver, commit }) => knownPackage(driver, commit));
    const library = libraryOf(...packages);
    let world = newWorld(guest);
    for (const { facts } of packages) {
      [world] = transition(world, { kind: 'package.install', package: facts.key }, library);
    }
    const database = keyAt(world.disk.registry, `${CONTROL}\\CriticalDeviceDatabase`);
    return Object.fromEntries(
      Object.values(database?.keys ?? {}).map(({ name, values }) => [name, values.service?.data ?? '']),
    );
  };

  test('leaves an entry for the id that it matched, in the classes that starting needs', () => {
    const left = entries('windows-7-sp1-sha2-x64', '8.2.1');
    expect(left['pci#ven_5853&dev_0001']).toBe('xenbus');
    expect(left['xenbus#ven_xp0001&dev_vbd&rev_08000009']).toBe('xenvbd');
    // Network cards are of none of them.
    expect(Object.values(left)).not.toContain('xennet');
  });

  test('leaves none on Windows 10', () => {
    expect(entries('windows-10-22h2-x64', '8.2.1')).toEqual({});
  });
});

test('Windows 10 has no critical device database', () => {
  expect(criticalDevice(fresh('windows-10-22h2-x64'), PV_DISK)).toBeUndefined();
});
