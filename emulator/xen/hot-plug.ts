import { XenbusState } from './backends.ts';
import { cutBlocks } from './block-state.ts';
import {
  backendPath,
  backendTree,
  type DevicePair,
  diskPair,
  frontendPath,
  frontendTree,
  nicPair,
  notePath,
  sectorsKey,
} from './device-directories.ts';
import type { HostDisk, HostNic, HostSettings, HostState } from './host.ts';
import { putTree, readNode, removeNode, type StoreTree, writeNode, writeNodes } from './tree.ts';

/** The toolstack makes the directories of a device (libxl device_add). */
const withPair = (store: StoreTree, pair: DevicePair): StoreTree => {
  const back = putTree(store, backendPath(pair), backendTree(pair));
  return writeNode(putTree(back, frontendPath(pair), frontendTree(pair)), notePath(pair), pair.note);
};

type Place = Pick<DevicePair, 'type' | 'id'>;

const withoutPair = (store: StoreTree, place: Place): StoreTree =>
  [frontendPath(place), backendPath(place), notePath(place)].reduce(removeNode, store);

const changed = (host: HostState, settings: Partial<HostSettings>, store: StoreTree): HostState => ({
  ...host,
  settings: { ...host.settings, ...settings },
  store,
});

/** A disk that the domain has from now on; one of the same number is no new one. */
export const plugDisk = (host: HostState, disk: HostDisk): HostState => {
  const { disks } = host.settings;
  if (disks.some(({ vbd }) => vbd === disk.vbd)) return host;
  return changed(host, { disks: [...disks, disk] }, withPair(host.store, diskPair(disk, host.settings)));
};

export const plugNic = (host: HostState, nic: HostNic): HostState => {
  const { nics } = host.settings;
  if (nics.some(({ vif }) => vif === nic.vif)) return host;
  return changed(host, { nics: [...nics, nic] }, withPair(host.store, nicPair(nic, host.settings)));
};

/** The volume has another size, and its backend says so. */
export const resizeDisk = (host: HostState, vbd: number, sectors: number): HostState => {
  const disks = host.settings.disks.map((disk) => (disk.vbd === vbd ? { ...disk, sectors } : disk));
  const path = `${backendPath({ type: 'vbd', id: vbd })}/sectors`;
  const disk = disks.find((one) => one.vbd === vbd);
  const there = disk !== undefined && readNode(host.store, path) !== undefined;
  const store = there ? writeNode(host.store, path, sectorsKey(disk, host.settings)) : host.store;
  const resized = changed(host, { disks }, store);
  return resized.blocks === undefined ? resized : { ...resized, blocks: cutBlocks(resized.blocks, vbd, sectors) };
};

/** The toolstack asks for a device back: the backend closes, and stays closed once its frontend is. */
export const askBack = (host: HostState, place: Place): HostState => {
  const back = backendPath(place);
  if (readNode(host.store, `${back}/state`) === undefined) return host;
  const values = { [`${back}/online`]: '0', [`${back}/state`]: XenbusState.closing };
  return { ...host, store: writeNodes(host.store, values) };
};

/** Whether the frontend let a device go that was asked for. */
export const isGivenBack = ({ store }: HostState, place: Place): boolean =>
  readNode(store, `${frontendPath(place)}/state`) === XenbusState.closed;

/** The toolstack gave up asking: the device stays, and the backend is where its frontend left it. */
export const leaveDevice = (host: HostState, place: Place): HostState => {
  const back = backendPath(place);
  const state = readNode(host.store, `${frontendPath(place)}/state`);
  const connected = state === XenbusState.connected ? XenbusState.connected : XenbusState.initWait;
  return { ...host, store: writeNodes(host.store, { [`${back}/online`]: '1', [`${back}/state`]: connected }) };
};

/** The device is gone, with its directories. */
export const takeDisk = (host: HostState, id: number): HostState => {
  const disks = host.settings.disks.filter(({ vbd }) => vbd !== id);
  return changed(host, { disks }, withoutPair(host.store, { type: 'vbd', id }));
};

export const takeNic = (host: HostState, id: number): HostState => {
  const nics = host.settings.nics.filter(({ vif }) => vif !== id);
  return changed(host, { nics }, withoutPair(host.store, { type: 'vif', id }));
};
