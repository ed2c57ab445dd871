import { createHash } from 'node:crypto';
import { utf8 } from '../../core/bytes.ts';
import type { RegistryData } from '../../drivers/behaviour.ts';
import type { GuestSpec } from '../../emulator/guest/guest.ts';
import { CLASSES, ENUM } from '../../emulator/guest/machine.ts';
import type { RegistryKey } from '../../emulator/guest/registry.ts';
import type { DeviceNode, SystemDisk, World } from '../../emulator/guest/world.ts';
import { newWorld } from '../../emulator/new-world.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import { transition } from '../../emulator/transition.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { decoratedInstalls } from '../../packaging/formats/inf/decorated-installs.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { bundleOf } from './rehearsal.ts';

/** A device that matches what is installed, and nothing that Windows has. */
export const DEVICE = 'ROOT\\WINPV\\0000';

export const deviceWith = (hardwareIds: readonly string[], compatibleIds: readonly string[] = []): DeviceNode => ({
  path: DEVICE,
  parent: undefined,
  deviceId: 'ROOT\\WINPV',
  instanceId: '0000',
  hardwareIds,
  compatibleIds,
  text: 'A device',
  location: '',
  rawOk: false,
  facts: { kind: 'other' },
  stack: [],
  state: 'found',
});

/** A running guest that has this device and no other, so that nothing else of it is installed. */
export const worldWith = (guest: GuestSpec, device: DeviceNode): World => {
  const world = newWorld(guest);
  const { session } = world;
  if (session === undefined) throw new Error('the guest is off');
  return { ...world, session: { ...session, devices: { [device.path.toUpperCase()]: device } } };
};

export interface InstallablePackage {
  readonly library: PackageLibrary;
  readonly key: string;
  /** Path in the package by key of the image. */
  readonly sources: ReadonlyMap<string, string>;
}

const sourcePaths = (bytes: Uint8Array, file: string): readonly string[] => {
  const document = parseInf(bytes, file);
  const installs = decoratedInstalls(document, infModel(document));
  const sources = installs.flatMap(({ files }) => files.flatMap(({ sourcePath }) => sourcePath ?? []));
  return [...new Map(sources.map((path) => [path.toLowerCase(), path])).values()];
};

export interface PackageOptions {
  readonly name?: string;
  /** Begins its key. */
  readonly label?: string;
  readonly content?: (path: string) => Uint8Array;
}

/** A package with an INF and, for all that it copies, files that say where they are from. */
export const packageOf = (
  bytes: Uint8Array,
  guest: GuestSpec,
  { name = 'driver.inf', label = 'new', content = utf8 }: PackageOptions = {},
): InstallablePackage => {
  const files: readonly CheckedFile[] = sourcePaths(bytes, name).map((path) => ({ path, bytes: content(path) }));
  const { bundle, library: compiled } = bundleOf([{ path: name, bytes }, ...files], [guest], label);
  // No image does anything: what is in the registry after it is the INF's.
  const images = Object.entries(compiled.images).map(([id, { model: _model, ...image }]) => [id, image] as const);
  const library = { ...compiled, images: Object.fromEntries(images) };
  const [key] = bundle.packages;
  if (key === undefined) throw new Error(`${name} is no package`);
  const sources = files.map((file) => [createHash('sha256').update(file.bytes).digest('hex'), file.path] as const);
  return { library, key, sources: new Map(sources) };
};

/** Files of `paths` are there before, so that deletions show. */
export const seeded = (world: World, paths: readonly string[]): World => {
  const files: Record<string, { path: string; image: string }> = { ...world.disk.files };
  for (const path of paths) files[path.toLowerCase()] = { path, image: 'old' };
  return { ...world, disk: { ...world.disk, files } };
};

export const installed = (world: World, { library, key }: InstallablePackage) =>
  transition(world, { kind: 'package.install', package: key }, library);

const text = (data: RegistryData): string => JSON.stringify(data).toLowerCase();

/** Values by path and name, in lower case; a key without values and keys below it stands for itself. */
const flattened = (key: RegistryKey, path = '', found = new Map<string, string>()): ReadonlyMap<string, string> => {
  const [values, keys] = [Object.entries(key.values), Object.entries(key.keys)];
  for (const [name, { type, data }] of values) found.set(`${path} | ${name}`, `${type} ${text(data)}`);
  if (values.length + keys.length === 0) found.set(path, '');
  for (const [name, below] of keys) flattened(below, path === '' ? name : `${path}\\${name}`, found);
  return found;
};

const HKLM_ENUM = `${ENUM}\\${DEVICE}`.toLowerCase();

/** What Windows itself keeps of a device and its driver. */
const OWN_OF_DEVICE = new Set([
  ...['hardwareid', 'compatibleids', 'locationinformation', 'configflags', 'classguid', 'devicedesc', 'mfg'],
  ...['driver', 'service', 'softwarecomponents'],
]);
const OWN_OF_DRIVER = new Set([
  ...['infpath', 'infsection', 'infsectionext', 'providername', 'driverdate', 'driverdatedata', 'driverversion'],
  ...['matchingdeviceid', 'driverdesc', 'rank'],
]);

/** The lines that an installation adds or changes; roots that depend on the machine get names. */
export const registryChanges = (before: SystemDisk, after: SystemDisk): ReadonlyMap<string, string> => {
  const old = flattened(before.registry);
  const changes = new Map<string, string>();
  const all = flattened(after.registry);
  const driver = /"(.*)"/.exec(all.get(`${HKLM_ENUM} | driver`) ?? '')?.[1]?.replaceAll('\\\\', '\\');
  const software = driver === undefined ? undefined : `${CLASSES}\\${driver}`.toLowerCase();
  for (const [where, data] of all) {
    if (old.get(where) === data) continue;
    const [path = '', name] = where.split(' | ');
    if (path === HKLM_ENUM && (name === undefined || OWN_OF_DEVICE.has(name))) continue;
    if (path === software && (name === undefined || OWN_OF_DRIVER.has(name))) continue;
    changes.set(named(where, software), data);
  }
  return changes;
};

const named = (where: string, software: string | undefined): string => {
  if (software !== undefined && where.startsWith(software)) return `<software>${where.slice(software.length)}`;
  return where.startsWith(HKLM_ENUM) ? `<device>${where.slice(HKLM_ENUM.length)}` : where;
};

/** `source -> target` of what is there now, and `delete target` of what is not there any more. */
export const fileChanges = (
  before: SystemDisk,
  after: SystemDisk,
  sources: InstallablePackage['sources'],
): readonly string[] => {
  const source = (image: string): string => sources.get(image.slice(0, 64)) ?? image;
  const gone = Object.keys(before.files).filter((path) => after.files[path] === undefined);
  const made = Object.entries(after.files).filter(([path, { image }]) => before.files[path]?.image !== image);
  return [
    ...gone.map((path) => `delete ${path}`),
    ...made.map(([path, { image }]) => `${source(image).toLowerCase().replaceAll('/', '\\')} -> ${path}`),
  ].sort();
};
