import type { ChildDevice, DeviceView, LoadedDriver, Machine, Outcome } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import type { DriverModel, VersionRange } from '../../drivers/model.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import { type MachineStart, type TestMachine, testDevice, testDriver, testMachine } from './machine.ts';

/** What xenbus of master at its head answers to (spec xen-pv 2.3). */
export const HEAD_RANGES: Readonly<Record<string, VersionRange>> = {
  XENBUS_SUSPEND: [1, 1],
  XENBUS_SHARED_INFO: [2, 4],
  XENBUS_EVTCHN: [5, 9],
  XENBUS_DEBUG: [1, 1],
  XENBUS_STORE: [2, 2],
  XENBUS_RANGE_SET: [1, 1],
  XENBUS_CACHE: [1, 2],
  XENBUS_GNTTAB: [2, 4],
  XENBUS_UNPLUG: [1, 3],
  XENBUS_CONSOLE: [1, 1],
};

/** What a release asks for, by the commit that the register knows it by. */
export const needsOf = (driver: string, commit: string): NonNullable<DriverModel['needs']> => {
  const need = CHILD_NEEDS.find((one) => one.driver === driver && one.commits.includes(commit));
  if (need === undefined) throw new Error(`The register has no ${driver} ${commit}.`);
  return Object.fromEntries(need.interfaces);
};

const REQUEST_KEY = 'SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request';
const service = (name: string): string => `SYSTEM\\CurrentControlSet\\Services\\${name}`;

export const RESTART_KEY = (module: string): string => `${REQUEST_KEY}\\${module}`;
export const UNPLUG = `${service('XEN')}\\Unplug`;

/** A frontend and its backend in xenstore, as the toolstack leaves them. */
export const pair = (type: string, id: number, front: Record<string, string>): Record<string, string> => {
  const backend = `/local/domain/0/backend/${type}/1/${id}`;
  return {
    [`device/${type}/${id}/backend`]: backend,
    [`device/${type}/${id}/state`]: '1',
    [`${backend}/state`]: '2',
    ...Object.fromEntries(Object.entries(front).map(([name, value]) => [`device/${type}/${id}/${name}`, value])),
  };
};

export const disk = (vbd: number, type = 'disk'): Record<string, string> => ({
  ...pair('vbd', vbd, { 'device-type': type }),
  [`/local/domain/0/backend/vbd/1/${vbd}/sectors`]: '67108864',
});
export const card = (vif: number, mac = '00:16:3e:12:34:5f'): Record<string, string> => pair('vif', vif, { mac });

/** The platform function with xenbus on it. */
export const platform = (device = '0001'): DeviceView =>
  testDevice(`PCI\\VEN_5853&DEV_${device}&SUBSYS_${device}5853&REV_01`, '3&267A616A&0&18', {
    facts: { kind: 'pci', vendor: '5853', device, slot: 3 },
    started: true,
    service: 'xenbus',
  });

/** A device of xenbus's: class `VBD`, with the child's service on it. */
export const xenbusChild = (name: string, on: string, function_ = platform()): DeviceView =>
  testDevice(`XENBUS\\VEN_XP&DEV_${name}`, '_', {
    parent: function_.path,
    hardwareIds: [`XENBUS\\VEN_XP0001&DEV_${name}&REV_0900000B`],
    facts: { kind: 'xen-class', name },
    service: on,
  });

export interface ChildStart extends Omit<MachineStart, 'devices' | 'loaded'> {
  /** The child under test. */
  readonly model?: Partial<DriverModel>;
  readonly xenbus?: Partial<DriverModel>;
  /** Beside the platform function and the child's device. */
  readonly more?: readonly DeviceView[];
  readonly loaded?: readonly LoadedDriver[];
  readonly platform?: string;
}

export interface ChildUnderTest {
  readonly machine: TestMachine;
  readonly device: DeviceView;
  readonly driver: LoadedDriver;
}

/** A machine in which one child of xenbus's is about to start. */
export const childMachine = (image: string, name: string, start: ChildStart = {}): ChildUnderTest => {
  const { model, xenbus, more = [], loaded = [], platform: id, ...rest } = start;
  const function_ = platform(id);
  const device = xenbusChild(name, image, function_);
  const driver = testDriver(image, { version: [9, 1, 0, 42], vendorName: 'Xen Project', ...model });
  const machine = testMachine({
    provides: { ...HEAD_RANGES, XENFILT_EMULATED: [1, 3] },
    phase: 'running',
    ...rest,
    registry: {
      [`${service('xenbus')}\\Parameters`]: { RequestKey: REQUEST_KEY },
      [`${service(image)}\\Parameters`]: { RequestKey: `${REQUEST_KEY} of its own` },
      ...rest.registry,
    },
    devices: [function_, device, ...more],
    loaded: [testDriver('xenbus', { provides: HEAD_RANGES, ...xenbus }), driver, ...loaded],
  });
  return { machine, device, driver };
};

const behaviour = (driver: LoadedDriver) => {
  const found = behaviourOf(driver.model.image);
  if (found === undefined) throw new Error(`Nothing is known of ${driver.model.image}.`);
  return found;
};

export const start = ({ driver, device, machine }: ChildUnderTest): Outcome | undefined =>
  behaviour(driver).start?.(driver, device, machine);

export const list = ({ driver, device, machine }: ChildUnderTest): readonly ChildDevice[] =>
  behaviour(driver).children?.(driver, device, machine) ?? [];

export const remove = ({ driver, device, machine }: ChildUnderTest): void =>
  behaviour(driver).remove?.(driver, device, machine);

/** A node of xenstore and all below it, as text. */
export const storeBelow = (machine: Machine, path: string): Record<string, string> => {
  const found: Record<string, string> = {};
  const visit = (at: string): void => {
    for (const name of machine.storeList(at)) {
      const value = machine.storeRead(`${at}/${name}`);
      if (value !== undefined && value !== '') found[`${at}/${name}`.slice(path.length + 1)] = value;
      visit(`${at}/${name}`);
    }
  };
  visit(path);
  return found;
};
