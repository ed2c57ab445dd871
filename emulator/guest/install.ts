import { formatDate } from '../../core/date.ts';
import { formatVersion } from '../../core/version.ts';
import type { InstallFacts, PackageFacts, ServiceStep } from '../package/facts.ts';
import { type Candidate, extensionsFor } from './candidates.ts';
import { afterInstall, CO_INSTALLERS } from './co-installers.ts';
import { rememberCritical } from './critical-devices.ts';
import { inboxDriver } from './inbox.ts';
import { CLASSES, CONTROL_SET, ENUM, type GuestMachine, SERVICES } from './machine.ts';
import { formatRank } from './rank.ts';
import { applyRegistrySteps } from './registry-steps.ts';
import { startService } from './services.ts';
import type { DeviceNode } from './world.ts';

/** SPSVCINST_* */
const ASSOCIATE = 0x2;
const START_NOW = 0x800;
const NOCLOBBER = {
  displayName: 0x8,
  startType: 0x10,
  errorControl: 0x20,
  group: 0x40,
  dependencies: 0x80,
} as const;
const TAG_TO_FRONT = 0x1;

export const enumKey = ({ path }: Pick<DeviceNode, 'path'>): string => {
  const before = enumKeys.get(path);
  if (before !== undefined) return before;
  const key = `${ENUM}\\${path}`;
  if (enumKeys.size >= MOST_KEYS) enumKeys.clear();
  enumKeys.set(path, key);
  return key;
};
const enumKeys = new Map<string, string>();
const MOST_KEYS = 10_000;

/** The driver key of a device, `{guid}\0003`; undefined while it has none. */
const driverKey = (machine: GuestMachine, node: DeviceNode): string | undefined =>
  machine.text(enumKey(node), 'Driver');

/** The device's own driver key, or the lowest free number of the class (spec pnp-install 7). */
const takeDriverKey = (machine: GuestMachine, node: DeviceNode, classGuid: string): string => {
  const before = driverKey(machine, node);
  if (before?.toLowerCase().startsWith(classGuid.toLowerCase())) return before;
  const taken = new Set(machine.keyNames(`${CLASSES}\\${classGuid}`));
  let number = 0;
  while (taken.has(String(number).padStart(4, '0'))) number += 1;
  const own = `${classGuid}\\${String(number).padStart(4, '0')}`;
  machine.makeKey(`${CLASSES}\\${own}`);
  machine.setValue(enumKey(node), 'Driver', 'REG_SZ', own);
  return own;
};

/** Values that Windows keeps of every installed driver; an INF must not write them. */
const describeDriver = (
  machine: GuestMachine,
  software: string,
  facts: PackageFacts,
  { name, match, model, rank }: Candidate,
  { section, extension }: InstallFacts,
): void => {
  const { date, version } = facts;
  const base = section.slice(0, section.length - extension.length);
  const values: readonly (readonly [string, string])[] = [
    ['InfPath', name],
    ['InfSection', base],
    ['InfSectionExt', extension],
    ['ProviderName', facts.provider],
    ['DriverDate', date === undefined ? '' : `${date.month}-${date.day}-${date.year}`],
    ['DriverVersion', version === undefined ? '' : formatVersion(version)],
    ['MatchingDeviceId', match.id.toLowerCase()],
    ['DriverDesc', model?.description ?? ''],
    ['Rank', formatRank(rank)],
  ];
  for (const [value, data] of values) machine.setValue(software, value, 'REG_SZ', data);
};

/** Puts a service's tag into the order of its group: first, or at the end (spec pnp-install 7). */
const orderTag = (machine: GuestMachine, group: string, flags: number): number => {
  const key = `${CONTROL_SET}\\Control\\GroupOrderList`;
  const before = machine.value(key, group);
  const bytes = typeof before === 'string' ? before : '';
  const tags = (bytes.match(/.{8}/g) ?? [])
    .slice(1)
    .map((one) => Number.parseInt(one.match(/../g)?.reverse().join('') ?? '0', 16));
  const tag = Math.max(0, ...tags) + 1;
  const after = (flags & TAG_TO_FRONT) !== 0 ? [tag, ...tags] : [...tags, tag];
  const word = (value: number): string => (value.toString(16).padStart(8, '0').match(/../g) ?? []).reverse().join('');
  machine.setValue(key, group, 'REG_BINARY', [after.length, ...after].map(word).join(''));
  return tag;
};

const addService = (machine: GuestMachine, step: ServiceStep, published: string): void => {
  const key = `${SERVICES}\\${step.name}`;
  const there = machine.hasKey(key);
  const kept = (flag: number): boolean => there && (step.flags & flag) !== 0;
  machine.makeKey(key);
  const set = (
    name: string,
    type: 'REG_SZ' | 'REG_EXPAND_SZ' | 'REG_DWORD',
    data: string | number | undefined,
  ): void => {
    if (data !== undefined && data !== '') machine.setValue(key, name, type, data);
  };
  set('Type', 'REG_DWORD', step.type);
  if (!kept(NOCLOBBER.startType)) set('Start', 'REG_DWORD', step.start);
  if (!kept(NOCLOBBER.errorControl)) set('ErrorControl', 'REG_DWORD', step.errorControl);
  set('ImagePath', 'REG_EXPAND_SZ', step.binary);
  if (!kept(NOCLOBBER.displayName)) set('DisplayName', 'REG_SZ', step.displayName);
  if (!kept(NOCLOBBER.group)) set('Group', 'REG_SZ', step.group);
  if (step.group !== '' && (step.flags & TAG_TO_FRONT) !== 0) {
    set('Tag', 'REG_DWORD', orderTag(machine, step.group, step.flags));
  }
  if (step.dependencies.length > 0 && !kept(NOCLOBBER.dependencies)) {
    machine.setValue(key, 'DependOnService', 'REG_MULTI_SZ', step.dependencies);
  }
  if (step.bootFlags !== undefined) machine.setValue(key, 'BootFlags', 'REG_DWORD', step.bootFlags);
  machine.setValue(key, 'Owners', 'REG_MULTI_SZ', [published]);
  applyRegistrySteps(machine, step.registry, key);
  if (step.eventLog !== undefined) {
    applyRegistrySteps(
      machine,
      step.eventLog.registry,
      `${SERVICES}\\EventLog\\${step.eventLog.log ?? 'System'}\\${step.eventLog.source}`,
    );
  }
};

/** @returns the function driver's service: empty when the INF takes it away, undefined when it says nothing */
const applyServices = (machine: GuestMachine, steps: readonly ServiceStep[], published: string): string | undefined => {
  let service: string | undefined;
  for (const step of steps) {
    if (step.does === 'delete') {
      machine.deleteKey(`${SERVICES}\\${step.name}`);
      continue;
    }
    if (step.name !== '') addService(machine, step, published);
    if ((step.flags & ASSOCIATE) !== 0) service = step.name;
    if ((step.flags & START_NOW) !== 0) startService(machine, step.name);
  }
  return service;
};

/** One queue: deletes, then renames, then copies (spec pnp-install 7). A module in memory goes on as it is until a restart. */
const applyFiles = (machine: GuestMachine, install: InstallFacts, device: string): void => {
  for (const { folder, name } of install.deleteFiles) {
    if (folder !== undefined) machine.deleteFile(`${folder}\\${name}`);
  }
  for (const { folder, name, from } of install.renameFiles) {
    const file = folder === undefined ? undefined : machine.file(`${folder}\\${from}`);
    if (folder === undefined || file === undefined) continue;
    machine.deleteFile(file.path);
    machine.writeFile(`${folder}\\${name}`, file.image);
  }
  for (const { folder, name, image, dirid, line } of install.copyFiles) {
    if (folder === undefined) {
      machine.say({ kind: 'emulator.unmodelled', what: `CopyFiles to directory ${dirid ?? '?'} (line ${line})` });
      continue;
    }
    if (image === undefined) continue;
    const path = `${folder}\\${name}`;
    const before = machine.file(path);
    machine.writeFile(path, image);
    if (before === undefined || before.image === image) continue;
    const module = name.replace(/\.[^.]*$/, '');
    if (machine.module(module) !== undefined) machine.wantRestart(device, `${name} is in use`);
  }
};

/** Of .HW, these are properties of the device and stand in its key; the rest is below `Device Parameters`. */
const DEVICE_VALUES: ReadonlySet<string> = new Set([
  'upperfilters',
  'lowerfilters',
  'friendlyname',
  'security',
  'devicetype',
  'devicecharacteristics',
  'exclusive',
  'upperfilterlevels',
  'lowerfilterlevels',
  'upperfilterdefaultlevel',
  'lowerfilterdefaultlevel',
]);

/** What a section and its companions do to the machine, in the order of spec pnp-install 7. */
const applyInstall = (
  machine: GuestMachine,
  install: InstallFacts,
  node: DeviceNode,
  places: { readonly software: string; readonly published: string },
): string | undefined => {
  const { software, published } = places;
  for (const what of install.unmodelled) machine.say({ kind: 'emulator.unmodelled', what });
  applyFiles(machine, install, node.path);
  applyRegistrySteps(machine, install.software, software);
  applyRegistrySteps(machine, install.coInstallers, software);
  const service = applyServices(machine, install.services, published);
  for (const step of install.hardware) {
    const own = step.key === '' && DEVICE_VALUES.has(step.name.toLowerCase());
    applyRegistrySteps(machine, [step], own ? enumKey(node) : `${enumKey(node)}\\Device Parameters`);
  }
  for (const { guid, registry } of install.interfaces) {
    applyRegistrySteps(machine, registry, `${CONTROL_SET}\\Control\\DeviceClasses\\${guid}`);
  }
  for (const { service: filter, position, level } of install.filters) {
    const key = `${enumKey(node)}\\Filters\\${filter}`;
    if (position !== 'by-level') machine.setValue(key, 'Position', 'REG_SZ', position);
    if (level !== undefined) machine.setValue(key, 'Level', 'REG_SZ', level);
  }
  if (install.components.length > 0) {
    const known = machine.texts(enumKey(node), 'SoftwareComponents');
    const added = install.components.filter((one) => !known.includes(one));
    machine.setValue(enumKey(node), 'SoftwareComponents', 'REG_MULTI_SZ', [...known, ...added]);
  }
  if (install.reboot) machine.wantRestart(node.path, 'the INF asks for it');
  return service;
};

const setClass = (machine: GuestMachine, node: DeviceNode, classGuid: string, description: string): void => {
  const key = enumKey(node);
  machine.setValue(key, 'ClassGUID', 'REG_SZ', classGuid);
  machine.setValue(key, 'DeviceDesc', 'REG_SZ', description);
  machine.setValue(key, 'ConfigFlags', 'REG_DWORD', 0);
};

const installInbox = (machine: GuestMachine, node: DeviceNode, { name }: Candidate): void => {
  const own = inboxDriver(node, machine.guest);
  if (own === undefined) return;
  const software = `${CLASSES}\\${takeDriverKey(machine, node, own.classGuid)}`;
  setClass(machine, node, own.classGuid, own.description);
  machine.setValue(software, 'InfPath', 'REG_SZ', name);
  machine.setValue(software, 'MatchingDeviceId', 'REG_SZ', own.rankId.toLowerCase());
  if (own.service === undefined) machine.deleteValue(enumKey(node), 'Service');
  else machine.setValue(enumKey(node), 'Service', 'REG_SZ', own.service);
};

/** The INF that drives a device now, by its published name. */
export const installedInf = (machine: GuestMachine, node: DeviceNode): string | undefined => {
  const key = driverKey(machine, node);
  return key === undefined ? undefined : machine.text(`${CLASSES}\\${key}`, 'InfPath');
};

/** The rank that the driver of a device was installed with. */
export const installedRank = (machine: GuestMachine, node: DeviceNode): string | undefined => {
  const key = driverKey(machine, node);
  return key === undefined ? undefined : machine.text(`${CLASSES}\\${key}`, 'Rank');
};

/**
 * Installs the chosen driver on a device; its stack is built later.
 * @returns false when it could not be installed: the device has problem 28 then
 */
export const installCandidate = (machine: GuestMachine, node: DeviceNode, candidate: Candidate): boolean => {
  const instead = installedInf(machine, node);
  if (candidate.package === undefined) {
    installInbox(machine, node, candidate);
    return true;
  }
  const facts = machine.package(candidate.package);
  const target = facts === undefined ? undefined : machine.targetOf(facts);
  const install = candidate.model?.install === undefined ? undefined : target?.installs[candidate.model.install];
  if (facts === undefined || install === undefined) return false;
  const software = `${CLASSES}\\${takeDriverKey(machine, node, facts.classGuid)}`;
  setClass(machine, node, facts.classGuid, candidate.model?.description ?? '');
  machine.setValue(enumKey(node), 'Mfg', 'REG_SZ', candidate.model?.manufacturer ?? '');
  describeDriver(machine, software, facts, candidate, install);
  if (instead !== undefined && instead !== candidate.name) machine.setValue(software, 'PreviousInf', 'REG_SZ', instead);
  // Those of the driver before are not registered any more.
  machine.deleteValue(software, CO_INSTALLERS);
  const service = applyInstall(machine, install, node, { software, published: candidate.name });
  if (service === '' || service === undefined) machine.deleteValue(enumKey(node), 'Service');
  else machine.setValue(enumKey(node), 'Service', 'REG_SZ', service);
  applyExtensions(machine, node, software);
  if (!machine.features.driverDatabase) {
    rememberCritical(machine, { id: candidate.match.id, classGuid: facts.classGuid, service });
  }
  afterInstall(machine, node, install, candidate);
  machine.say({
    kind: 'device.bound',
    device: node.path,
    package: candidate.package,
    id: candidate.match.id,
    rank: formatRank(candidate.rank),
    section: install.section,
    ...(instead === undefined || instead === candidate.name ? {} : { instead }),
  });
  return true;
};

/** Winners of every ExtensionId are applied after the base driver (spec pnp-install 5). */
const applyExtensions = (machine: GuestMachine, node: DeviceNode, software: string): void => {
  const ids = { hardware: node.hardwareIds, compatible: node.compatibleIds };
  for (const extension of extensionsFor(machine, ids)) {
    const facts = extension.package === undefined ? undefined : machine.package(extension.package);
    const target = facts === undefined ? undefined : machine.targetOf(facts);
    const install = extension.model?.install === undefined ? undefined : target?.installs[extension.model.install];
    if (install !== undefined) applyInstall(machine, install, node, { software, published: extension.name });
  }
};

/** Makes the keys of a device that was never seen (spec pnp-install 7). */
export const rememberDevice = (machine: GuestMachine, node: DeviceNode): void => {
  const key = enumKey(node);
  machine.setValue(key, 'HardwareID', 'REG_MULTI_SZ', node.hardwareIds);
  machine.setValue(key, 'CompatibleIDs', 'REG_MULTI_SZ', node.compatibleIds);
  machine.setValue(key, 'LocationInformation', 'REG_SZ', node.location);
  if (machine.value(key, 'ConfigFlags') === undefined) machine.setValue(key, 'ConfigFlags', 'REG_DWORD', 0);
};

/** A primitive package: DefaultInstall, without a device. */
export const installPrimitive = (machine: GuestMachine, key: string, published: string): void => {
  const facts = machine.package(key);
  const target = facts === undefined ? undefined : machine.targetOf(facts);
  const install = target?.defaultInstall === undefined ? undefined : target.installs[target.defaultInstall];
  if (install === undefined) return;
  applyFiles(machine, install, published);
  applyRegistrySteps(machine, install.software, SERVICES);
  applyServices(machine, install.services, published);
};

/** `2026-08-18 9.1.0.5`, for people. */
export const driverVer = ({ date, version }: PackageFacts): string =>
  [date === undefined ? '' : formatDate(date), version === undefined ? '' : formatVersion(version)].join(' ').trim();
