import type { Machine } from '../behaviour.ts';
import {
  type CoInstaller,
  type CoInstallerCall,
  childBindings,
  clearUnplug,
  driverKeyOf,
  forbiddenUpdate,
  wantedRestart,
} from '../co-installer.ts';
import { Keys } from './registry-keys.ts';
import { same, textAt } from './registry-values.ts';
import { has } from './traits.ts';

/** The legacy platform functions in the order in which they were looked for. */
const LEGACY = ['VEN_5853&DEV_0001', 'VEN_5853&DEV_0002'];

/** The name of a product went into the comparison with the names of vendors (410c677). */
const COMPARES_SINCE = '2014-08-13';

/** A platform function that another product's driver has is left alone. */
const foreignDriver = ({ model, description }: CoInstallerCall, machine: Machine): string | undefined => {
  if (model.built < COMPARES_SINCE) return undefined;
  const devices = machine.keyNames(`${Keys.enumerator}\\PCI`);
  const device = LEGACY.map((id) => devices.find((name) => name.toUpperCase().startsWith(id))).find(Boolean);
  const key = device === undefined ? undefined : driverKeyOf(machine, 'PCI', device);
  const installed = key === undefined ? undefined : textAt(machine, key, 'DriverDesc');
  return installed === undefined || installed === description
    ? undefined
    : `The platform device is driven by "${installed}" and not by "${description}".`;
};

const before = (call: CoInstallerCall, machine: Machine): string | undefined => {
  const refused = forbiddenUpdate(call, machine, ['XEN', 'XENBUS', 'XENFILT']) ?? foreignDriver(call, machine);
  if (refused !== undefined) return refused;
  const { lost, changes } = childBindings(call, machine, 'XENBUS');
  if (lost === undefined && changes) {
    clearUnplug(machine, 'DISKS');
    clearUnplug(machine, 'NICS');
  }
  return lost;
};

const after = (_call: CoInstallerCall, machine: Machine): string | undefined =>
  wantedRestart(machine, ['XEN', 'XENBUS']);

const MONITOR = 'xenbus_monitor';

/** Takes the monitor away, in those packages that brought one. */
const remove = ({ model }: CoInstallerCall, machine: Machine): void => {
  if (!has(model, 'restartRequests')) return;
  const service = machine.keyNames(Keys.services).find((name) => same(name, MONITOR));
  if (service !== undefined) machine.deleteKey(`${Keys.services}\\${service}`);
};

/** `xenbus_coinst`: refuses what would not find its children again (win-xenbus `src/coinst/coinst.c` at 012264d). */
export const xenbusCoInstaller: CoInstaller = { driver: 'xenbus', before, after, remove };
