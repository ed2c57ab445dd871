import { type DeviceView, type LoadedDriver, type Machine, OK, type Outcome } from './behaviour.ts';
import type { VersionRange } from './model.ts';

const includes = (range: VersionRange | undefined, version: number): boolean =>
  range !== undefined && range[0] <= version && version <= range[1];

/** The driver that lists a device. */
export const busOf = (device: DeviceView, machine: Machine): LoadedDriver | undefined => {
  const service = machine.devices().find(({ path }) => path === device.parent)?.service;
  return service === undefined ? undefined : machine.loaded(service);
};

/** Builds of 2013 knew no versions: their tables are there and empty. */
const knowsNoVersions = (table: Readonly<Record<string, unknown>> | undefined): boolean =>
  table !== undefined && Object.keys(table).length === 0;

const undecided = (driver: LoadedDriver, device: DeviceView, machine: Machine): void =>
  machine.note({
    ...{ kind: 'xen.undecided', module: driver.model.image, device: device.path },
    reason: 'One of the bus and this driver is older than the versions of interfaces.',
  });

/**
 * Asks the bus for everything that a child was compiled to use, each at the newest version of the child's own headers; what
 * is not answered at that version is not there (spec xen-pv 2.1, 2.5).
 * @param order in which this driver asks: the first that is refused is the one that its start fails with
 */
export const askForInterfaces = (
  driver: LoadedDriver,
  device: DeviceView,
  machine: Machine,
  order: readonly string[],
): Outcome => {
  const { needs } = driver.model;
  if (needs === undefined) return OK;
  const busIsOld = knowsNoVersions(busOf(device, machine)?.model.provides);
  if (busIsOld !== knowsNoVersions(needs)) undecided(driver, device, machine);
  if (busIsOld) return OK;
  const asked = [...order.filter((name) => needs[name]), ...Object.keys(needs).filter((name) => !order.includes(name))];
  for (const name of asked) {
    const need = needs[name];
    const range = machine.provided(device, name);
    if (need === undefined || need.optional || includes(range, need.version)) continue;
    return { ok: false, failure: { kind: 'interface', name, wanted: need.version, range } };
  }
  return OK;
};

/** Whether a child got an interface that it does without when it has to. */
export const hasInterface = (driver: LoadedDriver, device: DeviceView, machine: Machine, name: string): boolean => {
  const range = machine.provided(device, name);
  const need = driver.model.needs?.[name];
  return need === undefined ? range !== undefined : includes(range, need.version);
};

/** The version of an interface that a driver was compiled for; 0 when it uses none. */
export const neededVersion = ({ model }: LoadedDriver, name: string): number => model.needs?.[name]?.version ?? 0;
