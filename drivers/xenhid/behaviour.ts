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

const ASKED = ['XENHID_HID', 'XENBUS_STORE', 'XENBUS_SUSPEND'];

/** It has the store interface for nothing else. */
const announces = (driver: LoadedDriver): boolean => neededVersion(driver, 'XENBUS_STORE') > 0;

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (!asked.ok) return asked;
  if (announces(driver)) announceDriver(driver, machine);
  return OK;
};

const remove = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  if (announces(driver)) withdrawDriver(driver, machine);
};

const resume = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  if (announces(driver)) announceDriver(driver, machine);
};

/** The keyboard and pointer: a HID minidriver. What Windows' own HID class makes of it is not followed. */
export const xenhid: DriverBehaviour = takingTurns({ image: 'xenhid', start, resume, remove });
