import type { Machine, RegistryData } from './behaviour.ts';
import type { DriverModel } from './model.ts';
import type { UnplugType } from './unplug-counter.ts';

/** What a co-installer knows when Windows calls it. */
export interface CoInstallerCall {
  /** The build of the driver that it belongs to. */
  readonly model: DriverModel;
  /** How the package that is installed names its device: `Xen PV Bus`. */
  readonly description: string;
}

/**
 * What a library did that packages with co-installers brought along: Windows calls it before and after a device is installed,
 * and before it is removed (spec xen-pv 3.2).
 */
export interface CoInstaller {
  readonly driver: string;
  /** Before the driver is installed. @returns why it must not be */
  readonly before?: (call: CoInstallerCall, machine: Machine) => string | undefined;
  /** After it was. @returns why it wants a restart */
  readonly after?: (call: CoInstallerCall, machine: Machine) => string | undefined;
  readonly remove?: (call: CoInstallerCall, machine: Machine) => void;
}

const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';
const ENUM = 'SYSTEM\\CurrentControlSet\\Enum';
const CLASSES = 'SYSTEM\\CurrentControlSet\\Control\\Class';

/** They asked for permission since 2015-07 at the latest (win-xenvbd 0043f1f, win-xenbus 012264d). */
const ASKS_SINCE = '2015-07-15';

/** `AllowUpdate` = 0 in the key of a service keeps everything as it is. */
export const forbiddenUpdate = (
  { model }: CoInstallerCall,
  machine: Machine,
  services: readonly string[],
): string | undefined => {
  if (model.built < ASKS_SINCE) return undefined;
  const own = services.find((service) => machine.value(`${SERVICES}\\${service}`, 'AllowUpdate') === 0);
  return own === undefined ? undefined : `AllowUpdate of ${own} forbids it.`;
};

/** Drivers tell by a value that a restart is due; until 2016-07 co-installers passed it on. */
export const wantedRestart = (machine: Machine, services: readonly string[]): string | undefined => {
  const own = services.find((service) => {
    const value = machine.value(`${SERVICES}\\${service}\\Status`, 'NeedReboot');
    return typeof value === 'number' && value !== 0;
  });
  return own === undefined ? undefined : `${own} needs a restart`;
};

const textOf = (data: RegistryData | undefined): string | undefined => (typeof data === 'string' ? data : undefined);

/** The driver key of a device that was ever there: that of its first instance that has one. */
export const driverKeyOf = (machine: Machine, bus: string, device: string): string | undefined => {
  for (const instance of machine.keyNames(`${ENUM}\\${bus}\\${device}`)) {
    const driver = textOf(machine.value(`${ENUM}\\${bus}\\${device}\\${instance}`, 'Driver'));
    if (driver !== undefined) return `${CLASSES}\\${driver}`;
  }
  return undefined;
};

/** The ids by which the devices of a bus were matched. */
const matchedIds = (machine: Machine, bus: string): readonly string[] =>
  machine.keyNames(`${ENUM}\\${bus}`).flatMap((device) => {
    const key = driverKeyOf(machine, bus, device);
    const id = key === undefined ? undefined : textOf(machine.value(key, 'MatchingDeviceId'));
    return id === undefined ? [] : [id.toUpperCase()];
  });

/** Tables have explicit rows from then on (a0db324): only those did a co-installer look at. */
const EXPLICIT_SINCE = '2015-07-15';
const REVISION = /&REV_([0-9A-F]{1,8})$/;

export interface ChildBindings {
  /** Why a child that is installed would not be found any more. */
  readonly lost?: string;
  /** Some child is bound by another revision than the newest: its device will be another one. */
  readonly changes: boolean;
}

/** How the installed children of a bus stand to the table of the build that is to come. */
export const childBindings = ({ model }: CoInstallerCall, machine: Machine, bus: string): ChildBindings => {
  const { rows = [], built } = model;
  if (built < EXPLICIT_SINCE || rows.length === 0) return { changes: false };
  let changes = false;
  for (const id of matchedIds(machine, bus)) {
    const revision = REVISION.exec(id)?.[1]?.padStart(8, '0');
    const index = revision === undefined ? -1 : rows.indexOf(revision);
    if (index < 0) return { lost: `${id} is installed, and the new bus does not list it.`, changes };
    if (index < rows.length - 1) changes = true;
  }
  return { changes };
};

const UNPLUG = `${SERVICES}\\XEN\\Unplug`;
const UNPLUG_BY_NAME = `${SERVICES}\\XENFILT\\Unplug`;
/** Names under xenfilt's key (7c66224) until counters under xen's (963765d). */
const NAMED = { since: '2013-09-17', before: '2015-07-17' } as const;

export const asksByName = ({ built }: DriverModel): boolean => built >= NAMED.since && built < NAMED.before;

/** The emulated devices stay in the next boot. */
export const clearUnplug = (machine: Machine, type: UnplugType): void => machine.deleteValue(UNPLUG, type);

const namesOf = (machine: Machine, type: UnplugType): readonly string[] => {
  const data = machine.value(UNPLUG_BY_NAME, type);
  return Array.isArray(data) ? (data as readonly string[]) : [];
};

const others = (machine: Machine, type: UnplugType, service: string): readonly string[] =>
  namesOf(machine, type).filter((name) => name.toUpperCase() !== service);

/** Adds a service to those that ask. */
export const askByName = (machine: Machine, type: UnplugType, service: string): void =>
  machine.setValue(UNPLUG_BY_NAME, type, 'REG_MULTI_SZ', [...others(machine, type, service), service]);

/** Takes it off. */
export const withdrawName = (machine: Machine, type: UnplugType, service: string): void => {
  if (machine.value(UNPLUG_BY_NAME, type) === undefined) return;
  machine.setValue(UNPLUG_BY_NAME, type, 'REG_MULTI_SZ', others(machine, type, service));
};
