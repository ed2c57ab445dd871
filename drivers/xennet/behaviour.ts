import {
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { announceDriver, withdrawDriver } from '../distribution.ts';
import { askForInterfaces, neededVersion } from '../interface-needs.ts';
import { takingTurns } from '../started-devices.ts';
import { resumeNetworkDevice, startNetworkDevice, stopNetworkDevice } from '../xenvif/network-device.ts';

const ASKED = ['XENVIF_VIF', 'XENBUS_STORE', 'XENBUS_SUSPEND', 'XENBUS_CACHE'];

/** It has the store interface for nothing else. */
const announces = (driver: LoadedDriver): boolean => neededVersion(driver, 'XENBUS_STORE') > 0;

/** A start goes down to the bus first; what came of it there is undone when this driver cannot use it. */
const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const bus = startNetworkDevice(device, machine);
  if (!bus.ok) return bus;
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (!asked.ok) {
    stopNetworkDevice(device, machine);
    return asked;
  }
  if (announces(driver)) announceDriver(driver, machine);
  return OK;
};

const remove = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  if (announces(driver)) withdrawDriver(driver, machine);
  stopNetworkDevice(device, machine);
};

const resume = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  resumeNetworkDevice(device, machine);
  if (announces(driver)) announceDriver(driver, machine);
};

/** The network card: an NDIS miniport on a device of xenvif's. */
export const xennet: DriverBehaviour = takingTurns({ image: 'xennet', start, resume, remove });
