import type {
  DeviceView,
  DriverFailure,
  DriverNote,
  Json,
  LoadedDriver,
  Machine,
  RegistryData,
  RegistryDataType,
} from '../../drivers/behaviour.ts';
import type { VersionRange } from '../../drivers/model.ts';
import type { RingRequest } from '../../drivers/storage.ts';
import type { ImageFacts, PackageFacts, PackageLibrary, TargetFacts } from '../package/facts.ts';
import { submitBlock } from '../xen/block-requests.ts';
import type { OwnContent } from '../xen/block-state.ts';
import type { HostState } from '../xen/host.ts';
import { readPort, writePort } from '../xen/ports.ts';
import { type OwnNodes, storeList, storeRead, storeRemove, storeWrite } from '../xen/store.ts';
import { lowerCase, upperCase } from './caseless.ts';
import type { GuestOutput } from './events.ts';
import { type GuestSpec, policyKey, signatureKey, targetKey } from './guest.ts';
import {
  dataOf,
  keyAt,
  keyBelow,
  keyNames,
  type OwnKeys,
  type RegistryKey,
  valueAt,
  valueNames,
  withKey,
  withoutKey,
  withoutValue,
  withVolatileKey,
  writeValue,
} from './registry.ts';
import { holdsSystemDisk } from './system-disk.ts';
import { featuresOf, type WindowsFeatures } from './windows.ts';
import type { DeviceNode, GuestFile, LoadedModule, Session, StoredPackage, SystemDisk, World } from './world.ts';

export const CONTROL_SET = 'SYSTEM\\CurrentControlSet';
export const SERVICES = `${CONTROL_SET}\\Services`;
export const ENUM = `${CONTROL_SET}\\Enum`;
export const CLASSES = `${CONTROL_SET}\\Control\\Class`;

/** A node never changes, so that neither does what drivers see of it. */
const views = new WeakMap<DeviceNode, DeviceView>();

const OFF: Session = {
  mode: 'normal',
  options: [],
  phase: 'stopped',
  devices: {},
  loaded: {},
  services: [],
  memory: {},
  provides: {},
  restart: [],
};

/**
 * The cursor of one transition: reads and changes a world that stays as it is, for the engine and for drivers. What it
 * holds is replaced, never changed in place, so that the world before shares all that stays the same.
 */
export class GuestMachine implements Machine {
  readonly guest: GuestSpec;
  readonly library: PackageLibrary;
  readonly target: string;
  readonly signing: string;
  readonly policy: string;
  readonly features: WindowsFeatures;
  readonly outputs: GuestOutput[] = [];
  registry: RegistryKey;
  files: SystemDisk['files'];
  store: readonly StoredPackage[];
  host: HostState;
  session: Session;
  /** Of a machine that is switched off: what it goes on with. */
  hibernated: Session | undefined;
  /** Devices whose list of children is to be asked for again. */
  readonly stale = new Set<string>();
  boots: number;
  private readonly before: World;
  private readonly ownKeys: OwnKeys = new WeakSet();
  private readonly ownNodes: OwnNodes = new WeakSet();
  readonly ownContent: OwnContent = new WeakSet();
  private draft: Session | undefined;
  private ownMemory: Record<string, Json> | undefined;
  private ownDevices: Record<string, DeviceNode> | undefined;
  private lastPath = '';
  private lastRoot: RegistryKey | undefined;
  private lastKey: RegistryKey | undefined;
  private servicesOf: RegistryKey | undefined;
  private services: RegistryKey | undefined;

  constructor(world: World, library: PackageLibrary) {
    this.before = world;
    this.guest = world.guest;
    this.library = library;
    this.target = targetKey(world.guest);
    this.signing = signatureKey(world.guest);
    this.policy = policyKey(world.guest);
    this.features = featuresOf(world.guest.windows);
    this.registry = world.disk.registry;
    this.files = world.disk.files;
    this.store = world.disk.store;
    this.host = world.host;
    this.session = world.session ?? OFF;
    this.hibernated = world.hibernated;
    this.boots = world.boots;
  }

  /** The world as it is now. */
  world(): World {
    const { registry, files, store, before } = this;
    const { session: _off, hibernated: _gone, ...rest } = before;
    return {
      ...rest,
      disk: { ...before.disk, registry, files, store },
      host: this.host,
      boots: this.boots,
      ...(this.session === OFF ? {} : { session: this.session }),
      ...(this.hibernated === undefined ? {} : { hibernated: this.hibernated }),
    };
  }

  switchOff(): void {
    this.session = OFF;
    this.stale.clear();
  }

  get running(): boolean {
    return this.session.phase === 'running' || this.session.phase === 'boot';
  }

  get safeMode(): boolean {
    return this.session.mode === 'safe';
  }

  get bootOptions(): readonly string[] {
    return this.session.options;
  }

  get phase(): 'boot' | 'running' {
    return this.session.phase === 'boot' ? 'boot' : 'running';
  }

  say(output: GuestOutput): void {
    this.outputs.push(output);
  }

  /** The session is copied once in a transition and changed in place then. */
  change(session: Partial<Session>): void {
    if (this.draft === undefined || this.draft !== this.session) {
      this.draft = { ...this.session };
      this.session = this.draft;
    }
    Object.assign(this.draft, session);
  }

  // The registry.

  /** The key of a service, by its name; undefined when there is no such service. */
  service(name: string): RegistryKey | undefined {
    if (this.registry !== this.servicesOf) {
      this.servicesOf = this.registry;
      this.services = keyAt(this.registry, SERVICES);
    }
    return this.services === undefined ? undefined : keyBelow(this.services, name);
  }

  value(key: string, name: string): RegistryData | undefined {
    return dataOf(this.keyAt(key), name);
  }

  /** The same key is often asked for several values in a row. */
  private keyAt(path: string): RegistryKey | undefined {
    if (path !== this.lastPath || this.registry !== this.lastRoot) {
      this.lastRoot = this.registry;
      this.lastPath = path;
      this.lastKey = keyAt(this.registry, path);
    }
    return this.lastKey;
  }

  /** What was looked up may be another key now. */
  private written(registry: RegistryKey): void {
    this.registry = registry;
    this.lastRoot = undefined;
    this.servicesOf = undefined;
  }

  valueType(key: string, name: string): RegistryDataType | undefined {
    return valueAt(this.registry, key, name)?.type;
  }

  text(key: string, name: string): string | undefined {
    const data = this.value(key, name);
    return typeof data === 'string' ? data : undefined;
  }

  number(key: string, name: string): number | undefined {
    const data = this.value(key, name);
    return typeof data === 'number' ? data : undefined;
  }

  texts(key: string, name: string): readonly string[] {
    const data = this.value(key, name);
    return typeof data === 'object' && data !== null ? data : typeof data === 'string' ? [data] : [];
  }

  valueNames(key: string): readonly string[] {
    return valueNames(this.keyAt(key));
  }

  keyNames(key: string): readonly string[] {
    return keyNames(this.keyAt(key));
  }

  hasKey(key: string): boolean {
    return this.keyAt(key) !== undefined;
  }

  setValue(key: string, name: string, type: RegistryDataType, data: RegistryData): void {
    this.written(writeValue(this.registry, key, { name, type, data }, this.ownKeys));
  }

  makeKey(key: string): void {
    this.written(withKey(this.registry, key, this.ownKeys));
  }

  makeVolatileKey(key: string): void {
    this.written(withVolatileKey(this.registry, key, this.ownKeys));
  }

  deleteValue(key: string, name: string): void {
    this.written(withoutValue(this.registry, key, name, this.ownKeys));
  }

  deleteKey(key: string): void {
    this.written(withoutKey(this.registry, key, this.ownKeys));
  }

  // The host.

  readPort(port: number, bits: 8 | 16 | 32): number {
    return readPort(this.host, port, bits);
  }

  writePort(port: number, bits: 8 | 16 | 32, value: number): void {
    this.host = writePort(this.host, port, bits, value);
  }

  storeRead(path: string): string | undefined {
    return storeRead(this.host.store, path);
  }

  storeList(path: string): readonly string[] {
    return storeList(this.host.store, path);
  }

  storeWrite(path: string, value: string): void {
    this.host = { ...this.host, store: storeWrite(this.host.store, path, value, this.ownNodes) };
  }

  storeRemove(path: string): void {
    this.host = { ...this.host, store: storeRemove(this.host.store, path) };
  }

  askBackend(request: RingRequest): Uint8Array | undefined {
    const [host, response] = submitBlock(this.host, request, this.ownContent);
    this.host = host;
    return response;
  }

  // Devices and modules.

  node(path: string): DeviceNode | undefined {
    const id = upperCase(path);
    return Object.hasOwn(this.session.devices, id) ? this.session.devices[id] : undefined;
  }

  nodes(): readonly DeviceNode[] {
    return Object.values(this.session.devices);
  }

  childrenOf(path: string): readonly DeviceNode[] {
    return this.nodes().filter(({ parent }) => parent === path);
  }

  putNode(node: DeviceNode): DeviceNode {
    this.openDevices()[upperCase(node.path)] = node;
    return node;
  }

  dropNode(path: string): void {
    delete this.openDevices()[upperCase(path)];
  }

  /** The table of devices, copied once in a transition and changed in place then. */
  private openDevices(): Record<string, DeviceNode> {
    if (this.ownDevices === undefined || this.ownDevices !== this.session.devices) {
      this.ownDevices = { ...this.session.devices };
      this.change({ devices: this.ownDevices });
    }
    return this.ownDevices;
  }

  view(node: DeviceNode): DeviceView {
    const known = views.get(node);
    if (known !== undefined) return known;
    const service = node.stack.find(({ role }) => role === 'function')?.service;
    const view = { ...node, started: node.state === 'started', service };
    views.set(node, view);
    return view;
  }

  devices(): readonly DeviceView[] {
    return this.nodes().map((node) => this.view(node));
  }

  module(name: string): LoadedModule | undefined {
    const id = lowerCase(name);
    return Object.hasOwn(this.session.loaded, id) ? this.session.loaded[id] : undefined;
  }

  loaded(module: string): LoadedDriver | undefined {
    const found = this.module(module);
    return found === undefined || !found.ready ? undefined : this.driverOf(found);
  }

  driverOf({ image, service }: LoadedModule): LoadedDriver | undefined {
    const model = this.image(image)?.model;
    return model === undefined ? undefined : { service, key: `${SERVICES}\\${service}`, model };
  }

  provide(device: DeviceView | undefined, interfaces: Readonly<Record<string, VersionRange>>): void {
    if (device === undefined) {
      this.change({ provides: { ...this.session.provides, ...interfaces } });
      return;
    }
    const node = this.node(device.path);
    if (node !== undefined) this.putNode({ ...node, provides: { ...node.provides, ...interfaces } });
  }

  provided(device: DeviceView, name: string): VersionRange | undefined {
    for (let path = device.parent; path !== undefined; ) {
      const node = this.node(path);
      const range = node?.provides?.[name];
      if (range !== undefined) return range;
      path = node?.parent;
    }
    return this.session.provides[name];
  }

  mayRemove({ path }: DeviceView): boolean {
    const node = this.node(path);
    return node === undefined || !holdsSystemDisk(this, node);
  }

  invalidate(device: DeviceView): void {
    this.stale.add(upperCase(device.path));
  }

  recall(module: string, name: string): Json | undefined {
    return this.session.memory[`${lowerCase(module)}/${name}`];
  }

  remember(module: string, name: string, value: Json): void {
    if (this.ownMemory === undefined || this.ownMemory !== this.session.memory) {
      this.ownMemory = { ...this.session.memory };
      this.change({ memory: this.ownMemory });
    }
    this.ownMemory[`${lowerCase(module)}/${name}`] = value;
  }

  note(note: DriverNote): void {
    this.say({ kind: 'driver.note', note });
  }

  stop(code: number, reason: string, by?: { readonly service: string; readonly failure: DriverFailure }): void {
    const name = `0x${code.toString(16).toUpperCase()}`;
    const cause =
      by === undefined
        ? ({ kind: 'deliberate', by: reason, reason } as const)
        : ({ kind: 'driver', service: by.service, device: '', failure: by.failure } as const);
    this.halt(name, reason, cause);
  }

  halt(code: string, reason: string, cause: Extract<GuestOutput, { kind: 'boot.stopped' }>['cause']): void {
    if (this.session.phase === 'stopped') return;
    this.change({ phase: 'stopped', stop: { code, reason, cause } });
    this.say({ kind: 'boot.stopped', boot: this.boots, code, reason, cause });
  }

  // Packages and images.

  image(key: string): ImageFacts | undefined {
    return this.library.images[key];
  }

  package(key: string): PackageFacts | undefined {
    return this.library.packages[key];
  }

  targetOf({ targets }: PackageFacts): TargetFacts | undefined {
    return targets[this.target];
  }

  file(path: string): GuestFile | undefined {
    const id = lowerCase(path);
    return Object.hasOwn(this.files, id) ? this.files[id] : undefined;
  }

  writeFile(path: string, image: string): void {
    this.files = { ...this.files, [lowerCase(path)]: { path, image } };
  }

  deleteFile(path: string): void {
    const { [lowerCase(path)]: _gone, ...files } = this.files;
    this.files = files;
  }

  wantRestart(by: string, because: string): void {
    if (this.session.restart.includes(because)) return;
    this.change({ restart: [...this.session.restart, because] });
    this.say({ kind: 'restart.wanted', by, because });
  }
}
