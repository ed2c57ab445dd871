import type { ChildDevice, DeviceView, LoadedDriver, Machine } from '../behaviour.ts';
import { ID_LIST_LIMIT_BYTES, idListSizeBytes } from '../ids.ts';
import type { DriverModel } from '../model.ts';
import { has } from './traits.ts';

const LAST_ID = 'XENCLASS';
/** Of every class, in the first builds. */
const FIRST_REVISION = '02';
const CITRIX_PREFIX = 'XS';

/** The compiled-in prefix of child ids. */
export const prefixOf = (model: DriverModel): string => {
  if (!has(model, 'vendorPrefix')) return CITRIX_PREFIX;
  return model.prefix ?? 'XP';
};

const PCI_DEVICE = /DEV_([0-9A-F]{4})/i;

/** Prefix and PCI device id of the platform function: `XP0001`. */
const vendorName = ({ model }: LoadedDriver, { deviceId }: DeviceView): string =>
  `${prefixOf(model)}${PCI_DEVICE.exec(deviceId)?.[1]?.toUpperCase() ?? '0000'}`;

type Ids = Pick<ChildDevice, 'deviceId' | 'hardwareIds'>;

/** Lists are made at every look at the bus, and are the same each time. */
const known = new WeakMap<DriverModel, Map<string, Ids>>();

const idsOf = ({ model }: LoadedDriver, vendor: string, name: string): Ids => {
  const lists = known.get(model) ?? new Map<string, Ids>();
  known.set(model, lists);
  const key = `${name} ${vendor}`;
  const ids = lists.get(key) ?? childIds(model, vendor, name);
  lists.set(key, ids);
  return ids;
};

/**
 * The ids that a bus lists for a class of children.
 * @param vendor prefix and PCI device id of the platform function: `XP0001`
 * @param name `VBD`
 */
export const childIds = (model: DriverModel, vendor: string, name: string): Ids => {
  // Those of 2013-05 have no table.
  if (model.rows?.length === 0 || (model.rows === undefined && !has(model, 'vendorIds'))) {
    const id = `XENBUS\\CLASS_${name}&REV_${FIRST_REVISION}`;
    return { deviceId: id, hardwareIds: [id] };
  }
  const { rows = ['00000001'] } = model;
  const id = `XENBUS\\VEN_${vendor}&DEV_${name}`;
  const short = has(model, 'deviceIdWithoutPciId') ? `XENBUS\\VEN_${prefixOf(model)}&DEV_${name}` : id;
  const listed = has(model, 'newestFirst') ? rows.toReversed() : rows;
  return {
    deviceId: has(model, 'deviceIdWithoutRevision') ? short : `${id}&REV_${rows.at(-1)}`,
    hardwareIds: [...listed.map((row) => `${id}&REV_${row}`), LAST_ID],
  };
};

/** Says once for each class that Windows is given a list too long for it (F10): checked builds would stop here. */
const checkSize = ({ model }: LoadedDriver, { deviceId, hardwareIds }: Ids, name: string, machine: Machine): void => {
  const bytes = idListSizeBytes({
    ...{ bus: 'XENBUS', device: name, vendorPrefix: prefixOf(model), rows: hardwareIds.length - 1, lastId: LAST_ID },
  });
  if (bytes < ID_LIST_LIMIT_BYTES || machine.recall(model.image, `long list ${name}`) === true) return;
  machine.remember(model.image, `long list ${name}`, true);
  machine.note({ kind: 'xen.id-list', device: deviceId, bytes });
};

/** The device of a class as the bus lists it (spec xen-pv 1.4). */
export const classDevice = (driver: LoadedDriver, bus: DeviceView, machine: Machine, name: string): ChildDevice => {
  const vendor = vendorName(driver, bus);
  const ids = idsOf(driver, vendor, name);
  checkSize(driver, ids, name, machine);
  return {
    ...ids,
    compatibleIds: ids.hardwareIds,
    instanceId: '_',
    text: `${vendor} XENBUS ${name}`,
    location: name,
    rawOk: false,
    facts: { kind: 'xen-class', name },
  };
};
