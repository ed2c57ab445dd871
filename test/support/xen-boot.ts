import type { ChildDevice, DeviceView, LoadedDriver, RegistryData } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import type { DriverModel } from '../../drivers/model.ts';
import { has } from '../../drivers/xenbus/traits.ts';
import { type HostSettings, type HostState, newHost } from '../../emulator/xen/host.ts';
import { platformChildren, platformRoot } from '../../emulator/xen/platform.ts';
import { readPort, writePort } from '../../emulator/xen/ports.ts';
import { foundBelow, type MachineStart, type TestMachine, testDriver, testMachine } from './machine.ts';

export const service = (name: string): string => `SYSTEM\\CurrentControlSet\\Services\\${name}`;
export const ENUM = 'SYSTEM\\CurrentControlSet\\Enum';

export type Registry = Readonly<Record<string, Readonly<Record<string, RegistryData>>>>;

/** What an installation of xenbus of this age leaves, as its INF and its co-installers write it. */
export const installed = (model: DriverModel): Registry => ({
  [`${service('xenbus')}\\Parameters`]: {
    SupportedClasses: ['VIF', 'VBD', 'VKBD', 'IFACE', 'CONS'],
    SyntheticClasses: ['IFACE', 'CONS'],
    RequestKey: 'SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request',
  },
  [`${service('XENFILT')}\\Parameters`]: has(model, 'filterByIds')
    ? { '*PNP0A03': 'PCI', Internal_IDE_Channel: 'IDE' }
    : model.built < '2013-08-27'
      ? { FilterDevices: ['ACPI\\PNP0A03', 'PCIIDE\\IDEChannel'] }
      : { 'ACPI\\PNP0A03': 'DEVICE', 'PCIIDE\\IDEChannel': 'DISK' },
});

/** How children that worked in the last boot ask for everything to be unplugged. */
export const asking = (model: DriverModel): Registry => {
  if (!has(model, 'unplugByName')) return { [service('XENVBD')]: {}, [service('XENVIF')]: {}, [service('XENNET')]: {} };
  if (has(model, 'unplugCounters')) {
    return {
      [`${service('XEN')}\\Unplug`]: { DISKS: 1, NICS: 1 },
      [`${ENUM}\\XENBUS\\VEN_XP&DEV_VBD`]: {},
      [`${ENUM}\\XENBUS\\VEN_XP&DEV_VIF`]: {},
    };
  }
  return { [`${service('XENFILT')}\\Unplug`]: { DISKS: ['XENVBD'], NICS: ['XENVIF', 'XENNET'] } };
};

export const activeIs = (deviceId: string, instanceId = '3&267A616A&0&18'): Registry => ({
  [`${service('XENFILT')}\\Parameters`]: {
    ActiveDeviceID: deviceId,
    ActiveInstanceID: instanceId,
    ActiveLocationInformation: 'PCI bus 0, device 3, function 0',
  },
});

/** Registries on top of each other. */
export const merged = (...registries: readonly Registry[]): Registry => {
  const all: Record<string, Readonly<Record<string, RegistryData>>> = {};
  for (const registry of registries)
    for (const [key, values] of Object.entries(registry)) all[key] = { ...all[key], ...values };
  return all;
};

export const PLATFORM_0001 = 'PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01';

export interface BootStart extends Pick<MachineStart, 'safeMode' | 'bootOptions'> {
  readonly model: DriverModel;
  readonly registry: Registry;
  readonly host?: Partial<HostSettings>;
  /** Models of single images that differ. */
  readonly images?: Readonly<Record<string, Partial<DriverModel>>>;
  /** Whether the class filters name xenfilt, as they do after the boot that installed the bus. */
  readonly filtered?: boolean;
}

export interface Booted {
  readonly machine: TestMachine;
  readonly host: () => HostState;
  /** Every device, with its parent, as Windows would have found it. */
  readonly found: readonly DeviceView[];
  /** Times each device's list was asked for. */
  readonly asked: ReadonlyMap<string, number>;
}

/** Follows the engine: images, then the PCI root, then what appears below it, each list until nobody asks again. */
export const bootXen = ({ model, registry, images = {}, filtered = true, ...start }: BootStart): Booted => {
  let host = newHost(start.host);
  const driver = (image: string): LoadedDriver => testDriver(image, { ...model, ...images[image], image });
  const [xen, xenbus, xenfilt] = [driver('xen'), driver('xenbus'), driver('xenfilt')];
  const machine = testMachine({
    registry,
    loaded: [xen, xenbus, xenfilt],
    readPort: (port, bits) => readPort(host, port, bits),
    writePort: (port, bits, value) => {
      host = writePort(host, port, bits, value);
    },
    ...(start.safeMode === undefined ? {} : { safeMode: start.safeMode }),
    ...(start.bootOptions === undefined ? {} : { bootOptions: start.bootOptions }),
    store: Object.fromEntries(['vbd', 'vif', 'vkbd', 'suspend'].map((name) => [`device/${name}/0/state`, '1'])),
  });
  for (const one of [xen, xenbus, xenfilt]) behaviourOf(one.model.image)?.load?.(one, machine);
  const found: DeviceView[] = [];
  const asked = new Map<string, number>();
  const bus = behaviourOf('xenbus');
  const filter = behaviourOf('xenfilt');
  const isPlatform = ({ deviceId }: ChildDevice): boolean => deviceId.startsWith('PCI\\VEN_5853&');
  const list = (device: DeviceView): readonly ChildDevice[] => {
    asked.set(device.path, (asked.get(device.path) ?? 0) + 1);
    const own = isPlatform(device) ? (bus?.children?.(xenbus, device, machine) ?? []) : undefined;
    const base = own ?? platformChildren(host, device.facts);
    return filtered ? (filter?.filterChildren?.(xenfilt, device, base, machine) ?? base) : base;
  };
  const arrive = (device: DeviceView): void => {
    if (found.some(({ path }) => path === device.path)) return;
    found.push(device);
    machine.setDevices(found);
    if (isPlatform(device)) {
      if (bus?.add?.(xenbus, device, machine).ok === false) return;
      if (machine.stops.length > 0 || bus?.start?.(xenbus, device, machine).ok === false) return;
    }
    if (filtered) filter?.add?.(xenfilt, device, machine);
    let heard: number;
    do {
      heard = machine.invalidated.length;
      for (const child of list(device)) arrive(foundBelow(device, child));
    } while (machine.invalidated.length > heard && heard < 20);
  };
  const root = platformRoot();
  arrive({ ...root, path: `${root.deviceId}\\${root.instanceId}`, parent: undefined, started: true, service: 'pci' });
  return { machine, host: () => host, found, asked };
};
