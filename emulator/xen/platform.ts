import type { ChildDevice, DeviceFacts } from '../../drivers/behaviour.ts';
import { emulatedDisk, emulatedIndex, nvmeDisk, passedThroughDisk } from './emulated-disks.ts';
import type { HostSettings, HostState } from './host.ts';
import { type PciFunction, pciDevice } from './pci-device.ts';
import { UnplugMask } from './ports.ts';

/** How the guest's PCI driver names devices: the only thing that differs between Windows versions here. */
export interface PciNaming {
  /** The two shortest hardware ids stand among the compatible ids (spec pnp-install 1: Windows 10). */
  readonly pciIdsMoved: boolean;
}

/** The emulated chipset's PCI root, as ACPI lists it. */
export const platformRoot = (): ChildDevice => ({
  deviceId: 'ACPI\\PNP0A03',
  instanceId: '0',
  hardwareIds: ['ACPI\\PNP0A03', '*PNP0A03'],
  compatibleIds: [],
  text: 'PCI bus',
  location: '',
  rawOk: false,
  facts: { kind: 'pci-root' },
});

/** Subsystem of everything that the device model emulates for a Xen domain. */
const XEN_SUBSYSTEM = '00015853';

/** Slots on bus 0; cards begin at 4, as the first releases' tables of aliases know them (templates of 2013-05). */
const Slot = { ide: 1, firstNic: 4, vendorDevice: 24, nvme: 25, passThrough: 26 } as const;

const IDE: PciFunction = {
  vendor: '8086',
  device: '7010',
  subsystem: XEN_SUBSYSTEM,
  revision: '00',
  classCode: '010180',
  slot: Slot.ide,
  function: 1,
  text: 'IDE Controller',
  facts: { kind: 'controller', of: 'ide' },
};

const NVME: PciFunction = {
  vendor: '8086',
  device: '5845',
  subsystem: '11001AF4',
  revision: '01',
  classCode: '010802',
  slot: Slot.nvme,
  function: 0,
  text: 'NVM Express Controller',
  facts: { kind: 'controller', of: 'nvme' },
};

/** A Xen function: the platform's own, or the one that only Windows Update is meant to match. */
const xenFunction = (device: string, subsystem: string, slot: number): PciFunction => ({
  vendor: '5853',
  device,
  subsystem,
  revision: '01',
  classCode: 'FF8000',
  slot,
  function: 0,
  text: 'PCI Device',
  facts: { kind: 'pci', vendor: '5853', device, slot },
});

const passThrough = ({ vendor, device }: { readonly vendor: string; readonly device: string }): PciFunction => ({
  ...NVME,
  vendor: vendor.toUpperCase(),
  device: device.toUpperCase(),
  subsystem: `0000${vendor.toUpperCase()}`,
  revision: '00',
  slot: Slot.passThrough,
  facts: { kind: 'pci', vendor: vendor.toUpperCase(), device: device.toUpperCase(), slot: Slot.passThrough },
});

const NIC_MODELS = {
  rtl8139: { vendor: '10EC', device: '8139', revision: '20' },
  e1000: { vendor: '8086', device: '100E', revision: '03' },
} as const;

/** Cards take the slots from the fourth on that the platform function leaves free. */
const nicFunctions = ({ nics, emulatedNics, slot: taken }: HostSettings): readonly PciFunction[] => {
  let slot: number = Slot.firstNic - 1;
  return nics.map(({ vif }) => {
    slot += slot + 1 === taken ? 2 : 1;
    return {
      ...NIC_MODELS[emulatedNics],
      subsystem: XEN_SUBSYSTEM,
      classCode: '020000',
      slot,
      function: 0,
      text: 'Ethernet Controller',
      facts: { kind: 'nic', vif, path: 'emulated' },
    };
  });
};

const pciFunctions = ({ settings, unplug: { mask } }: HostState): readonly PciFunction[] => {
  const { platform, slot, vendorDevice = '', passThroughNvme } = settings;
  const nvme = settings.emulatedDisks === 'nvme' && (mask & UnplugMask.nvme) === 0;
  return [
    IDE,
    xenFunction(platform, XEN_SUBSYSTEM, slot),
    ...((mask & UnplugMask.nics) === 0 ? nicFunctions(settings) : []),
    ...(vendorDevice === ''
      ? []
      : [xenFunction(vendorDevice.toUpperCase(), `${vendorDevice.toUpperCase()}5853`, Slot.vendorDevice)]),
    ...(nvme ? [NVME] : []),
    ...(passThroughNvme === undefined ? [] : [passThrough(passThroughNvme)]),
  ];
};

const CHANNELS: readonly ChildDevice[] = [0, 1].map((channel) => ({
  deviceId: 'PCIIDE\\IDEChannel',
  instanceId: `4&2617AEAE&0&${channel}`,
  hardwareIds: ['Intel-PIIX3', 'Internal_IDE_Channel'],
  compatibleIds: ['*PNP0600'],
  text: 'IDE Channel',
  location: `Channel ${channel}`,
  rawOk: false,
  facts: { kind: 'ide-channel', channel },
}));

/** Disks of a channel that were not unplugged; CD-ROM drives always stay (spec xen-pv 1.8). */
const onChannel = ({ settings, unplug: { mask } }: HostState, channel: number): readonly ChildDevice[] => {
  const gone = (index: number): boolean =>
    (mask & UnplugMask.disks) !== 0 || ((mask & UnplugMask.auxiliaryDisks) !== 0 && index !== 0);
  return settings.disks.flatMap((disk) => {
    const index = emulatedIndex(disk.vbd);
    if (index === undefined || index >> 1 !== channel) return [];
    if (!disk.cdrom && (settings.emulatedDisks !== 'ide' || gone(index))) return [];
    return [emulatedDisk(disk, index)];
  });
};

/** The namespaces of the emulated NVMe controller: it goes with all of them or stays with all of them. */
const onNvme = ({ settings }: HostState): readonly ChildDevice[] =>
  settings.disks
    .filter(({ vbd, cdrom }) => !cdrom && emulatedIndex(vbd) !== undefined)
    .map(({ vbd }, namespace) => nvmeDisk(vbd, namespace));

const listed = new WeakMap<HostSettings, Map<string, readonly ChildDevice[]>>();

/** The PCI bus is listed at every boot of every run: each list is made once for a settings object and a mask. */
const onPciBus = (host: HostState, naming: PciNaming): readonly ChildDevice[] => {
  const lists = listed.get(host.settings) ?? new Map<string, readonly ChildDevice[]>();
  listed.set(host.settings, lists);
  const name = `${host.unplug.mask} ${naming.pciIdsMoved}`;
  const list = lists.get(name) ?? pciFunctions(host).map((one) => pciDevice(one, naming));
  lists.set(name, list);
  return list;
};

/** What the emulated hardware lists below a device of it, given what is unplugged. Nothing below what is not its own. */
export const platformChildren = (
  host: HostState,
  parent: DeviceFacts,
  naming: PciNaming = { pciIdsMoved: true },
): readonly ChildDevice[] => {
  const lists = known.get(host.settings) ?? new Map<string, readonly ChildDevice[]>();
  known.set(host.settings, lists);
  const key = `${JSON.stringify(parent)} ${host.unplug.mask} ${naming.pciIdsMoved}`;
  const children = lists.get(key) ?? childrenOf(host, parent, naming);
  lists.set(key, children);
  return children;
};

/** By settings: the same lists are made in every boot. */
const known = new WeakMap<HostSettings, Map<string, readonly ChildDevice[]>>();

const childrenOf = (host: HostState, parent: DeviceFacts, naming: PciNaming): readonly ChildDevice[] => {
  switch (parent.kind) {
    case 'root':
      return [platformRoot()];
    case 'pci-root':
      return onPciBus(host, naming);
    case 'controller':
      if (parent.of === 'ide') return CHANNELS;
      return parent.of === 'nvme' ? onNvme(host) : [];
    case 'ide-channel':
      return onChannel(host, parent.channel);
    case 'pci':
      return parent.slot === Slot.passThrough && host.settings.passThroughNvme !== undefined
        ? [passedThroughDisk()]
        : [];
    default:
      return [];
  }
};
