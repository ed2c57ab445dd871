import type { DeviceView, LoadedDriver, Machine } from '../behaviour.ts';
import { objectOf } from './emulated-list.ts';
import { Keys } from './registry-keys.ts';
import { same, textAt } from './registry-values.ts';
import { has } from './traits.ts';

/** The function that children hang below, as it stands in the registry (spec xen-pv 1.5). */
export interface ActiveDevice {
  readonly deviceId: string;
  readonly instanceId: string | undefined;
  readonly location: string | undefined;
}

const Name = { device: 'ActiveDeviceID', instance: 'ActiveInstanceID', location: 'ActiveLocationInformation' } as const;

export const storedActive = (machine: Machine): ActiveDevice | undefined => {
  const read = (name: string): string | undefined => textAt(machine, Keys.filterParameters, name);
  const deviceId = read(Name.device);
  return deviceId === undefined
    ? undefined
    : { deviceId, instanceId: read(Name.instance), location: read(Name.location) };
};

type Place = Pick<DeviceView, 'deviceId' | 'instanceId' | 'location'>;

export const storeActive = (machine: Machine, { deviceId, instanceId, location }: Place): void => {
  const set = (name: string, data: string) => machine.setValue(Keys.filterParameters, name, 'REG_SZ', data);
  set(Name.device, deviceId);
  set(Name.instance, instanceId);
  set(Name.location, location);
};

export const clearActive = (machine: Machine): void => {
  for (const name of Object.values(Name)) machine.deleteValue(Keys.filterParameters, name);
};

/** The vendor's own function stands in the registry, though it may be gone: a legacy one has to give way. */
const vendorKeepsOut = ({ model }: LoadedDriver, machine: Machine, deviceId: string): boolean => {
  const vendor = model.vendorDeviceId ?? '';
  if (vendor === '' || !has(model, 'vendorDeviceVeto')) return false;
  const ids = `PCI\\VEN_5853&DEV_${vendor}`;
  if (deviceId.toUpperCase().startsWith(ids.toUpperCase())) return false;
  const subsystem = has(model, 'vendorDeviceKey') ? vendor : 'C000';
  return machine.hasKey(`${Keys.enumerator}\\${ids}&SUBSYS_${subsystem}5853&REV_01`);
};

export interface Activity {
  readonly active: boolean;
  readonly because: string;
}

/** Code of the driver's own stops (win-xenbus src/common/assert.h at 4b540b1; not in the specification). */
const ASSERTION_FAILURE = 0xdead;
const PRECEDENCE_VERSION = 3;

/** What xenfilt says of a function; undefined when it says nothing, or nothing that holds. */
const forced = (driver: LoadedDriver, device: DeviceView, machine: Machine): Activity | undefined => {
  if (!has(driver.model, 'precedence')) return undefined;
  const [, newest = 0] = machine.provided(device, 'XENFILT_EMULATED') ?? [];
  if (newest < PRECEDENCE_VERSION) return undefined;
  const own = objectOf(machine, device.deviceId);
  if (own === undefined) {
    const because = 'xenfilt is there and does not know the platform function.';
    machine.stop(ASSERTION_FAILURE, because);
    return { active: false, because };
  }
  if (own.activation === 'neutral') return undefined;
  const active = own.activation === 'active';
  if (active) storeActive(machine, device);
  return { active, because: active ? 'It has the highest precedence.' : 'Another function has a higher precedence.' };
};

/** Decides whether a platform function is the active one, and writes it down (spec xen-pv 1.5). */
export const decideActivity = (driver: LoadedDriver, device: DeviceView, machine: Machine): Activity => {
  const answer = forced(driver, device, machine);
  if (answer !== undefined) return answer;
  const stored = storedActive(machine);
  if (stored !== undefined && !same(stored.deviceId, device.deviceId)) {
    return { active: false, because: `${stored.deviceId} is stored as the active function.` };
  }
  if (stored === undefined && vendorKeepsOut(driver, machine, device.deviceId)) {
    return { active: false, because: `The function ${driver.model.vendorDeviceId} is known to this Windows.` };
  }
  // What is stored keeps its place, as the function may have moved to another slot; older builds stored less.
  const { instanceId = device.instanceId, location = device.location } = stored ?? {};
  storeActive(machine, { deviceId: stored?.deviceId ?? device.deviceId, instanceId, location });
  return {
    active: true,
    because: stored === undefined ? 'No other was active.' : 'It is stored as the active function.',
  };
};
