import { formatVersion } from '../../core/version.ts';
import type { DriverFailure, LoadedDriver, Machine } from '../behaviour.ts';
import { requestRestart } from '../restart-request.ts';
import { installFilters } from './filters.ts';
import { has } from './traits.ts';

/** What the entry of xen.sys finds wrong with a module that touches it: anything but the same four numbers. */
const mismatch = ({ model }: LoadedDriver, machine: Machine): DriverFailure | undefined => {
  const xen = machine.loaded('xen')?.model;
  if (xen?.version === undefined || model.version === undefined || !has(model, 'moduleCheck')) return undefined;
  const [wanted, found] = [formatVersion(model.version), formatVersion(xen.version)];
  return wanted === found ? undefined : { kind: 'module', module: 'xen', wanted, found };
};

/** Whether a module stays inert in this boot, and why; undefined when it works (spec xen-pv 1.9). */
export const inertBecause = (driver: LoadedDriver, machine: Machine): DriverFailure | undefined => {
  const { image } = driver.model;
  if (machine.recall(image, 'inert') === 'safe mode') return { kind: 'other', reason: 'It does nothing in safe mode.' };
  return machine.recall(image, 'inert') === 'module' ? mismatch(driver, machine) : undefined;
};

/**
 * The beginning of both drivers' entries. One that is inert succeeds, so that Windows keeps it in memory, puts the filter
 * back for the next boot, and asks for one.
 */
export const enterModule = (driver: LoadedDriver, machine: Machine): void => {
  const { image } = driver.model;
  if (machine.safeMode && !has(driver.model, 'safeModeRuns')) {
    machine.remember(image, 'inert', 'safe mode');
    machine.note({ kind: 'xen.inert', module: image, reason: 'The machine is in safe mode.' });
    return;
  }
  const wrong = mismatch(driver, machine);
  if (wrong?.kind !== 'module') return;
  machine.remember(image, 'inert', 'module');
  const reason = `It is version ${wrong.wanted} and xen.sys in memory is ${wrong.found}.`;
  machine.note({ kind: 'xen.inert', module: image, reason });
  installFilters(machine);
  requestRestart(driver, machine, reason);
};
