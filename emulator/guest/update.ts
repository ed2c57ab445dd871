import { behaviourOf } from '../../drivers/behaviours.ts';
import { type Candidate, candidatesFor, matchesPackage, tied } from './candidates.ts';
import { beforeRemoval, refusal } from './co-installers.ts';
import { isConfigured, notInstalled, removeTree, settle } from './devices.ts';
import { enumKey, installCandidate, installedInf, installFault, installPrimitive } from './install.ts';
import { imagePath } from './loader.ts';
import { CLASSES, type GuestMachine } from './machine.ts';
import { compareRanked, formatRank } from './rank.ts';
import { startDevice } from './stack.ts';
import { stagePackage } from './stage.ts';
import { holdsSystemDisk } from './system-disk.ts';
import type { DeviceNode } from './world.ts';

/** `pnputil /add-driver /install`, a setup program, or Windows Update. @param force also where another one is better */
export const installPackage = (machine: GuestMachine, wanted: string, { force }: { readonly force: boolean }): void => {
  const staged = stagePackage(machine, wanted);
  const facts = staged === undefined ? undefined : machine.package(staged.package);
  if (staged === undefined || facts === undefined) return;
  const { package: key, published } = staged;
  if (facts.primitive) {
    installPrimitive(machine, key, published);
    return;
  }
  for (const { path } of machine.nodes()) {
    const node = machine.node(path);
    if (node !== undefined && machine.running)
      offer(machine, node, { key, force, extension: facts.extensionId !== undefined });
    settle(machine);
  }
};

interface Offer {
  readonly key: string;
  readonly force: boolean;
  readonly extension: boolean;
}

const idsOf = ({ hardwareIds, compatibleIds }: DeviceNode) => ({ hardware: hardwareIds, compatible: compatibleIds });

/** Installs a package on a device when it matches and is better than what drives it. */
const offer = (machine: GuestMachine, node: DeviceNode, { key, force, extension }: Offer): void => {
  if (!matchesPackage(machine, key, idsOf(node))) return;
  const candidates = candidatesFor(machine, idsOf(node));
  const current = isConfigured(machine, node) ? installedInf(machine, node) : undefined;
  const installed = candidates.find(({ name }) => name === current);
  if (extension) {
    // The base is installed again, which applies every extension that matches.
    if (installed !== undefined) reinstall(machine, node, installed);
    return;
  }
  const own = candidates.find((one) => one.package === key);
  if (own === undefined || (own === installed && !force)) return;
  // An equal one is not better: only the order of names is left then.
  const better = installed === undefined || compareRanked({ ...own, name: '' }, { ...installed, name: '' }) < 0;
  if (better || force) {
    reinstall(machine, node, own);
    return;
  }
  machine.say({
    kind: 'device.outranked',
    device: node.path,
    package: key,
    rank: formatRank(own.rank),
    by: installed.package ?? installed.name,
    byRank: formatRank(installed.rank),
    tie: tied([installed, own]),
  });
};

/** Puts another driver on a device, at once where it can be stopped. */
export const reinstall = (machine: GuestMachine, node: DeviceNode, candidate: Candidate): void => {
  if (refusal(machine, node, candidate) !== undefined) return;
  const running = node.state === 'started' && node.stack.some(({ service }) => machine.module(service) !== undefined);
  const fault = installFault(machine, candidate);
  if (fault !== undefined) {
    notInstalled(machine, node, fault);
    return;
  }
  installCandidate(machine, node, candidate);
  const now = machine.node(node.path);
  if (now === undefined) return;
  if (running && needsRestart(machine, now)) {
    machine.wantRestart(now.path, 'its driver is in use');
    return;
  }
  restartDevice(machine, now);
};

/** A device that the system disk hangs on cannot be stopped, nor one whose images on disk are others than those in memory. */
const needsRestart = (machine: GuestMachine, node: DeviceNode): boolean => {
  const changed = node.stack.some(({ service }) => {
    const loaded = machine.module(service);
    return loaded !== undefined && machine.file(imagePath(machine, service))?.image !== loaded.image;
  });
  return changed || holdsSystemDisk(machine, node);
};

/** Tells the drivers of a device, from the top down, that it goes away; what is below it goes first. */
export const removeOrderly = (machine: GuestMachine, node: DeviceNode): void => {
  for (const child of machine.childrenOf(node.path)) removeOrderly(machine, child);
  if (node.state === 'started') {
    for (const { service } of [...node.stack].reverse()) {
      const loaded = machine.loaded(service);
      const remove = loaded === undefined ? undefined : behaviourOf(loaded.model.image)?.remove;
      const now = machine.node(node.path);
      if (loaded !== undefined && remove !== undefined && now !== undefined) remove(loaded, machine.view(now), machine);
    }
  }
};

const stopped = ({ problem: _problem, provides: _provides, ...node }: DeviceNode): DeviceNode => ({
  ...node,
  stack: [],
  state: 'found',
});

/** Stops a device and starts it with what the registry says now. */
export const restartDevice = (machine: GuestMachine, node: DeviceNode): void => {
  removeOrderly(machine, node);
  for (const child of machine.childrenOf(node.path)) removeTree(machine, child);
  const now = machine.node(node.path);
  if (now === undefined) return;
  startDevice(machine, machine.putNode(stopped(now)));
  settle(machine);
};

/** Device Manager's "Uninstall device": its keys go, and it comes back at the next rescan. */
export const uninstallDevice = (machine: GuestMachine, path: string): void => {
  const node = machine.node(path);
  if (node === undefined) return;
  const inUse = holdsSystemDisk(machine, node);
  const driver = machine.text(enumKey(node), 'Driver');
  beforeRemoval(machine, node);
  removeOrderly(machine, node);
  if (inUse) machine.wantRestart(node.path, 'the system disk is on it');
  else removeTree(machine, node);
  if (driver !== undefined) machine.deleteKey(`${CLASSES}\\${driver}`);
  machine.deleteKey(enumKey(node));
};

/** `pnputil /delete-driver oemN.inf /uninstall`: devices lose it, the store forgets it; services and files stay. */
export const deletePackage = (machine: GuestMachine, published: string): void => {
  if (!machine.store.some((one) => one.published === published)) return;
  machine.store = machine.store.filter((one) => one.published !== published);
  machine.say({ kind: 'package.deleted', published });
  for (const { path } of machine.nodes()) {
    const node = machine.node(path);
    if (node === undefined || installedInf(machine, node) !== published) continue;
    const [next] = candidatesFor(machine, idsOf(node));
    if (next !== undefined) {
      reinstall(machine, node, next);
      continue;
    }
    const driver = machine.text(enumKey(node), 'Driver');
    beforeRemoval(machine, node);
    if (driver !== undefined) machine.deleteKey(`${CLASSES}\\${driver}`);
    for (const name of ['Driver', 'Service', 'ClassGUID']) machine.deleteValue(enumKey(node), name);
    if (holdsSystemDisk(machine, node)) machine.wantRestart(node.path, 'the system disk is on it');
    else restartDevice(machine, node);
  }
};

/** Rolls a device back to the package that it had before. */
export const rollBack = (machine: GuestMachine, path: string): void => {
  const node = machine.node(path);
  const driver = node === undefined ? undefined : machine.text(enumKey(node), 'Driver');
  const before = driver === undefined ? undefined : machine.text(`${CLASSES}\\${driver}`, 'PreviousInf');
  if (node === undefined || before === undefined) return;
  const candidate = candidatesFor(machine, idsOf(node)).find(({ name }) => name === before);
  if (candidate !== undefined) reinstall(machine, node, candidate);
};

const CONFIGFLAG_DISABLED = 1;

export const disableDevice = (machine: GuestMachine, path: string): void => {
  const node = machine.node(path);
  if (node === undefined) return;
  const flags = machine.number(enumKey(node), 'ConfigFlags') ?? 0;
  machine.setValue(enumKey(node), 'ConfigFlags', 'REG_DWORD', flags | CONFIGFLAG_DISABLED);
  if (holdsSystemDisk(machine, node)) machine.wantRestart(node.path, 'the system disk is on it');
  else restartDevice(machine, node);
};
