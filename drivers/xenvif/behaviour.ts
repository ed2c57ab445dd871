import {
  type ChildDevice,
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { childOfBus } from '../child-bus-ids.ts';
import { announceDriver, announceHotplug, withdrawDriver, withdrawHotplug } from '../distribution.ts';
import { askForInterfaces } from '../interface-needs.ts';
import { takingTurns } from '../started-devices.ts';
import { isGivenBack, isStarted, watchNetworkDevice } from './network-device.ts';

const ASKED = [
  'XENBUS_DEBUG',
  'XENBUS_SUSPEND',
  'XENBUS_EVTCHN',
  'XENBUS_STORE',
  'XENBUS_RANGE_SET',
  'XENBUS_CACHE',
  'XENBUS_GNTTAB',
  'XENBUS_UNPLUG',
];

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (!asked.ok) return asked;
  announceDriver(driver, machine);
  announceHotplug(machine, 'vif');
  // Store, suspend and cache are xenbus's own: questions for them are passed on to it.
  const own = driver.model.provides?.XENVIF_VIF;
  if (own !== undefined) machine.provide(device, { XENVIF_VIF: own });
  return OK;
};

const ADDRESS = /^(?:[0-9a-f]{2}[:-]?){6}$/i;

/** The address is looked at when a card comes, and is what it was as long as the card works. */
const addressOf = (driver: LoadedDriver, machine: Machine, vif: number, name: string): string | undefined => {
  const known = isStarted(machine, vif) ? machine.value(`${driver.key}\\Addresses`, String(vif)) : undefined;
  return typeof known === 'string' ? known : machine.storeRead(`device/vif/${name}/mac`);
};

/** Names that the registry keeps away from the driver. */
const isSupported = (driver: LoadedDriver, machine: Machine, name: string): boolean => {
  const unsupported = machine.value(`${driver.key}\\Parameters`, 'UnsupportedDevices');
  return !Array.isArray(unsupported) || !unsupported.some((one) => typeof one === 'string' && one.startsWith(name));
};

/** The cards of xenstore that have an address, each a device for xennet (spec xen-pv 1.3, 1.4). */
const children = (driver: LoadedDriver, device: DeviceView, machine: Machine): readonly ChildDevice[] => {
  if (machine.value(`${driver.key}\\Parameters`, 'Enumerate') === 0) return [];
  const found: ChildDevice[] = [];
  for (const name of machine.storeList('device/vif')) {
    const vif = Number.parseInt(name, 10);
    const address = addressOf(driver, machine, vif, name);
    if (Number.isNaN(vif) || address === undefined || !ADDRESS.test(address)) continue;
    if (!isSupported(driver, machine, name) || isGivenBack(machine, vif)) continue;
    machine.setValue(`${driver.key}\\Addresses`, String(vif), 'REG_SZ', address.toUpperCase());
    const facts = { kind: 'nic', vif, path: 'pv' } as const;
    found.push(childOfBus(driver, BUS, { device, machine }, { number: String(vif), facts }));
  }
  return found;
};
const BUS = { enumerator: 'XENVIF', device: 'NET' } as const;

const remove = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  withdrawHotplug(machine, 'vif');
  withdrawDriver(driver, machine);
};

const resume = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  announceDriver(driver, machine);
  announceHotplug(machine, 'vif');
  machine.invalidate(device);
};

/** Cards that the host asks back are no devices any more. */
const watch = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  for (const child of machine.devices()) {
    if (child.parent === device.path) watchNetworkDevice(child, machine);
  }
  machine.invalidate(device);
};

/** The bus of network cards. What its devices do when they start is in `network-device.ts`. */
export const xenvif: DriverBehaviour = takingTurns({ image: 'xenvif', start, children, resume, watch, remove });
