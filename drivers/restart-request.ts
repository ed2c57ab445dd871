import type { LoadedDriver, Machine } from './behaviour.ts';
import { neededVersion } from './interface-needs.ts';
import { has } from './xenbus/traits.ts';

/**
 * Who writes the request. Version 3 of UNPLUG has a function for it, so that children compiled for that ask xenbus and their
 * INFs name no key any more (3d05912, a290114).
 */
const writerFor = (driver: LoadedDriver, machine: Machine): LoadedDriver =>
  neededVersion(driver, 'XENBUS_UNPLUG') >= 3 ? (machine.loaded('xenbus') ?? driver) : driver;

/** Asks for a restart, once for as long as the driver is in memory (spec xen-pv 1.10). */
export const requestRestart = (driver: LoadedDriver, machine: Machine, because: string): void => {
  const { image } = driver.model;
  if (machine.recall(image, 'restart requested') === true) return;
  machine.remember(image, 'restart requested', true);
  const { key, model } = writerFor(driver, machine);
  const request = machine.value(`${key}\\Parameters`, 'RequestKey');
  if (typeof request === 'string') {
    if (has(model, 'volatileRequests')) machine.makeVolatileKey(`${request}\\${image}`);
    machine.setValue(`${request}\\${image}`, 'Reboot', 'REG_DWORD', 1);
  } else if (!has(model, 'restartRequests')) {
    machine.setValue(`${key}\\Status`, 'NeedReboot', 'REG_DWORD', 1);
  } else {
    const message = `A restart cannot be asked for: ${key}\\Parameters has no RequestKey.`;
    machine.note({ kind: 'xen.warning', module: image, message });
    return;
  }
  machine.note({ kind: 'xen.reboot-requested', by: image, because });
};
