import {
  type ChildDevice,
  type DeviceView,
  type DriverBehaviour,
  type Json,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import type { DriverModel, VersionRange } from '../model.ts';
import { storeActive, storedActive } from './active-device.ts';
import {
  type EmulatedObject,
  emulatedObjects,
  ideObject,
  objectOf,
  pciObject,
  rememberObjects,
} from './emulated-list.ts';
import { enterModule, inertBecause } from './module-check.ts';
import { Keys } from './registry-keys.ts';
import { numberAt, same, textAt, textsAt } from './registry-values.ts';
import { has } from './traits.ts';
import { unplugDevices } from './unplug.ts';

/*
 * How the filter hides devices until it has unplugged (spec xen-pv 1.6; xenfilt's fdo.c and driver.c).
 *
 * xenfilt is an upper filter of every System and HDC device and takes part only in those that its parameters name: the PCI
 * root and the channels of IDE controllers. It looks at the list that the driver below it makes, before Windows does:
 *
 *   1. list, enabled: the devices in it are noted (they are what EMULATED answers from) and the filtered device has been
 *      enumerated. When all filtered devices that exist have been, the state is pending; if the active function is among the
 *      noted devices and the mode is not safe, now is the time to unplug. Windows sees an empty list, and is told to ask again.
 *   2. list, pending: the driver below has looked again, and what was unplugged is missing. The state is disabled, the list is
 *      passed on, with the active function's instance id and location as they were when it became active.
 *   3. disabled: lists pass.
 *
 * So it does not matter that the active function is below the hidden PCI root: xenfilt sees it in the list itself and compares
 * it with the registry, where xenbus wrote it in an earlier boot. xenbus need not run, and does not yet: its function is
 * hidden too. In the boot that installs the bus the filter is in no stack, so nothing is unplugged, which is why disks and
 * cards are emulated until the next one. IDE channels appear once the PCI root's list is passed on, and so are never hidden
 * themselves unless a machine has no PCI root that is filtered. Nothing is unplugged later in a boot: the decision is made
 * once, whichever way.
 */

const MODULE = 'xenfilt';

type Kind = 'pci' | 'ide';
/** The filtered devices by path, and whether each has been enumerated. */
type Filtered = Readonly<Record<string, { readonly kind: Kind; readonly enumerated: boolean }>>;

const filteredOf = (machine: Machine): Filtered => (machine.recall(MODULE, 'filtered') as Filtered | undefined) ?? {};
const setFiltered = (machine: Machine, filtered: Filtered): void =>
  machine.remember(MODULE, 'filtered', filtered satisfies Json);

const load = (driver: LoadedDriver, machine: Machine): Outcome => {
  enterModule(driver, machine);
  return OK;
};

const WORDS = { PCI: 'pci', IDE: 'ide' } as const;
const OLD_WORDS = { DEVICE: 'pci', DISK: 'ide' } as const;
const PCI_ROOT = 'ACPI\\PNP0A03';

/** What the parameters make of a device; undefined: the filter stays out of its stack. */
const kindOf = ({ model }: LoadedDriver, device: DeviceView, machine: Machine): Kind | undefined => {
  const { deviceId, hardwareIds, compatibleIds } = device;
  const byIds = has(model, 'filterByIds');
  const words: Readonly<Record<string, Kind>> = byIds ? WORDS : OLD_WORDS;
  for (const id of byIds ? [deviceId, ...hardwareIds, ...compatibleIds] : [deviceId]) {
    const kind = words[textAt(machine, Keys.filterParameters, id)?.toUpperCase() ?? ''];
    if (kind !== undefined) return kind;
  }
  // The very first had a list of devices instead.
  const listed = textsAt(machine, Keys.filterParameters, 'FilterDevices').some((one) => same(one, deviceId));
  if (byIds || !listed) return undefined;
  return same(deviceId, PCI_ROOT) ? 'pci' : 'ide';
};

/** Newest version of EMULATED, for a build whose own table is not known. */
const emulatedRange = (model: DriverModel): VersionRange =>
  has(model, 'precedence') ? [1, 3] : has(model, 'nvmeCounts') ? [1, 2] : [1, 1];

const interfacesOf = (model: DriverModel): Readonly<Record<string, VersionRange>> => {
  if (model.provides === undefined) return { XENFILT_EMULATED: emulatedRange(model) };
  return Object.fromEntries(Object.entries(model.provides).filter(([name]) => name.startsWith('XENFILT_')));
};

const add = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  if (inertBecause(driver, machine) !== undefined) return OK;
  const kind = kindOf(driver, device, machine);
  if (kind === undefined) return OK;
  setFiltered(machine, { ...filteredOf(machine), [device.path]: { kind, enumerated: false } });
  machine.provide(device, interfacesOf(driver.model));
  return OK;
};

/** The number that the parameters give a device, by any of its ids; 0 when they give none. */
const precedenceOf = (machine: Machine, { hardwareIds, compatibleIds }: ChildDevice): number =>
  Math.max(0, ...[...compatibleIds, ...hardwareIds].map((id) => numberAt(machine, Keys.precedence, id) ?? 0));

/** The device of a list that is to be active, by precedence. */
const preferred = (
  { model }: LoadedDriver,
  list: readonly ChildDevice[],
  machine: Machine,
): ChildDevice | undefined => {
  if (!has(model, 'precedence') || machine.valueNames(Keys.precedence).length === 0) return undefined;
  let best: { readonly child: ChildDevice; readonly precedence: number } | undefined;
  for (const child of list) {
    const precedence = precedenceOf(machine, child);
    if (precedence > (best?.precedence ?? 0)) best = { child, precedence };
  }
  return best?.child;
};

const objectsOf = (
  driver: LoadedDriver,
  { path }: DeviceView,
  kind: Kind,
  list: readonly ChildDevice[],
  machine: Machine,
): readonly EmulatedObject[] => {
  if (kind === 'ide') return list.flatMap((child) => ideObject(path, child) ?? []);
  const best = preferred(driver, list, machine);
  if (best !== undefined && has(driver.model, 'activeEarly')) storeActive(machine, best);
  const activation = (child: ChildDevice) => (best === undefined ? 'neutral' : child === best ? 'active' : 'inactive');
  return list.map((child) => pciObject(driver, path, child, activation(child)));
};

/** Whether there is an active function: the one of the registry, or the one that has precedence. */
const activeIsThere = (machine: Machine): boolean => {
  const stored = storedActive(machine);
  if (stored !== undefined && objectOf(machine, stored.deviceId) !== undefined) return true;
  return emulatedObjects(machine).some(({ activation }) => activation === 'active');
};

/** One step of enabled, pending, disabled. */
const step = (driver: LoadedDriver, machine: Machine): void => {
  const state = machine.recall(MODULE, 'state') ?? 'enabled';
  if (state === 'pending') machine.remember(MODULE, 'state', 'disabled');
  if (state !== 'enabled' || !Object.values(filteredOf(machine)).every(({ enumerated }) => enumerated)) return;
  machine.remember(MODULE, 'state', 'pending');
  if (!machine.safeMode && activeIsThere(machine)) unplugDevices(machine.loaded('xen') ?? driver, machine);
};

/** The list with the active function where it always was. */
const withActiveKept = ({ model }: LoadedDriver, list: readonly ChildDevice[], machine: Machine) => {
  const stored = has(model, 'instanceKept') ? storedActive(machine) : undefined;
  if (stored?.instanceId === undefined) return list;
  const { deviceId, instanceId, location } = stored;
  return list.map((child) =>
    same(child.deviceId, deviceId) ? { ...child, instanceId, location: location ?? child.location } : child,
  );
};

const filterChildren = (
  driver: LoadedDriver,
  device: DeviceView,
  list: readonly ChildDevice[],
  machine: Machine,
): readonly ChildDevice[] => {
  const filtered = filteredOf(machine);
  const own = filtered[device.path];
  // An empty list is not looked at, and there is nothing in it to hide.
  if (own === undefined || list.length === 0) return list;
  rememberObjects(machine, device.path, objectsOf(driver, device, own.kind, list, machine));
  if (!own.enumerated) setFiltered(machine, { ...filtered, [device.path]: { ...own, enumerated: true } });
  step(driver, machine);
  if (machine.recall(MODULE, 'state') === 'disabled') return withActiveKept(driver, list, machine);
  machine.invalidate(device);
  return [];
};

const remove = (_driver: LoadedDriver, device: DeviceView, machine: Machine): void => {
  const { [device.path]: own, ...others } = filteredOf(machine);
  if (own === undefined) return;
  setFiltered(machine, others);
  rememberObjects(machine, device.path, []);
};

/** The filter on the PCI root and on IDE channels (spec xen-pv 1.5 to 1.8). */
export const xenfilt: DriverBehaviour = { image: MODULE, load, add, filterChildren, remove };
