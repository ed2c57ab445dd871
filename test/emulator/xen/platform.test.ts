import { describe, expect, test } from 'vitest';
import type { ChildDevice, DeviceFacts } from '../../../drivers/behaviour.ts';
import { changeHost, type HostSettings, newHost, poweredOn } from '../../../emulator/xen/host.ts';
import { platformChildren } from '../../../emulator/xen/platform.ts';
import { readPort, writePort } from '../../../emulator/xen/ports.ts';

const ROOT = { kind: 'pci-root' } as const;
const unplugged = (mask: number, settings: Partial<HostSettings> = {}) => writePort(newHost(settings), 0x10, 16, mask);
const paths = (children: readonly ChildDevice[]) =>
  children.map(({ deviceId, instanceId }) => `${deviceId}\\${instanceId}`);
const below = (host: ReturnType<typeof newHost>, parent: DeviceFacts) => paths(platformChildren(host, parent));
const kinds = (host: ReturnType<typeof newHost>) => platformChildren(host, ROOT).map(({ facts }) => facts.kind);

describe('the PCI bus', () => {
  test('has the chipset\u2019s IDE controller, the platform function, and a card', () => {
    expect(below(newHost(), ROOT)).toEqual([
      'PCI\\VEN_8086&DEV_7010&SUBSYS_00015853&REV_00\\3&267A616A&0&09',
      'PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&267A616A&0&18',
      'PCI\\VEN_10EC&DEV_8139&SUBSYS_00015853&REV_20\\3&267A616A&0&20',
    ]);
  });

  test('names a function as Windows 10 does, or as those before it (spec pnp-install 1)', () => {
    const [, ten] = platformChildren(newHost({ platform: '0002' }), ROOT);
    expect(ten?.hardwareIds).toEqual([
      'PCI\\VEN_5853&DEV_0002&SUBSYS_00015853&REV_01',
      'PCI\\VEN_5853&DEV_0002&SUBSYS_00015853',
      'PCI\\VEN_5853&DEV_0002&CC_FF8000',
      'PCI\\VEN_5853&DEV_0002&CC_FF80',
    ]);
    expect(ten?.compatibleIds).toEqual([
      'PCI\\VEN_5853&DEV_0002&REV_01',
      'PCI\\VEN_5853&DEV_0002',
      'PCI\\VEN_5853&CC_FF8000',
      'PCI\\VEN_5853&CC_FF80',
      'PCI\\VEN_5853',
      'PCI\\CC_FF8000',
      'PCI\\CC_FF80',
    ]);
    const [, seven] = platformChildren(newHost({ platform: '0002' }), ROOT, { pciIdsMoved: false });
    expect(seven?.hardwareIds.slice(2, 4)).toEqual(['PCI\\VEN_5853&DEV_0002&REV_01', 'PCI\\VEN_5853&DEV_0002']);
    expect(seven?.compatibleIds[0]).toBe('PCI\\VEN_5853&CC_FF8000');
  });

  test('has the vendor\u2019s function beside the platform\u2019s, never instead of it (spec xen-pv 1.1)', () => {
    const listed = below(newHost({ vendorDevice: 'c000' }), ROOT);
    expect(listed).toContain('PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01\\3&267A616A&0&C0');
    expect(listed.filter((path) => path.includes('VEN_5853&'))).toHaveLength(2);
    expect(below(changeHost(newHost({ vendorDevice: 'C000' }), { vendorDevice: '' }), ROOT)).toHaveLength(3);
  });

  test('gives cards the slots that the first releases knew, beside the platform function', () => {
    const nics = [0, 1, 2].map((vif) => ({ vif, mac: `00:16:3e:00:00:0${vif}` }));
    const slots = (slot: number) =>
      platformChildren(newHost({ nics, slot }), ROOT).flatMap(({ facts, instanceId }) =>
        facts.kind === 'nic' ? [instanceId.slice(-2)] : [],
      );
    expect(slots(3)).toEqual(['20', '28', '30']);
    expect(slots(5)).toEqual(['20', '30', '38']);
  });

  test('never has two functions in one place', () => {
    const nics = Array.from({ length: 8 }, (_, vif) => ({ vif, mac: `00:16:3e:00:00:0${vif}` }));
    const rest: Partial<HostSettings> = {
      ...{ nics, vendorDevice: 'C000', emulatedDisks: 'nvme' },
      passThroughNvme: { vendor: '144D', device: 'A808' },
    };
    for (let slot = 2; slot < 24; slot += 1) {
      const places = platformChildren(newHost({ ...rest, slot }), ROOT).map(({ instanceId }) => instanceId);
      expect(new Set(places).size).toBe(places.length);
    }
  });
});

describe('disks', () => {
  test('of an IDE channel are named by controller, target and unit', () => {
    const disks = [768, 832, 5632, 5696, 51776].map((vbd) => ({ vbd, system: vbd === 768, cdrom: vbd === 5632 }));
    const host = newHost({ disks });
    const [first] = platformChildren(host, { kind: 'ide-channel', channel: 0 });
    expect(first?.hardwareIds).toEqual([
      'IDE\\DiskQEMU_HARDDISK___________________________0.10.2__',
      'IDE\\QEMU_HARDDISK___________________________0.10.2__',
      'IDE\\DiskQEMU_HARDDISK___________________________',
      'QEMU_HARDDISK___________________________0.10.2__',
      'GenDisk',
    ]);
    const instances = (channel: number) =>
      platformChildren(host, { kind: 'ide-channel', channel }).map(({ instanceId }) => instanceId.split('&').at(-1));
    // The fifth has no place among four.
    expect([instances(0), instances(1)]).toEqual([
      ['0.0.0', '0.1.0'],
      ['1.0.0', '1.1.0'],
    ]);
  });

  test('channels carry the id that xenfilt looks for', () => {
    const [channel] = platformChildren(newHost(), { kind: 'controller', of: 'ide' });
    expect(channel?.deviceId).toBe('PCIIDE\\IDEChannel');
    expect(channel?.hardwareIds).toContain('Internal_IDE_Channel');
  });
});

describe('unplugging', () => {
  const channel = (n: number) => ({ kind: 'ide-channel', channel: n }) as const;
  const two = { disks: [768, 832].map((vbd) => ({ vbd, system: vbd === 768 })) };

  test.each([
    ['nothing', 0, 2, 1],
    ['disks', 1, 0, 1],
    ['network cards', 2, 2, 0],
    ['all but the first disk', 4, 1, 1],
    ['NVMe, of which there is none', 8, 2, 1],
    ['disks and cards', 3, 0, 0],
  ])('takes %s for mask %i', (_name, mask, disks, nics) => {
    const host = unplugged(mask, two);
    expect(below(host, channel(0))).toHaveLength(disks);
    expect(kinds(host).filter((kind) => kind === 'nic')).toHaveLength(nics);
    expect(kinds(host)).toContain('controller');
  });

  test('leaves CD-ROM drives', () => {
    expect(below(unplugged(1), channel(1))).toHaveLength(1);
  });

  test('takes an emulated NVMe controller by a bit of its own, and no physical one', () => {
    const settings = { emulatedDisks: 'nvme', passThroughNvme: { vendor: '144D', device: 'A808' } } as const;
    const nvme = (mask: number) => below(unplugged(mask, settings), ROOT).filter((path) => /5845|A808/.test(path));
    expect(nvme(0)).toHaveLength(2);
    expect(nvme(1)).toHaveLength(2);
    expect(nvme(9)).toEqual(['PCI\\VEN_144D&DEV_A808&SUBSYS_0000144D&REV_00\\3&267A616A&0&D0']);
  });

  test('adds up until the machine is switched off', () => {
    const host = writePort(unplugged(1), 0x10, 16, 2);
    expect(host.unplug.mask).toBe(3);
    expect(poweredOn(host).unplug).toEqual({ mask: 0 });
  });
});

describe('the unplug ports (spec xen-pv 1.7)', () => {
  test('answer the magic number and the version', () => {
    const host = newHost();
    expect(readPort(host, 0x10, 16)).toBe(0x49d2);
    expect(readPort(host, 0x12, 8)).toBe(1);
    expect(readPort(host, 0x80, 8)).toBe(0xff);
    expect(readPort(host, 0x80, 32)).toBe(0xffff_ffff);
  });

  test('take product and build, and nothing is unplugged by them', () => {
    const host = writePort(writePort(newHost(), 0x12, 16, 0xffff), 0x10, 32, 0x90100);
    expect(host.unplug).toEqual({ mask: 0, product: 0xffff, build: 0x90100 });
  });

  test('refuse a driver of a host that blocks it once it has said what it is', () => {
    const host = newHost({ unplugBlocked: true });
    expect(readPort(host, 0x10, 16)).toBe(0x49d2);
    expect(readPort(writePort(host, 0x10, 32, 1), 0x10, 16)).toBe(0xd249);
  });
});
