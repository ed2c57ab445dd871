import type { DriverModel } from '../../../drivers/model.ts';
import { childIds, prefixOf } from '../../../drivers/xenbus/child-ids.ts';
import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import type { MachineDevice } from '../machines/machine.ts';

/** Devices that a bus made otherwise than the one before it. */
export interface NewNodes {
  readonly devices: readonly MachineDevice[];
  /** Those whose driver does not fit them any more, as they were. */
  readonly orphaned: readonly MachineDevice[];
  /** Paths of devices whose ids changed. */
  readonly changed: ReadonlySet<string>;
}

/** What a bus lists on a machine that had none: its disks, cards and the interface of the host. */
const FIRST_CLASSES = ['IFACE', 'VBD', 'VIF'] as const;
const NO_DRIVER = 28;

const LAST_PLACE = 0xfff;
/** Matches of a device's compatible ids begin here. */
const COMPATIBLE = 0x2000;

/** The id by which a device has its driver, as its rank tells; undefined when it does not. */
const boundId = ({ driver, hardwareIds, compatibleIds }: MachineDevice): string | undefined => {
  if (driver?.rank === undefined) return undefined;
  const score = driver.rank & 0xffff;
  return score < COMPATIBLE ? hardwareIds[score & LAST_PLACE] : compatibleIds[score & 0xff];
};

/** Whether the driver of a device fits other ids that the device has now. */
const staysBound = (device: MachineDevice, ids: readonly string[]): boolean => {
  const now = new Set(ids.map((id) => id.toLowerCase()));
  const own = boundId(device);
  if (own !== undefined) return now.has(own.toLowerCase());
  return [...device.hardwareIds, ...device.compatibleIds].some(
    (id) => parsePvId(id) !== undefined && now.has(id.toLowerCase()),
  );
};

/** Matches of an INF's compatible ids with a device's hardware ids begin here. */
const AS_COMPATIBLE = 0x1000;
const BOTH_COMPATIBLE = 0x3000;

/**
 * A device with other ids: its driver has the rank that it would be given now, since the place of its id may be another. Both
 * lists of such a device are the same, so that hardware ids decide.
 */
const withIds = (device: MachineDevice, hardwareIds: readonly string[]): MachineDevice => {
  const { driver } = device;
  const next = { ...device, hardwareIds, compatibleIds: hardwareIds };
  const own = boundId(device)?.toLowerCase();
  const place = own === undefined ? -1 : hardwareIds.findIndex((id) => id.toLowerCase() === own);
  if (driver?.rank === undefined || place < 0) return next;
  const score = driver.rank & 0xffff;
  const isFurther = (score >= AS_COMPATIBLE && score < COMPATIBLE) || score >= BOTH_COMPATIBLE;
  const rank = ((driver.rank & 0xffff_0000) | ((isFurther ? AS_COMPATIBLE : 0) + place)) >>> 0;
  return { ...next, driver: { ...driver, rank } };
};

const childOf = (device: MachineDevice) => {
  for (const id of [...device.hardwareIds, ...device.compatibleIds]) {
    const parsed = parsePvId(id);
    if (parsed !== undefined && parsed.bus !== 'PCI') return parsed;
  }
  return undefined;
};

/**
 * The devices of a machine after a bus was installed on a platform function: the children of xenbus get the ids that it lists,
 * and keep their drivers where these fit (spec windows-update 7.3, 8 step 9). While another function of the same brand is the
 * active one, its children stay as they are.
 * @param code PCI device id of the function, four hex digits
 */
export const nodesAfterBus = (devices: readonly MachineDevice[], bus: DriverModel, code: string): NewNodes => {
  const vendor = `${prefixOf(bus)}${code}`;
  const children = devices.flatMap((device) => {
    const id = childOf(device);
    return id === undefined ? [] : [{ device, id }];
  });
  const own = children.filter(({ id }) => id.bus === 'XENBUS');
  const isElsewhere = own.some(
    ({ id }) => id.platform !== undefined && id.platform !== code && id.prefix === prefixOf(bus).toUpperCase(),
  );
  if (isElsewhere) return { devices, orphaned: [], changed: new Set() };
  const orphaned: MachineDevice[] = [];
  const changed = new Set<string>();
  const renewed = devices.map((device) => {
    const child = own.find((one) => one.device === device);
    if (child === undefined) return device;
    const { hardwareIds } = childIds(bus, vendor, child.id.deviceClass);
    if (sameIds(device.hardwareIds, hardwareIds)) return device;
    changed.add(device.id);
    const next = withIds(device, hardwareIds);
    if (device.driver === null || staysBound(device, hardwareIds)) return next;
    orphaned.push(device);
    return { ...next, driver: null, problem: NO_DRIVER };
  });
  if (own.length > 0) return { devices: withoutOrphanedCards(renewed, orphaned), orphaned, changed };
  const made = FIRST_CLASSES.map((name): MachineDevice => {
    const { deviceId, hardwareIds } = childIds(bus, vendor, name);
    const id = `${deviceId}\\_`;
    changed.add(id);
    return { id, hardwareIds, compatibleIds: hardwareIds, problem: NO_DRIVER, driver: null };
  });
  return { devices: [...renewed, ...made], orphaned, changed };
};

const sameIds = (a: readonly string[], b: readonly string[]): boolean => {
  const [one, other] = [a, b].map((ids) =>
    ids.filter((id) => parsePvId(id) !== undefined).map((id) => id.toUpperCase()),
  );
  return one?.length === other?.length && (one ?? []).every((id, index) => id === other?.[index]);
};

/** Cards hang below xenvif: without it nobody lists them. */
const withoutOrphanedCards = (
  devices: readonly MachineDevice[],
  orphaned: readonly MachineDevice[],
): readonly MachineDevice[] => {
  const lostVif = orphaned.some((device) => childOf(device)?.deviceClass === 'VIF');
  return lostVif ? devices.filter((device) => childOf(device)?.bus !== 'XENVIF') : devices;
};

/**
 * The cards of a machine after xenvif was installed on the device of their class: each card gets the ids that xenvif lists. A
 * machine that had none is taken to have one.
 * @param vendor prefix and PCI device id, as the device of the class has them: `XP0001`
 */
export const nodesAfterVif = (devices: readonly MachineDevice[], vif: DriverModel, vendor: string): NewNodes => {
  const stem = `XENVIF\\VEN_${vendor}&DEV_NET`;
  const rows = (vif.rows ?? []).toReversed();
  if (rows.length === 0) return { devices, orphaned: [], changed: new Set() };
  const hardwareIds = [...rows.map((row) => `${stem}&REV_${row}`), 'XENDEVICE'];
  const orphaned: MachineDevice[] = [];
  const changed = new Set<string>();
  let hasCard = false;
  const renewed = devices.map((device) => {
    if (childOf(device)?.bus !== 'XENVIF') return device;
    hasCard = true;
    if (sameIds(device.hardwareIds, hardwareIds)) return device;
    changed.add(device.id);
    const next = withIds(device, hardwareIds);
    if (device.driver === null || staysBound(device, hardwareIds)) return next;
    orphaned.push(device);
    return { ...next, driver: null, problem: NO_DRIVER };
  });
  if (hasCard) return { devices: renewed, orphaned, changed };
  const id = `${stem}&REV_${rows[0]}\\0`;
  changed.add(id);
  return {
    devices: [...devices, { id, hardwareIds, compatibleIds: hardwareIds, problem: NO_DRIVER, driver: null }],
    ...{ orphaned, changed },
  };
};
