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

const ASKED = [
  'XENBUS_DEBUG',
  'XENBUS_SUSPEND',
  'XENBUS_EVTCHN',
  'XENBUS_STORE',
  'XENBUS_RANGE_SET',
  'XENBUS_CACHE',
  'XENBUS_GNTTAB',
];

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (!asked.ok) return asked;
  announceDriver(driver, machine);
  announceHotplug(machine, 'vkbd');
  const own = driver.model.provides?.XENHID_HID;
  if (own !== undefined) machine.provide(device, { XENHID_HID: own });
  return OK;
};

const children = (driver: LoadedDriver, device: DeviceView, machine: Machine): readonly ChildDevice[] => {
  if (machine.value(`${driver.key}\\Parameters`, 'Enumerate') === 0) return [];
  return machine
    .storeList('device/vkbd')
    .filter((name) => !Number.isNaN(Number.parseInt(name, 10)))
    .map((name) => {
      const number = String(Number.parseInt(name, 10));
      return childOfBus(driver, BUS, { device, machine }, { number, facts: { kind: 'xen-class', name: 'HID' } });
    });
};
const BUS = { enumerator: 'XENVKBD', device: 'HID' } as const;

const remove = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  withdrawHotplug(machine, 'vkbd');
  withdrawDriver(driver, machine);
};

const resume = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  announceDriver(driver, machine);
  announceHotplug(machine, 'vkbd');
  machine.invalidate(device);
};

const watch = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => machine.invalidate(device);

/** The bus of keyboards and pointers: its devices take them over only when xenhid starts. */
export const xenvkbd: DriverBehaviour = takingTurns({ image: 'xenvkbd', start, children, resume, watch, remove });
