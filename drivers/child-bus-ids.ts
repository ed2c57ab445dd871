import type { ChildDevice, DeviceFacts, DeviceView, LoadedDriver, Machine } from './behaviour.ts';
import { ID_LIST_LIMIT_BYTES, idListSizeBytes } from './ids.ts';
import type { DriverModel } from './model.ts';
import { has } from './xenbus/traits.ts';

/** A bus that is a child of xenbus itself: `XENVIF` lists `NET`, `XENVKBD` lists `HID`. */
export interface ChildBus {
  readonly enumerator: 'XENVIF' | 'XENVKBD';
  readonly device: 'NET' | 'HID';
}

const LAST_ID = 'XENDEVICE';

const VENDOR_IN_ID = /VEN_[A-Z0-9]*?([0-9A-F]{4})&/i;

/** The PCI device id of the platform function that a device hangs below: a bus of a bus reads it through its own. */
const platformFunction = (device: DeviceView, machine: Machine): string => {
  const devices = machine.devices();
  for (let one: DeviceView | undefined = device; one !== undefined; ) {
    if (one.facts.kind === 'pci') return one.facts.device;
    const { parent }: DeviceView = one;
    one = parent === undefined ? undefined : devices.find(({ path }) => path === parent);
  }
  return VENDOR_IN_ID.exec(device.hardwareIds[0] ?? '')?.[1]?.toUpperCase() ?? '0001';
};

/** The compiled-in prefix: XS until it became a setting, which is XP unless it is set (spec xen-pv 7.1). */
export const prefixOf = ({ model }: LoadedDriver): string =>
  has(model, 'vendorPrefix') ? (model.prefix ?? 'XP') : 'XS';

/** Prefix and PCI device id: `XP0001`. */
export const vendorName = (driver: LoadedDriver, device: DeviceView, machine: Machine): string =>
  `${prefixOf(driver)}${platformFunction(device, machine)}`;

type Ids = Pick<ChildDevice, 'deviceId' | 'hardwareIds'>;

/** Lists are made at every look at the bus, and are the same each time. */
const known = new WeakMap<DriverModel, Map<string, Ids>>();

const idsOf = (driver: LoadedDriver, bus: ChildBus, vendor: string): Ids => {
  const lists = known.get(driver.model) ?? new Map<string, Ids>();
  known.set(driver.model, lists);
  const key = `${bus.device} ${vendor}`;
  const ids = lists.get(key) ?? makeIds(driver, bus, vendor);
  lists.set(key, ids);
  return ids;
};

/** xenvif and xenvkbd followed each step of xenbus's a little later, and no known release lies between. */
const makeIds = (driver: LoadedDriver, bus: ChildBus, vendor: string): Ids => {
  const { model } = driver;
  const { rows = [] } = model;
  const newest = rows.at(-1);
  // The first one, of 2013-05, had one id for all that it listed.
  if (newest === undefined) return { deviceId: 'XENVIF\\DEVICE&REV_02', hardwareIds: ['XENVIF\\DEVICE&REV_02'] };
  const id = `${bus.enumerator}\\VEN_${vendor}&DEV_${bus.device}`;
  const short = has(model, 'deviceIdWithoutPciId')
    ? `${bus.enumerator}\\VEN_${prefixOf(driver)}&DEV_${bus.device}`
    : id;
  const listed = has(model, 'newestFirst') ? rows.toReversed() : rows;
  return {
    deviceId: has(model, 'deviceIdWithoutRevision') ? short : `${id}&REV_${newest}`,
    hardwareIds: [...listed.map((row) => `${id}&REV_${row}`), LAST_ID],
  };
};

/** Says so once when Windows gets a list that is too long for it (F10). */
const checkSize = (driver: LoadedDriver, bus: ChildBus, deviceId: string, machine: Machine): void => {
  const { rows = [], image } = driver.model;
  const bytes = idListSizeBytes({
    ...{ bus: bus.enumerator, device: bus.device, vendorPrefix: prefixOf(driver), rows: rows.length, lastId: LAST_ID },
  });
  if (bytes < ID_LIST_LIMIT_BYTES || machine.recall(image, 'long list told') === true) return;
  machine.remember(image, 'long list told', true);
  machine.note({ kind: 'xen.id-list', device: deviceId, bytes });
};

/** A device as such a bus lists it; `number` is its number in xenstore. */
export const childOfBus = (
  driver: LoadedDriver,
  bus: ChildBus,
  below: { readonly device: DeviceView; readonly machine: Machine },
  child: { readonly number: string; readonly facts: DeviceFacts },
): ChildDevice => {
  const vendor = vendorName(driver, below.device, below.machine);
  const ids = idsOf(driver, bus, vendor);
  checkSize(driver, bus, ids.deviceId, below.machine);
  return {
    ...ids,
    compatibleIds: ids.hardwareIds,
    instanceId: child.number,
    text: `${vendor} ${bus.enumerator} ${child.number}`,
    location: child.number,
    rawOk: false,
    facts: child.facts,
  };
};
