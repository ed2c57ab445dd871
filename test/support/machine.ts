import type {
  ChildDevice,
  DeviceView,
  DriverNote,
  Json,
  LoadedDriver,
  Machine,
  RegistryData,
} from '../../drivers/behaviour.ts';
import type { DriverModel, VersionRange } from '../../drivers/model.ts';
import {
  emptyKey,
  keyAt,
  keyNames,
  type RegistryKey,
  valueAt,
  valueNames,
  withKey,
  withoutKey,
  withoutValue,
  withValue,
  withVolatileKey,
} from '../../emulator/guest/registry.ts';
import { type StoreTree, storeList, storeRead, storeRemove, storeWrite } from '../../emulator/xen/store.ts';
import { EMPTY_TREE, writeNodes } from '../../emulator/xen/tree.ts';

type Interfaces = Readonly<Record<string, VersionRange>>;

export interface MachineStart {
  readonly safeMode?: boolean;
  readonly bootOptions?: readonly string[];
  readonly phase?: 'boot' | 'running';
  /** By key from HKLM, values by name; numbers become REG_DWORD, lists REG_MULTI_SZ, text REG_SZ. */
  readonly registry?: Readonly<Record<string, Readonly<Record<string, RegistryData>>>>;
  readonly devices?: readonly DeviceView[];
  readonly loaded?: readonly LoadedDriver[];
  /** By path. */
  readonly store?: Readonly<Record<string, string>>;
  /** What `provided` answers when no driver of the test has called `provide`. */
  readonly provides?: Interfaces;
  readonly readPort?: (port: number, bits: 8 | 16 | 32) => number;
  readonly writePort?: (port: number, bits: 8 | 16 | 32, value: number) => void;
}

/** A machine over plain data, for tests of single behaviours: what they did can be read from it. */
export interface TestMachine extends Machine {
  readonly notes: readonly DriverNote[];
  readonly stops: readonly { readonly code: number; readonly reason: string }[];
  /** Paths of the devices whose lists were asked for again, in order. */
  readonly invalidated: readonly string[];
  /** Ports in the order of access: `['in', port, bits, value]`. */
  readonly portLog: readonly (readonly ['in' | 'out', number, 8 | 16 | 32, number])[];
  registry(): RegistryKey;
  store(): StoreTree;
  setDevices(devices: readonly DeviceView[]): void;
  setLoaded(loaded: readonly LoadedDriver[]): void;
}

const typeOf = (data: RegistryData): 'REG_DWORD' | 'REG_SZ' | 'REG_MULTI_SZ' | 'REG_NONE' =>
  typeof data === 'number'
    ? 'REG_DWORD'
    : typeof data === 'string'
      ? 'REG_SZ'
      : data === null
        ? 'REG_NONE'
        : 'REG_MULTI_SZ';

const registryOf = (start: MachineStart['registry'] = {}): RegistryKey => {
  let root = emptyKey('HKLM');
  for (const [key, values] of Object.entries(start)) {
    root = withKey(root, key);
    for (const [name, data] of Object.entries(values)) root = withValue(root, key, name, { type: typeOf(data), data });
  }
  return root;
};

export const testMachine = (start: MachineStart = {}): TestMachine => {
  let root = registryOf(start.registry);
  let store = writeNodes(EMPTY_TREE, start.store ?? {});
  let devices = start.devices ?? [];
  let loaded = start.loaded ?? [];
  const memory = new Map<string, Json>();
  const provided = new Map<string, Interfaces>();
  const notes: DriverNote[] = [];
  const stops: { code: number; reason: string }[] = [];
  const invalidated: string[] = [];
  const portLog: ['in' | 'out', number, 8 | 16 | 32, number][] = [];
  /** Interfaces of the nearest device above that answers, then those for all. */
  const lookUp = (device: DeviceView, name: string): VersionRange | undefined => {
    for (let path: string | undefined = device.parent; path !== undefined; ) {
      const range = provided.get(path)?.[name];
      if (range) return range;
      path = devices.find((one) => one.path === path)?.parent;
    }
    return provided.get('')?.[name] ?? start.provides?.[name];
  };
  return {
    safeMode: start.safeMode ?? false,
    bootOptions: start.bootOptions ?? [],
    phase: start.phase ?? 'boot',
    notes,
    stops,
    invalidated,
    portLog,
    registry: () => root,
    store: () => store,
    setDevices: (next) => {
      devices = next;
    },
    setLoaded: (next) => {
      loaded = next;
    },
    value: (key, name) => valueAt(root, key, name)?.data,
    valueNames: (key) => valueNames(keyAt(root, key)),
    keyNames: (key) => keyNames(keyAt(root, key)),
    hasKey: (key) => keyAt(root, key) !== undefined,
    setValue: (key, name, type, data) => {
      root = withValue(root, key, name, { type, data });
    },
    makeVolatileKey: (key) => {
      root = withVolatileKey(root, key);
    },
    deleteValue: (key, name) => {
      root = withoutValue(root, key, name);
    },
    deleteKey: (key) => {
      root = withoutKey(root, key);
    },
    readPort: (port, bits) => {
      const value = start.readPort?.(port, bits) ?? 2 ** bits - 1;
      portLog.push(['in', port, bits, value]);
      return value;
    },
    writePort: (port, bits, value) => {
      portLog.push(['out', port, bits, value]);
      start.writePort?.(port, bits, value);
    },
    storeRead: (path) => storeRead(store, path),
    storeList: (path) => storeList(store, path),
    storeWrite: (path, value) => {
      store = storeWrite(store, path, value);
    },
    storeRemove: (path) => {
      store = storeRemove(store, path);
    },
    askBackend: () => undefined,
    devices: () => devices,
    loaded: (module) => loaded.find(({ model }) => model.image === module.toLowerCase()),
    provide: (device, interfaces) => {
      const key = device?.path ?? '';
      provided.set(key, { ...provided.get(key), ...interfaces });
    },
    provided: lookUp,
    mayRemove: () => true,
    invalidate: (device) => {
      invalidated.push(device.path);
    },
    recall: (module, name) => memory.get(`${module}/${name}`),
    remember: (module, name, value) => {
      memory.set(`${module}/${name}`, value);
    },
    note: (event) => {
      notes.push(event);
    },
    stop: (code, reason) => {
      stops.push({ code, reason });
    },
  };
};

/** A device with what a test names; the rest is empty. */
export const testDevice = (deviceId: string, instanceId: string, rest: Partial<DeviceView> = {}): DeviceView => ({
  deviceId,
  instanceId,
  path: `${deviceId}\\${instanceId}`,
  parent: undefined,
  hardwareIds: [deviceId],
  compatibleIds: [],
  text: '',
  location: '',
  rawOk: false,
  facts: { kind: 'other' },
  started: false,
  service: undefined,
  ...rest,
});

/** A device as its bus lists it, found below another. */
export const foundBelow = (parent: DeviceView, child: ChildDevice): DeviceView => ({
  ...child,
  path: `${child.deviceId}\\${child.instanceId}`,
  parent: parent.path,
  started: false,
  service: undefined,
});

/** An image in memory, of master at its head unless the test says otherwise. */
export const testDriver = (image: string, model: Partial<DriverModel> = {}, service = image): LoadedDriver => ({
  service,
  key: `SYSTEM\\CurrentControlSet\\Services\\${service}`,
  model: { image, prefix: 'XP', built: '2026-05-01', line: 'master', ...model },
});
