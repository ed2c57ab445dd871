import { CLASSES, CONTROL_SET, ENUM, type GuestMachine, SERVICES } from './machine.ts';
import type { DeviceNode } from './world.ts';

/** Network cards ({4D36E972-…}), lower case as in other class keys. */
export const NET_CLASS = '{4d36e972-e325-11ce-bfc1-08002be10318}';

const CONNECTIONS = `${CONTROL_SET}\\Control\\Network\\${NET_CLASS.toUpperCase()}`;
const INTERFACES = `${SERVICES}\\Tcpip\\Parameters\\Interfaces`;
const IDENTITY = 'NetCfgInstanceId';

const hex = (value: number): string => (value >>> 0).toString(16).toUpperCase().padStart(8, '0');

/** A fixed GUID for each device stands in for the one that Windows makes up. */
const identityOf = ({ path }: DeviceNode): string => {
  let [a, b] = [0x811c_9dc5, 0x9e37_79b9];
  for (let index = 0; index < path.length; index += 1) {
    a = Math.imul(a ^ path.charCodeAt(index), 0x0100_0193);
    b = Math.imul(b + path.charCodeAt(index), 0x85eb_ca6b) ^ (b >>> 13);
  }
  const [first, second] = [hex(a), hex(b)];
  return `{${first}-${second.slice(0, 4)}-4${second.slice(5)}-8${first.slice(5)}-${second}${first.slice(0, 4)}}`;
};

/** `Ethernet`, `Ethernet 2`; before Windows 8 `Local Area Connection`. */
const nextName = (machine: GuestMachine): string => {
  const base = machine.features.driverDatabase ? 'Ethernet' : 'Local Area Connection';
  const before = machine.keyNames(CONNECTIONS).length;
  return before === 0 ? base : `${base} ${before + 1}`;
};

/**
 * The network class installer gives a card that is new to Windows a connection: a name, and a place for its addresses. A card
 * that has one keeps it (`Control\Network`, `Tcpip\Parameters\Interfaces`).
 * @param software the driver key of the device
 */
export const connectCard = (machine: GuestMachine, node: DeviceNode, software: string): void => {
  if (machine.value(software, IDENTITY) !== undefined) return;
  const identity = identityOf(node);
  machine.setValue(software, IDENTITY, 'REG_SZ', identity);
  const connection = `${CONNECTIONS}\\${identity}\\Connection`;
  if (machine.hasKey(connection)) return;
  machine.setValue(connection, 'Name', 'REG_SZ', nextName(machine));
  machine.setValue(connection, 'PnpInstanceID', 'REG_SZ', node.path);
};

/** Reads the registry; keys are named from HKLM. */
export interface ConnectionReader {
  text(key: string, name: string): string | undefined;
  texts(key: string, name: string): readonly string[];
}

/** The connection that a network card has. */
export interface Connection {
  readonly identity: string;
  /** `Ethernet 2` */
  readonly name: string;
  /** Static ones. */
  readonly addresses: readonly string[];
}

/** @param path instance path of the card */
export const connectionOf = (reader: ConnectionReader, path: string): Connection | undefined => {
  const driver = reader.text(`${ENUM}\\${path}`, 'Driver');
  const identity = driver === undefined ? undefined : reader.text(`${CLASSES}\\${driver}`, IDENTITY);
  if (identity === undefined) return undefined;
  const name = reader.text(`${CONNECTIONS}\\${identity}\\Connection`, 'Name') ?? '';
  return { identity, name, addresses: reader.texts(`${INTERFACES}\\${identity}`, 'IPAddress') };
};

/** A user gives the connection of a card a static address. */
export const setAddress = (machine: GuestMachine, vif: number, address: string): void => {
  const own = machine
    .nodes()
    .filter(({ facts, state }) => state === 'started' && facts.kind === 'nic' && facts.vif === vif);
  const card = own.find(({ facts }) => facts.kind === 'nic' && facts.path === 'pv') ?? own[0];
  const connection = card === undefined ? undefined : connectionOf(machine, card.path);
  if (connection === undefined) return;
  const key = `${INTERFACES}\\${connection.identity}`;
  machine.setValue(key, 'EnableDHCP', 'REG_DWORD', 0);
  machine.setValue(key, 'IPAddress', 'REG_MULTI_SZ', [address]);
};
