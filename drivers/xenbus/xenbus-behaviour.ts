import {
  type ChildDevice,
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import type { DriverModel, VersionRange } from '../model.ts';
import { clearActive, decideActivity } from './active-device.ts';
import { classDevice } from './child-ids.ts';
import { installFilters, removeFilters } from './filters.ts';
import { enterModule, inertBecause } from './module-check.ts';
import { numberAt, textsAt } from './registry-values.ts';
import { unplugAgain } from './unplug.ts';

const MODULE = 'xenbus';

const load = (driver: LoadedDriver, machine: Machine): Outcome => {
  enterModule(driver, machine);
  return OK;
};

/** Paths of the platform functions that the driver has, and whether each is the active one. */
type Functions = Readonly<Record<string, boolean>>;
const functionsOf = (machine: Machine): Functions =>
  (machine.recall(MODULE, 'functions') as Functions | undefined) ?? {};

/** A platform function; the first one has the filter installed. */
const add = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const failure = inertBecause(driver, machine);
  if (failure !== undefined) return { ok: false, failure };
  const functions = functionsOf(machine);
  if (Object.keys(functions).length === 0) installFilters(machine);
  const { active, because } = decideActivity(driver, device, machine);
  machine.remember(MODULE, 'functions', { ...functions, [device.path]: active });
  machine.note({ kind: 'xen.active', device: device.path, active, because });
  return OK;
};

const isActive = (device: DeviceView, machine: Machine): boolean => functionsOf(machine)[device.path] === true;

/** What the bus itself answers to; EMULATED is xenfilt's. */
const ownInterfaces = ({ provides = {} }: DriverModel): Readonly<Record<string, VersionRange>> =>
  Object.fromEntries(Object.entries(provides).filter(([name]) => name.startsWith('XENBUS_')));

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  if (!device.deviceId.toUpperCase().startsWith('PCI\\VEN_5853&')) {
    return {
      ok: false,
      failure: { kind: 'other', reason: `${device.deviceId} is no function of the PCI vendor 5853.` },
    };
  }
  if (isActive(device, machine)) machine.provide(device, ownInterfaces(driver.model));
  return OK;
};

/** Directories of xenstore and classes that need none, as far as the list of supported ones goes (spec xen-pv 1.3). */
const classesOf = (driver: LoadedDriver, machine: Machine): readonly string[] => {
  const parameters = `${driver.key}\\Parameters`;
  if (numberAt(machine, parameters, 'Enumerate') === 0) return [];
  const supported = textsAt(machine, parameters, 'SupportedClasses').filter((name) => name !== '');
  const names = [...machine.storeList('device'), ...textsAt(machine, parameters, 'SyntheticClasses')];
  const kept = names
    .map((name) => name.toUpperCase())
    .filter((name) => supported.some((one) => name.startsWith(one.toUpperCase())));
  return [...new Set(kept)];
};

const children = (driver: LoadedDriver, device: DeviceView, machine: Machine): readonly ChildDevice[] =>
  isActive(device, machine) ? classesOf(driver, machine).map((name) => classDevice(driver, device, machine, name)) : [];

/** The active function takes its name out of the registry, the last one the filter out of the classes. */
const remove = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  const { [device.path]: active, ...others } = functionsOf(machine);
  if (active === undefined) return;
  if (active) clearActive(machine);
  machine.remember(MODULE, 'functions', others);
  if (Object.keys(others).length === 0) removeFilters(machine);
};

/** The one that suspends the machine is the first to run again. */
const resume = (driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  if (!isActive(device, machine)) return;
  unplugAgain(machine.loaded('xen') ?? driver, machine);
  machine.invalidate(device);
};

/** Directories of classes come and go with their first and last device. */
const watch = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  if (isActive(device, machine)) machine.invalidate(device);
};

/** The bus driver on the Xen platform functions (spec xen-pv 1.3 to 1.5, 1.9). */
export const xenbus: DriverBehaviour = { image: MODULE, load, add, start, children, resume, watch, remove };
