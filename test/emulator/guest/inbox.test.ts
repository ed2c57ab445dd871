import { describe, expect, test } from 'vitest';
import type { ChildDevice } from '../../../drivers/behaviour.ts';
import { DRIVERS } from '../../../drivers/index.ts';
import {
  inboxDriver,
  inboxDrivers,
  inboxVersion,
  isInboxImage,
  windowsExports,
} from '../../../emulator/guest/inbox.ts';
import { INBOX_MODELS } from '../../../emulator/guest/inbox-devices.ts';
import { inboxServices } from '../../../emulator/guest/inbox-services.ts';
import { matchIds } from '../../../emulator/guest/rank.ts';
import { featuresOf, guestById, guestSpecs } from '../../../emulator/guest/windows.ts';
import { newHost } from '../../../emulator/xen/host.ts';
import { platformChildren } from '../../../emulator/xen/platform.ts';
import { SETUP_CLASSES } from '../../../packaging/formats/inf/rules/setup-classes.ts';
import { describeData } from '../../support/outside.ts';

const guest = (id: string) => {
  const found = guestById(id);
  if (found === undefined) throw new Error(`No guest ${id}.`);
  return found;
};

const SEVEN = guest('windows-7-sp1-x64');
const TEN = guest('windows-10-22h2-x64');

/** All that the emulated hardware lists, with what is below it. */
const emulated = (disks: 'ide' | 'nvme', nics: 'rtl8139' | 'e1000', moved: boolean): readonly ChildDevice[] => {
  const host = newHost({ emulatedDisks: disks, emulatedNics: nics });
  const below = (device: ChildDevice): readonly ChildDevice[] => [
    device,
    ...platformChildren(host, device.facts, { pciIdsMoved: moved }).flatMap(below),
  ];
  return platformChildren(host, { kind: 'root' }).flatMap(below);
};

describe('a driver of Windows itself', () => {
  test('is there for all emulated hardware, on every Windows that runs on it', () => {
    for (const spec of guestSpecs().filter(({ arch }) => arch !== 'arm64')) {
      const { pciIdsMoved, nvme } = featuresOf(spec.windows);
      for (const disks of nvme ? (['ide', 'nvme'] as const) : (['ide'] as const)) {
        for (const nics of ['rtl8139', 'e1000'] as const) {
          const missing = emulated(disks, nics, pciIdsMoved).filter(
            (device) => inboxDriver(device, spec) === undefined && !device.deviceId.startsWith('PCI\\VEN_5853'),
          );
          expect(missing, spec.id).toEqual([]);
        }
      }
    }
  });

  test('is there for no Xen function', () => {
    const xen = emulated('ide', 'rtl8139', true).filter(({ deviceId }) => deviceId.startsWith('PCI\\VEN_5853'));
    expect(xen.length).toBeGreaterThan(0);
    for (const device of xen) expect(inboxDriver(device, TEN)).toBeUndefined();
  });

  test('drives a PV disk as any disk, by its last hardware id', () => {
    const hardwareIds = ['SCSI\\DiskXENSRC__PVDISK__________2.0_', 'SCSI\\DiskXENSRC__PVDISK__________', 'GenDisk'];
    expect(inboxDriver({ hardwareIds, compatibleIds: ['SCSI\\Disk', 'SCSI\\RAW'] }, TEN)).toMatchObject({
      service: 'disk',
      className: 'DiskDrive',
      classGuid: '{4d36e967-e325-11ce-bfc1-08002be10318}',
      rankId: 'GenDisk',
    });
  });

  test('is chosen by the id that ranks best: the function before the kind of function', () => {
    const ide = {
      hardwareIds: ['PCI\\VEN_8086&DEV_7010&SUBSYS_00015853&REV_00'],
      compatibleIds: ['PCI\\VEN_8086&DEV_7010', 'PCI\\CC_0101'],
    };
    expect(inboxDriver(ide, TEN)?.service).toBe('intelide');
    expect(inboxDriver({ ...ide, compatibleIds: ['pci\\cc_0101'] }, TEN)?.service).toBe('pciide');
    for (const driver of inboxDrivers(TEN)) {
      const device = { hardware: ['X'], compatible: [driver.rankId.toUpperCase()] };
      expect(matchIds(device, [driver.rankId])?.score).toBe(0x2000);
    }
  });

  test('is the one of this Windows and this processor', () => {
    const ahci = { hardwareIds: [], compatibleIds: ['PCI\\CC_010601'] };
    expect(inboxDriver(ahci, SEVEN)?.service).toBe('msahci');
    expect(inboxDriver(ahci, TEN)?.service).toBe('storahci');
    const nvme = { hardwareIds: [], compatibleIds: ['PCI\\CC_010802'] };
    expect(inboxDriver(nvme, SEVEN)).toBeUndefined();
    expect(inboxDriver(nvme, guest('server-2012-x64'))).toBeUndefined();
    expect(inboxDriver(nvme, guest('server-2012r2-x64'))?.className).toBe('SCSIAdapter');
    const card = { hardwareIds: ['PCI\\VEN_10EC&DEV_8139'], compatibleIds: [] };
    expect(inboxDriver(card, guest('windows-10-22h2-x86'))?.service).toBe('RTL8023xp');
    expect(inboxDriver(card, guest('windows-11-24h2-arm64'))).toBeUndefined();
  });

  test('has a service of this Windows, whose file is there', () => {
    for (const spec of guestSpecs()) {
      const services = inboxServices(spec);
      const names = services.map(({ name }) => name);
      expect(new Set(names).size, spec.id).toBe(names.length);
      for (const { service, rankId } of inboxDrivers(spec)) {
        if (service !== undefined) expect(names, `${spec.id} ${rankId}`).toContain(service);
      }
      for (const { image } of services) {
        expect(isInboxImage(`C:\\Windows\\System32\\drivers\\${image}`, spec), `${spec.id} ${image}`).toBe(true);
      }
    }
  });

  test('carries the day and the version that all of Windows carries', () => {
    expect(inboxVersion(TEN)).toEqual([10, 0, 19045, 1]);
  });
});

describeData('the classes of in-box drivers', 'setup-classes.json', (data) => {
  const { classes } = data as { readonly classes: Readonly<Record<string, { readonly guid: string }>> };
  test('have the documented GUIDs', () => {
    for (const { className, classGuid } of INBOX_MODELS) expect(classGuid, className).toBe(classes[className]?.guid);
    for (const { name, guid } of SETUP_CLASSES) if (classes[name]) expect(guid).toBe(classes[name].guid);
  });
});

describe('a file of Windows', () => {
  test('is known in any case, in its own folder', () => {
    expect(isInboxImage('c:\\WINDOWS\\system32\\DRIVERS\\Storport.SYS', TEN)).toBe(true);
    expect(isInboxImage('C:\\Windows\\System32\\netevent.dll', TEN)).toBe(true);
    expect(isInboxImage('C:\\Windows\\System32\\svchost.exe', TEN)).toBe(true);
    expect(isInboxImage('C:\\Windows\\System32\\drivers\\netevent.dll', TEN)).toBe(false);
    expect(isInboxImage('C:\\Windows\\storport.sys', TEN)).toBe(false);
  });

  test('is never one of a vendor', () => {
    for (const name of ['xen.sys', 'xenbus.sys', 'xenfilt.sys', 'xencrsh.sys', 'xendisk.sys', 'scsifilt.sys']) {
      expect(isInboxImage(`C:\\Windows\\System32\\drivers\\${name}`, TEN)).toBe(false);
    }
    expect(isInboxImage('C:\\Windows\\System32\\xenbus_monitor_9_1_0_0.exe', TEN)).toBe(false);
  });

  test('may be there in some Windows only', () => {
    const nvme = 'C:\\Windows\\System32\\drivers\\stornvme.sys';
    expect(isInboxImage(nvme, SEVEN)).toBe(false);
    expect(isInboxImage(nvme, TEN)).toBe(true);
  });
});

describe('an import from Windows', () => {
  test('is there from the first version on that has it', () => {
    expect(windowsExports('ntoskrnl.exe', 'ExAllocatePool2', guest('server-2019-x64'))).toBe('no');
    expect(windowsExports('ntoskrnl.exe', 'ExAllocatePool2', guest('server-2022-x64'))).toBe('yes');
    expect(windowsExports('NTOSKRNL.EXE', 'IoCreateDevice', SEVEN)).toBe('yes');
    expect(windowsExports('storport.sys', 'StorPortInitialize', SEVEN)).toBe('yes');
  });

  test('is not decided where the tables are not complete', () => {
    expect(windowsExports('ntoskrnl.exe', 'NobodyKnowsThis', TEN)).toBe('unknown');
    expect(windowsExports('ntoskrnl.exe', '#7', TEN)).toBe('unknown');
    expect(windowsExports('pci.sys', 'Anything', TEN)).toBe('unknown');
    expect(windowsExports('api-ms-win-core-registry-l1-1-0.dll', 'RegOpenKeyExW', TEN)).toBe('unknown');
  });

  test('of what only the other half of the kernel exports needs the Windows that joined them', () => {
    expect(windowsExports('hal.dll', 'KeQueryPerformanceCounter', SEVEN)).toBe('yes');
    expect(windowsExports('ntoskrnl.exe', 'KeQueryPerformanceCounter', SEVEN)).toBe('no');
    expect(windowsExports('ntoskrnl.exe', 'KeQueryPerformanceCounter', guest('server-2016-x64'))).toBe('unknown');
    expect(windowsExports('ntoskrnl.exe', 'KeQueryPerformanceCounter', TEN)).toBe('yes');
  });

  test('from a module that is none of its own has nothing to come from', () => {
    expect(windowsExports('xen.sys', 'XenTouch', TEN)).toBe('no-module');
    expect(windowsExports('XENCRSH.SYS', 'Anything', TEN)).toBe('no-module');
    expect(windowsExports('constructor', '__proto__', TEN)).toBe('no-module');
  });

  test('that drivers of the family have is never missing on the Windows that they are for', () => {
    const own = new Set(
      DRIVERS.flatMap(({ generations }) => generations.flatMap(({ files }) => files)).map(({ name }) => name),
    );
    for (const { generations } of DRIVERS) {
      for (const { name: line, files } of generations) {
        const guests = guestSpecs().filter(({ windows }) => windows.major >= 10 || line === '8.2');
        for (const { module, names } of files.flatMap(({ standIn }) => standIn.imports)) {
          if (own.has(module)) continue;
          const missing = guests.flatMap((spec) =>
            names.filter((name) => ['no', 'no-module'].includes(windowsExports(module, name, spec))),
          );
          expect(missing, `${line} ${module}`).toEqual([]);
        }
      }
    }
  });

  test('costs little when it is asked again', () => {
    const begin = performance.now();
    for (let i = 0; i < 100_000; i += 1) windowsExports('ntoskrnl.exe', 'IoCreateDevice', TEN);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
