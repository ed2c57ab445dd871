import {
  type ChildDevice,
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { prefixOf, vendorName } from '../child-bus-ids.ts';
import { askForInterfaces, neededVersion } from '../interface-needs.ts';

const ASKED = ['XENBUS_DEBUG', 'XENBUS_SUSPEND', 'XENBUS_STORE', 'XENBUS_CONSOLE', 'XENBUS_EVTCHN', 'XENBUS_GNTTAB'];

/** A console as the driver lists it: raw, so that no INF is for it (win-xencons `src/xencons/pdo.c`). */
const consoleDevice = (driver: LoadedDriver, vendor: string, name: string): ChildDevice => {
  const ids = [`XENCONS\\VEN_${vendor}&DEV_CONSOLE`, 'XENDEVICE'];
  return {
    deviceId: `XENCONS\\VEN_${prefixOf(driver)}&DEV_CONSOLE`,
    instanceId: name,
    hardwareIds: ids,
    compatibleIds: ids,
    text: `${vendor} XENCONS ${name}`,
    location: name,
    rawOk: true,
    facts: { kind: 'other' },
  };
};

/** Builds that share memory with a console's backend have consoles beside the domain's own, and a device for each. */
const children = (driver: LoadedDriver, device: DeviceView, machine: Machine): readonly ChildDevice[] => {
  if (neededVersion(driver, 'XENBUS_GNTTAB') === 0) return [];
  const vendor = vendorName(driver, device, machine);
  return ['default', ...machine.storeList('device/console')].map((name) => consoleDevice(driver, vendor, name));
};

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome =>
  askForInterfaces(driver, device, machine, ASKED);

/** The console. */
export const xencons: DriverBehaviour = { image: 'xencons', start, children };

/** The service that serves consoles: it waits for them, and needs nothing else to run (spec xen-pv 9). */
export const xenconsMonitor: DriverBehaviour = { image: 'xencons_monitor', run: () => OK };
