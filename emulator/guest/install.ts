import { type CalendarDate, dateToEpochMs, formatDate } from '../../core/date.ts';
import { formatVersion } from '../../core/version.ts';
import { inboxInf } from '../../packaging/formats/inf/rules/inbox.ts';
import type { InstallFacts, PackageFacts, RegistryStep } from '../package/facts.ts';
import { type Candidate, extensionsFor } from './candidates.ts';
import { afterInstall, CO_INSTALLERS } from './co-installers.ts';
import { rememberCritical } from './critical-devices.ts';
import type { Cause } from './events.ts';
import { inboxDriver } from './inbox.ts';
import { applyFiles } from './install-files.ts';
import { applyServices } from './install-services.ts';
import { CLASSES, CONTROL_SET, ENUM, type GuestMachine } from './machine.ts';
import { connectCard, NET_CLASS } from './network-connections.ts';
import { formatRank } from './rank.ts';
import { applyRegistrySteps } from './registry-steps.ts';
import type { DeviceNode } from './world.ts';

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

/** 100 nanoseconds since 1601, little-endian. */
const fileTime = (date: CalendarDate): string => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, (BigInt(dateToEpochMs(date)) + 11_644_473_600_000n) * 10_000n);
  return bytes.getBigUint64(0, true).toString(16).padStart(16, '0');
};

/** Values that Windows keeps of every installed driver; what an INF writes there does not last. */
const describeDriver = (
  machine: GuestMachine,
  software: string,
  { name, match, model, rank, date, version }: Candidate,
  { section, extension, provider }: InstallFacts & Pick<PackageFacts, 'provider'>,
): void => {
  const base = section.slice(0, section.length - extension.length);
  const values: readonly (readonly [string, string])[] = [
    ['InfPath', name],
    ['InfSection', base],
    ['InfSectionExt', extension],
    ['ProviderName', provider],
    ['DriverDate', date === undefined ? '' : `${date.month}-${date.day}-${date.year}`],
    ['DriverVersion', version === undefined ? '' : formatVersion(version)],
    ['MatchingDeviceId', match.id.toLowerCase()],
    ['DriverDesc', model?.description ?? ''],
    ['Rank', formatRank(rank)],
  ];
  for (const [value, data] of values) machine.setValue(software, value, 'REG_SZ', data);
  if (date !== undefined) machine.setValue(software, 'DriverDateData', 'REG_BINARY', fileTime(date));
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
  'enumproppages32',
  'locationinformationoverride',
  'resourcepickertags',
  'resourcepickerexceptions',
]);

/** Where an interface of a device keeps what the INF says (spec inf.md section 9, HKR). */
const interfaceKey = ({ path }: DeviceNode, { guid, reference = '' }: InstallFacts['interfaces'][number]): string => {
  const device = `##?#${path.replaceAll('\\', '#')}#${guid}`;
  return `${CONTROL_SET}\\Control\\DeviceClasses\\${guid}\\${device}\\#${reference}\\Device Parameters`;
};

/** What a section and its companions do to the machine, in the order of spec pnp-install 7. */
const applyInstall = (
  machine: GuestMachine,
  install: InstallFacts,
  node: DeviceNode,
  places: { readonly software: string; readonly published: string },
): string | undefined => {
  const { software, published } = places;
  for (const what of install.unmodelled) machine.say({ kind: 'emulator.unmodelled', what });
  for (const name of install.needs) {
    machine.say({ kind: 'emulator.unmodelled', what: `[${name}] of ${install.includes.join(', ')}` });
  }
  applyFiles(machine, install, node.path);
  applyRegistrySteps(machine, install.software, software);
  applyRegistrySteps(machine, install.coInstallers, software);
  const service = applyServices(machine, install.services, published);
  for (const step of install.hardware) {
    const own = step.key === '' && DEVICE_VALUES.has(step.name.toLowerCase());
    applyRegistrySteps(machine, [step], own ? enumKey(node) : `${enumKey(node)}\\Device Parameters`);
  }
  for (const one of install.interfaces) {
    applyRegistrySteps(machine, one.registry, interfaceKey(node, one));
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

/** A class that Windows does not know yet is made by the first INF of it (spec inf.md section 10, ClassInstall32). */
const makeClass = (machine: GuestMachine, facts: PackageFacts, install: InstallFacts | undefined): void => {
  const key = `${CLASSES}\\${facts.classGuid}`;
  if (machine.hasKey(key)) return;
  machine.setValue(key, 'Class', 'REG_SZ', facts.className);
  if (install === undefined) return;
  for (const what of install.unmodelled) machine.say({ kind: 'emulator.unmodelled', what });
  applyFiles(machine, install, facts.className);
  applyRegistrySteps(machine, install.software, key);
  applyServices(machine, install.services, facts.infName);
};

const setClass = (machine: GuestMachine, node: DeviceNode, classGuid: string, description: string): void => {
  const key = enumKey(node);
  machine.setValue(key, 'ClassGUID', 'REG_SZ', classGuid);
  machine.setValue(key, 'DeviceDesc', 'REG_SZ', description);
  machine.setValue(key, 'ConfigFlags', 'REG_DWORD', 0);
};

/**
 * What keeps a driver from being installed at all: no such section, or one that it includes or needs is not there (spec inf.md
 * section 8). INFs of Windows are known by their names; what their sections do is not modelled.
 */
export const installFault = (machine: GuestMachine, { package: key, model }: Candidate): Cause | undefined => {
  const facts = key === undefined ? undefined : machine.package(key);
  if (key === undefined || facts === undefined) return undefined;
  const install = model?.install === undefined ? undefined : machine.targetOf(facts)?.installs[model.install];
  if (install === undefined) return { kind: 'install-section-missing', package: key, section: model?.section ?? '' };
  const name =
    install.includes.find((file) => inboxInf(file) === 'none') ??
    (install.includes.length === 0 ? install.needs[0] : undefined);
  return name === undefined ? undefined : { kind: 'include', package: key, name };
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
  applyExtensions(machine, node, software);
  if (own.classGuid === NET_CLASS) connectCard(machine, node, software);
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
  if (facts === undefined || install === undefined || installFault(machine, candidate) !== undefined) return false;
  makeClass(machine, facts, target?.classInstall);
  const software = `${CLASSES}\\${takeDriverKey(machine, node, facts.classGuid)}`;
  setClass(machine, node, facts.classGuid, candidate.model?.description ?? '');
  machine.setValue(enumKey(node), 'Mfg', 'REG_SZ', candidate.model?.manufacturer ?? '');
  if (instead !== undefined && instead !== candidate.name) machine.setValue(software, 'PreviousInf', 'REG_SZ', instead);
  // Those of the driver before are not registered any more.
  machine.deleteValue(software, CO_INSTALLERS);
  const service = applyInstall(machine, install, node, { software, published: candidate.name });
  if (service === '' || service === undefined) machine.deleteValue(enumKey(node), 'Service');
  else machine.setValue(enumKey(node), 'Service', 'REG_SZ', service);
  applyExtensions(machine, node, software);
  describeDriver(machine, software, candidate, { ...install, provider: facts.provider });
  if (facts.classGuid.toLowerCase() === NET_CLASS) connectCard(machine, node, software);
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
  for (const what of install.unmodelled) machine.say({ kind: 'emulator.unmodelled', what });
  applyFiles(machine, install, published);
  const { software } = install;
  for (const { line } of software.filter(isRelative)) {
    machine.say({ kind: 'emulator.unmodelled', what: `HKR without a device (line ${line})` });
  }
  applyRegistrySteps(machine, software.some(isRelative) ? software.filter((step) => !isRelative(step)) : software, '');
  applyServices(machine, install.services, published);
  if (install.reboot) machine.wantRestart(published, 'the INF asks for it');
};

const isRelative = ({ root }: RegistryStep): boolean => root === 'HKR';

/** `2026-08-18 9.1.0.5`, for people. */
export const driverVer = ({ date, version }: PackageFacts): string =>
  [date === undefined ? '' : formatDate(date), version === undefined ? '' : formatVersion(version)].join(' ').trim();
