import type { ChildDevice } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import { platformChildren } from '../xen/platform.ts';
import { type Candidate, candidatesFor, tied } from './candidates.ts';
import { refusal } from './co-installers.ts';
import { criticalDevice } from './critical-devices.ts';
import type { Cause } from './events.ts';
import { enumKey, installCandidate, installedInf, installedRank, installFault, rememberDevice } from './install.ts';
import { effectiveStart } from './loader.ts';
import type { GuestMachine } from './machine.ts';
import { formatRank } from './rank.ts';
import { startDevice, withoutDriver } from './stack.ts';
import type { DeviceNode } from './world.ts';

export const pathOf = (child: ChildDevice, parent: DeviceNode | undefined): string => {
  const known = paths.get(child);
  if (known !== undefined) return known;
  const path = makePath(child, parent);
  // What storport lists is the same object below one adapter only.
  if (!child.deviceId.startsWith('SCSI')) paths.set(child, path);
  return path;
};

const paths = new WeakMap<ChildDevice, string>();

const makePath = ({ deviceId, instanceId }: ChildDevice, parent: DeviceNode | undefined): string => {
  if (parent === undefined || !isNumbered(deviceId, instanceId)) return `${deviceId}\\${instanceId}`;
  return `${deviceId}\\${prefixOf(parent)}&0&${instanceId}`;
};

/** What storport lists is unique below its adapter only: Windows puts a number of the adapter before it. */
const isNumbered = (deviceId: string, instanceId: string): boolean =>
  deviceId.startsWith('SCSI\\') && !instanceId.includes('&');

/** A fixed number for each parent stands in for the one that Windows makes. */
const prefixOf = ({ path }: DeviceNode): string => {
  let hash = 0;
  for (let index = 0; index < path.length; index += 1) hash = (Math.imul(hash, 31) + path.charCodeAt(index)) >>> 0;
  return `5&${hash.toString(16)}`;
};

/** The list of children that a device's stack makes now, after its filters. */
const listOf = (machine: GuestMachine, node: DeviceNode): readonly ChildDevice[] => {
  const view = machine.view(node);
  const own = node.stack.find(({ role }) => role === 'function')?.service;
  const loaded = own === undefined ? undefined : machine.loaded(own);
  const list = loaded === undefined ? undefined : behaviourOf(loaded.model.image)?.children;
  const base =
    loaded !== undefined && list !== undefined
      ? list(loaded, view, machine)
      : platformChildren(machine.host, node.facts, machine.features);
  let children = [...base, ...softwareComponents(machine, node)];
  for (const { service, role } of node.stack) {
    const filter = role === 'function' ? undefined : machine.loaded(service);
    const call = filter === undefined ? undefined : behaviourOf(filter.model.image)?.filterChildren;
    if (filter !== undefined && call !== undefined) children = [...call(filter, view, children, machine)];
  }
  return children;
};

const softwareComponents = (machine: GuestMachine, node: DeviceNode): readonly ChildDevice[] =>
  machine.texts(enumKey(node), 'SoftwareComponents').map((id) => ({
    deviceId: `SWC\\${id}`,
    instanceId: '0',
    hardwareIds: [`SWC\\${id}`],
    compatibleIds: [],
    text: id,
    location: '',
    rawOk: false,
    facts: { kind: 'other' },
  }));

/** Looks at the children of every device whose list may have changed, until nothing does. */
export const settle = (machine: GuestMachine): void => {
  for (let round = 0; machine.stale.size > 0 && machine.running; round += 1) {
    if (round > MAX_ROUNDS) {
      machine.say({ kind: 'emulator.unmodelled', what: 'Devices keep coming and going.' });
      machine.stale.clear();
      return;
    }
    const stale = [...machine.stale];
    machine.stale.clear();
    for (const id of stale) {
      const node = machine.node(id);
      if (node?.state === 'started') enumerate(machine, node);
      if (!machine.running) return;
    }
  }
};
const MAX_ROUNDS = 200;

const enumerate = (machine: GuestMachine, node: DeviceNode): void => {
  const listed = listOf(machine, node);
  const there = machine.childrenOf(node.path);
  const names = there.length === 0 ? undefined : new Set(listed.map((child) => pathOf(child, node).toUpperCase()));
  for (const child of there) {
    if (names?.has(child.path.toUpperCase()) === false) removeTree(machine, child);
  }
  for (const child of listed) {
    if (!machine.running) return;
    const known = machine.node(pathOf(child, node));
    if (known === undefined) arrive(machine, child, node);
  }
};

/** A device that its bus does not list any more, with all below it; without its drivers being asked. */
export const removeTree = (machine: GuestMachine, node: DeviceNode): void => {
  for (const child of machine.childrenOf(node.path)) removeTree(machine, child);
  machine.dropNode(node.path);
  machine.stale.delete(node.path.toUpperCase());
  machine.say({ kind: 'device.gone', device: node.path });
};

/** Lists of ids this long and longer are not taken (spec xen-pv 1.4, F10: each with its zero, in UTF-16). */
const LONGEST_ID_LIST_BYTES = 1024;

/** The ids of a list that Windows takes: all or none. */
const taken = (ids: readonly string[]): readonly string[] => {
  let bytes = 0;
  for (const { length } of ids) bytes += 2 * (length + 1);
  return bytes < LONGEST_ID_LIST_BYTES ? ids : [];
};

/** A device that its bus lists: it is configured when it never was, and started when its drivers may run. */
export const arrive = (machine: GuestMachine, child: ChildDevice, parent: DeviceNode | undefined): void => {
  const node: DeviceNode = {
    ...child,
    hardwareIds: taken(child.hardwareIds),
    compatibleIds: taken(child.compatibleIds),
    path: pathOf(child, parent),
    parent: parent?.path,
    stack: [],
    state: 'found',
  };
  const known = machine.hasKey(enumKey(node));
  machine.putNode(node);
  machine.say({ kind: 'device.arrived', device: node.path, known });
  rememberDevice(machine, node);
  configureAndStart(machine, node);
};

/** Whether a device has a driver that was installed, be it the null driver. */
export const isConfigured = (machine: GuestMachine, node: DeviceNode): boolean =>
  machine.value(enumKey(node), 'ClassGUID') !== undefined && installedInf(machine, node) !== undefined;

const BOOT_START = 0;

/**
 * While booting, Windows 8 and later bind a new device from the driver database when the driver is a boot-start one; older ones
 * bind what their critical device database names (spec pnp-install 9).
 */
const bindsAtBoot = (machine: GuestMachine, node: DeviceNode, { package: key, model }: Candidate): boolean => {
  if (!machine.features.driverDatabase) return criticalDevice(machine.registry, node) !== undefined;
  if (key === undefined) return true;
  const facts = machine.package(key);
  const target = facts === undefined ? undefined : machine.targetOf(facts);
  const install = model?.install === undefined ? undefined : target?.installs[model.install];
  const own = install?.services.find(({ flags }) => (flags & 0x2) !== 0);
  return own?.start === BOOT_START || (own !== undefined && effectiveStart(machine, own.name) === BOOT_START);
};

/** @returns the node as it is after it */
export const configureAndStart = (machine: GuestMachine, node: DeviceNode): DeviceNode => {
  if (!isConfigured(machine, node)) {
    const candidates = candidatesFor(machine, { hardware: node.hardwareIds, compatible: node.compatibleIds });
    const [best] = candidates;
    if (best === undefined) return node.rawOk ? startDevice(machine, node) : waits(machine, node);
    if (machine.session.phase === 'boot' && !bindsAtBoot(machine, node, best)) return node;
    const reason = refusal(machine, node, best);
    if (reason !== undefined) return notInstalled(machine, node, { kind: 'text', text: reason });
    if (!installBest(machine, node, candidates)) return machine.node(node.path) ?? node;
  }
  return startDevice(machine, machine.node(node.path) ?? node);
};

/** Nothing matches: while booting, the search goes on later. */
const waits = (machine: GuestMachine, node: DeviceNode): DeviceNode =>
  machine.session.phase === 'boot' ? node : withoutDriver(machine, node);

const installBest = (machine: GuestMachine, node: DeviceNode, candidates: readonly Candidate[]): boolean => {
  const [best, ...others] = candidates;
  if (best === undefined) return false;
  for (const other of others) {
    if (other.package === undefined) continue;
    machine.say({
      kind: 'device.outranked',
      device: node.path,
      package: other.package,
      rank: formatRank(other.rank),
      by: best.package ?? best.name,
      byRank: formatRank(best.rank),
      tie: other === others[0] && tied(candidates),
    });
  }
  const fault = installFault(machine, best);
  if (fault === undefined) return installCandidate(machine, node, best);
  notInstalled(machine, node, fault);
  return false;
};

const NO_DRIVER = 28;

export const notInstalled = (machine: GuestMachine, node: DeviceNode, cause: Cause): DeviceNode => {
  machine.say({ kind: 'device.problem', device: node.path, code: NO_DRIVER, cause });
  return machine.putNode({ ...node, state: 'problem', problem: { code: NO_DRIVER, cause } });
};

/** Devices that wait for their drivers, once these may run. */
export const startWaiting = (machine: GuestMachine): void => {
  for (const { path } of machine.nodes()) {
    const node = machine.node(path);
    if (node?.state === 'found' && machine.running) configureAndStart(machine, node);
  }
};

/** What drives a device now, for people and for the ranking of others. */
export const driverOf = (machine: GuestMachine, node: DeviceNode) => ({
  inf: installedInf(machine, node),
  rank: installedRank(machine, node),
});
